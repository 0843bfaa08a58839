// Filters of a neighbourhood as parts of an expression: they stream with their context, block by block, and give the bytes that they would give at once.
//
// A filter is a step of its statement where that saves memory: where something is read from disk, or the result would be large. Otherwise
// it is computed at once. Its values are the same either way.
// Checked: LazyFilterTests, Tests/Conformance/rules/laziness.dcs.

import Arrays
import Execution
import Geometry
import Language

struct BlockFilter: LocalFilter {
  let context: ExecutionContext
  let reach: [Int]
  let result: DType
  let recipe: String?
  let body: @Sendable (NDArray, ExecutionContext) throws -> NDArray

  /// The kernels mind the faces of what they are given.
  var edge: EdgeRule? { nil }
  func dtype(for input: DType) -> DType { result }

  func halo(for grid: Grid) -> (before: [Int], after: [Int]) {
    let halo = [Int](repeating: 0, count: grid.rank - reach.count) + reach
    return (halo, halo)
  }

  func apply(_ block: NDArray, _ grid: Grid) throws -> NDArray {
    try context.cancellation.check()
    return try eachSpatialPart(block, grid) { try body($0, context) }
  }
}

extension ArrayValue {
  /// This array through a filter that looks `halo` voxels far along each axis of space.
  func filtered(_ call: Call, halo: [Int], giving dtype: DType, recipe: String? = nil, _ body: @escaping @Sendable (NDArray, ExecutionContext) throws -> NDArray) throws -> Value {
    try grid.checkSpaceIsLast(call.builtin.name)
    // a halo longer than the array is all of it
    let reach = zip(halo, grid.spatialAxes).map { min($0, shape[$1]) }
    let settings = call.builtin.signature.parameters.dropFirst().map { "\($0.name)=\((try? call.value($0.name))?.identityText ?? "")" }.joined(separator: " ")
    let recipe = "\(recipe ?? call.builtin.name) \(settings) \(grid.isKnown ? "\(grid.voxelSize)" : "")"
    let filter = BlockFilter(context: call.execution, reach: reach, result: dtype, recipe: recipe, body: body)
    let expression = try expression.filtered(filter), lazy = ArrayValue(expression)
    if isOnDisk || planned != nil || lazy.byteCount > call.execution.memoryBudget / 4 { return Value(lazy) }
    return Value(ArrayValue(try Volume(try filter.apply(try volume(call.execution).array, grid), grid)))
  }
}
