import Arrays
import Execution
import Storage
import TestSupport
import Testing

/// A container is of one format: what another one would put into it is refused before anything is written.
@Suite struct MixedFormatTests {
  private static let pairs = Format.allCases.flatMap { a in Format.allCases.filter { $0 != a }.map { (a, $0) } }

  /// Every file below a folder, with its bytes.
  private func contents(_ folder: String) throws -> [String: [UInt8]] {
    var all: [String: [UInt8]] = [:]
    for entry in try Files.list(folder) {
      let path = Files.join(folder, entry.name)
      if entry.isFolder { all.merge(try contents(path)) { old, _ in old } } else { all[path] = try Files.read(path) }
    }
    return all
  }

  @Test(arguments: pairs) func nothingOfAnotherFormatIsMade(there: Format, wanted: Format) throws {
    try withTemporaryDirectory { folder in
      let root = "\(folder)/a.\(there == .n5 ? "n5" : "zarr")"
      try StoredArray.create("\(root)/g/x", ArraySpec(.uint8, [4], format: there)).write(try randomArray(.uint8, [4], seed: 1), alone)
      let other = try StoredArray.create("\(folder)/b.\(wanted == .n5 ? "n5" : "zarr")/x", ArraySpec(.uint8, [4], format: wanted)), before = try contents(folder)
      func refused(_ path: String, by group: String, _ body: (String) throws -> Void) {
        let error = storageError { try body(path) }
        #expect(error == .otherFormat(path: path, group: group, is: there, wanted: wanted))
        #expect(error?.hint == "format=\"\(there.rawValue)\", or a container of its own: \"\(folder)/a_\(wanted.rawValue).\(wanted == .n5 ? "n5" : "zarr")\(path.dropFirst(root.count))\"")
      }
      for replace in [false, true] { refused("\(root)/g/x", by: "\(root)/g") { _ = try StoredArray.create($0, ArraySpec(.uint8, [4], format: wanted), replace: replace) } }
      refused("\(root)/y", by: root) { _ = try StoredArray.create($0, ArraySpec(.uint8, [4], format: wanted)) }
      refused("\(root)/new/y", by: root) { _ = try StoredArray.create($0, ArraySpec(.uint8, [4], format: wanted)) }
      refused("\(root)/g/group", by: "\(root)/g") { try StoredGroup.create(try Location($0), wanted) }
      #expect(try !StoredNode.array(other).canCopyFiles(to: "\(root)/y"))
      refused("\(root)/y", by: root) { try StoredNode.array(other).copyFiles(to: $0, replace: true, ExecutionContext(pool: ThreadPool(threads: 1))) }
      #expect(try contents(folder) == before)
      // in the format that is there all goes
      _ = try StoredArray.create("\(root)/y", ArraySpec(.uint8, [4], format: there))
      _ = try StoredArray.create("\(root)/g/x", ArraySpec(.uint8, [4], format: there), replace: true)
      #expect(try StoredArray.create("\(root)/z", ArraySpec(.uint8, [4])).format == there)
    }
  }

  /// A group that says in several formats that it is one takes arrays of each, as those who wrote both documents meant.
  @Test func groupsOfTwoFormatsTakeBoth() throws {
    try withTemporaryDirectory { folder in
      let root = "\(folder)/a.zarr"
      _ = try StoredArray.create("\(root)/x", ArraySpec(.uint8, [4], format: .zarr2))
      try Files.writeAtomically("{\"zarr_format\": 3, \"node_type\": \"group\", \"attributes\": {}}", "\(root)/zarr.json")
      #expect(try StoredArray.create("\(root)/y", ArraySpec(.uint8, [4], format: .zarr3)).format == .zarr3)
      #expect(try StoredArray.create("\(root)/z", ArraySpec(.uint8, [4], format: .zarr2)).format == .zarr2)
    }
  }

  /// A folder without metadata in an N5 container is a group of N5, whose files mean nothing in Zarr.
  @Test func bareFoldersAreOfTheirContainer() throws {
    try withTemporaryDirectory { folder in
      _ = try StoredArray.create("\(folder)/a.n5/bare/x", ArraySpec(.uint8, [4]))
      try Files.remove("\(folder)/a.n5/bare/attributes.json")
      let bare = try StoredNode.open("\(folder)/a.n5/bare")
      #expect(try bare.format() == .n5)
      #expect(try !bare.canCopyFiles(to: "\(folder)/b.zarr/x") && bare.canCopyFiles(to: "\(folder)/b.n5/x"))
    }
  }
}
