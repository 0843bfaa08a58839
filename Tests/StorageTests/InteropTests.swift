import Arrays
import Execution
import Glibc
import Storage
import Testing

/// Arrays of many programs with the values they hold, in a folder named by DCS_INTEROP: store, path, status and .npy of each in its index.json.
struct InteropRow: CustomTestStringConvertible, Sendable {
  let store: String, path: String, status: String, npy: String, format: String
  var testDescription: String { "\(store) \(path)" }

  static let folder: String? = getenv("DCS_INTEROP").map { String(cString: $0) }
  static let all: [InteropRow] = {
    guard let folder, let index = try? JSON(parsing: Files.read("\(folder)/index.json")) else { return [] }
    return (index.array ?? []).map { row in
      func text(_ name: String) -> String { row[name]?.string ?? "" }
      return InteropRow(store: text("store"), path: text("path"), status: text("status"), npy: text("npy"), format: text("format"))
    }
  }()
}

@Suite struct InteropTests {
  @Test func theFolderIsThere() {
    guard let folder = InteropRow.folder else { print("arrays of other programs are left out: DCS_INTEROP names no folder"); return }
    #expect(InteropRow.all.count > 100, "\(folder)/index.json")
  }

  @Test(arguments: InteropRow.all) func readsEqualOrIsRefusedByName(row: InteropRow) throws {
    guard let folder = InteropRow.folder else { return }
    do {
      let got = try StoredArray.open("\(folder)/\(Files.join(row.store, row.path))").readAll(ReadContext(pool: ThreadPool(threads: 2)))
      var expected = try Npy.read("\(folder)/\(row.npy)")
      // the axes of its .npy are those of the disk
      if row.format == "n5" { expected = try expected.transposed(expected.shape.indices.reversed()).contiguous() }
      #expect(try sameBits(got, expected))
    } catch StorageError.unsupported(_, let feature) where row.status == "optional" {
      print("\(row.store): \(feature) is refused")
    }
  }
}
