import Arrays
import Execution
import Geometry
import Networks
import Testing
import Training

@Suite struct SamplingTests {
  static let shape = PatchShape(input: [8, 8, 8], output: [4, 4, 4], context: [1, 1, 1])

  func sampler(_ split: DataSplit, _ shape: PatchShape = Self.shape, foreground: Double = 0.5, seed: UInt64 = 3, budget: Int = 1 << 30) throws -> PatchSampler {
    try PatchSampler(split.train, shape: shape, units: .none, foreground: foreground, seed: seed,
      ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: budget))
  }

  @Test(arguments: [[20, 20, 20], [4, 5, 6], [3, 9, 2], [1, 1, 1]]) func alignedReflectedAndMasked(_ box: [Int]) throws {
    let (raw, labels) = try paired(box)
    let sampler = try sampler(try split(spec(raw: raw, labels: labels)))
    for iteration in 0..<40 {
      let patch = try sampler.patch(iteration: iteration, item: iteration % 2)
      #expect(patch.raw.shape == [1, 8, 8, 8] && patch.labels.shape == [1, 6, 6, 6] && patch.mask.shape == [1, 6, 6, 6])
      let centre = try patch.raw.slice(offset: [0, 1, 1, 1], shape: [1, 6, 6, 6]).elements(Float.self)
      let ids = try patch.labels.elements(UInt32.self), mask = try patch.mask.elements(UInt8.self)
      #expect(ids.map { Float($0 - 1) } == centre)
      for z in 0..<6 { for y in 0..<6 { for x in 0..<6 {
        let place = [patch.offset[0] + z - 1, patch.offset[1] + y - 1, patch.offset[2] + x - 1]
        let inside = zip(place, box).allSatisfy { $0 >= 0 && $0 < $1 }
        #expect(mask[(z * 6 + y) * 6 + x] == (inside ? 1 : 0))
        if inside { #expect(ids[(z * 6 + y) * 6 + x] == UInt32((place[0] * 31 + place[1]) * 37 + place[2]) + 1) }
      } } }
    }
  }

  /// The same patches whether crops are in memory or read each time, and in any order.
  @Test func keyedNotSequential() throws {
    let (raw, labels) = try paired([12, 13, 14])
    let data = try split(spec(raw: raw, labels: labels), spec(raw: raw, labels: labels, name: "b", weight: 3))
    let a = try sampler(data), b = try sampler(data, budget: 2)
    var crops: [String: Int] = [:]
    for iteration in stride(from: 300, to: 0, by: -1) {
      let left = try a.patch(iteration: iteration, item: 1), right = try b.patch(iteration: iteration, item: 1)
      #expect(left.crop == right.crop && left.offset == right.offset)
      #expect(try left.raw.elements(Float.self) == right.raw.elements(Float.self))
      #expect(try left.labels.elements(UInt32.self) == right.labels.elements(UInt32.self))
      #expect(try left.mask.elements(UInt8.self) == right.mask.elements(UInt8.self))
      crops[left.crop, default: 0] += 1
    }
    #expect((195...255).contains(crops["b"] ?? 0))   // 225 expected, four standard deviations
    let c = try sampler(data, seed: 4)
    #expect((0..<20).contains { (try? a.patch(iteration: $0, item: 0).offset) != (try? c.patch(iteration: $0, item: 0).offset) })
  }

  @Test func foregroundIsCentred() throws {
    let raw = try volume([30, 30, 30]) { _, _, _ in UInt8(0) }
    let labels = try volume([30, 30, 30]) { z, y, x in UInt8(z == 15 && y == 12 && (x == 9 || x == 20) ? 1 : 0) }
    let sampler = try sampler(try split(spec(raw: raw, labels: labels)), foreground: 1)
    var seen: [Int: Int] = [:]
    for iteration in 0..<200 {
      let patch = try sampler.patch(iteration: iteration, item: 0)
      #expect(patch.offset[0] == 13 && patch.offset[1] == 10)
      seen[patch.offset[2], default: 0] += 1
    }
    #expect(Set(seen.keys) == [7, 18])
    #expect((60...140).contains(seen[7] ?? 0))
  }

  @Test func indexFindsEveryVoxel() throws {
    let labels = try volume([3, 4, 5]) { z, y, x in UInt32((z * 20 + y * 5 + x) % 3 == 0 ? 9 : 0) }
    guard let view = ChannelSource(labels) else { Issue.record("axes"); return }
    let bounds = try VoxelRoi(offset: Coordinate([1, 0, 2]), shape: Coordinate([2, 3, 3]))
    let index = try ForegroundIndex(view, bounds: bounds, ReadContext())
    var expected: [[Int]] = []
    for z in 1..<3 { for y in 0..<3 { for x in 2..<5 where (z * 20 + y * 5 + x) % 3 == 0 { expected.append([z, y, x]) } } }
    #expect(index.classes == 1 && index.count(0) == expected.count && index.trusted == 18)
    for (k, place) in expected.enumerated() { #expect(try index.voxel(k, of: 0) == place) }
  }

  @Test func emptyMaskIsAvoided() throws {
    let (raw, labels) = try paired([40, 8, 8])
    let mask = try volume([40, 8, 8]) { z, _, _ in UInt8(z < 8 ? 255 : 0) }
    let sampler = try sampler(try split(spec(raw: raw, labels: labels, mask: mask)), foreground: 0)
    for iteration in 0..<50 { #expect(try sampler.patch(iteration: iteration, item: 0).offset[0] < 8) }
  }

  @Test func reflection() {
    for length in 1...6 {   // against stepping back and forth
      var place = 0, step = 1
      var walk: [Int] = []
      for _ in 0..<40 {
        walk.append(place)
        if length > 1 {
          if place + step < 0 || place + step >= length { step = -step }
          place += step
        }
      }
      #expect(ChannelSource.reflected(0, 40, length) == walk)
      #expect(ChannelSource.reflected(-12, 13, length) == Array(walk[0...12].reversed()))
    }
  }

  @Test func twoDimensions() throws {
    let grid = try Grid(axes: [.y, .x], voxelSize: Coordinate([Rational(1), Rational(1)]), offset: Coordinate([Rational(0), Rational(0)]))
    let raw = try Volume(try NDArray((0..<80).map { UInt8($0) }, [8, 10]), grid), labels = try Volume(try NDArray((0..<80).map { UInt8($0 % 2) }, [8, 10]), grid)
    let sampler = try sampler(try split(spec(raw: raw, labels: labels)), PatchShape(input: [6, 6], output: [4, 4], context: [0, 0]))
    let patch = try sampler.patch(iteration: 0, item: 0)
    #expect(patch.raw.shape == [1, 6, 6] && patch.labels.shape == [1, 4, 4])
    #expect(try patch.raw.slice(offset: [0, 1, 1], shape: [1, 4, 4]).elements(Float.self).map { UInt8($0) % 2 } == patch.labels.elements(UInt8.self))
  }
}

@Suite struct NormalisationTests {
  @Test func standard() throws {
    let raw = try volume([40, 40, 40]) { z, _, _ in UInt8(z % 2 == 0 ? 100 : 140) }, labels = try volume([40, 40, 40]) { _, _, _ in UInt8(1) }
    let found = try Normalisation.standard(try split(spec(raw: raw, labels: labels)).train)
    #expect(found == Normalisation(scale: 0.05, shift: -6))   // mean 120, deviation 20
    let flat = try volume([4, 4, 4]) { _, _, _ in UInt8(7) }
    #expect(try Normalisation.standard(try split(spec(raw: flat, labels: flat)).train) == Normalisation(scale: 1, shift: -7))
  }
}

@Suite struct AugmentationTests {
  func patch(_ shape: [Int] = [8, 8, 8], voxelSize: [Double] = [8, 8, 8]) throws -> Patch {
    let (raw, labels) = try paired(shape)
    let inner = shape.map { $0 - 2 }
    return Patch(
      raw: try raw.array.reshaped([1] + shape), labels: try labels.array.slice(offset: [1, 1, 1], shape: inner).reshaped([1] + inner),
      mask: try labels.array.slice(offset: [1, 1, 1], shape: inner).nonZero().reshaped([1] + inner), grid: try truth(labels.array.reshaped([1] + labels.array.shape), voxelSize: voxelSize).grid, crop: "a", offset: [0, 0, 0])
  }

  /// Raw and labels still name the same voxels after any mirror and transpose.
  @Test func staysAligned() throws {
    var orders = Set<[Float]>()
    for iteration in 0..<400 {
      var patch = try patch()
      try [Augmentation.mirror(), .transpose()].apply(to: &patch, seed: 1, iteration: iteration, item: 0)
      let inner = try patch.raw.slice(offset: [0, 1, 1, 1], shape: [1, 6, 6, 6]).elements(Float.self)
      #expect(try patch.labels.elements(UInt32.self).map { Float($0 - 1) } == inner)
      orders.insert(inner)
    }
    #expect(orders.count == 48)   // all symmetries of the cube are reached
  }

  @Test(arguments: [([40.0, 8, 8], [8, 8, 8], 16), ([8.0, 8, 8], [6, 8, 8], 16), ([40.0, 8, 4], [8, 8, 8], 8)])
  func anisotropicSectionsStay(_ voxelSize: [Double], _ shape: [Int], _ symmetries: Int) throws {
    var orders = Set<[Float]>()
    for iteration in 0..<200 {
      var patch = try patch(shape, voxelSize: voxelSize)
      try [Augmentation.mirror(), .transpose()].apply(to: &patch, seed: 1, iteration: iteration, item: 0)
      #expect(patch.raw.shape == [1] + shape)
      orders.insert(try patch.raw.elements(Float.self))
    }
    #expect(orders.count == symmetries)
  }

  @Test func intensity() throws {
    for iteration in 0..<30 {
      var changed = try patch()
      let before = try changed.raw.elements(Float.self).map(Double.init)
      try [try Augmentation.intensity(scale: (0.5, 2), shift: (-3, 3))].apply(to: &changed, seed: 1, iteration: iteration, item: 0)
      let after = try changed.raw.elements(Float.self).map(Double.init)
      let scale = (after[511] - after[0]) / (before[511] - before[0])
      let shift = after.reduce(0, +) / 512 - before.reduce(0, +) / 512
      #expect(scale >= 0.499 && scale <= 2.001 && abs(shift) <= 3.001)
      #expect(try changed.labels.elements(UInt32.self) == patch().labels.elements(UInt32.self))
    }
  }

  @Test func eachDrawsForItself() throws {
    var a = try patch(), b = try patch()
    let intensity = try Augmentation.intensity(scale: (0.5, 2))
    try [Augmentation.mirror(), intensity].apply(to: &a, seed: 1, iteration: 5, item: 0)
    try [Augmentation.transpose(probability: 0), intensity].apply(to: &b, seed: 1, iteration: 5, item: 0)
    #expect(try Set(a.raw.elements(Float.self).map { ($0 * 0.01).rounded() }) == Set(b.raw.elements(Float.self).map { ($0 * 0.01).rounded() }))
  }

  @Test func registry() throws {
    #expect(Augmentation.all.map(\.name) == Augmentation.all.map(\.name).sorted())
    for kind in Augmentation.all { #expect(try kind().name == kind.name) }
    #expect(throws: TrainingError.self) { try Augmentation.Kind.intensity(["scale": 2]) }
    #expect(throws: TrainingError.self) { try Augmentation.Kind.intensity(["scale_min": 3]) }
    #expect(throws: TrainingError.self) { try Augmentation.Kind.mirror(probability: 2) }
  }
}
