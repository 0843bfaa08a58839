import Arrays
import Execution
import Testing
import Segmentation

@Suite struct ComponentsTests {
  private func check(_ mask: NDArray, _ connectivity: Int, _ byValue: Bool, _ note: Comment) throws {
    let plain = try plainComponents(mask, connectivity: connectivity, byValue: byValue)
    for context in [alone, crowd] {
      let wide = try labelComponents(mask, connectivity: connectivity, byValue: byValue, dtype: .uint64, context)
      #expect(wide.count == plain.count, note)
      #expect(try wide.labels.elements(UInt64.self) == plain.labels, note)
      #expect(wide.labels.shape == mask.shape, note)
    }
    let narrow = try labelComponents(mask, connectivity: connectivity, byValue: byValue, dtype: .uint32, alone)
    #expect(try narrow.labels.elements(UInt32.self).map(UInt64.init) == plain.labels, note)
  }

  @Test func everyMaskOfTwoByTwoByTwoAndThreeByThree() throws {
    for shape in [[2, 2, 2], [3, 3], [1, 2, 4], [4, 1, 2], [2, 4, 1]] {
      let count = shape.reduce(1, *)
      for bits in 0..<(1 << count) {
        let mask = try NDArray((0..<count).map { bits >> $0 & 1 == 1 }, shape)
        for connectivity in 1...shape.count { try check(mask, connectivity, false, "\(shape) bits \(bits) connectivity \(connectivity)") }
      }
    }
  }

  @Test func everyLabellingOfTwoByTwoByTwoWithThreeValues() throws {
    for code in 0..<6561 {
      var rest = code
      let labels = try NDArray((0..<8).map { _ -> UInt16 in defer { rest /= 3 }; return UInt16(rest % 3) }, [2, 2, 2])
      for connectivity in 1...3 { try check(labels, connectivity, true, "code \(code) connectivity \(connectivity)") }
    }
  }

  @Test func tinyShapes() throws {
    for shape in shapes([0, 1, 2, 3, 5], ranks: 1...3) {
      for dtype in discreteTypes { for connectivity in 1...shape.count { for byValue in [false, true] {
        let mask = try randomLabels(dtype, shape, values: dtype == .bool ? 2 : 4, seed: UInt64(connectivity))
        try check(mask, connectivity, byValue, "\(shape) \(dtype) \(connectivity) \(byValue)")
      } } }
    }
  }

  @Test func randomVolumes() throws {
    var random = KeyedGenerator(seed: 1, purpose: "components")
    for round in 0..<300 {
      let rank = 2 + random.index(below: 2)
      let shape = randomShape(&random, upTo: rank == 2 ? 150 : 20, rank: rank - 1) + [1 + random.index(below: 200)]
      let dtype = discreteTypes[random.index(below: discreteTypes.count)]
      let mask = try randomLabels(dtype, shape, values: dtype == .bool ? 2 : 2 + random.index(below: 3), density: random.uniform(0.05, 0.95), seed: UInt64(round))
      try check(mask, 1 + random.index(below: rank), round % 2 == 0, "round \(round) \(shape) \(dtype)")
    }
  }

  @Test func rowsAroundAWordOf64() throws {
    for width in [63, 64, 65, 127, 128, 129] {
      for fill in [[1], [0, 1], [1, 1, 2, 2, 0], [2, 1]] {
        let values = (0..<2 * width).map { UInt8(fill[$0 % fill.count]) }
        let mask = try NDArray(values, [2, width])
        for connectivity in 1...2 { for byValue in [false, true] { try check(mask, connectivity, byValue, "\(width) \(fill)") } }
      }
    }
  }

  @Test func viewsAreLabelledAsTheyLook() throws {
    let mask = try randomLabels(.uint8, [6, 7, 9], seed: 5)
    let view = try mask.slice(offset: [1, 2, 3], shape: [4, 5, 6]).transposed([2, 0, 1])
    try check(view, 2, false, "view")
  }

  @Test func refusals() throws {
    let plane = try NDArray(.uint8, [3, 3])
    #expect(throws: SegmentationError.connectivity(3, rank: 2)) { try labelComponents(plane, connectivity: 3, alone) }
    #expect(throws: SegmentationError.connectivity(0, rank: 2)) { try labelComponents(plane, connectivity: 0, alone) }
    #expect(throws: SegmentationError.rank(function: "label", expected: "2 or 3 axes", found: [1, 1, 1, 1])) { try labelComponents(NDArray(.uint8, [1, 1, 1, 1]), alone) }
    #expect(throws: SegmentationError.self) { try labelComponents(NDArray(.float32, [3, 3]), alone) }
    #expect(throws: SegmentationError.self) { try labelComponents(plane, dtype: .uint16, alone) }
    let poor = ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: 35)
    #expect(throws: ArrayError.overBudget(bytes: 36, budget: 35)) { try labelComponents(plane, poor) }
    let stopped = Cancellation()
    stopped.cancel()
    #expect(throws: Cancelled()) { try labelComponents(plane, ExecutionContext(pool: ThreadPool(threads: 1), cancellation: stopped)) }
  }
}
