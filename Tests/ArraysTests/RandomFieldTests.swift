import Arrays
import Execution
import Geometry
import TestSupport
import Testing

@Suite struct RandomFieldTests {
  static let fields: [RandomField.Distribution] = [.uniform(-1, 3), .normal(mean: 2, deviation: 0.5)]

  @Test(arguments: fields) func blocksAreBlocksOfTheWhole(_ distribution: RandomField.Distribution) throws {
    let field = try RandomField(distribution, seed: 4, purpose: "noise", shape: [5, 7, 11])
    let whole = try field.array()
    for offset in [[0, 0, 0], [1, 2, 3], [4, 6, 10]] {
      for box in [[1, 1, 1], [1, 1, 0], (0..<3).map { field.shape[$0] - offset[$0] }] {
        let roi = try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box))
        #expect(try field.read(roi, ReadContext()).isIdentical(to: whole.slice(offset: offset, shape: box)))
      }
    }
    for threads in 1...3 { #expect(try field.array(ThreadPool(threads: threads)).isIdentical(to: whole)) }
    #expect(try !RandomField(distribution, seed: 5, purpose: "noise", shape: [5, 7, 11]).array().isSame(as: whole))
    #expect(try !RandomField(distribution, seed: 4, purpose: "blobs", shape: [5, 7, 11]).array().isSame(as: whole))
    #expect(throws: ArrayError.self) { try field.read(VoxelRoi(offset: Coordinate([0, 0, 1]), shape: Coordinate([5, 7, 11])), ReadContext()) }
  }

  @Test func momentsAreRight() throws {
    let count = 200_000
    func moments(_ distribution: RandomField.Distribution) throws -> (Double, Double) {
      let values = try RandomField(distribution, seed: 1, purpose: "moments", dtype: .float64, shape: [count]).array().elements(Double.self)
      let mean = values.reduce(0, +) / Double(count)
      return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count))
    }
    let (um, uv) = try moments(.uniform(-1, 3)), (nm, nv) = try moments(.normal(mean: 2, deviation: 0.5))
    expectClose(um, 1, absolute: 0.02)
    expectClose(uv, 16.0 / 12, absolute: 0.02)
    expectClose(nm, 2, absolute: 0.01)
    expectClose(nv, 0.25, absolute: 0.005)
  }

  @Test func uniformStaysBelowItsEnd() throws {
    let values = try RandomField(.uniform(0, 1), seed: 2, purpose: "end", shape: [1 << 20]).array().elements(Float.self)
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
  }
}
