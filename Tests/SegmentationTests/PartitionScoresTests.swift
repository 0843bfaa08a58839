import Arrays
import Execution
import Glibc
import Testing
import Segmentation

@Suite struct PartitionScoresTests {
  @Test func contingencyOfRandomVolumes() throws {
    var random = KeyedGenerator(seed: 6, purpose: "contingency")
    for round in 0..<200 {
      let shape = randomShape(&random, upTo: 20, rank: 3)
      let a = try randomLabels(.uint64, shape, values: 8, seed: UInt64(round)), b = try randomLabels(.uint8, shape, values: 5, seed: UInt64(round + 999))
      let mask = round % 2 == 0 ? nil : try randomLabels(.uint16, shape, density: 0.8, seed: UInt64(round + 5000))
      var plain: [IdPair: Int] = [:]
      for (i, (x, y)) in zip(try plainIds(a), try plainIds(b)).enumerated() where try mask.map({ try plainIds($0)[i] != 0 }) ?? true { plain[IdPair(x, y), default: 0] += 1 }
      let expected = plain.keys.sorted().map { Contingency.Cell(segmentation: $0.a, truth: $0.b, count: plain[$0]!) }
      #expect(try contingency(a, b, mask: mask, alone).cells == expected)
      #expect(try contingency(a, b, mask: mask, crowd).cells == expected)
    }
  }

  @Test func blocksAddUp() throws {
    let a = try randomLabels(.uint16, [9, 10], values: 4, seed: 1), b = try randomLabels(.uint16, [9, 10], values: 4, seed: 2)
    var sum = Contingency()
    for y in 0..<9 { sum += try contingency(a.slice(offset: [y, 0], shape: [1, 10]), b.slice(offset: [y, 0], shape: [1, 10]), alone) }
    #expect(try sum == contingency(a, b, alone))
  }

  @Test func splitAndMergeByHand() throws {
    let truth = try NDArray([UInt8(1), 1, 1, 1, 2, 2, 2, 2], [8]), split = try NDArray([UInt8(1), 1, 2, 2, 3, 3, 3, 3], [8])
    let scores = try PartitionScores(contingency(split, truth, alone))
    #expect(scores.voiSplit == 0.5 && scores.voiMerge == 0 && scores.voi == 0.5)
    let reversed = try PartitionScores(contingency(truth, split, alone))
    #expect(reversed.voiSplit == 0 && reversed.voiMerge == 0.5)
    #expect(try PartitionScores.compatible(contingency(split, truth, alone)).voi == 0.25)
  }

  @Test func backgroundOfTruthIsLeftOutUnlessAskedFor() throws {
    let truth = try NDArray([UInt8(0), 0, 1, 1], [4]), found = try NDArray([UInt8(1), 0, 1, 1], [4])
    #expect(try PartitionScores(contingency(found, truth, alone)).voi == 0)
    let all = try PartitionScores(contingency(found, truth, alone), background: true)
    #expect(all.voiSplit == 0.5 && abs(all.voiMerge - 0.75 * (log2(3) - 2.0 / 3)) < 1e-12)
  }

  @Test func randCountsPairs() throws {
    var random = KeyedGenerator(seed: 7, purpose: "rand")
    for round in 0..<200 {
      let count = 1 + random.index(below: 30)
      let a = try randomLabels(.uint8, [count], values: 4, density: 0.8, seed: UInt64(round)), b = try randomLabels(.uint8, [count], values: 4, density: 0.8, seed: UInt64(round + 777))
      let x = try plainIds(a), y = try plainIds(b)
      var agree = 0, both = 0, inA = 0, inB = 0, all = 0
      for i in 0..<count { for j in 0..<i {
        all += 1
        both += x[i] == x[j] && y[i] == y[j] ? 1 : 0
        inA += x[i] == x[j] ? 1 : 0
        inB += y[i] == y[j] ? 1 : 0
        agree += (x[i] == x[j]) == (y[i] == y[j]) ? 1 : 0
      } }
      let scores = try PartitionScores(contingency(a, b, alone), background: true)
      func same(_ found: Double, _ part: Int, _ whole: Int) -> Bool { whole == 0 ? found.isNaN : found == Double(part) / Double(whole) }
      #expect(same(scores.rand, agree, all) && same(scores.randPrecision, both, inA) && same(scores.randRecall, both, inB), "round \(round)")
    }
  }

  @Test func nothingCountedIsNotANumber() throws { #expect(try PartitionScores(Contingency()).voi.isNaN && PartitionScores(Contingency()).rand.isNaN) }
}
