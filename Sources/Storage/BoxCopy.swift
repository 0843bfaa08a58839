// Copies a box of elements between two strided layouts: the inner loop of reading and writing parts of chunks.
//
// shape      extents of the box
// strides    in bytes an axis, any sign
// Axes that follow each other without a gap on both sides are merged first, so whole rows, planes or chunks go in one memcpy.
// All raw pointers of reading and writing meet here, in ChunkCoder.swift and in StoredArray+Reading/Writing.swift.

import Arrays
import Glibc

package struct BoxCopy {
  private var shape: [Int] = []
  private var source: [Int] = []
  private var target: [Int] = []
  /// Bytes that are moved at once.
  private var unit: Int
  private let isEmpty: Bool

  package init(shape: [Int], source: [Int], target: [Int], elementSize: Int) {
    unit = elementSize
    isEmpty = shape.contains(0)
    for axis in shape.indices where shape[axis] != 1 {
      if let last = self.shape.indices.last, self.source[last] == source[axis] * shape[axis], self.target[last] == target[axis] * shape[axis] {
        self.shape[last] *= shape[axis]
        (self.source[last], self.target[last]) = (source[axis], target[axis])
      } else {
        self.shape.append(shape[axis])
        self.source.append(source[axis])
        self.target.append(target[axis])
      }
    }
    if let last = self.shape.indices.last, self.source[last] == unit, self.target[last] == unit {
      unit *= self.shape.removeLast()
      self.source.removeLast()
      self.target.removeLast()
    }
  }

  package func run(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    if isEmpty { return }
    guard let inner = shape.indices.last else { memcpy(target, source, unit); return }
    var index = [Int](repeating: 0, count: inner)
    var from = source, to = target
    while true {
      row(from, to, inner)
      var axis = inner - 1
      while axis >= 0 {
        index[axis] += 1
        (from, to) = (from + self.source[axis], to + self.target[axis])
        if index[axis] < shape[axis] { break }
        (from, to) = (from - self.source[axis] * shape[axis], to - self.target[axis] * shape[axis])
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  private func row(_ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ axis: Int) {
    let count = shape[axis], from = self.source[axis], to = self.target[axis]
    func move<T: BitwiseCopyable>(_: T.Type) {
      for i in 0..<count { (target + i * to).storeBytes(of: (source + i * from).loadUnaligned(as: T.self), as: T.self) }
    }
    switch unit {
    case 1: move(UInt8.self)
    case 2: move(UInt16.self)
    case 4: move(UInt32.self)
    case 8: move(UInt64.self)
    default: for i in 0..<count { memcpy(target + i * to, source + i * from, unit) }
    }
  }
}

/// Fills a strided box with one element.
func fillBox(_ target: UnsafeMutableRawPointer, shape: [Int], strides: [Int], _ fill: FillValue, elementSize: Int) {
  if shape.contains(0) { return }
  if let byte = fill.repeatedByte(elementSize), strides == NDArray.packedStrides(shape).map({ $0 * elementSize }) {
    memset(target, Int32(byte), shape.reduce(elementSize, *))
    return
  }
  // a stride of 0 on the source side repeats the one element
  var bits = fill.bits.littleEndian
  withUnsafeBytes(of: &bits) {
    guard let source = $0.baseAddress else { return }
    BoxCopy(shape: shape, source: shape.map { _ in 0 }, target: strides, elementSize: elementSize).run(from: source, to: target)
  }
}

extension FillValue {
  /// The byte that all bytes of an element equal, if they do.
  fileprivate func repeatedByte(_ elementSize: Int) -> UInt8? {
    let bytes = (0..<elementSize).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) }
    return bytes.allSatisfy { $0 == bytes.first } ? bytes.first : nil
  }
}
