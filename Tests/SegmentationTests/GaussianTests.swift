import Arrays
import Execution
import Testing
import Segmentation

@Suite struct GaussianTests {
  private func check(_ values: NDArray, _ sigma: [Double], truncate: Double = 4, _ note: Comment) throws {
    let found = try gaussian(values, sigma: sigma, truncate: truncate, alone).elements(Float.self)
    let plain = try plainGaussian(values, sigma: sigma, truncate: truncate)
    #expect(found.count == plain.count && zip(found, plain).allSatisfy { abs(Double($0) - $1) <= 3e-6 }, note)
    #expect(try gaussian(values, sigma: sigma, truncate: truncate, crowd).elements(Float.self) == found, note)
  }

  @Test func tinyShapes() throws {
    for shape in shapes([0, 1, 2, 3, 5], ranks: 1...3) {
      for sigma in [0, 0.4, 1, 2.5] { try check(randomFloats(shape, seed: 1), [Double](repeating: sigma, count: shape.count), "\(shape) \(sigma)") }
    }
  }

  @Test func randomVolumes() throws {
    var random = KeyedGenerator(seed: 3, purpose: "gaussian")
    for round in 0..<200 {
      let rank = 2 + random.index(below: 2)
      let shape = randomShape(&random, upTo: 12, rank: rank - 1) + [1 + random.index(below: 100)]
      try check(randomFloats(shape, seed: UInt64(round)), (0..<rank).map { _ in random.uniform(0, 3) }, truncate: random.uniform(1, 5), "round \(round) \(shape)")
    }
  }

  /// Taller than the bands that the work is cut into, with kernels longer than the array.
  @Test func bands() throws {
    for (shape, sigma) in [([200, 7], [3.0, 1]), ([2, 131, 9], [1, 2, 1]), ([3, 65, 20], [4, 20, 0.5]), ([129, 300], [0, 12])] { try check(randomFloats(shape, seed: 9), sigma, "\(shape) \(sigma)") }
  }

  @Test func everyTypeIsReadAsNumbers() throws {
    for dtype in DType.allCases { try check(randomLabels(dtype, [4, 5, 6], values: dtype == .bool ? 2 : 4, seed: 1), [1, 0.5, 2], "\(dtype)") }
  }

  @Test func refusals() throws {
    let values = try NDArray(.float32, [3, 3])
    for sigma in [[-1, 1], [.nan, 1], [1], [1e300, 1], [.infinity, 1]] as [[Double]] {
      #expect(throws: SegmentationError.self) { try gaussian(values, sigma: sigma, alone) }
    }
    for truncate in [0, -1, .nan, .infinity] as [Double] { #expect(throws: SegmentationError.self) { try gaussian(values, sigma: [1, 1], truncate: truncate, alone) } }
  }
}
