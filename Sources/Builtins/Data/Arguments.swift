// Arguments that several array builtins share: element types, places in the world, shapes.

import Arrays
import Geometry
import Language

extension Call {
  /// `dtype=uint8` (the function of that name) or `dtype="uint8"`; nil where nil.
  func dtype(_ name: String) throws -> DType? { try dtype(try value(name), name) }

  /// The same of a value of the argument `name`.
  func dtype(_ value: Value, _ name: String) throws -> DType? {
    let text: String
    switch value {
    case .nil: return nil
    case .string(let given): text = given
    case .function(let function): text = function.name
    case let other: throw failure(.type, "`\(name)` must be an element type such as uint8, not \(other.typePhrase)", at: name)
    }
    guard let dtype = DType(rawValue: text) else {
      let all = DType.allCases.map(\.rawValue)
      throw failure(.value, "`\(name)` is no element type: \(text)", at: name, label: Suggestion.nearest(to: text, among: all).map { "did you mean \($0)?" } ?? "one of \(all.joined(separator: ", "))")
    }
    return dtype
  }

  /// A shape: an int for one axis, or a coord of voxels.
  func shape(_ name: String) throws -> [Int] {
    let shape: [Int]
    switch try value(name) {
    case .int(let length): shape = [length]
    case .voxelCoordinate(let coordinate): shape = coordinate.values
    case .worldCoordinate, .length: throw failure(.units, "`\(name)` must be in voxels, not in nanometres", at: name)
    case let other: throw failure(.type, "`\(name)` must be a shape such as (64, 64, 64), not \(other.typePhrase)", at: name)
    }
    guard shape.allSatisfy({ $0 >= 0 }) else { throw failure(.value, "`\(name)` has a negative length: \(shapeText(shape))", at: name) }
    return shape
  }

  /// Names of axes from `axes`; nil where it is nil.
  func axes(rank: Int) throws -> [Axis]? {
    guard let names = try optionalList("axes") else { return nil }
    guard names.count == rank else { throw failure(.shape, "`axes` names \(names.count) axes, the shape has \(rank)", at: "axes") }
    let axes = try names.map {
      guard case .string(let name) = $0 else { throw failure(.type, "`axes` must hold names, not \($0.typePhrase)", at: "axes") }
      return Axis.named(try axisName(name, "axes"))
    }
    guard Set(axes.map(\.name)).count == rank else { throw failure(.value, "`axes` names an axis twice", at: "axes") }
    return axes
  }

  /// The grid of a new array from `axes`, `voxel` and `offset`.
  func newGrid(rank: Int) throws -> Grid {
    let axes = try axes(rank: rank) ?? Axis.defaults(rank: rank)
    let spatial = axes.count { $0.kind == .space }
    let voxel = try optionalWorld("voxel", rank: spatial), offset = try optionalWorld("offset", rank: spatial)
    if voxel == nil && offset == nil { return Grid(unknown: axes) }
    return try Grid(
      axes: axes, voxelSize: voxel ?? Coordinate(repeating: .one, count: spatial), offset: offset ?? Coordinate(repeating: .zero, count: spatial))
  }

  /// Refuses a new array above the memory budget before any work: E6.
  func checkBudget(_ dtype: DType, _ shape: [Int]) throws {
    let bytes = try NDArray.byteCount(dtype, shape)
    if bytes > execution.memoryBudget {
      throw failure(
        .memory, "this would hold \(byteText(bytes)) in memory (budget \(byteText(execution.memoryBudget)))",
        hint: "create(\"out.zarr/name\", shape=\(shapeText(shape)), dtype=\(dtype)) makes it on disk")
    }
  }

  /// Voxels an axis of a length that may be voxels (a number or coord) or world, for an array of this grid.
  ///
  /// - Returns: one a spatial axis.
  func sizeInVoxels(_ name: String, _ grid: Grid) throws -> [Double] {
    let rank = grid.spatialRank
    func world(_ lengths: [Rational]) throws -> [Double] {
      guard grid.isKnown else { throw failure(.units, "`\(name)` is a length, but the array's voxel size is unknown", at: name, hint: "give it in voxels, or give the array voxel=(8, 8, 8)nm") }
      return try zip(lengths, grid.voxelSize.values).map { try ($0 / $1).double }
    }
    switch try value(name) {
    case .length(let each): return try world(Array(repeating: each, count: rank))
    case .worldCoordinate(let coordinate) where coordinate.rank == rank: return try world(coordinate.values)
    case .voxelCoordinate(let coordinate) where coordinate.rank == rank: return coordinate.values.map(Double.init)
    case let other:
      if let number = other.number { return Array(repeating: number, count: rank) }
      if case .list(let list) = other, list.count == rank, list.allSatisfy({ $0.number != nil }) { return list.compactMap(\.number) }
      throw failure(.type, "`\(name)` must be a number of voxels, a length, or one of them for each of \(rank) axes", at: name)
    }
  }
}
