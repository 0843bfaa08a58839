import Arrays
import Execution
import Storage
import Testing

@Suite struct ZipTests {
  private static let expected: [UInt8] = {
    var bytes: [UInt8] = []
    for row in 0..<10 { for column in 0..<12 { let value = UInt16(100 * row + column); bytes += [UInt8(value & 255), UInt8(value >> 8)] } }
    return bytes
  }()

  @Test(arguments: ["stored.zarr.zip/em/s0", "deflated.zarr.zip/em/s0", "folder.zip/a.zarr/em/s0", "folder.zip/em/s0", "wide.zarr.zip/em/s0"])
  func reads(path: String) throws {
    let array = try StoredArray.open(fixture("../zip/\(path)"))
    #expect(try array.readAll(ReadContext()).contiguous().withBytes { Array($0) } == Self.expected)
  }

  @Test func lists() throws {
    guard case .group(let group) = try StoredNode.open(fixture("../zip/deflated.zarr.zip")) else { Issue.record("no group"); return }
    #expect(try group.children() == [.init(name: "em", kind: .group)])
    #expect(StoreListing.children(of: fixture("../zip/folder.zip/a.zarr/em"), budget: 1).map(\.name) == [".zattrs", ".zgroup", "s0"])
  }

  @Test func isForReading() {
    #expect(storageError { _ = try StoredArray.create(fixture("../zip/stored.zarr.zip/x"), ArraySpec(.uint8, [2])) }?.description.contains("zip files are for reading") == true)
  }

  /// More than deflate can pack is refused before memory is asked for, also where a part is read.
  @Test func aClaimOfMoreThanDeflateCanPack() throws {
    var bytes = try Files.read(fixture("../zip/deflated.zarr.zip"))
    for at in bytes.indices.dropLast(46) where bytes[at..<at + 4].elementsEqual([0x50, 0x4b, 1, 2]) { bytes.replaceSubrange(at + 24..<at + 28, with: [0, 0, 0, 0x7f]) }
    let store = try Location("memory://zip-claims").store
    try bytes.withUnsafeBytes { try store.put("a.zarr.zip", $0) }
    let zip = try Location("memory://zip-claims/a.zarr.zip").store
    let claim = StorageError.badFile(path: "memory://zip-claims/a.zarr.zip/em/s0/zarr.json", reason: "its sizes in the zip file do not agree")
    #expect(storageError { _ = try zip.get("em/s0/zarr.json", from: 0, count: 1) } == claim)
    #expect(storageError { _ = try zip.get("em/s0/zarr.json", limit: .max) } == claim)
  }

  /// Any byte may be any other: what is read then is right or refused, and no memory is asked for by what a header claims.
  @Test(arguments: ["stored.zarr.zip", "deflated.zarr.zip", "wide.zarr.zip"]) func accidents(name: String) throws {
    let whole = try Files.read(fixture("../zip/\(name)")), path = "memory://zip-tests/\(name)"
    let store = try Location("memory://zip-tests").store
    var generator = KeyedGenerator(seed: 7, purpose: name), refused = 0
    for round in 0..<1500 {
      var bytes = whole
      if round % 5 == 0 { bytes.removeLast(generator.index(below: bytes.count)) }
      for _ in 0...generator.index(below: 3) where !bytes.isEmpty {
        let near = generator.index(below: 2) == 0 ? 0 : max(0, bytes.count - 1200)   // the directory is at the end
        bytes[near + generator.index(below: bytes.count - near)] = [0, 255, 127, UInt8(truncatingIfNeeded: generator.next())][generator.index(below: 4)]
      }
      try bytes.withUnsafeBytes { try store.put(name, $0) }
      do {
        let got = try StoredArray.open("\(path)/em/s0").readAll(ReadContext()).contiguous()
        // a chunk that the directory has lost is one of fill value; all others are checked
        if got.shape == [10, 12], got.dtype == .uint16 { #expect(got.withBytes { got in zip(got, Self.expected).allSatisfy { $0 == $1 || $0 == 0 } }, "round \(round)") }
      } catch is StorageError { refused += 1 }
    }
    #expect(refused > 300)
  }
}
