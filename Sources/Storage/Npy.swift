// NumPy's .npy: one array with its dtype and shape, for exchange with Python.
//
// Specification: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
// Bytes: "\x93NUMPY", version (1.0, 2.0, 3.0), header length (2 or 4 bytes, little-endian), a Python dictionary such as
// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, then the elements.
// Read: the dtypes of `DType` in both byte orders, C and F order. Written: version 1.0, C order, little-endian.

import Arrays
import Glibc

package enum Npy {
  /// An array from a file.
  ///
  /// - Throws: `StorageError.badFile` if it is no .npy or cut short, `.unsupported` for other dtypes.
  package static func read(_ path: String, limit: Int = 1 << 40) throws(StorageError) -> NDArray {
    guard let bytes = try Files.readIfPresent(path, limit: limit) else { throw .from(errno: ENOENT, path, doing: "read") }
    return try bytes.withBytes { raw throws(StorageError) in try parse(raw, of: path) }
  }

  /// Replaces a file as a whole.
  package static func write(_ array: NDArray, _ path: String) throws {
    let bytes = try encode(array)
    try bytes.withBytes { raw throws(StorageError) in try Files.writeAtomically(raw, path, sync: false) }
  }

  /// - Parameter path: named in errors.
  package static func parse(_ bytes: UnsafeRawBufferPointer, of path: String) throws(StorageError) -> NDArray {
    let header = try Header(bytes, path)
    var array: NDArray
    do { array = try NDArray(header.dtype, header.isFortran ? header.shape.reversed() : header.shape, zeroed: false) } catch {
      throw .badFile(path: path, reason: error.description)
    }
    let payload = UnsafeRawBufferPointer(rebasing: bytes[header.length...])
    array.withMutableBytes { target in
      target.copyMemory(from: UnsafeRawBufferPointer(rebasing: payload[..<target.count]))
      if header.isBigEndian { swapBytes(target, header.dtype.size) }
      if header.dtype == .bool { for i in target.indices { target[i] = target[i] == 0 ? 0 : 1 } }
    }
    if !header.isFortran { return array }
    do { return try array.transposed(Array(header.shape.indices.reversed())).contiguous() } catch { throw .badFile(path: path, reason: error.description) }
  }

  /// How many bytes a whole file has, by its first ones; nil if more of them are needed.
  ///
  /// - Throws: as `parse`.
  package static func byteCount(head bytes: UnsafeRawBufferPointer, of path: String) throws(StorageError) -> Int? {
    guard bytes.count >= 12 else { return nil }
    let length = bytes[6] == 1 ? 10 + Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self).littleEndian) : 12 + Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self).littleEndian)
    if length > bytes.count { return nil }
    let header = try Header(UnsafeRawBufferPointer(rebasing: bytes[..<length]), path, isWhole: false)
    guard let count = try? NDArray.byteCount(header.dtype, header.shape), case let (total, overflow) = count.addingReportingOverflow(length), !overflow else {
      throw .badFile(path: path, reason: "its shape is too large")
    }
    return total
  }

  /// What stands before the elements of a file in C order.
  package static func header(_ dtype: DType, _ shape: [Int]) -> [UInt8] {
    let lengths = shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
    var header = "{'descr': '\(Zarr2.name(of: dtype, isBigEndian: false))', 'fortran_order': False, 'shape': (\(lengths)), }"
    let unpadded = 10 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"   // elements start at a multiple of 64
    let length = header.utf8.count
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8 & 0xFF)] + Array(header.utf8)
  }

  /// The bytes of a whole file.
  package static func encode(_ array: NDArray) throws(ArrayError) -> Bytes {
    let start = header(array.dtype, array.shape)
    let packed = try array.contiguous()
    let bytes = try Bytes(count: start.count + packed.byteCount)
    bytes.fill { target in
      target.copyBytes(from: start)
      packed.withBytes { UnsafeMutableRawBufferPointer(rebasing: target[start.count...]).copyMemory(from: $0) }
    }
    return bytes
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// What stands before the elements.
  package struct Header: Sendable {
    package let dtype: DType, shape: [Int], isFortran: Bool, isBigEndian: Bool
    /// Bytes before the first element.
    package let length: Int

    /// - Parameter isWhole: `bytes` are the whole file, and hold as many elements as the header says; else they are at least the header.
    /// - Throws: `StorageError.badFile`, `.unsupported`.
    package init(_ bytes: UnsafeRawBufferPointer, _ path: String, isWhole: Bool = true) throws(StorageError) {
      func bad(_ reason: String) -> StorageError { .badFile(path: path, reason: reason) }
      guard bytes.count >= 10, bytes.starts(with: magic) else { throw bad("it is no .npy file") }
      guard (1...3).contains(bytes[6]) else { throw .unsupported(path: path, feature: ".npy version \(bytes[6])") }
      let isShort = bytes[6] == 1
      guard isShort || bytes.count >= 12 else { throw bad("it ends inside its header") }
      let textLength = isShort
        ? Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self).littleEndian) : Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self).littleEndian)
      let begin = isShort ? 10 : 12
      guard textLength <= bytes.count - begin else { throw bad("it ends inside its header") }
      let text = String(decoding: bytes[begin..<(begin + textLength)], as: UTF8.self)
      guard let descr = Self.quoted(text, after: "descr"), let order = Self.value(text, after: "fortran_order"),
        let list = Self.value(text, after: "shape"), list.hasPrefix("(")
      else {
        throw bad("its header is not understood: \(text.prefix(80))")
      }
      guard let named = Zarr2.dtype(numpy: descr) else { throw .unsupported(path: path, feature: "the dtype \(descr)") }
      var shape: [Int] = []
      for part in list.dropFirst().prefix(while: { $0 != ")" }).split(separator: ",") {
        let digits = part.filter { $0 != " " }
        if digits.isEmpty { continue }
        guard let extent = Int(digits), extent >= 0 else { throw bad("its shape is not understood: \(list.prefix(40))") }
        shape.append(extent)
      }
      guard !isWhole || (try? NDArray.byteCount(named.0, shape)) == bytes.count - begin - textLength else {
        throw bad("it has \(bytes.count - begin - textLength) bytes of elements, expected \(named.0) \(shapeText(shape))")
      }
      (dtype, self.shape, isFortran, isBigEndian, length) = (named.0, shape, order.hasPrefix("True"), named.isBigEndian, begin + textLength)
    }

    /// The text after `'name':`.
    private static func value(_ text: String, after name: String) -> Substring? {
      for quote in ["'", "\""] {
        if let range = text.firstRange(of: "\(quote)\(name)\(quote):") { return text[range.upperBound...].drop { $0 == " " } }
      }
      return nil
    }

    private static func quoted(_ text: String, after name: String) -> String? {
      guard let value = value(text, after: name), let quote = value.first, quote == "'" || quote == "\"" else { return nil }
      return String(value.dropFirst().prefix { $0 != quote })
    }
  }
}
