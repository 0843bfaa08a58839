// NumPy's .npy read by boxes: only the bytes of the rows that are asked for. Header: Storage/Npy.swift.
//
// A file in Fortran order is one in C order with its axes reversed: it is read so, and turned in memory.

import Arrays
import Geometry
import Storage

/// Elements one after the other in a file, C order of `stored`.
struct PackedReader: VoxelReader {
  let bytes: any ByteRange
  /// Where the first element is.
  let start: Int
  let dtype: DType
  /// The array's axes, reversed where the file is in Fortran order.
  let isReversed: Bool
  let isBigEndian: Bool
  let shape: [Int]

  /// Bytes that are asked of the file at once.
  private static let piece = 8 << 20

  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    func ordered(_ values: [Int]) -> [Int] { isReversed ? values.reversed() : values }
    let whole = ordered(shape), offset = ordered(roi.offset.values), box = ordered(roi.shape.values), size = dtype.size
    let strides = NDArray.packedStrides(whole)
    // the last axes that are read whole, and the one before them, lie in one run
    var outer = box.count
    while outer > 0, outer == box.count || box[outer] == whole[outer] { outer -= 1 }
    let run = box[outer...].reduce(size, *), runs = box[..<outer].reduce(1, *)
    let pieces = max(1, (run + Self.piece - 1) / Self.piece)
    var result = try NDArray(dtype, box, zeroed: false)
    let bytes = bytes, start = start, cancellation = context.cancellation, isBigEndian = isBigEndian, isBool = dtype == .bool
    try result.withMutableBytes { target in
      nonisolated(unsafe) let target = target   // runs do not overlap
      func one(_ item: Int) throws {
        if item % 64 == 0 { try cancellation?.check() }
        let number = item / pieces, from = (item % pieces) * Self.piece
        var rest = number, place = offset.indices.reduce(0) { $0 + ($1 >= outer ? offset[$1] * strides[$1] : 0) }
        for axis in (0..<outer).reversed() {
          place += (offset[axis] + rest % box[axis]) * strides[axis]
          rest /= box[axis]
        }
        let part = UnsafeMutableRawBufferPointer(rebasing: target[(number * run + from)..<(number * run + min(run, from + Self.piece))])
        try bytes.read(at: start + place * size + from, into: part)
        if isBigEndian { swapBytes(part, size) }
        if isBool { for i in part.indices { part[i] = part[i] == 0 ? 0 : 1 } }
      }
      let items = runs * pieces
      // a member that is inflated comes in its own order
      if let pool = context.pool, items > 1, bytes is OpenFile {
        let group = max(1, min(256, items / (4 * max(1, pool.threads))))
        try pool.forEach((items + group - 1) / group) { index, _ in for item in index * group..<min(items, (index + 1) * group) { try one(item) } }
      } else {
        for item in 0..<items { try one(item) }
      }
    }
    return isReversed ? try result.transposed(Array(box.indices.reversed())).contiguous() : result
  }
}

enum NumpyFile {
  /// - Throws: `StorageError.badFile` where the file holds less than its header says, or more.
  static func open(_ path: String) throws -> FileArray {
    let file = try OpenFile(path)
    return try array(file, path: path, format: ".npy", stamp: "\(file.count) bytes")
  }

  /// - Parameter bytes: the whole .npy.
  static func array(_ bytes: any ByteRange, path: String, format: String, codecText: String = "raw", stamp: String) throws -> FileArray {
    var head = [UInt8](repeating: 0, count: min(bytes.count, 1 << 16))
    try head.withUnsafeMutableBytes { try bytes.read(at: 0, into: $0) }
    let header = try head.withUnsafeBytes { try Npy.Header($0, path, isWhole: false) }
    let expected: Int
    do { expected = try NDArray.byteCount(header.dtype, header.shape) } catch { throw StorageError.badFile(path: path, reason: error.description) }
    guard bytes.count - header.length == expected else {
      throw StorageError.badFile(path: path, reason: "it has \(bytes.count - header.length) bytes of elements, expected \(header.dtype) \(shapeText(header.shape))")
    }
    let reader = PackedReader(bytes: bytes, start: header.length, dtype: header.dtype, isReversed: header.isFortran, isBigEndian: header.isBigEndian, shape: header.shape)
    return FileArray(
      path: path, format: format, codecText: codecText, dtype: header.dtype, shape: header.shape, grid: Grid(unknownOfRank: header.shape.count),
      chunking: chunking(header.shape, header.dtype, isReversed: header.isFortran), stamp: stamp, reader: reader)
  }

  /// About a MiB of what lies together in the file.
  private static func chunking(_ shape: [Int], _ dtype: DType, isReversed: Bool) -> Chunking? {
    var chunk = [Int](repeating: 1, count: shape.count), room = (1 << 20) / dtype.size
    for axis in isReversed ? Array(shape.indices) : shape.indices.reversed() {
      chunk[axis] = max(1, min(shape[axis], room))
      room /= chunk[axis]
    }
    return shape.isEmpty ? nil : Chunking(shape: chunk)
  }
}
