import Arrays
import Geometry
import Storage
import TestSupport
import Testing

/// Attributes of an array, and where they place it.
struct GridCase: Sendable, CustomTestStringConvertible {
  let name: String, format: Format, rank: Int, attributes: JSON
  let voxelSize: [String], offset: [String], axes: [String]
  var isKnown = true
  var testDescription: String { name }
}

private let cases: [GridCase] = [
  GridCase(name: "nothing", format: .zarr2, rank: 3, attributes: [:], voxelSize: ["1", "1", "1"], offset: ["0", "0", "0"], axes: ["z", "y", "x"], isKnown: false),
  GridCase(name: "funlib", format: .zarr2, rank: 3, attributes: ["offset": [0, 320, 1280], "voxel_size": [40, 4, 4], "resolution": [1, 1, 1]], voxelSize: ["40", "4", "4"], offset: ["0", "320", "1280"], axes: ["z", "y", "x"]),
  GridCase(name: "resolution", format: .zarr2, rank: 3, attributes: ["resolution": [8, 8, 8]], voxelSize: ["8", "8", "8"], offset: ["0", "0", "0"], axes: ["z", "y", "x"]),
  GridCase(name: "fractional", format: .zarr2, rank: 3, attributes: ["offset": [4.56, -2, 0], "voxel_size": [4.56, 4, 5.24]], voxelSize: ["4.56", "4", "5.24"], offset: ["4.56", "-2", "0"], axes: ["z", "y", "x"]),
  GridCase(name: "channel by name", format: .zarr2, rank: 4, attributes: ["voxel_size": [8, 4, 4], "axis_names": ["c^", "z", "y", "x"], "units": ["nm", "nm", "nm"]], voxelSize: ["8", "4", "4"], offset: ["0", "0", "0"], axes: ["c", "z", "y", "x"]),
  GridCase(name: "channel by type, full rank", format: .zarr2, rank: 4, attributes: ["voxel_size": [1, 8, 4, 4], "offset": [0, 1, 2, 3], "axis_names": ["a", "z", "y", "x"], "types": ["channel", "space", "space", "space"]], voxelSize: ["8", "4", "4"], offset: ["1", "2", "3"], axes: ["a", "z", "y", "x"]),
  GridCase(name: "micrometres", format: .zarr2, rank: 2, attributes: ["voxel_size": [0.5, 1], "offset": [2, 0.25], "units": ["um", "µm"]], voxelSize: ["500", "1000"], offset: ["2000", "250"], axes: ["y", "x"]),
  GridCase(name: "pixels", format: .zarr2, rank: 2, attributes: ["voxel_size": [2, 2], "units": ["pixel", "pixel"]], voxelSize: ["1", "1"], offset: ["0", "0"], axes: ["y", "x"], isKnown: false),
  GridCase(name: "N5 is reversed", format: .n5, rank: 3, attributes: ["offset": [1, 2, 3], "resolution": [4, 5, 6]], voxelSize: ["6", "5", "4"], offset: ["3", "2", "1"], axes: ["z", "y", "x"]),
  GridCase(name: "N5 that names z first is not", format: .n5, rank: 3, attributes: ["offset": [1, 2, 3], "resolution": [4, 5, 6], "axis_names": ["z", "y", "x"]], voxelSize: ["4", "5", "6"], offset: ["1", "2", "3"], axes: ["z", "y", "x"]),
  GridCase(name: "pixelResolution", format: .n5, rank: 3, attributes: ["pixelResolution": ["dimensions": [0.004, 0.004, 0.04], "unit": "um"], "downsamplingFactors": [2, 2, 1]], voxelSize: ["40", "8", "8"], offset: ["-20", "-2", "-2"], axes: ["z", "y", "x"]),
  GridCase(name: "pixelResolution list", format: .n5, rank: 3, attributes: ["pixelResolution": [4, 4, 3.24]], voxelSize: ["3.24", "4", "4"], offset: ["-1.62", "-2", "-2"], axes: ["z", "y", "x"]),
  GridCase(name: "COSEM transform", format: .n5, rank: 3, attributes: ["transform": ["axes": ["z", "y", "x"], "ordering": "C", "scale": [6.48, 8, 8], "translate": [1.62, 2, 2], "units": ["nm", "nm", "nm"]], "pixelResolution": [1, 1, 1]], voxelSize: ["6.48", "8", "8"], offset: ["-1.62", "-2", "-2"], axes: ["z", "y", "x"]),
  GridCase(name: "COSEM transform in x, y, z", format: .n5, rank: 3, attributes: ["transform": ["axes": ["x", "y", "z"], "scale": [8, 8, 6.48], "translate": [2, 2, 1.62], "units": ["nm", "nm", "nm"]]], voxelSize: ["6.48", "8", "8"], offset: ["-1.62", "-2", "-2"], axes: ["z", "y", "x"]),
  GridCase(name: "other people's offset", format: .zarr2, rank: 2, attributes: ["offset": "upper left", "resolution": 300], voxelSize: ["1", "1"], offset: ["0", "0"], axes: ["y", "x"], isKnown: false),
]

