import Arrays
import Execution
import Testing
import Segmentation

@Suite struct ConfusionTests {
  @Test func randomMasks() throws {
    var random = KeyedGenerator(seed: 4, purpose: "confusion")
    for round in 0..<250 {
      let shape = [1 + random.index(below: 40), 1 + random.index(below: round % 25 == 0 ? 20_000 : 60)]
      let types = (0..<3).map { _ in discreteTypes[random.index(below: discreteTypes.count)] }
      let p = try randomLabels(types[0], shape, seed: UInt64(round)), t = try randomLabels(types[1], shape, seed: UInt64(round + 1000))
      let m = round % 2 == 0 ? nil : try randomLabels(types[2], shape, density: 0.7, seed: UInt64(round + 2000))
      let plain = try plainConfusion(p, t, mask: m)
      #expect(try confusion(p, t, mask: m, alone) == plain, "round \(round)")
      #expect(try confusion(p, t, mask: m, crowd) == plain, "round \(round)")
    }
  }

  @Test func tinyShapes() throws {
    for shape in shapes([0, 1, 2, 3, 5]) {
      let p = try randomLabels(.bool, shape, seed: 1), t = try randomLabels(.uint8, shape, seed: 2)
      #expect(try confusion(p, t, alone) == plainConfusion(p, t, mask: nil))
    }
  }

  @Test func blocksAddUp() throws {
    let p = try randomLabels(.bool, [8, 9], seed: 1), t = try randomLabels(.bool, [8, 9], seed: 2)
    var sum = Confusion()
    for y in 0..<8 { sum += try confusion(p.slice(offset: [y, 0], shape: [1, 9]), t.slice(offset: [y, 0], shape: [1, 9]), alone) }
    #expect(try sum == confusion(p, t, alone))
  }

  @Test func scoresOfACaseByHand() {
    let counts = Confusion(truePositive: 3, falsePositive: 3, falseNegative: 1, trueNegative: 13)
    #expect(counts.precision == 0.5 && counts.recall == 0.75 && counts.f1 == 0.6 && counts.dice == 0.6)
    #expect(counts.jaccard == 3.0 / 7 && counts.falseDiscoveryRate == 0.5 && counts.falsePositiveRate == 0.1875 && counts.falseNegativeRate == 0.25)
    #expect(counts.accuracy == 0.8 && counts.specificity == 0.8125)
  }

  @Test func emptyMasksAreNotANumber() {
    let both = Confusion(trueNegative: 5), predictedOnly = Confusion(falsePositive: 2, trueNegative: 3), truthOnly = Confusion(falseNegative: 2, trueNegative: 3)
    #expect([both.dice, both.jaccard, both.precision, both.recall, both.f1, both.falseDiscoveryRate].allSatisfy { $0.isNaN })
    for counts in [predictedOnly, truthOnly] {
      #expect(counts.dice == 0 && counts.jaccard == 0)
      #expect([counts.precision, counts.recall, counts.f1, counts.falseNegativeRate, counts.falsePositiveRate].allSatisfy { $0.isNaN })
    }
    let disjoint = Confusion(falsePositive: 1, falseNegative: 1, trueNegative: 1)
    #expect(disjoint.precision == 0 && disjoint.recall == 0 && disjoint.f1.isNaN)
  }

  @Test func refusals() throws {
    let a = try NDArray(.uint8, [2, 3]), b = try NDArray(.uint8, [3, 2]), f = try NDArray(.float32, [2, 3])
    #expect(throws: SegmentationError.shapes(function: "confusion", [2, 3], [3, 2])) { try confusion(a, b, alone) }
    #expect(throws: SegmentationError.shapes(function: "confusion", [2, 3], [3, 2])) { try confusion(a, a, mask: b, alone) }
    #expect(throws: SegmentationError.self) { try confusion(f, a, alone) }
  }
}
