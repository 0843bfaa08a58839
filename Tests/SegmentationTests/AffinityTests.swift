import Arrays
import Execution
import Testing
import Segmentation

/// Against mwatershed, scikit-image, lsds and scipy: Tests/Fixtures/segmentation/affinities/generate.py.
@Suite struct AffinityFixtureTests {
  struct Case: CustomTestStringConvertible {
    let name: String, voxelSize: [Double], sigma: Double
    var rank: Int { voxelSize.count }
    var testDescription: String { name }
    func array(_ suffix: String) throws -> NDArray { try readNpy("affinities/\(name)_\(suffix)") }
  }

  static let cases = [
    Case(name: "cube", voxelSize: [40, 8, 8], sigma: 60), Case(name: "plane", voxelSize: [8, 8], sigma: 24), Case(name: "slab", voxelSize: [16, 4, 6], sigma: 20),
  ]
  static let offsets = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-2, 0, 0], [0, 4, -1], [0, -3, -4], [1, 5, 0], [0, 0, 9]]
  static let strides = [[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 2, 1], [1, 1, 3], [2, 2, 2], [1, 1, 1], [1, 3, 2]]

  @Test(arguments: cases) func mutexWatershedIsThatOfMwatershed(_ c: Case) throws {
    let used = Self.offsets.indices.filter { Self.offsets[$0].suffix(c.rank).contains { $0 != 0 } }
    let offsets = used.map { Array(Self.offsets[$0].suffix(c.rank)) }, strides = used.map { Array(Self.strides[$0].suffix(c.rank)) }
    let affinities = try c.array("affinities")
    let whole = try mutexWatershed(affinities, offsets: offsets, crowd)
    #expect(try whole.labels.elements(UInt64.self) == c.array("mutex").elements(UInt64.self))
    #expect(whole.count > 20)
    let sparse = try mutexWatershed(affinities, offsets: offsets, strides: strides, crowd)
    #expect(try sparse.labels.elements(UInt64.self) == c.array("mutex_strides").elements(UInt64.self))
  }

  @Test(arguments: cases) func watershedIsThatOfScikitImage(_ c: Case) throws {
    let heights = try c.array("heights"), seeds = try c.array("seeds")
    #expect(try watershed(heights, seeds: seeds, crowd).elements(UInt32.self) == c.array("basins").elements(UInt32.self))
    #expect(try watershed(heights, seeds: seeds, mask: c.array("basin_mask"), crowd).elements(UInt32.self) == c.array("basins_masked").elements(UInt32.self))
  }

  @Test(arguments: cases) func descriptorsAreThoseOfLsds(_ c: Case) throws {
    let sigma = [Double](repeating: c.sigma, count: c.rank)
    let found = try descriptors(c.array("labels"), sigma: sigma, voxelSize: c.voxelSize, crowd), expected = try c.array("descriptors")
    #expect(found.shape == expected.shape)
    // lsds takes moments about the origin in float32: its variances are good to some 1e-5
    #expect(try zip(found.elements(Float.self), expected.elements(Float.self)).allSatisfy { abs($0 - $1) < 5e-5 })
  }

  @Test(arguments: cases) func objectsAreThoseOfScipy(_ c: Case) throws {
    let found = try objects(c.array("labels"), crowd), rows = try c.array("objects"), expected = try rows.elements(Double.self), width = rows.shape[1]
    try #require(found.count == rows.shape[0] && !found.isEmpty)
    for (row, object) in found.enumerated() {
      let values = [Double(object.id), Double(object.count)] + object.begin.map(Double.init) + object.end.map(Double.init) + object.centroid
      #expect(zip(values, expected[row * width..<(row + 1) * width]).allSatisfy { abs($0 - $1) < 1e-9 })
    }
  }
}

/// Against the plain twins, with ties, masks, every shape and several threads.
@Suite struct AffinityTwinTests {
  static let shapes2 = shapes([1, 2, 5], ranks: 1...3)