private func write(_ folder: String, _ test: GridCase) throws -> String {
  let path = "\(folder)/a.\(test.format == .n5 ? "n5" : "zarr")/raw"
  let made = try StoredArray.create(path, ArraySpec(.uint8, Array(repeating: 4, count: test.rank), format: test.format))
  try made.setAttributes(["axis_names": nil])
  let file = "\(path)/\(test.format == .n5 ? "attributes.json" : ".zattrs")"
  var document = test.format == .n5 ? try JSON(parsing: try Files.read(file)) : [:]
  document["axis_names"] = JSON?.none
  try Files.writeAtomically(document.merging(test.attributes).pretty, file)
  return path
}

@Suite struct GridTests {
  @Test(arguments: cases) func placesTheArray(test: GridCase) throws {
    try withTemporaryDirectory { folder in
      let grid = try StoredArray.open(try write(folder, test)).grid
      #expect(grid.voxelSize.values.map(\.description) == test.voxelSize)
      #expect(grid.offset.values.map(\.description) == test.offset)
      #expect(grid.axes.map(\.name) == test.axes)
      #expect(grid.isKnown == test.isKnown)
    }
  }

  @Test(arguments: [
    ["voxel_size": [1, 2]], ["voxel_size": [0, 1, 1]], ["voxel_size": [-4, 4, 4]], ["voxel_size": [4, 4, 4], "offset": [0, 0]], ["voxel_size": [4, 4, 4], "units": ["furlong", "nm", "nm"]],
    ["voxel_size": [4, 4, 4], "axis_names": ["z", "y"]], ["voxel_size": [4, 4, 4], "units": ["nm"]], ["transform": ["scale": [1, 1], "translate": [0, 0]]],
  ] as [JSON])
  func nonsenseIsAnError(attributes: JSON) throws {
    try withTemporaryDirectory { folder in
      let path = try write(folder, GridCase(name: "", format: .zarr2, rank: 3, attributes: attributes, voxelSize: [], offset: [], axes: []))
      guard case .badMetadata(path, _, _)? = storageError({ _ = try StoredArray.open(path) }) else { Issue.record("expected badMetadata"); return }
    }
  }

