// Several label arrays of one shape as one array of channels: DaCapo's `base/[a&b]`. Ids stay as they are; a class without an array is 0 throughout.

import Arrays
import Geometry

package struct StackedSource: ArraySource {
  package let sources: [(any ArraySource)?]
  package let shape: [Int]
  package let grid: Grid
  package let dtype: DType
  package var inputs: [any ArraySource] { sources.compactMap { $0 } }

  /// - Returns: nil unless there is one source at least, all of the same shape and grid, without channels.
  package init?(_ sources: [(any ArraySource)?]) {
    let found = sources.compactMap { $0 }
    guard let first = found.first, first.grid.axes.allSatisfy({ $0.kind == .space }) else { return nil }
    guard found.allSatisfy({ $0.shape == first.shape && $0.grid == first.grid }) else { return nil }
    guard let grid = try? first.grid.with(axes: [.c] + first.grid.axes) else { return nil }
    (self.sources, self.grid, shape) = (sources, grid, [sources.count] + first.shape)
    dtype = first.dtype == .bool ? .uint8 : found.allSatisfy { $0.dtype == first.dtype } ? first.dtype : .uint64
  }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let box = Array(roi.shape.values.dropFirst())
    let inner = try VoxelRoi(offset: Coordinate(Array(roi.offset.values.dropFirst())), shape: Coordinate(box))
    var result = try NDArray(dtype, roi.shape.values)
    for channel in 0..<roi.shape[0] {
      guard let source = sources[channel + roi.offset[0]] else { continue }
      let labels = try source.read(inner, context)
      let cast = source.dtype == dtype ? labels : source.dtype == .bool && dtype == .uint8 ? try labels.nonZero() : try labels.cast(to: dtype)
      try result.assign(try cast.reshaped([1] + box), at: [channel] + [Int](repeating: 0, count: box.count))
    }
    return result
  }
}

extension NDArray {
  /// 1 where the element is not 0, else 0; uint8, packed.
  package func nonZero() throws(ArrayError) -> NDArray {
    let packed = try contiguous()
    var result = try NDArray(.uint8, shape, zeroed: false)
    func fill<T: Element>(_: T.Type) {
      packed.withElements(T.self) { source in
        result.withMutableElements(UInt8.self) { target in for i in 0..<source.count { target[i] = source[i] == T.zero ? 0 : 1 } }
      }
    }
    func fillWhole<T: FixedWidthInteger & Element>(_: T.Type) {
      packed.withElements(T.self) { source in
        result.withMutableElements(UInt8.self) { target in for i in 0..<source.count { target[i] = source[i] == 0 ? 0 : 1 } }
      }
    }
    switch dtype {
    case .uint8: fillWhole(UInt8.self)
    case .uint32: fillWhole(UInt32.self)
    case .uint64: fillWhole(UInt64.self)
    default: fill(dtype.type)
    }
    return result
  }

  /// `value · scale + shift` of every element as float32, packed.
  package func floats(scale: Float = 1, shift: Float = 0) throws(ArrayError) -> NDArray {
    let packed = try contiguous()
    if dtype == .float32 && scale == 1 && shift == 0 { return packed }
    var result = try NDArray(.float32, shape, zeroed: false)
    func fill<T: Element>(_: T.Type) {
      packed.withElements(T.self) { source in
        result.withMutableElements(Float.self) { target in for i in 0..<source.count { target[i] = Float(source[i].double) * scale + shift } }
      }
    }
    switch dtype {   // exact as float32, so without the way by Double
    case .uint8:
      packed.withElements(UInt8.self) { source in
        result.withMutableElements(Float.self) { target in for i in 0..<source.count { target[i] = Float(source[i]) * scale + shift } }
      }
    case .uint16:
      packed.withElements(UInt16.self) { source in
        result.withMutableElements(Float.self) { target in for i in 0..<source.count { target[i] = Float(source[i]) * scale + shift } }
      }
    case .float32:
      packed.withElements(Float.self) { source in
        result.withMutableElements(Float.self) { target in for i in 0..<source.count { target[i] = source[i] * scale + shift } }
      }
    default: fill(dtype.type)
    }
    return result
  }
}
