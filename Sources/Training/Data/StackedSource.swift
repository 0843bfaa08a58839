// Several label arrays of one shape as one array of channels, each 0 or 1: DaCapo's `base/[a&b]`.

import Arrays
import Geometry

package struct StackedSource: ArraySource {
  package let sources: [any ArraySource]
  package let shape: [Int]
  package let grid: Grid
  package let dtype = DType.uint8
  package var inputs: [any ArraySource] { sources }

  /// - Returns: nil unless there is one source at least, all of the same shape and grid, without channels.
  package init?(_ sources: [any ArraySource]) {
    guard let first = sources.first, first.grid.axes.allSatisfy({ $0.kind == .space }) else { return nil }
    guard sources.allSatisfy({ $0.shape == first.shape && $0.grid == first.grid }) else { return nil }
    guard let grid = try? first.grid.with(axes: [.c] + first.grid.axes) else { return nil }
    (self.sources, self.grid, shape) = (sources, grid, [sources.count] + first.shape)
  }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let box = Array(roi.shape.values.dropFirst())
    let inner = try VoxelRoi(offset: Coordinate(Array(roi.offset.values.dropFirst())), shape: Coordinate(box))
    var result = try NDArray(.uint8, roi.shape.values)
    for channel in 0..<roi.shape[0] {
      let labels = try sources[channel + roi.offset[0]].read(inner, context)
      try result.assign(try labels.nonZero().reshaped([1] + box), at: [channel] + [Int](repeating: 0, count: box.count))
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
    switch dtype {
    case .uint8: fill(UInt8.self)
    case .uint32: fill(UInt32.self)
    case .uint64: fill(UInt64.self)
    default: fill(dtype.type)
    }
    return result
  }

  /// `value · scale + shift` of every element as float32, packed.
  package func floats(scale: Float = 1, shift: Float = 0) throws(ArrayError) -> NDArray {
    let packed = try contiguous()
    var result = try NDArray(.float32, shape, zeroed: false)
    func fill<T: Element>(_: T.Type) {
      packed.withElements(T.self) { source in
        result.withMutableElements(Float.self) { target in for i in 0..<source.count { target[i] = Float(source[i].double) * scale + shift } }
      }
    }
    switch dtype {
    case .uint8: fill(UInt8.self)
    case .uint16: fill(UInt16.self)
    case .float32: fill(Float.self)
    default: fill(dtype.type)
    }
    return result
  }
}
