import Arrays
import Execution
import Segmentation
import Testing

@Suite struct MatchingTests {
  /// Every choice of pairs, for small groups with many equal scores.
  @Test func noOtherChoiceIsBetter() throws {
    var random = KeyedGenerator(seed: 11, purpose: "matching")
    for round in 0..<400 {
      let truths = 1 + random.index(below: 5), segments = 1 + random.index(below: 5)
      var candidates: [Overlap] = []
      for truth in 1...truths { for segment in 1...segments where random.uniform() < 0.6 {
        candidates.append(Overlap(segmentation: UInt64(segment), truth: .max - UInt64(truth), count: 1, iou: Double(1 + random.index(below: 8)) / 8))
      } }
      let found = try matchObjects(candidates, least: 0.25, alone), best = best(candidates.filter { $0.iou >= 0.25 }[...])
      #expect(found.count == best.count && abs(found.reduce(0) { $0 + $1.iou } - best.iou) < 1e-9, "round \(round)")
      #expect(Set(found.map(\.truth)).count == found.count && Set(found.map(\.segmentation)).count == found.count)
    }
  }

  private func best(_ rest: ArraySlice<Overlap>) -> (count: Int, iou: Double) {
    guard let first = rest.first else { return (0, 0) }
    let without = best(rest.dropFirst()), after = best(rest.dropFirst().filter { $0.truth != first.truth && $0.segmentation != first.segmentation }[...])
    let with = (count: after.count + 1, iou: after.iou + first.iou)
    return (without.count, without.iou) < (with.count, with.iou) ? with : without
  }

  /// A long chain in which each object has two candidates, the worse of which must be taken to give everyone a partner.
  @Test func chains() throws {
    let length: UInt64 = 20_000
    let chain = (1...length).flatMap { i in
      [Overlap(segmentation: i, truth: i, count: 1, iou: 0.2)] + (i < length ? [Overlap(segmentation: i + 1, truth: i, count: 1, iou: 0.4)] : [])
    }
    let found = try matchObjects(chain, least: 0.1, alone)
    #expect(found.count == Int(length) && found.allSatisfy { $0.segmentation == $0.truth })
  }

  @Test func backgroundIsNoObject() throws {
    let overlaps = [Overlap(segmentation: 0, truth: 1, count: 5, iou: 0.9), Overlap(segmentation: 1, truth: 0, count: 5, iou: 0.9), Overlap(segmentation: 1, truth: 1, count: 1, iou: 0.1)]
    #expect(try matchObjects(overlaps, least: 0.1, alone) == [overlaps[2]])
    #expect(try matchObjects(overlaps, least: 0.2, alone).isEmpty)
  }

  @Test func stopsWhenAsked() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: Cancelled.self) { try matchObjects([Overlap(segmentation: 1, truth: 1, count: 1, iou: 1)], least: 0.5, ExecutionContext(pool: ThreadPool(threads: 1), cancellation: cancellation)) }
  }
}
