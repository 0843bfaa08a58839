import Arrays
import Execution
import Testing
import Segmentation

private func doubles(_ array: NDArray) throws -> [Double] {
  func go<T: Element>(_: T.Type) throws -> [Double] { try array.elements(T.self).map(\.double) }
  return try go(array.dtype.type)
}

private func numbers(_ dtype: DType, _ shape: [Int], seed: UInt64) throws -> NDArray {
  var random = KeyedGenerator(seed: seed, purpose: "numbers")
  let values = (0..<shape.reduce(1, *)).map { _ in random.uniform(dtype.isSigned || dtype.isFloat ? -60 : 0, 60) }
  func make<T: Element>(_: T.Type) throws -> NDArray { try NDArray(values.map { T(saturating: $0 - (dtype == .bool && $0 < 30 ? $0 : 0)) }, shape) }
  return try make(dtype.type)
}

@Suite struct MorphologyTests {
  private func check(_ values: NDArray, _ element: StructuringElement, _ note: Comment) throws {
    let eroded = try erode(values, element, alone), dilated = try dilate(values, element, alone)
    #expect(try doubles(eroded) == plainMorph(values, element, dilating: false), note)
    #expect(try doubles(dilated) == plainMorph(values, element, dilating: true), note)
    #expect(try doubles(erode(values, element, crowd)) == doubles(eroded) && doubles(dilate(values, element, crowd)) == doubles(dilated), note)
    #expect(try doubles(opening(values, element, alone)) == plainMorph(eroded, element, dilating: true), note)
    #expect(try doubles(closing(values, element, alone)) == plainMorph(dilated, element, dilating: false), note)
  }

  @Test func tinyShapes() throws {
    for shape in shapes([0, 1, 2, 3, 5]) {
      for radius in 0...2 {
        try check(randomLabels(.bool, shape, seed: 1), .box(radius: (0..<shape.count).map { ($0 + radius) % 3 }), "\(shape) \(radius)")
        try check(randomLabels(.bool, shape, seed: 2), .ball(radius: Double(radius) * 0.75, voxelSize: [Double](repeating: 1, count: shape.count)), "\(shape) \(radius)")
      }
    }
  }

  @Test func randomVolumesOfEveryType() throws {
    var random = KeyedGenerator(seed: 10, purpose: "morphology")
    for round in 0..<200 {
      let rank = 2 + random.index(below: 2), shape = randomShape(&random, upTo: 8, rank: rank - 1) + [1 + random.index(below: 30)]
      if round % 2 == 0 { try check(numbers(DType.allCases[round / 2 % 12], shape, seed: UInt64(round)), .box(radius: (0..<rank).map { _ in random.index(below: 4) }), "round \(round)") }
      else { try check(randomLabels(.bool, shape, density: random.uniform(0.1, 0.9), seed: UInt64(round)), .ball(radius: random.uniform(0, 9), voxelSize: (0..<rank).map { _ in random.uniform(1, 5) }), "round \(round)") }
    }
  }

  /// Deep enough for several slabs of planes in bits, of which neighbours share some.
  @Test(arguments: [0.0, 1, 3, 9.5]) func ballsInDeepVolumes(_ radius: Double) throws {
    for depth in [15, 16, 17, 33, 50, 79] { try check(randomLabels(.uint8, [depth, 6, 5], density: 0.9, seed: UInt64(depth)), .ball(radius: radius, voxelSize: [1, 2, 2]), "\(depth) \(radius)") }
  }

  /// Boxes whose cost does not depend on the radius, and balls on both sides of the limit of words.
  @Test func wideOnes() throws {
    for (number, shape) in [[30, 40], [70, 3], [1, 150], [9, 20, 7], [20, 1, 66]].enumerated() {
      for dtype in DType.allCases {
        let values = try numbers(dtype, shape, seed: UInt64(number))
        for radius in [[7, 7, 9], [0, 40, 0], [20, 0, 5], [1000, 1000, 1000]] { try check(values, .box(radius: Array(radius.suffix(shape.count))), "\(shape) \(dtype) \(radius)") }
      }
      for radius in [4, 11, 14.5, 40] { try check(randomLabels(.uint16, shape, density: 0.995, seed: UInt64(number)), .ball(radius: radius, voxelSize: Array([2.5, 1, 1].suffix(shape.count))), "\(shape) \(radius)") }
    }
  }

  @Test func aBallReachesWhatItsRadiusSays() throws {
    var values = [Bool](repeating: false, count: 25)
    values[12] = true
    let point = try NDArray(values, [5, 5])
    #expect(try dilate(point, .ball(radius: 1, voxelSize: [1, 1]), alone).elements(Bool.self).count { $0 } == 5)
    #expect(try dilate(point, .ball(radius: 1.41421, voxelSize: [1, 1]), alone).elements(Bool.self).count { $0 } == 5)
    #expect(try dilate(point, .ball(radius: 1.414213, voxelSize: [1, 1]), alone).elements(Bool.self).count { $0 } == 9)
    #expect(try dilate(point, .ball(radius: 4, voxelSize: [40, 4]), alone).elements(Bool.self).count { $0 } == 3)
  }

