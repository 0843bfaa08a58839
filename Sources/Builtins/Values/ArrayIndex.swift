// What `a[…]` means: each axis keeps a walk (begin, step, count) or one index.
//
// Slices of ints are voxels; slices of lengths and ROIs are world and snap outward to the array's own grid; an int drops its axis; axes by
// name (`z=30`); fewer indices than axes means all of the rest. Nothing is clipped: a bound outside is an error.

import Arrays
import Geometry
import Language

/// The resolved index of one axis.
enum AxisIndex: Equatable {
  case all
  case at(Int)
  case walk(begin: Int, step: Int, count: Int)
}

struct ArrayIndex {
  var axes: [AxisIndex]
  /// How far a world bound moved to lie on the grid, at most; nm.
  var moved = Rational.zero
  /// Writing: world bounds must lie on the grid, to 10⁻³ voxel.
  private let isExact: Bool

  /// - Parameter isExact: refuses world bounds off the grid: E3.
  init(_ indices: [IndexArgument], of array: ArrayValue, isExact: Bool = false) throws {
    let shape = array.shape, grid = array.grid
    self.isExact = isExact
    axes = [AxisIndex](repeating: .all, count: shape.count)
    if indices.count == 1, let only = indices.first, only.axis == nil, case .at(let value) = only.selector {
      if let roi = value.object(as: RoiValue.self) { try apply(try roi.roi(on: grid), array); return }
      if case .voxelCoordinate(let point) = value {
        guard point.rank == shape.count else { throw Failure(.shape, "the index has \(point.rank) numbers, the array \(shape.count) axes") }
        for axis in shape.indices { axes[axis] = .at(try Self.bound(point[axis], shape[axis], grid.axes[axis], inclusive: false)) }
        return
      }
    }
    var position = 0
    for index in indices {
      let axis: Int
      if let name = index.axis {
        guard let found = grid.axes.firstIndex(where: { $0.name == name }) else {
          throw Failure(.index, "the array has no axis `\(name)`", label: "axes: \(grid.axes.map(\.name).joined(separator: ", "))")
        }
        axis = found
      } else {
        guard position < shape.count else { throw Failure(.index, "\(indices.count) indices for an array of \(shape.count) axes") }
        axis = position
        position += 1
      }
      axes[axis] = try resolve(index, axis, array)
    }
  }

  private mutating func apply(_ roi: WorldRoi, _ array: ArrayValue) throws {
    let shape = array.shape, grid = array.grid
    for axis in 0..<(isExact ? min(roi.rank, grid.spatialRank) : 0) {
      for (face, isEnd) in [(roi.offset[axis], false), (roi.end[axis], true)] { _ = try voxel(face, axis, array, isEnd ? .up : .down, isEnd: isEnd) }
    }
    let voxels = try grid.voxels(roi, isExact ? .exact : .outward)
    for (position, axis) in grid.spatialAxes.enumerated() {
      let (begin, end) = (voxels.offset[position], voxels.end[position])
      guard begin >= 0, end <= shape[axis] else {
        throw Failure(
          .index, "the roi lies outside the array: \(grid.axes[axis].name) [\(begin):\(end)] of \(shape[axis]) voxels", hint: "a[r & a.roi] reads the part inside")
      }
      axes[axis] = .walk(begin: begin, step: 1, count: end - begin)
    }
    if isExact { return }
    let back = try grid.world(voxels)
    for axis in 0..<roi.rank { moved = max(moved, try roi.offset[axis] - back.offset[axis], try back.end[axis] - roi.end[axis]) }
  }

  /// A world bound along a spatial axis as a voxel.
  private mutating func voxel(_ at: Rational, _ position: Int, _ array: ArrayValue, _ rule: Rational.RoundingRule, isEnd: Bool) throws -> Int {
    let grid = array.grid, size = grid.voxelSize[position], exact = try (try at - grid.offset[position]) / size
    let voxel = try exact.rounded(isExact ? .nearest : rule)
    let off = try exact - Rational(voxel), distance = off < .zero ? -off : off
    if isExact {
      if distance > (try Rational(1, over: 1000)) { throw array.offGrid(position, at, isEnd: isEnd) }
    } else {
      moved = max(moved, try distance * size)
    }
    return voxel
  }

  private mutating func resolve(_ index: IndexArgument, _ axis: Int, _ array: ArrayValue) throws -> AxisIndex {
    let length = array.shape[axis], name = array.grid.axes[axis]
    switch index.selector {
    case .at(.int(let at)): return .at(try Self.bound(at, length, name, inclusive: false))
    case .at(.range(.integers(let start, let end, let step))) where step > 0:
      return try walk(try Self.bound(start, length, name, inclusive: true), try Self.bound(end, length, name, inclusive: true), step)
    case .at(let other): throw Failure(.type, "an array is indexed by ints, slices, lengths or a roi, not \(other.typePhrase)")
    case .slice(let from, let to, let step):
      if isLength(from) || isLength(to) { return try world(from, to, step, axis, array) }
      var stride = 1
      if let step {
        guard case .int(let given) = step, given != 0 else { throw Failure(.index, "the step of a slice must be an int other than 0") }
        stride = given
      }
      if stride < 0 { return try walkBack(from, to, stride, length, name) }
      return try walk(try from.map { try Self.voxel($0, length, name) } ?? 0, try to.map { try Self.voxel($0, length, name) } ?? length, stride)
    }
  }