  @Test(arguments: Format.allCases) func whatIsWrittenComesBack(format: Format) throws {
    try withTemporaryDirectory { folder in
      let size = try ["4.56", "4", "5.24"].map { try #require(Rational(decimal: $0)) }, offset = try ["-2.28", "0", "1048"].map { try #require(Rational(decimal: $0)) }
      let grid = try Grid(axes: [.c, .z, .y, .x], voxelSize: Coordinate(size), offset: Coordinate(offset))
      let unknown = Grid(unknown: [Axis("a", .channel), .y, .x])
      let made = try StoredArray.create("\(folder)/g/known", ArraySpec(.float32, [2, 3, 4, 5], grid: grid, format: format, attributes: ["note": "µ"]))
      _ = try StoredArray.create("\(folder)/g/unknown", ArraySpec(.float32, [3, 4, 5], grid: unknown, format: format))
      #expect(made.grid == grid)
      let opened = try StoredArray.open("\(folder)/g/known")
      #expect(opened.grid == grid && opened.attributes["note"] == "µ")
      #expect(try StoredArray.open("\(folder)/g/unknown").grid == unknown)
      if format == .n5 { #expect(opened.attributes["pixelResolution"] == ["dimensions": [5.24, 4, 4.56], "unit": "nm"]) }
      if format == .zarr2 { #expect(opened.attributes["voxel_size"] == [4.56, 4, 5.24] && opened.attributes["offset"] == [-2.28, 0, 1048]) }
    }
  }

  // MARK: Multiscales

  private func pyramid(_ version: String, _ unit: JSON) -> JSON {
    let axes: JSON = ["z", "y", "x"].reduce(into: []) { $0 = .array(($0.array ?? []) + [["name": .string($1), "type": "space", "unit": unit]]) }
    func level(_ path: String, _ scale: [Double], _ translation: [Double]) -> JSON {
      ["path": .string(path), "coordinateTransformations": [["type": "scale", "scale": JSON(scale)], ["type": "translation", "translation": JSON(translation)]]]
    }
    let record: JSON = ["version": .string(version), "axes": axes, "datasets": [level("s0", [5.24, 4, 4], [0, 0, 0]), level("deep/s1", [10.48, 8, 8], [2.62, 2, 2])]]
    return version == "0.5" ? ["ome": ["version": "0.5", "multiscales": [record]]] : ["multiscales": [record]]
  }

  @Test(arguments: [(Format.zarr2, "0.4"), (.zarr3, "0.5")]) func levelsOfAPyramidShareTheirCorner(format: Format, version: String) throws {
    try withTemporaryDirectory { folder in
      for (name, extent) in [("s0", 8), ("deep/s1", 4)] { _ = try StoredArray.create("\(folder)/a.zarr/em/\(name)", ArraySpec(.uint8, [extent, extent, extent], format: format)) }
      let file = "\(folder)/a.zarr/em/\(format == .zarr2 ? ".zattrs" : "zarr.json")"
      let attributes = pyramid(version, "nanometer")
      try Files.writeAtomically((format == .zarr2 ? attributes : ["zarr_format": 3, "node_type": "group", "attributes": attributes] as JSON).pretty, file)

      guard case .group(let group) = try StoredNode.open("\(folder)/a.zarr/em") else { Issue.record("expected a group"); return }
      let levels = try #require(try group.levels())
      #expect(levels.map(\.path) == ["\(folder)/a.zarr/em/s0", "\(folder)/a.zarr/em/deep/s1"])
      #expect(levels.map(\.gridSource) == ["OME-NGFF \(version)", "OME-NGFF \(version)"])
      #expect(levels[1].grid.voxelSize.description == "(10.48, 8, 8)")
      for level in levels { #expect(level.grid.offset.description == "(-2.62, -2, -2)") }
      #expect(try levels[0].grid.world(VoxelRoi(shape: [8, 8, 8])) == levels[1].grid.world(VoxelRoi(shape: [4, 4, 4])))
      #expect(try StoredArray.open("\(folder)/a.zarr/em/s0", origin: .corner).grid.offset.description == "(0, 0, 0)")
      #expect(try group.children() == [StoredGroup.Child(name: "deep", kind: .group), StoredGroup.Child(name: "s0", kind: .array)])
    }
  }

  @Test func pathsInMetadataCannotLeaveTheContainer() throws {
    try withTemporaryDirectory { folder in
      _ = try StoredArray.create("\(folder)/secret.zarr/a", ArraySpec(.uint8, [1]))
      _ = try StoredArray.create("\(folder)/a.zarr/s0", ArraySpec(.uint8, [1]))
      try Files.writeAtomically((["multiscales": [["datasets": [["path": "../secret.zarr/a"]]]]] as JSON).pretty, "\(folder)/a.zarr/.zattrs")
      guard case .group(let group) = try StoredNode.open("\(folder)/a.zarr") else { Issue.record("expected a group"); return }
      guard case .badPath? = storageError({ _ = try group.levels() }) else { Issue.record("expected badPath"); return }
    }
  }
}
