import Arrays
import Geometry
import Storage
import TestSupport
import Testing

/// A small container of Tests/Fixtures/conventions/cases.json, and where its array lies.
struct Convention: CustomTestStringConvertible, Sendable {
  let row: JSON
  var testDescription: String { text("name") }
  func text(_ field: String) -> String { row[field]?.string ?? "" }
  func texts(_ field: String) -> [String]? { row[field]?.strings }

  static let all: [Convention] = {
    let path = fixture("../conventions/cases.json")
    return ((try? JSON(parsing: Files.read(path)))?["cases"]?.array ?? []).map { Convention(row: $0) }
  }()

  /// Writes its documents below `folder`.
  ///
  /// - Returns: the path of the container.
  func write(_ folder: String) throws -> String {
    let root = "\(folder)/\(text("container"))"
    for document in row["documents"]?.members ?? [] {
      let path = "\(root)/\(document.key)"
      try Files.makeFolders(Files.parent(path))
      try Files.writeAtomically(document.value.pretty, path)
    }
    return root
  }
}

@Suite struct ConventionTests {
  @Test func theyAreThere() { #expect(Convention.all.count == 58, "run Tests/Fixtures/conventions/generate.py") }

  @Test(arguments: Convention.all) func placesTheArray(test: Convention) throws {
    try withTemporaryDirectory { folder in
      let path = Files.join(try test.write(folder), test.text("array")), origin = Origin(rawValue: test.text("origin")) ?? .center
      if let expected = test.row["error"]?.string {
        switch storageError({ _ = try StoredArray.open(path, origin: origin) }) {
        case .badMetadata(_, let field, _)?: #expect(field == expected)
        case .unsupported(_, let feature)?: #expect(feature == expected)
        case let other: Issue.record("\(String(describing: other))")
        }
        return
      }
      let array = try StoredArray.open(path, origin: origin)
      #expect(array.grid.axes.map(\.name) == test.texts("axes"))
      #expect(array.gridSource == test.row["says"]?.string)
      #expect(array.grid.isKnown == (test.texts("voxel") != nil))
      if let voxel = test.texts("voxel") {
        #expect(array.grid.voxelSize.values.map(\.description) == voxel)
        #expect(array.grid.offset.values.map(\.description) == test.texts("offset"))
      }
    }
  }

  /// The first case of a name that is told for a whole group.
  private func group(_ name: String, _ key: String, _ folder: String) throws -> StoredGroup {
    let test = try #require(Convention.all.first { $0.text("name") == name })
    guard case .group(let group) = try StoredNode.open(Files.join(try test.write(folder), key)) else { throw StorageError.notAnArray(path: key, children: []) }
    return group
  }

  @Test(arguments: [
    ("NGFF 0.4, s0", "", ["s0", "s1"], "OME-NGFF 0.4"), ("NGFF 0.3, axes as names", "", ["0"], "OME-NGFF 0.3"), ("COSEM group", "", ["s0", "s1"], "COSEM multiscales"),
    ("Paintera, s0", "raw", ["data/s0", "data/s1"], "Paintera raw"), ("NGFF 0.4, a dataset two groups down", "", ["a/b"], "OME-NGFF 0.4"),
    ("NGFF 0.4, the second multiscale of a group", "", ["raw"], "OME-NGFF 0.4, 2 multiscales: em, labels"), ("NGFF 0.4, a dataset two groups down", "a", nil, nil),
  ] as [(String, String, [String]?, String?)])
  func groupsListTheirLevels(name: String, key: String, expected: [String]?, role: String?) throws {
    try withTemporaryDirectory { folder in
      let group = try group(name, key, folder)
      #expect(try group.levels()?.map { String($0.path.dropFirst(group.path.count + 1)) } == expected)
      #expect(group.role == role)
    }
  }

  @Test func oneOfSeveralMultiscalesIsTakenByName() throws {
    try withTemporaryDirectory { folder in
      let group = try group("NGFF 0.4, the second multiscale of a group", "", folder)
      #expect(try group.levels(named: "labels")?.map(\.path) == ["\(group.path)/ids"])
      #expect(try group.levels(named: "em")?.map(\.path) == ["\(group.path)/raw"])
      #expect(try group.levels(named: "other") == nil)
    }
  }

  @Test func levelsOfPlainNamesMustGrow() throws {
    try withTemporaryDirectory { folder in
      func make(_ name: String, _ voxel: Int?) throws {
        let grid = try voxel.map { try Grid(axes: [.y, .x], voxelSize: Coordinate([Rational($0), Rational($0)]), offset: Coordinate([.zero, .zero])) }
        _ = try StoredArray.create("\(folder)/a.zarr/\(name)", ArraySpec(.uint8, [4, 4], grid: grid))
      }
      for (index, voxel) in [4, 8].enumerated() { try make("grow/s\(index)", voxel) }
      for (index, voxel) in [8, 4].enumerated() { try make("shrink/s\(index)", voxel) }
      for index in 0..<2 { try make("unknown/s\(index)", nil) }
      for (name, count) in [("grow", 2), ("shrink", nil), ("unknown", nil)] as [(String, Int?)] {
        guard case .group(let group) = try StoredNode.open("\(folder)/a.zarr/\(name)") else { Issue.record("expected a group"); return }
        #expect(try group.levels()?.count == count)
      }
    }
  }

  /// Collections of the OME specifications are groups that say what they are.
  @Test(arguments: [
    (["bioformats2raw.layout": 3], "bioformats2raw layout", ["0", "1"]), (["ome": ["version": "0.5", "bioformats2raw.layout": 3, "series": ["1", "0"]]], "bioformats2raw layout, 2 series", ["1", "0"]),
    (["plate": ["wells": [["path": "A/1"], ["path": "B/2"]]]], "plate, 2 wells", ["A/1", "B/2"]), (["well": ["images": [["path": "0"]]]], "well, 1 image", ["0"]),
    (["labels": ["cells"]], "labels, 1 image", ["cells"]), (["note": "plain"], nil, []),
  ] as [(JSON, String?, [String])])
  func collectionsAreNamed(attributes: JSON, role: String?, images: [String]) throws {
    try withTemporaryDirectory { folder in
      for name in ["0", "1", "OME"] { _ = try StoredArray.create("\(folder)/a.zarr/\(name)/x", ArraySpec(.uint8, [1])) }
      try Files.writeAtomically(attributes.pretty, "\(folder)/a.zarr/.zattrs")
      guard case .group(let group) = try StoredNode.open("\(folder)/a.zarr") else { Issue.record("expected a group"); return }
      #expect(group.role == role)
      #expect(group.images == images)
    }
  }

  @Test func aListedLevelThatIsNotThereIsAnError() throws {
    try withTemporaryDirectory { folder in
      let group = try group("NGFF 0.4, s0", "", folder)
      try Files.removeTree("\(group.path)/s1")
      guard case .badMetadata(_, "multiscales", let reason)? = storageError({ _ = try group.levels() }) else { Issue.record("expected badMetadata"); return }
      #expect(reason == "the level s1 that it lists is not there")
    }
  }
}
