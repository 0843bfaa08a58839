import Arrays
import Execution
import Testing
import Segmentation

/// The algorithm is exact; float32 squares leave up to two units in the last place.
func close(_ found: [Float], _ expected: [Double], tolerance: Double = 3e-7) -> Bool {
  found.count == expected.count && zip(found, expected).allSatisfy { Double($0) == $1 || abs(Double($0) - $1) <= tolerance * abs($1) }
}

@Suite struct DistanceTests {
  static let voxelSizes: [[Double]] = [[1, 1, 1], [40, 4, 4], [5.24, 4, 4.56]]

  private func check(_ mask: NDArray, _ size: [Double], _ note: Comment) throws {
    let size = Array(size.suffix(mask.rank))
    for border in [DistanceBorder.nothing, .background] {
      let plain = try plainDistance(mask, voxelSize: size, border: border)
      let found = try distanceTransform(mask, voxelSize: size, border: border, alone).elements(Float.self)
      #expect(close(found, plain), note)
      if size.allSatisfy({ $0 == 1 }) { let rounded = plain.map { Float($0) }; #expect(found == rounded, note) }
      #expect(try distanceTransform(mask, voxelSize: size, border: border, crowd).elements(Float.self) == found, note)
      let each = try distanceTransform(mask, voxelSize: size, border: border, each: true, alone).elements(Float.self)
      #expect(try close(each, plainDistance(mask, voxelSize: size, border: border, each: true)), note)
      #expect(try distanceTransform(mask, voxelSize: size, border: border, each: true, crowd).elements(Float.self) == each, note)
    }
    let plain = try plainSignedDistance(mask, voxelSize: size)
    let found = try signedDistance(mask, voxelSize: size, alone).elements(Float.self)
    #expect(close(found, plain), note)
    #expect(try signedDistance(mask, voxelSize: size, crowd).elements(Float.self) == found, note)
  }

  @Test func everyMaskOfTwoByTwoByTwo() throws {
    for bits in 0..<256 {
      for size in Self.voxelSizes { try check(NDArray((0..<8).map { bits >> $0 & 1 == 1 }, [2, 2, 2]), size, "bits \(bits) \(size)") }
    }
  }

  @Test func tinyShapes() throws {
    for shape in shapes([0, 1, 2, 3, 5], ranks: 1...3) {
      for dtype in discreteTypes {
        for density in [0, 0.2, 0.8, 1] { try check(randomLabels(dtype, shape, values: dtype == .bool ? 2 : 4, density: density, seed: 3), Self.voxelSizes[2], "\(shape) \(dtype) \(density)") }
      }
    }
  }

  @Test func randomVolumes() throws {
    var random = KeyedGenerator(seed: 2, purpose: "distance")
    for round in 0..<250 {
      let rank = 2 + random.index(below: 2)
      let shape = randomShape(&random, upTo: rank == 2 ? 30 : 9, rank: rank - 1) + [1 + random.index(below: round % 10 == 0 ? 90 : 20)]
      let dtype = discreteTypes[random.index(below: discreteTypes.count)]
      let mask = try randomLabels(dtype, shape, values: dtype == .bool ? 2 : 4, density: random.uniform(0.3, 0.99), seed: UInt64(round))
      try check(mask, Self.voxelSizes[round % 3], "round \(round) \(shape) \(dtype)")
    }
  }

  /// One site far away makes the near search give up: both methods must agree with the definition.
  @Test func farSites() throws {
    for shape in [[700, 5], [3, 400, 18], [300, 2, 17]] {
      for site in [0, 2] {
        let count = shape.reduce(1, *)
        var values = [UInt8](repeating: 1, count: count)
        values[site] = 0
        values[count - 2] = 0
        let mask = try NDArray(values, shape)
        try check(mask, [1, 1, 1], "\(shape)")
        try check(mask, [7.5, 3.1, 4], "\(shape)")
      }
    }
  }

  @Test func everyLabelByItself() throws {
    let labels = try NDArray([UInt64.max, .max, .max, 0, 5, 6], [6])
    #expect(try distanceTransform(labels, voxelSize: [2], each: true, alone).elements(Float.self) == [6, 4, 2, 0, 2, 2])
    #expect(try distanceTransform(labels.slice(offset: [0], shape: [3]), voxelSize: [2], each: true, alone).elements(Float.self) == [.infinity, .infinity, .infinity])
  }

  @Test func noBackgroundIsInfinitelyFar() throws {
    let ones = try NDArray([UInt8](repeating: 1, count: 6), [2, 3])
    #expect(try distanceTransform(ones, voxelSize: [1, 1], alone).elements(Float.self) == [Float](repeating: .infinity, count: 6))
  }

  @Test func flatBoundaryIsHalfAVoxelAway() throws {
    let labels = try NDArray([UInt8(0), 0, 1, 1], [1, 4])
    #expect(try signedDistance(labels, voxelSize: [8, 8], alone).elements(Float.self) == [-12, -4, 4, 12])
  }

  @Test func withoutBoundaryHalfTheSmallestExtent() throws {
    for (value, sign) in [(UInt8(0), Float(-1)), (7, 1)] {
      let labels = try NDArray([UInt8](repeating: value, count: 24), [2, 3, 4])
      #expect(try signedDistance(labels, voxelSize: [40, 4, 4], alone).elements(Float.self) == [Float](repeating: sign * 6, count: 24))
    }
  }

  @Test func refusals() throws {
    let mask = try NDArray(.uint8, [3, 3])
    for sizes in [[1, 0], [1, -1], [1, .nan], [1, .infinity], [1], [1, 1, 1]] as [[Double]] {
      #expect(throws: SegmentationError.self) { try distanceTransform(mask, voxelSize: sizes, alone) }
      #expect(throws: SegmentationError.self) { try signedDistance(mask, voxelSize: sizes, alone) }
    }
    #expect(throws: SegmentationError.self) { try signedDistance(NDArray(.float32, [3, 3]), voxelSize: [1, 1], alone) }
  }
}
