import Arrays
import Execution
import Geometry
import Storage
import Testing
import Training

#if canImport(Glibc)
import Glibc
#endif

private let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/") + "/Fixtures/training/gunpowder"

/// Patches, targets and weights as gunpowder, lsds and the formulas of DaCapo make them of one crop: Tests/Fixtures/training/gunpowder/generate.py.
@Suite struct GunpowderTests {
  func array(_ name: String) throws -> NDArray { try Npy.read("\(folder)/\(name).npy") }
  func floats(_ name: String) throws -> [Float] { try array(name).floats().elements(Float.self) }
  let size = [16.0, 8, 8]

  func volume(_ name: String) throws -> Volume {
    try Volume(try array(name), try Grid(axes: [.z, .y, .x], voxelSize: Coordinate(size.map { Rational(Int($0)) }), offset: Coordinate(repeating: .zero, count: 3)))
  }

  /// ElasticAugment: control points jittered, splines through them, turned in the plane of sections; raw linearly, labels by the nearest voxel.
  @Test func elastic() throws {
    let drawn = try array("elastic_points"), points = Array(drawn.shape.dropFirst()), shape = [10, 12, 14]
    let jitter = try drawn.elements(Double.self), count = points.reduce(1, *), angle = 0.4
    var warp = Warp()
    // gunpowder spreads its control points from the first to the last voxel, whatever spacing was asked for
    let spacing = (0..<3).map { size[$0] * Double(shape[$0] - 1) / Double(points[$0] - 1) }
    warp.fields = [Warp.Field(points: points, spacing: spacing, shifts: (0..<3 * count).map { Float(jitter[$0] * size[$0 / count]) })]
    warp.turn(by: [1, 0, 0, 0, cos(angle), sin(angle), 0, -sin(angle), cos(angle)])
    func box(_ inner: [Int]) throws -> WarpedBox {
      try WarpedBox(warp, box: inner, first: inner.map { -Double($0 - 1) / 2 }, centre: [7 + 4.5, 8 + 5.5, 9 + 6.5], voxelSize: size)
    }
    func cut(_ name: String, _ box: WarpedBox) throws -> NDArray {
      let view = try #require(ChannelSource(try volume(name)))
      return try view.read(offset: box.offset, shape: box.extent)
    }
    let rawBox = try box(shape), found = try rawBox.sampled(try cut("raw", rawBox).floats(scale: 1 / 255), linear: true).elements(Float.self), expected = try floats("elastic_raw")
    #expect(found.count == 1680 && zip(found, expected).allSatisfy { abs($0 - $1) < 2e-5 })
    let labelBox = try box([6, 8, 10])
    #expect(try labelBox.sampled(try cut("labels", labelBox), linear: false).elements(UInt32.self) == array("elastic_labels").elements(UInt32.self))
  }

  @Test(arguments: [("intensity", 1.3, 0.1, false), ("intensity_sections", 1.6, 0.2, true)]) func intensity(_ name: String, _ scale: Double, _ shift: Double, _ sections: Bool) throws {
    let raw = try volume("raw"), values = try raw.array.floats(scale: 1 / 255).reshaped([1, 24, 28, 32])
    var patch = Patch(raw: values, labels: values, mask: values, grid: raw.grid, crop: "a", offset: [0, 0, 0]), random = KeyedGenerator(seed: 1, purpose: "intensity")
    try Augmentation.intensity(scale: (scale, scale), shift: (shift, shift), sections: sections, clip: sections).apply?(&patch, &random)
    let found = try patch.raw.elements(Float.self), expected = try floats(name), section = 28 * 32
    #expect(expected.count == 4 * section && (0..<4 * section).allSatisfy { abs(found[$0 / section * 6 * section + $0 % section] - expected[$0]) < 1e-5 })
  }