  /// Few different strengths: nearly all edges tie, and their order decides.
  @Test(arguments: shapes2) func mutexWatershedWithTies(_ shape: [Int]) throws {
    var random = KeyedGenerator(seed: 5, purpose: "ties \(shape)")
    let offsets = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 2, -1], [-1, 0, 3]].map { Array($0.suffix(shape.count)) }.filter { $0.contains { $0 != 0 } }
    for levels in [1, 3, 50] {
      let affinities = try NDArray((0..<offsets.count * shape.reduce(1, *)).map { _ in Float(random.index(below: 2 * levels + 1) - levels) / Float(levels) }, [offsets.count] + shape)
      let mask = try randomLabels(.bool, shape, density: 0.8, seed: 6)
      let strides = offsets.map { _ in shape.map { _ in 1 + random.index(below: 2) } }
      #expect(try mutexWatershed(affinities, offsets: offsets, alone).labels.elements(UInt64.self) == plainMutexWatershed(affinities, offsets: offsets))
      #expect(
        try mutexWatershed(affinities, offsets: offsets, strides: strides, mask: mask, crowd).labels.elements(UInt64.self)
          == plainMutexWatershed(affinities, offsets: offsets, strides: strides, mask: mask))
    }
  }

  @Test(arguments: shapes2) func watershedWithTies(_ shape: [Int]) throws {
    var random = KeyedGenerator(seed: 7, purpose: "heights \(shape)")
    let heights = try NDArray((0..<shape.reduce(1, *)).map { _ in [Float.nan, -.infinity, -1, 0, -0.0, 2, .infinity][random.index(below: 7)] }, shape)
    let seeds = try randomLabels(.uint16, shape, values: 5, density: 0.2, seed: 8), mask = try randomLabels(.uint8, shape, density: 0.8, seed: 9)
    #expect(try watershed(heights, seeds: seeds, alone).elements(UInt32.self).map(UInt64.init) == plainWatershed(heights, seeds: seeds))
    for connectivity in 1...shape.count {
      let found = try watershed(heights, seeds: seeds, mask: mask, connectivity: connectivity, crowd).elements(UInt32.self).map(UInt64.init)
      #expect(try found == plainWatershed(heights, seeds: seeds, mask: mask, connectivity: connectivity))
    }
  }

  @Test(arguments: shapes([1, 2, 5])) func descriptorsAreTheirDefinition(_ shape: [Int]) throws {
    let labels = try randomLabels(.uint8, shape, values: 3, density: 0.8, seed: 10), voxelSize = Array([3, 1, 2].suffix(shape.count)), sigma = Array([4, 2, 3].suffix(shape.count))
    let found = try descriptors(labels, sigma: sigma.map(Double.init), voxelSize: voxelSize.map(Double.init), crowd).elements(Float.self)
    let expected = try plainDescriptors(labels, sigma: sigma.map(Double.init), voxelSize: voxelSize.map(Double.init))
    #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    let coarse = try descriptors(labels, sigma: sigma.map(Double.init), voxelSize: voxelSize.map(Double.init), factor: 2, crowd).elements(Float.self)
    let plain = try plainDescriptors(labels, sigma: sigma.map(Double.init), voxelSize: voxelSize.map(Double.init), factor: 2)
    #expect(zip(coarse, plain).allSatisfy { abs(Double($0) - $1) < 4e-5 })   // samples may all lie far from a voxel
  }

  @Test func marginIsLookedAtAndNotDescribed() throws {
    let labels = try randomLabels(.uint32, [14, 13, 15], values: 4, density: 0.9, seed: 12)
    for factor in [1, 2] {
      let whole = try descriptors(labels, sigma: [2, 1, 2], voxelSize: [1, 1, 1], factor: factor, crowd)
      let inner = try descriptors(labels, sigma: [2, 1, 2], voxelSize: [1, 1, 1], factor: factor, margin: [4, 2, 6], crowd)
      let begin = [0, 4, 2, 6], size = [10, 6, 9, 3]
      #expect(try inner.slice(offset: begin, shape: size).contiguous().elements(Float.self) == whole.slice(offset: begin, shape: size).contiguous().elements(Float.self))
      #expect(try inner.slice(offset: [0, 0, 0, 0], shape: [10, 3, 13, 15]).contiguous().elements(Float.self).allSatisfy { $0 == 0 })
      #expect(try descriptors(labels, sigma: [2, 1, 2], voxelSize: [1, 1, 1], factor: factor, margin: [7, 7, 8], crowd).elements(Float.self).allSatisfy { $0 == 0 })
    }
  }

  /// Objects longer than a region are described piece by piece.
  @Test func descriptorsOfALongObject() throws {
    let labels = try NDArray([UInt8](repeating: 1, count: 3 * 210), [3, 210])
    let found = try descriptors(labels, sigma: [2, 2], voxelSize: [1, 1], crowd).elements(Float.self)
    #expect(zip(found, try plainDescriptors(labels, sigma: [2, 2], voxelSize: [1, 1])).allSatisfy { abs(Double($0) - $1) < 1e-5 })
  }

  @Test(arguments: discreteTypes) func objectsAreTheirDefinition(_ dtype: DType) throws {
    for shape in shapes([1, 3, 6], ranks: 1...3) {
      let labels = try randomLabels(dtype, shape, values: 4, seed: 11), found = try objects(labels, crowd), expected = try plainObjects(labels)
      try #require(found.count == expected.count)
      for (a, b) in zip(found, expected) { #expect(a.id == b.id && a.count == b.count && a.begin == b.begin && a.end == b.end && a.sums == b.sums && a.products == b.products) }
    }
  }

  @Test func contactsAreTheirDefinition() throws {
    for shape in shapes([1, 2, 5], ranks: 1...3) {
      let labels = try randomLabels(.uint16, shape, values: 6, density: 0.8, seed: 12)
      #expect(try contacts(labels, crowd) == plainContacts(labels))
      let offsets = shape.indices.map { axis in shape.indices.map { $0 == axis ? (axis == 0 ? -1 : 1) : 0 } } + [shape.map { _ in 2 }]
      let affinities = try randomFloats([offsets.count] + shape, seed: 13)
      let found = try contacts(labels, affinities: affinities, offsets: offsets, alone), expected = try plainContacts(labels, affinities: affinities, offsets: offsets)
      try #require(found.count == expected.count)
      for (a, b) in zip(found, expected) { #expect(a.a == b.a && a.b == b.b && a.faces == b.faces && abs(a.sum - b.sum) < 1e-9) }
    }
  }

  /// One NaN would stand at the top of the queue and end all merging.
  @Test func affinitiesMustBeNumbers() throws {
    let labels = try NDArray([1, 2, 3, 4] as [UInt8], [4]), affinities = try NDArray([0.9, .nan, 0.9, 0] as [Float], [1, 4])
    #expect(throws: SegmentationError.self) { try contacts(labels, affinities: affinities, offsets: [[1]], alone) }
    #expect(throws: SegmentationError.self) { try agglomerate(labels, affinities: affinities, offsets: [[1]], thresholds: [0.5], alone) }
  }

  @Test func agglomerationIsItsDefinition() throws {
    for seed in 0..<20 {
      var random = KeyedGenerator(seed: UInt64(seed), purpose: "graph")
      var found: [IdPair: Contact] = [:]
      for _ in 0..<40 {
        let a = UInt64(1 + random.index(below: 15)), b = UInt64(1 + random.index(below: 15))
        if a < b { found[IdPair(a, b)] = Contact(a: a, b: b, faces: 1 + random.index(below: 9), sum: random.uniform(0, 6)) }
      }
      let graph = found.keys.sorted().compactMap { found[$0] }
      let thresholds = [0.4, 0.7, -1, 0.1, 0.4]
      #expect(try agglomerate(graph, thresholds: thresholds, alone) == thresholds.map { plainAgglomerate(graph, threshold: $0) }, "seed \(seed)")
    }
  }

  @Test func stopsWhenAsked() throws {
    let cancellation = Cancellation(), stopped = ExecutionContext(pool: ThreadPool(threads: 1), cancellation: cancellation)
    cancellation.cancel()
    let labels = try randomLabels(.uint8, [4, 5, 6], values: 3, seed: 1), floats = try randomFloats([4, 5, 6], seed: 2)
    #expect(throws: Cancelled.self) { try descriptors(labels, sigma: [1, 1, 1], voxelSize: [1, 1, 1], stopped) }
    #expect(throws: Cancelled.self) { try watershed(floats, seeds: labels, stopped) }
    #expect(throws: Cancelled.self) { try mutexWatershed(floats, offsets: [[1, 0], [0, 1], [1, 1], [2, 0]], stopped) }
    #expect(throws: Cancelled.self) { try contacts(labels, stopped) }
    #expect(throws: Cancelled.self) { try objects(labels, stopped) }
    #expect(throws: Cancelled.self) { try objectCorners(labels, stopped) }
  }
}
