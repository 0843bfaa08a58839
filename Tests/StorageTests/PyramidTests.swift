import Arrays
import Execution
import Geometry
import Storage
import TestSupport
import Testing

/// Shapes and voxel sizes of levels, and what their documents say.
@Suite struct PyramidTests {
  private func grid(_ voxel: [String], _ offset: [Int]? = nil, axes: [Axis] = [.z, .y, .x]) throws -> Grid {
    let size = try voxel.map { try #require(Rational(decimal: $0)) }
    return try Grid(axes: axes, voxelSize: Coordinate(size), offset: Coordinate((offset ?? size.map { _ in 0 }).map { Rational($0) }))
  }

  @Test func finerAxesAreHalvedFirst() throws {
    let plan = try PyramidPlan(shape: [100, 1000, 1000], grid: try grid(["40", "4", "4"], [400, 0, 8]))
    #expect(plan.levels.map(\.name) == ["s0", "s1", "s2", "s3", "s4"])
    #expect(plan.levels.map(\.shape) == [[100, 1000, 1000], [100, 500, 500], [100, 250, 250], [100, 125, 125], [50, 63, 63]])
    #expect(plan.levels.map(\.grid.voxelSize.description) == ["(40, 4, 4)", "(40, 8, 8)", "(40, 16, 16)", "(40, 32, 32)", "(80, 64, 64)"])
    #expect(plan.levels.allSatisfy { $0.grid.offset == plan.levels[0].grid.offset })
    #expect(plan.levels[4].factor == [2, 16, 16])
  }

  @Test func nearlyIsotropicVoxelsAreHalvedTogether() throws {
    #expect(try PyramidPlan(shape: [130, 130, 130], grid: try grid(["5.24", "4", "4"])).levels.map(\.grid.voxelSize.description) == ["(5.24, 4, 4)", "(10.48, 8, 8)", "(20.96, 16, 16)"])
    #expect(try PyramidPlan(shape: [64, 64, 64], grid: try grid(["4", "4", "4"])).levels.count == 1)
    #expect(try PyramidPlan(shape: [1, 1, 1], grid: try grid(["4", "4", "4"]), count: 5).levels.count == 1)
    #expect(try PyramidPlan(shape: [3, 130, 5], grid: try grid(["4", "4", "4"]), prefix: "").levels.map(\.shape) == [[3, 130, 5], [2, 65, 3], [1, 33, 2]])
    #expect(try PyramidPlan(shape: [2, 9, 9], grid: try grid(["4", "4"], axes: [.c, .y, .x]), factor: [3, 1], count: 2).levels.map(\.shape) == [[2, 9, 9], [2, 3, 9]])
  }

  /// An array of noise in `format`, and its pyramid.
  private func build(_ folder: String, _ format: Format, _ shape: [Int], _ grid: Grid, dtype: DType = .uint8, chunks: [Int], _ method: Downsampling, threads: Int = 2) throws -> (Location, [StoredArray], NDArray) {
    let location = try Location("\(folder)/a.\(format == .n5 ? "n5" : "zarr")/em")
    var generator = KeyedGenerator(seed: 3, purpose: "pyramid")
    let bytes = (0..<shape.reduce(1, *)).map { _ in UInt8(truncatingIfNeeded: generator.next() % 7) }
    let values = try NDArray(bytes, shape).cast(to: dtype, .checked)
    let plan = try PyramidPlan(shape: shape, grid: grid, count: 3), document = MultiscaleDocument(name: "em", levels: plan.levels, method: method, program: "test")
    try document.check(format, path: location.description)
    let context = ExecutionContext(pool: ThreadPool(threads: threads))
    var last = try StoredArray.create("\(location)/s0", ArraySpec(dtype, shape, grid: grid, chunks: chunks, format: format, attributes: document.levelAttributes(plan.levels[0], format)))
    try last.write(values, alone)
    for level in plan.levels.dropFirst() {
      let out = try StoredArray.create("\(location)/\(level.name)", ArraySpec(dtype, level.shape, grid: level.grid, chunks: zip(chunks, level.shape).map { min($0, $1) }, format: format, attributes: document.levelAttributes(level, format)))
      try last.downsample(into: out, by: level.step, method, label: "test", context)
      last = out
    }
    try StoredGroup.write(document, at: location, format)
    guard case .group(let group) = try StoredNode.open(location.description) else { throw StorageError.notAnArray(path: "", children: []) }
    return (location, try #require(try group.levels()), values)
  }

  @Test(arguments: Format.allCases, [Downsampling.mean, .mode]) func levelsAreThoseOfTheWholeArray(format: Format, method: Downsampling) throws {
    try withTemporaryDirectory { folder in
      let grid = try grid(["5.24", "4", "4"], [100, 0, -8])
      let (_, levels, values) = try build(folder, format, [11, 13, 17], grid, dtype: method == .mode ? .uint64 : .uint8, chunks: [4, 3, 5], method)
      #expect(levels.map(\.shape) == [[11, 13, 17], [6, 7, 9], [3, 4, 5]])
      var expected = values
      for (index, level) in levels.enumerated() {
        if index > 0 { expected = try expected.downsampledPlainly(by: [2, 2, 2], method) }
        #expect(try sameBits(try level.readAll(alone), expected))
        #expect(level.grid.offset == grid.offset)
        #expect(level.grid.voxelSize.values.map(\.description) == ["5.24", "4", "4"].map { (Rational(decimal: $0) ?? .zero).double * Double(1 << index) }.map { Rational($0)?.description })
      }
    }
  }

  /// The group's document alone places the levels as their own attributes do.
  @Test(arguments: [Format.zarr2, .zarr3]) func theDocumentAgreesWithTheLevels(format: Format) throws {
    try withTemporaryDirectory { folder in
      let grid = try grid(["4.56", "4", "4"], [7, 0, 16], axes: [.t, .c, .z, .y, .x])
      let (_, levels, _) = try build(folder, format, [1, 2, 6, 6, 6], grid, chunks: [1, 1, 4, 4, 4], .mean)
      for level in levels {
        let bare: JSON = ["voxel_size": nil, "resolution": nil, "offset": nil]
        let file = "\(level.path)/\(format == .zarr2 ? ".zattrs" : "zarr.json")"
        var json = try JSON(parsing: try Files.read(file))
        json = format == .zarr2 ? json.merging(bare) : json.merging(["attributes": (json["attributes"] ?? [:]).merging(bare)])
        try Files.writeAtomically(json.pretty, file)
        let placed = try StoredArray.open(level.path)
        #expect(placed.gridSource == (format == .zarr2 ? "OME-NGFF 0.4" : "OME-NGFF 0.5"))
        #expect(placed.grid == level.grid)
      }
    }
  }

  /// Each way in which programs read an N5 pyramid gives the same place.
  @Test(arguments: ["transform", "pixelResolution", "group"]) func theAttributesOfN5Agree(way: String) throws {
    try withTemporaryDirectory { folder in
      let grid = try grid(["4.56", "4", "4"], [7, 0, 16])
      let (location, levels, _) = try build(folder, .n5, [6, 7, 8], grid, chunks: [4, 4, 4], .mean)
      for level in levels {
        let file = "\(level.path)/attributes.json"
        var json = try JSON(parsing: try Files.read(file))
        for key in ["voxel_size", "resolution", "offset"] + (way == "transform" ? [] : ["transform"]) + (way == "group" ? ["pixelResolution"] : []) { json[key] = nil }
        try Files.writeAtomically(json.pretty, file)
      }
      if way != "transform" {
        let file = "\(location)/attributes.json"
        var json = try JSON(parsing: try Files.read(file))
        json["multiscales"] = nil
        try Files.writeAtomically(json.pretty, file)
      }
      for level in levels {
        let placed = try StoredArray.open(level.path)
        #expect(placed.grid.voxelSize == level.grid.voxelSize)
        // pixelResolution has no place for an offset: what is written beside it is the group's
        if way != "pixelResolution" { #expect(placed.grid.offset == level.grid.offset, "\(placed.gridSource ?? "")") }
      }
    }
  }

  @Test func othersInTheGroupAreKept() throws {
    try withTemporaryDirectory { folder in
      let grid = try grid(["4", "4", "4"])
      let (location, _, _) = try build(folder, .zarr2, [4, 4, 4], grid, chunks: [4, 4, 4], .mean)
      let file = "\(location)/.zattrs"
      var json = try JSON(parsing: try Files.read(file))
      json["note"] = "kept"
      json["multiscales"] = .array([["version": "0.4", "name": "other", "datasets": [["path": "x"]]]] + (json["multiscales"]?.array ?? []))
      try Files.writeAtomically(json.pretty, file)
      try StoredGroup.write(MultiscaleDocument(name: "new", levels: try PyramidPlan(shape: [4, 4, 4], grid: grid).levels, method: .mode, program: "test"), at: location, .zarr2)
      let written = try JSON(parsing: try Files.read(file))
      #expect(written["note"] == "kept")
      #expect(Multiscale.all(written).map(\.name) == ["new", "other"])
    }
  }

  /// A copy lists every pyramid of a group, the first one first, in whatever format.
  @Test(arguments: Format.allCases) func severalPyramidsAreListedAgain(format: Format) throws {
    try withTemporaryDirectory { folder in
      let grid = try grid(["8", "4", "4"], [8, 0, 16]), (location, _, _) = try build(folder, .zarr2, [4, 9, 9], grid, chunks: [4, 4, 4], .mean)
      let second = try PyramidPlan(shape: [4, 6, 6], grid: grid, prefix: "", factor: [1, 3, 3], count: 2)
      for level in second.levels { _ = try StoredArray.create("\(location)/\(level.name)", ArraySpec(.uint64, level.shape, grid: level.grid)) }
      try StoredGroup.write(MultiscaleDocument(name: "ids", levels: second.levels, method: .mode, program: "test"), at: location, .zarr2)
      guard case .group(let group) = try StoredNode.open(location.description) else { Issue.record("no group"); return }
      let documents = try MultiscaleDocument.all(of: group, for: format, program: "test")
      #expect(documents.map(\.name) == ["ids", "em"])
      #expect(documents.map { $0.levels.map(\.name) } == [["0", "1"], ["s0", "s1", "s2"]])
      let copy = try Location("\(folder)/copy.\(format == .n5 ? "n5" : "zarr")/em")
      try StoredGroup.create(copy, format)
      for document in documents.reversed() { try StoredGroup.write(document, at: copy, format) }
      guard case .group(let written) = try StoredNode.open(copy.description) else { Issue.record("no group"); return }
      #expect(written.multiscales.map(\.name) == ["ids", "em"] && written.multiscales.map(\.paths) == [["0", "1"], ["s0", "s1", "s2"]])
      if format == .n5 { #expect(written.attributes["scales"] == [[1, 1, 1], [3, 3, 1]]) }   // what viewers read beside the list is of the first
    }
  }

  @Test func axesThatNgffHasNoPlaceForAreRefused() throws {
    let axes: [Axis] = [.z, .y, .x, .c]
    let document = MultiscaleDocument(name: "", levels: try PyramidPlan(shape: [4, 4, 4, 2], grid: try grid(["4", "4", "4"], axes: axes)).levels, method: .mean, program: "")
    guard case .unsupported? = storageError({ try document.check(.zarr2, path: "a") }) else { Issue.record("expected unsupported"); return }
    try document.check(.n5, path: "a")
    let unknown = MultiscaleDocument(name: "", levels: try PyramidPlan(shape: [4], grid: Grid(unknown: [.x])).levels, method: .mean, program: "")
    guard case .badMetadata? = storageError({ try unknown.check(.n5, path: "a") }) else { Issue.record("expected badMetadata"); return }
  }
}
