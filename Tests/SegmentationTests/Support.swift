// Seeded volumes and contexts for the tests of Segmentation.

import Arrays
import Execution
import Segmentation

let alone = ExecutionContext(pool: ThreadPool(threads: 1))
let crowd = ExecutionContext(pool: ThreadPool(threads: 3))

/// A random volume of values in 0..<values, with about `density` of the voxels non-zero, smoothed into lumps by repeating values along x.
func randomLabels(_ dtype: DType, _ shape: [Int], values: Int = 2, density: Double = 0.5, seed: UInt64) throws -> NDArray {
  var random = KeyedGenerator(seed: seed, purpose: "labels")
  let count = shape.reduce(1, *)
  var now = 0.0
  let lump = random.uniform() < 0.5
  let ids = (0..<count).map { _ -> Double in
    if lump && random.uniform() < 0.6 { return now }
    now = random.uniform() < density ? Double(1 + random.index(below: values - 1)) : 0
    return now
  }
  func make<T: Element>(_: T.Type) throws -> NDArray { try NDArray(ids.map { T(saturating: $0) }, shape) }
  return try make(dtype.type)
}

func randomFloats(_ shape: [Int], seed: UInt64) throws -> NDArray {
  var random = KeyedGenerator(seed: seed, purpose: "floats")
  return try NDArray((0..<shape.reduce(1, *)).map { _ in Float(random.uniform(-3, 3)) }, shape)
}

func randomShape(_ random: inout KeyedGenerator, upTo extent: Int, rank: Int) -> [Int] { (0..<rank).map { _ in 1 + random.index(below: extent) } }

/// Every shape with extents from `extents`, for the given ranks.
func shapes(_ extents: [Int], ranks: ClosedRange<Int> = 2...3) -> [[Int]] {
  ranks.flatMap { rank in (0..<rank).reduce([[]]) { shapes, _ in shapes.flatMap { shape in extents.map { shape + [$0] } } } }
}

let discreteTypes: [DType] = [.bool, .uint8, .uint16, .uint32, .uint64, .int8, .int16, .int32, .int64]
