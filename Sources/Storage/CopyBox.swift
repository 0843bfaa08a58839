// Copies a box of elements between two strided layouts: the inner step of reading and writing parts of chunks.
//
// All raw pointers of reading and writing meet here, in ChunkCoder.swift and in StoredArray+Reading/Writing.swift.

import Arrays
import CKernels
import Glibc

/// - Parameters:
///   - source, target: strides in bytes an axis, of any sign, whole numbers of elements.
///   - elementSize: 1, 2, 4 or 8.
package func copyBox(_ shape: [Int], from source: UnsafeRawPointer, _ sourceStrides: [Int], to target: UnsafeMutableRawPointer, _ targetStrides: [Int], elementSize: Int) {
  if shape.contains(0) { return }
  if shape.count > Int(DCS_COPY_AXES) {   // more axes than the kernel walks
    for i in 0..<shape[0] {
      copyBox(
        Array(shape.dropFirst()), from: source + i * sourceStrides[0], Array(sourceStrides.dropFirst()), to: target + i * targetStrides[0],
        Array(targetStrides.dropFirst()), elementSize: elementSize)
    }
    return
  }
  func elements(_ strides: [Int]) -> [Int64] { strides.map { Int64($0 / elementSize) } }
  dcs_copy_box(Int32(elementSize), Int32(shape.count), shape.map(Int64.init), source, elements(sourceStrides), target, elements(targetStrides))
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
    copyBox(shape, from: source, shape.map { _ in 0 }, to: target, strides, elementSize: elementSize)
  }
}

extension FillValue {
  /// The byte that all bytes of an element equal, if they do.
  fileprivate func repeatedByte(_ elementSize: Int) -> UInt8? {
    let bytes = (0..<elementSize).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) }
    return bytes.allSatisfy { $0 == bytes.first } ? bytes.first : nil
  }
}
