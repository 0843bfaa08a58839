import Arrays
import Execution
import Testing
import Segmentation

@Suite struct AffinityTests {
  @Test func everyOffsetOfTinyShapes() throws {
    for shape in shapes([0, 1, 2, 3, 5]) {
      let labels = try randomLabels(.uint16, shape, values: 3, density: 0.8, seed: 4)
      let offsets = (0..<shape.count).reduce([[]] as [[Int]]) { all, _ in all.flatMap { head in [-6, -2, -1, 0, 1, 3].map { head + [$0] } } }
      for background in [false, true] {
        let found = try affinities(labels, neighborhood: offsets, backgroundAsObject: background, alone)
        #expect(found.shape == [offsets.count] + shape)
        #expect(try found.elements(UInt8.self) == plainAffinities(labels, neighborhood: offsets, backgroundAsObject: background), "\(shape)")
      }
    }
  }

  @Test func randomVolumes() throws {
    var random = KeyedGenerator(seed: 13, purpose: "affinities")
    for round in 0..<200 {
      let shape = randomShape(&random, upTo: 9, rank: 2) + [1 + random.index(below: 80)], dtype = discreteTypes[round % discreteTypes.count]
      let labels = try randomLabels(dtype, shape, values: dtype == .bool ? 2 : 4, seed: UInt64(round))
      let offsets = (0..<1 + random.index(below: 4)).map { _ in (0..<3).map { _ in random.index(below: 9) - 4 } }
      let plain = try plainAffinities(labels, neighborhood: offsets, backgroundAsObject: round % 2 == 0)
      #expect(try affinities(labels, neighborhood: offsets, backgroundAsObject: round % 2 == 0, alone).elements(UInt8.self) == plain, "round \(round)")
      #expect(try affinities(labels, neighborhood: offsets, backgroundAsObject: round % 2 == 0, crowd).elements(UInt8.self) == plain, "round \(round)")
    }
  }

  @Test func hugeOffsetsAreOutside() throws {
    let labels = try NDArray([UInt8(1), 1], [1, 2])
    #expect(try affinities(labels, neighborhood: [[0, .max], [.min, 0], [0, 1]], alone).elements(UInt8.self) == [0, 0, 0, 0, 1, 0])
    #expect(throws: SegmentationError.self) { try affinities(labels, neighborhood: [[1]], alone) }
  }

  @Test func oneChannelAClass() throws {
    let labels = try NDArray([UInt8(0), 1, 2, 1], [2, 2])
    #expect(try oneHot(labels, classes: [1, 0, 7, 257], alone).elements(UInt8.self) == [0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(try oneHot(labels, classes: [], alone).shape == [0, 2, 2])
    for dtype in [DType.bool, .uint16, .uint32, .uint64, .int64] {
      let many = try randomLabels(dtype, [3, 50], values: dtype == .bool ? 2 : 5, seed: 3), ids = try plainIds(many)
      #expect(try oneHot(many, classes: [0, 1, 4], crowd).elements(UInt8.self) == [0, 1, 4].flatMap { c in ids.map { $0 == c ? 1 : 0 } })
    }
  }
}

@Suite struct ClassBalanceTests {
  /// One positive in a 4 × 4 patch whose last row is masked out: 12 voxels counted, denominator 13.
  @Test func patchByHand() throws {
    var labels = [UInt8](repeating: 0, count: 16), mask = [UInt8](repeating: 255, count: 16)
    labels[5] = 1
    for x in 12..<16 { mask[x] = 0 }
    var balance = try ClassBalance()
    let weights = try balance.weights(NDArray(labels, [1, 4, 4]), mask: NDArray(mask, [4, 4]), alone).elements(Float.self)
    #expect(weights[5] == 6.5 && abs(weights[0] - 0.59090909) < 1e-7 && weights[12] == 0)
    #expect(balance.totals == [13] && balance.counts == [[11, 1]])
  }

  @Test func countsRunThroughPatches() throws {
    var balance = try ClassBalance(), counts = [[0.0, 0], [0.0, 0]], totals = [1.0, 1]
    for round in 0..<100 {
      let labels = try randomLabels(.uint8, [2, 3, 4, 5], density: round < 50 ? 0.02 : 0.6, seed: UInt64(round)), mask = try randomLabels(.bool, [2, 3, 4, 5], density: 0.7, seed: UInt64(round + 500))
      let l = try plainIds(labels), m = try plainIds(mask)
      let found = try balance.weights(labels, mask: mask, alone).elements(Float.self)
      for channel in 0..<2 {
        let range = channel * 60..<channel * 60 + 60
        for c in 0..<2 { counts[channel][c] += Double(range.count { l[$0] == UInt64(c) && m[$0] == 1 }) }
        totals[channel] += Double(range.count { m[$0] == 1 })
        for i in range {
          let share = counts[channel][Int(l[i])] / totals[channel]
          let expected = m[i] == 0 ? 0 : 1 / (2 * min(max(share, 0.05), 0.95))
          #expect(abs(Double(found[i]) - expected) <= 1e-6 * expected, "round \(round)")
        }
      }
    }
    let saved = try ClassBalance(classes: 2, clip: balance.clip, counts: balance.counts, totals: balance.totals)
    #expect(saved == balance)
  }

  @Test func refusals() throws {
    #expect(throws: SegmentationError.self) { try ClassBalance(classes: 1) }
    #expect(throws: SegmentationError.self) { try ClassBalance(clip: 0...1) }
    #expect(throws: SegmentationError.self) { try ClassBalance(classes: 2, clip: 0.05...0.95, counts: [[1]], totals: [1]) }
    var balance = try ClassBalance()
    #expect(throws: SegmentationError.self) { try balance.weights(NDArray([UInt8(2)], [1, 1]), alone) }
    #expect(throws: SegmentationError.self) { try balance.weights(NDArray([UInt8(1)], [1]), alone) }
    #expect(balance.counts == [] || balance.counts == [[0, 0]])
    _ = try balance.weights(NDArray([UInt8(1)], [1, 1]), alone)
    #expect(throws: SegmentationError.self) { try balance.weights(NDArray([UInt8(1), 0], [2, 1]), alone) }
  }
}