  /// The batch of a task on the box (8, 12, 12) at (8, 8, 10), by way of sampler, task and weights. Weights of a batch have mean 1, gunpowder's have not.
  func batch(_ task: Task, mask: Bool = true) throws -> (target: [Float], weight: [Float]) {
    let centre: WorldCoordinate = Coordinate(zip([8 + 4, 8 + 6, 10 + 6], [16, 8, 8]).map { Rational($0 * $1) })
    let spec = CropSpec(
      name: "a", use: .train, raw: .source(try volume("raw"), name: "raw"), labels: [.source(try volume("labels"), name: "labels")], mask: mask ? .source(try volume("mask"), name: "mask") : nil,
      points: [centre])
    let settings = try RunSettings(
      network: try tinyNetwork(task.channels.count, padding: .same), task: task, data: try DataSplit([spec]) { _, _ in .nothing }, input: [8, 12, 12], batch: 1, augment: [], seed: 1)
    let made = try BatchMaker(settings, context()).batch(0, context())
    return (try made.target.elements(Float.self), try made.weight?.elements(Float.self) ?? [])
  }

  /// The same up to one factor.
  func areAlike(_ found: [Float], _ expected: [Float], within error: Double = 1e-5) -> Bool {
    let scale = expected.reduce(0.0) { $0 + Double($1) } / found.reduce(0.0) { $0 + Double($1) }
    return found.count == expected.count && scale > 0 && zip(found, expected).allSatisfy { abs(Double($0) * scale - Double($1)) <= error * max(1, Double($1)) }
  }

  @Test func affinities() throws {
    let offsets = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [2, 0, 0], [0, 3, 0], [0, 0, -3]], made = try batch(.affinities("cell", offsets: offsets))
    #expect(try made.target == floats("affinities"))
    #expect(areAlike(made.weight, try floats("affinity_weights")))
  }

  @Test func affinitiesWithDescriptors() throws {
    let offsets = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [2, 0, 0], [0, 3, 0], [0, 0, -3]], made = try batch(.affinities("cell", offsets: offsets, lsds: true, lsdVoxels: 1)), count = 6 * 1152
    #expect(try Array(made.target[..<count]) == floats("affinities"))
    #expect(zip(made.target[count...], try floats("descriptors")).allSatisfy { abs($0 - $1) < 1e-4 })
    let foreground = try floats("foreground_weights")
    #expect(areAlike(made.weight, try floats("affinity_weights") + (0..<10).flatMap { _ in foreground }))
  }

  @Test func descriptors() throws {
    let made = try batch(.descriptors("cell", voxels: 1)), foreground = try floats("foreground_weights")
    #expect(zip(made.target, try floats("descriptors")).allSatisfy { abs($0 - $1) < 1e-4 } && made.target.count == 11520)
    #expect(areAlike(made.weight, (0..<10).flatMap { _ in foreground }))
  }

  @Test func distances() throws {
    let distance = try floats("distance"), sure = try floats("sure"), inside = try batch(.oneHot(["cell"])).target
    func isNear(_ found: some Sequence<Float>, _ expected: some Sequence<Float>) -> Bool { zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 } }
    let plain = try batch(.distance(["cell"], scale: 32)), masked = try batch(.distance(["cell"], scale: 32, masksDistances: true))
    #expect(isNear(plain.target, distance) && plain.target.count == 1152)
    #expect(areAlike(plain.weight, try maskInside()) && areAlike(masked.weight, sure))
    #expect(isNear(try batch(.innerDistance(["cell"], scale: 32)).target, distance.map { max(0, $0) }))
    let hot = try batch(.hotDistance(["cell"], scale: 32, masksDistances: true))
    #expect(Array(hot.target[..<1152]) == inside && isNear(hot.target[1152...], distance))
    #expect(areAlike(hot.weight, try maskInside() + sure))
    #expect(inside == distance.map { $0 > 0 ? 1 : 0 })
  }

  @Test func classes() throws {
    let made = try batch(.oneHot(["cell"], balanced: true))
    #expect(areAlike(made.weight, try floats("foreground_weights")))
  }

  func maskInside() throws -> [Float] { try array("mask").slice(offset: [8, 8, 10], shape: [8, 12, 12]).floats().elements(Float.self) }
}