  @Test func refusals() throws {
    let mask = try NDArray(.bool, [3, 3])
    for element in [StructuringElement.box(radius: [1]), .box(radius: [1, -1]), .box(radius: [1, .max]), .ball(radius: -1, voxelSize: [1, 1]), .ball(radius: .nan, voxelSize: [1, 1]), .ball(radius: 1, voxelSize: [1, 0])] {
      #expect(throws: SegmentationError.self) { try erode(mask, element, alone) }
      #expect(throws: SegmentationError.self) { try dilate(mask, element, alone) }
    }
    #expect(throws: SegmentationError.self) { try erode(NDArray(.float32, [3, 3]), .ball(radius: 1, voxelSize: [1, 1]), alone) }
  }
}

@Suite struct MedianTests {
  @Test func randomVolumesOfEveryType() throws {
    var random = KeyedGenerator(seed: 11, purpose: "median")
    for round in 0..<240 {
      let rank = 1 + random.index(below: 3), shape = randomShape(&random, upTo: 6, rank: rank - 1) + [1 + random.index(below: round % 20 == 0 ? 140 : 20)]
      let values = try numbers(DType.allCases[round % 12], shape, seed: UInt64(round)), radius = (0..<rank).map { _ in random.index(below: 3) }
      let found = try median(values, radius: radius, round % 3 == 0 ? crowd : alone)
      #expect(found.dtype == values.dtype)
      #expect(try doubles(found) == plainMedian(values, radius: radius), "round \(round) \(shape) \(radius)")
    }
  }

  @Test func tinyShapes() throws {
    for shape in shapes([0, 1, 2, 3, 5]) { for radius in 0...3 {
      let radii = (0..<shape.count).map { max(0, radius - $0) }, values = try numbers(.uint8, shape, seed: 1)
      #expect(try doubles(median(values, radius: radii, alone)) == plainMedian(values, radius: radii), "\(shape) \(radii)")
    } }
  }

  @Test func refusals() throws {
    for radius in [[1], [-1, 0], [.max, 0], [100, 100]] { #expect(throws: SegmentationError.self) { try median(NDArray(.uint8, [3, 3]), radius: radius, alone) } }
  }
}

@Suite struct HolesTests {
  /// The definition: flood the background from the edge; what stays dry and meets one id takes it.
  private func plain(_ labels: NDArray) throws -> [UInt64] {
    let ids = try plainIds(labels)
    let holes = try plainComponents(NDArray(ids.map { $0 == 0 }, labels.shape), connectivity: 1, byValue: false)
    let shape = labels.shape
    func at(_ voxel: Int) -> [Int] { var rest = voxel; return shape.reversed().map { let i = rest % $0; rest /= $0; return i }.reversed() }
    var result = ids
    for hole in stride(from: 1, through: UInt64(holes.count), by: 1) {
      let voxels = ids.indices.filter { holes.labels[$0] == hole }
      if voxels.contains(where: { voxel in zip(at(voxel), shape).contains { $0 == 0 || $0 == $1 - 1 } }) { continue }
      var around: Set<UInt64> = []
      for voxel in voxels { var step = 1; for extent in shape.reversed() { around.formUnion([ids[voxel - step], ids[voxel + step]]); step *= extent } }
      around.remove(0)
      if around.count == 1, let id = around.first { for voxel in voxels { result[voxel] = id } }
    }
    return result
  }

  @Test func everyMaskOfFourByFour() throws {
    for bits in 0..<65536 where bits.nonzeroBitCount >= 4 {
      let mask = try NDArray((0..<16).map { bits >> $0 & 1 == 1 }, [4, 4])
      let found = try plainIds(fillHoles(mask, alone))
      if try found != plain(mask) { Issue.record("bits \(bits)") }
    }
  }

  @Test func randomLabelVolumes() throws {
    var random = KeyedGenerator(seed: 12, purpose: "holes")
    for round in 0..<300 {
      let shape = randomShape(&random, upTo: 7, rank: 2 + round % 2), dtype = discreteTypes[round % discreteTypes.count]
      let labels = try randomLabels(dtype, shape, values: dtype == .bool || round % 3 == 0 ? 2 : 3, density: random.uniform(0.5, 0.95), seed: UInt64(round))
      let found = try fillHoles(labels, crowd)
      #expect(found.dtype == dtype)
      #expect(try plainIds(found) == plain(labels), "round \(round) \(shape)")
    }
  }
}
