// Several arrays as one: nothing is read until it is needed.

import Arrays
import Geometry
import Language

extension Builtin {
  static let concatArrays = Builtin(
    "concat", "(arrays…: array|list, axis: string|int = 0) -> array",
    "Joins arrays along an axis they have: one after the other, as the smallest type that holds all.",
    details: ["The place in the world is that of the first; other axes need equal names and lengths."],
    examples: [Example("concat(arange(3), arange(2)).shape", prints: "(5,)"), Example("concat(zeros((1, 2)), ones((3, 2)), axis=\"y\").shape", prints: "(4, 2)")],
    searchTerms: ["append", "join", "concatenate"], streams: ["arrays"]
  ) { call in
    let parts = try call.arrays("arrays"), first = parts[0]
    guard !first.shape.isEmpty else { throw call.failure(.shape, "`concat` needs arrays with axes") }
    let axis = try call.axis("axis", of: first.grid), axes = first.grid.axes
    for (position, part) in parts.enumerated() {
      guard part.grid.axes == axes, axes.indices.allSatisfy({ $0 == axis || part.shape[$0] == first.shape[$0] }) else {
        throw Failure(
          .shape, "shapes do not match along other axes than \(axes[axis].name): \(first.axesText) and \(part.axesText)", argument: "arrays", argumentPosition: position)
      }
      if first.grid.isKnown, part.grid.isKnown, part.grid.voxelSize != first.grid.voxelSize {
        let (mine, other) = differentSizes(first.grid.voxelSize, part.grid.voxelSize)
        throw Failure(
          .grid, "voxel sizes do not match: \(mine) and \(other)", argument: "arrays", argumentPosition: position)
      }
    }
    return Value(try ArrayValue.made(of: parts, try ArrayExpression.joined(parts.map(\.expression), along: axis, isStack: false, grid: first.grid), call.execution))
  }

  static let stack = Builtin(
    "stack", "(arrays…: array|list, axis=\"c\") -> array", "Puts arrays of one shape behind one another along a new first axis.",
    examples: [Example("stack(zeros((2, 3)), ones((2, 3))).shape", prints: "(2, 2, 3)")], searchTerms: ["channels", "join"], streams: ["arrays"]
  ) { call in
    let parts = try call.arrays("arrays"), first = parts[0], name = try call.axisName(try call.string("axis"), "axis")
    guard !first.grid.axes.contains(where: { $0.name == name }) else {
      throw call.failure(.value, "the arrays have an axis `\(name)` already", at: "axis", hint: "concat(…, axis=\"\(name)\") joins along it")
    }
    for (position, part) in parts.enumerated() where part.shape != first.shape || part.grid.axes != first.grid.axes {
      throw Failure(.shape, "shapes do not match: \(first.axesText) and \(part.axesText)", argument: "arrays", argumentPosition: position)
    }
    let grid = try first.grid.stacked(under: Axis.named(name))
    return Value(try ArrayValue.made(of: parts, try ArrayExpression.joined(parts.map(\.expression), along: 0, isStack: true, grid: grid), call.execution))
  }
}

extension Grid {
  /// The same place below a new first axis: a new axis of space has voxels of 1 nm from 0.
  func stacked(under axis: Axis) throws -> Grid {
    if axis.kind != .space { return try with(axes: [axis] + axes) }
    return try Grid(axes: [axis] + axes, voxelSize: Coordinate([.one] + voxelSize.values), offset: Coordinate([.zero] + offset.values), isKnown: false)
  }
}
