// The strips of a TIFF that is written: rows as they stand in the file, bools eight to a byte, packed by deflate.

import Arrays
import CZlib
import Execution
import Storage
import Synchronization

extension TiffWriter {
  /// Strips as they stand in the file, packed on all threads.
  func encoded(_ pieces: [(start: Int, count: Int)], _ block: NDArray, _ context: ExecutionContext) throws -> [Bytes] {
    let packed = Mutex([Bytes?](repeating: nil, count: pieces.count)), width = width, size = block.dtype.size, isBool = block.dtype == .bool
    try block.contiguous().withBytes { whole in
      nonisolated(unsafe) let whole = whole
      try context.pool.forEach(pieces.count) { index, _ in
        let piece = pieces[index], source = UnsafeRawBufferPointer(rebasing: whole[(piece.start * width * size)..<((piece.start + piece.count) * width * size)])
        let plain = isBool ? try bits(source, rows: piece.count) : nil
        let bytes = try plain?.withBytes { try strip($0) } ?? strip(source)
        packed.withLock { $0[index] = bytes }
      }
    }
    return packed.withLock { $0.compactMap(\.self) }
  }

  private func bits(_ source: UnsafeRawBufferPointer, rows: Int) throws -> Bytes {
    let bytes = try Bytes(count: rows * rowBytes), width = width, rowBytes = rowBytes
    bytes.fill { target in
      target.initializeMemory(as: UInt8.self, repeating: 0)
      for row in 0..<rows { for x in 0..<width where source[row * width + x] != 0 { target[row * rowBytes + x / 8] |= 0x80 >> UInt8(x % 8) } }
    }
    return bytes
  }

  private func strip(_ source: UnsafeRawBufferPointer) throws -> Bytes {
    guard let level else {
      let bytes = try Bytes(count: source.count)
      bytes.fill { $0.copyMemory(from: source) }
      return bytes
    }
    var bytes = try Bytes(count: Int(compressBound(UInt(source.count))))
    let length = try bytes.fill { target throws(StorageError) in
      var length = UInt(target.count)
      let status = compress2(target.baseAddress?.assumingMemoryBound(to: UInt8.self), &length, source.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt(source.count), Int32(level))
      if status != Z_OK { throw .noMemory(path: path, bytes: source.count) }
      return Int(length)
    }
    bytes.truncate(to: length)
    return bytes
  }
}
