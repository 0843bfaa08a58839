// A finer view of a source: whole factors an axis, values between voxel centres by linear interpolation, or the nearest.
//
// Both grids cover the same world box (corners align), so fine voxel i has its centre at (i + ½) / f − ½ coarse voxels; beyond the outer
// centres the edge value holds. A value depends on its position alone, never on the box that was asked for.
// Checked against the formula voxel by voxel, and blockwise against the whole, in UpsampledSourceTests.

import Geometry

package struct UpsampledSource: ArraySource {
  package enum Method: String, Sendable { case linear, nearest }

  package let base: any ArraySource
  /// One an axis of the base, at least 1.
  package let factors: [Int]
  package let method: Method
  package let grid: Grid
  package let shape: [Int]

  /// `.linear` gives float32, `.nearest` the base's dtype.
  package var dtype: DType { method == .linear ? .float32 : base.dtype }
  package var inputs: [any ArraySource] { [base] }

  /// - Parameter wanted: the fine shape where it is not a whole multiple of the base's: up to a coarse voxel more or less on each axis.
  /// - Throws: `ArrayError.rank` unless there is a factor an axis, `.shapes` for a `wanted` that is farther off, `.tooLarge`, `GeometryError`.
  package init(_ base: any ArraySource, factors: [Int], method: Method, shape wanted: [Int]? = nil) throws {
    guard factors.count == base.shape.count, factors.allSatisfy({ $0 >= 1 }) else { throw ArrayError.rank(expected: base.shape.count, found: factors) }
    (self.base, self.factors, self.method) = (base, factors, method)
    let whole = try zip(base.shape, factors).map { length, factor in
      let (product, overflow) = length.multipliedReportingOverflow(by: factor)
      if overflow { throw ArrayError.tooLarge(shape: base.shape) }
      return product
    }
    shape = wanted ?? whole
    let made = shape
    guard made.count == whole.count, made.indices.allSatisfy({ abs(made[$0] - whole[$0]) < factors[$0] && (made[$0] > 0) == (whole[$0] > 0) }) else {
      throw ArrayError.shapes(whole, made)
    }
    let spatial = base.grid.spatialAxes
    grid = try Grid(
      axes: base.grid.axes, voxelSize: Coordinate(try spatial.enumerated().map { try base.grid.voxelSize[$0] / Rational(factors[$1]) }),
      offset: base.grid.offset, isKnown: base.grid.isKnown)
  }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    guard roi.rank == shape.count else { throw ArrayError.rank(expected: shape.count, found: roi.shape.values) }
    for axis in 0..<roi.rank where roi.offset[axis] < 0 || roi.end[axis] > shape[axis] {
      throw ArrayError.outside(axis: axis, begin: roi.offset[axis], end: roi.end[axis], length: shape[axis])
    }
    if roi.isEmpty { return try NDArray(dtype, roi.shape.values) }
    let taps = (0..<roi.rank).map { axis in (roi.offset[axis]..<roi.end[axis]).map { tap($0, axis) } }
    let low = taps.map { $0[0].lower }, high = taps.map { $0[$0.count - 1].upper }
    var block = try base.read(try VoxelRoi(from: Coordinate(low), to: Coordinate(high.map { $0 + 1 })), context)
    if method == .linear { block = try block.asFloats() }
    for axis in 0..<roi.rank where factors[axis] > 1 {
      let local = taps[axis].map { Tap(lower: $0.lower - low[axis], upper: $0.upper - low[axis], share: $0.share) }
      block = method == .linear ? try interpolated(block, axis, local) : try picked(block, axis, local)
    }
    return block
  }

  /// The two coarse voxels around a fine one, and the share of the upper.
  private struct Tap { var lower: Int, upper: Int, share: Float }

  private func tap(_ fine: Int, _ axis: Int) -> Tap {
    let factor = factors[axis], last = base.shape[axis] - 1
    if method == .nearest || factor == 1 { return Tap(lower: min(last, fine / factor), upper: min(last, fine / factor), share: 0) }
    let doubled = 2 * fine + 1 - factor   // 2 f × (coarse coordinate)
    let lower = doubled >= 0 ? doubled / (2 * factor) : -1
    let share = Float(doubled - lower * 2 * factor) / Float(2 * factor)
    return Tap(lower: max(0, min(last, lower)), upper: min(last, lower + 1), share: share)
  }

  private func interpolated(_ block: NDArray, _ axis: Int, _ taps: [Tap]) throws -> NDArray {
    var shape = block.shape
    shape[axis] = taps.count
    var result = try NDArray(.float32, shape, zeroed: false)
    let outer = block.shape[..<axis].reduce(1, *), inner = block.shape[(axis + 1)...].reduce(1, *), length = block.shape[axis]
    block.withElements(Float.self) { source in
      result.withMutableElements(Float.self) { target in
        for o in 0..<outer {
          for (k, tap) in taps.enumerated() {
            let a = (o * length + tap.lower) * inner, b = (o * length + tap.upper) * inner, t = (o * taps.count + k) * inner
            if tap.share == 0 { for i in 0..<inner { target[t + i] = source[a + i] }; continue }   // an infinity beside it has no part in it
            for i in 0..<inner { target[t + i] = source[a + i] + tap.share * (source[b + i] - source[a + i]) }
          }
        }
      }
    }
    return result
  }

  private func picked(_ block: NDArray, _ axis: Int, _ taps: [Tap]) throws -> NDArray {
    var shape = block.shape
    shape[axis] = taps.count
    var result = try NDArray(block.dtype, shape, zeroed: false)
    let size = block.dtype.size, packed = try block.contiguous()
    let outer = block.shape[..<axis].reduce(1, *), inner = block.shape[(axis + 1)...].reduce(1, *) * size, length = block.shape[axis]
    packed.withBytes { source in
      result.withMutableBytes { target in
        for o in 0..<outer {
          for (k, tap) in taps.enumerated() {
            let from = (o * length + tap.lower) * inner, to = (o * taps.count + k) * inner
            if inner > 0 { target[to..<(to + inner)].copyBytes(from: source[from..<(from + inner)]) }
          }
        }
      }
    }
    return result
  }
}

extension NDArray {
  /// As packed float32, converted if it is another dtype.
  package func asFloats() throws(ArrayError) -> NDArray {
    if dtype == .float32 { return try contiguous() }
    let packed = try contiguous()
    var result = try NDArray(.float32, shape, zeroed: false)
    func convert<T: Element>(_: T.Type) {
      packed.withElements(T.self) { source in
        result.withMutableElements(Float.self) { target in for i in source.indices { target[i] = Float(source[i].double) } }
      }
    }
    convert(dtype.type)
    return result
  }
}
