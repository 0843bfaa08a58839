// The safetensors format: named arrays and a dictionary of texts in one file that is parsed, never executed.
//
//   8 bytes  length of the header, little-endian
//   header   JSON: {"__metadata__": {text: text}, name: {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, …}
//   data     the arrays, little-endian, C order, without gaps
//
// Specification: https://huggingface.co/docs/safetensors. Every number of the header is checked against the file before it is used:
// arrays that overlap, leave gaps, or lie outside the data are refused, as the reference implementation refuses them. BF16 becomes float32.

import Arrays
import Storage

package struct SafeTensors: Sendable {
  package var metadata: [(key: String, value: String)] = []
  package var tensors: [(name: String, array: NDArray)] = []

  package init(tensors: [(name: String, array: NDArray)] = [], metadata: [(key: String, value: String)] = []) {
    (self.tensors, self.metadata) = (tensors, metadata)
  }

  package subscript(metadata key: String) -> String? { metadata.first { $0.key == key }?.value }
  package var byName: [String: NDArray] { Dictionary(tensors.map { ($0.name, $0.array) }, uniquingKeysWith: { first, _ in first }) }

  /// The reference implementation's limit of the header.
  private static let headerLimit = 100_000_000

  // MARK: Writing

  /// Writes the file as a whole or not at all, an array at a time.
  ///
  /// - Parameter sync: also survive a power cut.
  /// - Throws: `StorageError`; `NetworkError.file` for two arrays of one name; `ArrayError.noMemory`.
  package func write(_ path: String, sync: Bool = true) throws {
    var members: [JSON.Member] = []
    if !metadata.isEmpty { members.append(.init("__metadata__", .object(metadata.map { .init($0.key, .string($0.value)) }))) }
    var names: Set<String> = ["__metadata__"], end = 0
    for (name, array) in tensors {
      guard names.insert(name).inserted else { throw NetworkError.file(path: path, reason: "two arrays are named \(name)") }
      members.append(.init(name, ["dtype": .string(Self.text(array.dtype)), "shape": JSON(array.shape), "data_offsets": JSON([end, end + array.byteCount])]))
      end += array.byteCount
    }
    var header = Array(JSON.object(members).compact.utf8)
    header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    let file = try NewFile(path)
    try withUnsafeBytes(of: UInt64(header.count).littleEndian) { bytes throws(StorageError) in try file.write(bytes) }
    try file.write(header)
    for (_, array) in tensors { try array.contiguous().withBytes { bytes throws(StorageError) in try file.write(bytes) } }
    try file.finish(sync: sync)
  }

  // MARK: Reading

  /// - Throws: `StorageError`; `NetworkError.file` with what is wrong with the header.
  package init(reading path: String) throws {
    guard let bytes = try Files.readIfPresent(path, limit: .max) else { throw StorageError.notFound(path: path, near: nil) }
    func bad(_ reason: String) -> NetworkError { .file(path: path, reason: "not a safetensors file: " + reason) }
    guard bytes.count >= 8 else { throw bad("it has \(bytes.count) bytes") }
    let length = bytes.withBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(Self.headerLimit), Int(length) <= bytes.count - 8 else { throw bad("a header of \(length) bytes in a file of \(bytes.count)") }
    let start = 8 + Int(length), size = bytes.count - start
    let header: JSON
    do { header = try bytes.withBytes { try JSON(parsing: Array($0[8..<start])) } } catch let error as JSONError { throw bad("its header is \(error)") }
    guard let members = header.members else { throw bad("its header is no object") }

    var ranges: [(begin: Int, end: Int, name: String)] = [], names: Set<String> = []
    for member in members {
      guard names.insert(member.key).inserted else { throw bad("\(member.key) is there twice") }
      if member.key == "__metadata__" {
        guard let texts = member.value.members else { throw bad("__metadata__ is no object") }
        for text in texts {
          guard let value = text.value.string else { throw bad("__metadata__ \(text.key) is no text") }
          metadata.append((text.key, value))
        }
        continue
      }
      guard let type = member.value["dtype"]?.string, let shape = member.value["shape"]?.ints, let offsets = member.value["data_offsets"]?.ints, offsets.count == 2 else {
        throw bad("\(member.key) needs dtype, shape and data_offsets")
      }
      guard let (dtype, isBrain) = Self.dtype(type) else { throw bad("\(member.key) has dtype \(type)") }
      let (begin, end) = (offsets[0], offsets[1])
      guard begin >= 0, begin <= end, end <= size else { throw bad("\(member.key) lies at \(begin)..<\(end) of \(size) bytes") }
      guard shape.count <= 32, let needed = try? NDArray.byteCount(isBrain ? .float16 : dtype, shape), needed == end - begin else { throw bad("\(member.key) of shape \(shapeText(shape)) has \(end - begin) bytes") }
      ranges.append((begin, end, member.key))
      tensors.append((member.key, try Self.array(dtype, shape, isBrain, bytes, start + begin, needed, bad)))
    }
    var at = 0
    for range in ranges.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      guard range.begin == at else { throw bad(range.begin < at ? "\(range.name) overlaps another array" : "bytes \(at)..<\(range.begin) belong to no array") }
      at = range.end
    }
    guard at == size else { throw bad("bytes \(at)..<\(size) belong to no array") }
  }

  private static func array(_ dtype: DType, _ shape: [Int], _ isBrain: Bool, _ bytes: Bytes, _ begin: Int, _ count: Int, _ bad: (String) -> NetworkError) throws -> NDArray {
    var array = try NDArray(dtype, shape, zeroed: false)
    if isBrain {
      array.withMutableElements(Float.self) { values in
        bytes.withBytes { source in for at in values.indices { values[at] = Float(bitPattern: UInt32(source.loadUnaligned(fromByteOffset: begin + 2 * at, as: UInt16.self)) << 16) } }
      }
      return array
    }
    array.withMutableBytes { target in
      bytes.withBytes { source in
        if count > 0, let to = target.baseAddress, let from = source.baseAddress { to.copyMemory(from: from + begin, byteCount: count) }
      }
    }
    if dtype == .bool, array.withBytes({ $0.contains { $0 > 1 } }) { throw bad("a BOOL is neither 0 nor 1") }
    return array
  }

  private static let types: [(String, DType)] = [
    ("BOOL", .bool), ("U8", .uint8), ("U16", .uint16), ("U32", .uint32), ("U64", .uint64), ("I8", .int8), ("I16", .int16), ("I32", .int32), ("I64", .int64),
    ("F16", .float16), ("F32", .float32), ("F64", .float64),
  ]
  private static func text(_ dtype: DType) -> String { types.first { $0.1 == dtype }?.0 ?? "F32" }
  private static func dtype(_ text: String) -> (DType, isBrain: Bool)? { text == "BF16" ? (.float32, true) : types.first { $0.0 == text }.map { ($0.1, false) } }
}
