import Arrays
import Execution
import Geometry
import Segmentation
import Storage
import Testing

import Blockwise

@Suite struct DistanceScoringTests {
  private func labels(_ shape: [Int], _ dtype: DType, density: Double, _ seed: UInt64) throws -> NDArray {
    var generator = KeyedGenerator(seed: seed, purpose: "distance scoring")
    func of<T: Element>(_: T.Type) throws -> NDArray { try NDArray((0..<shape.reduce(1, *)).map { _ in T(saturating: generator.uniform() < density ? 1 : 0) }, shape) }
    return try of(dtype.type)
  }

  private func limited(_ bytes: Int, threads: Int = 2, _ cancellation: Cancellation = Cancellation()) -> ExecutionContext {
    ExecutionContext(pool: ThreadPool(threads: threads), cancellation: cancellation, memoryBudget: bytes)
  }

  /// Voxel sizes whose squares are no floats, so that any other order of operations would show; budgets from a few planes to all of it.
  @Test(arguments: [[11, 13, 17], [1, 9, 8], [2, 5, 40], [3, 3, 3], [23, 2, 3], [40, 1, 1], [19, 31], [1, 50], [50, 1], [7, 2]]) func equalsTheTallyInMemory(shape: [Int]) throws {
    let sizes = Array([7.3, 4.1, 3.7].suffix(shape.count))
    for (round, density) in [0, 0.01, 0.3, 0.9, 1].enumerated() {
      for masked in [false, true] {
        let predicted = try labels(shape, .uint32, density: density, 1), truth = try labels(shape, .bool, density: round == 1 ? 0.4 : density, 2)
        let mask = masked ? try labels(shape, .int16, density: 0.8, 3) : nil
        let expected = try distanceTally(predicted, truth, mask: mask, voxelSize: sizes, clip: 9, tolerance: 4.1, context())
        let scoring = DistanceScoring(Volume(predicted), Volume(truth), mask: mask.map { Volume($0) }, clip: 9, tolerance: 4.1)
        let plane = shape.dropFirst().reduce(1, *) * (masked ? 17 : 14)
        for budget in [plane * 3, plane * 8, plane * 13, 1 << 30] {
          for threads in [1, 2] {
            #expect(try scoring.tally(voxelSize: sizes, limited(budget, threads: threads)) == expected, "density \(density), masked \(masked), budget \(budget), threads \(threads)")
          }
        }
      }
    }
  }

  @Test func eachVoxelIsReadOnce() throws {
    let shape = [30, 8, 8], budget = 64 * 12 * 10
    let predicted = CountingSource(Volume(try labels(shape, .uint8, density: 0.5, 1))), truth = CountingSource(Volume(try labels(shape, .uint8, density: 0.5, 2)))
    _ = try DistanceScoring(predicted, truth, mask: nil, clip: 1, tolerance: 0).tally(voxelSize: [1, 1, 1], limited(budget))
    #expect(predicted.voxels.value == 30 * 64 && truth.voxels.value == 30 * 64)
  }

  @Test func refusesWhatFitsNoBudget() throws {
    let small = Volume(try labels([4, 100, 100], .uint8, density: 0.5, 1)), line = Volume(try labels([40_000], .uint8, density: 0.5, 1))
    #expect(throws: BlockwiseError.self) { try DistanceScoring(small, small, mask: nil, clip: 1, tolerance: 0).tally(voxelSize: [1, 1, 1], limited(100_000)) }
    #expect(throws: BlockwiseError.self) { try DistanceScoring(line, line, mask: nil, clip: 1, tolerance: 0).tally(voxelSize: [1], limited(100_000)) }
    #expect(throws: SegmentationError.self) { try DistanceScoring(small, small, mask: nil, clip: -1, tolerance: 0).tally(voxelSize: [1, 1, 1], limited(1 << 30)) }
  }

  @Test func errorsAndInterruptsEndIt() throws {
    let volume = Volume(try labels([12, 20, 20], .uint8, density: 0.5, 1)), cancellation = Cancellation()
    let failing = FailingSource(base: volume, failAt: 2)
    #expect(throws: (any Error).self) { try DistanceScoring(failing, volume, mask: nil, clip: 1, tolerance: 0).tally(voxelSize: [1, 1, 1], limited(400 * 11 * 4)) }
    cancellation.cancel()
    #expect(throws: Cancelled.self) { try DistanceScoring(volume, volume, mask: nil, clip: 1, tolerance: 0).tally(voxelSize: [1, 1, 1], limited(400 * 11 * 4, cancellation)) }
  }

  @Test func emptyVolumes() throws {
    let none = Volume(try NDArray(.uint8, [0, 5, 5]))
    let tally = try DistanceScoring(none, none, mask: nil, clip: 1, tolerance: 0).tally(voxelSize: [1, 1, 1], limited(1000))
    #expect(tally.counted == 0 && DistanceScores(tally).hausdorff == 0 && DistanceScores(tally).f1WithTolerance.isNaN)
  }
}