  /// a[begin:end:step], half-open.
  private func walk(_ begin: Int, _ end: Int, _ step: Int) throws -> AxisIndex {
    guard begin <= end else { throw Failure(.index, "the slice [\(begin):\(end)] ends before it begins") }
    return .walk(begin: begin, step: step, count: (end - begin) / step + ((end - begin) % step == 0 ? 0 : 1))
  }

  /// As in NumPy: from voxel `from` (the last one) down to, without, voxel `to` (by default all the way).
  private func walkBack(_ from: Value?, _ to: Value?, _ step: Int, _ length: Int, _ axis: Axis) throws -> AxisIndex {
    let begin = try from.map { try Self.voxel($0, length, axis, inclusive: false) } ?? length - 1
    let end = try to.map { try Self.voxel($0, length, axis) } ?? -1
    guard end <= begin, step != .min else { throw Failure(.index, "a slice with step \(step) must begin above its end") }
    return begin == end ? .walk(begin: max(0, end), step: 1, count: 0) : .walk(begin: begin, step: step, count: (begin - end - 1) / -step + 1)
  }

  private mutating func world(_ from: Value?, _ to: Value?, _ step: Value?, _ axis: Int, _ array: ArrayValue) throws -> AxisIndex {
    let grid = array.grid, length = array.shape[axis]
    guard grid.isKnown else { throw Failure(.units, "a slice in nanometres of an array whose voxel size is unknown", hint: "index it in voxels, such as a[0:64]") }
    guard step == nil else { throw Failure(.units, "a slice in nanometres takes no step") }
    guard let position = grid.spatialAxes.firstIndex(of: axis) else { throw Failure(.units, "axis `\(grid.axes[axis].name)` has no length unit") }
    func bound(_ value: Value?, _ none: Int, _ rule: Rational.RoundingRule, isEnd: Bool) throws -> Int {
      guard let value else { return none }
      guard case .length(let at) = value else { throw Failure(.units, "a slice mixes nanometres and voxels") }
      return try Self.bound(try voxel(at, position, array, rule, isEnd: isEnd), length, grid.axes[axis], inclusive: true)
    }
    return try walk(try bound(from, 0, .down, isEnd: false), try bound(to, length, .up, isEnd: true), 1)
  }

  private func isLength(_ value: Value?) -> Bool { if case .length = value { true } else { false } }

  private static func voxel(_ value: Value, _ length: Int, _ axis: Axis, inclusive: Bool = true) throws -> Int {
    guard case .int(let at) = value else { throw Failure(.type, "the bound of a slice must be an int or a length, not \(value.typePhrase)") }
    return try bound(at, length, axis, inclusive: inclusive)
  }

  private static func bound(_ at: Int, _ length: Int, _ axis: Axis, inclusive: Bool) throws -> Int {
    if at >= 0, at < length || (inclusive && at == length) { return at }
    let hint = at < 0 ? "count from the end with [end\(at)]" : nil
    throw Failure(.index, "\(axis.name) = \(at) lies outside the array: \(axis.name) has \(length) voxels", hint: hint)
  }
}

extension [AxisIndex] {
  /// The view of a source that an index of each of its axes selects.
  func view(of source: SourceView) throws -> SourceView {
    var result = source
    for axis in indices.reversed() {
      switch self[axis] {
      case .all: continue
      case .at(let index): result = try result.dropping(axis: axis, at: index)
      case .walk(let begin, let step, let count): result = try result.walking(axis: axis, begin: begin, step: step, count: count)
      }
    }
    return result
  }
}

extension ArrayIndex {
  /// The view of a source that this index selects.
  func view(of source: SourceView) throws -> SourceView { try axes.view(of: source) }

  /// The box it selects, if all steps are 1.
  func box(shape: [Int]) -> (offset: [Int], shape: [Int])? {
    var offset = [Int](repeating: 0, count: shape.count), box = shape
    for axis in axes.indices {
      switch axes[axis] {
      case .all: continue
      case .at(let index): (offset[axis], box[axis]) = (index, 1)
      case .walk(let begin, let step, let count):
        if step != 1 { return nil }
        (offset[axis], box[axis]) = (begin, count)
      }
    }
    return (offset, box)
  }

  /// Axes that the index drops.
  var dropped: [Int] { axes.indices.filter { if case .at = axes[$0] { true } else { false } } }
}
