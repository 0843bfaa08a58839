// N5: `attributes.json` in groups and arrays, blocks with a header of their own.
//
// Specification: https://github.com/saalfeldlab/n5#file-system-specification
// Sample: {"dimensions": [384, 320, 160], "blockSize": [64, 64, 64], "dataType": "uint8", "compression": {"type": "gzip", "level": -1}}
// On disk axes go fastest first (x, y, z); here they are reversed: shape, chunks, keys and block headers are z, y, x.
// A block is: uint16 mode, uint16 rank, rank × uint32 extents (fastest first), in mode 1 a uint32 count of elements; then the
// compressed elements; all integers and elements big-endian. Blocks at the upper edges may be cut to the array (as n5-java writes,
// and this program) or whole (tensorstore). Voxels without a block are 0. There is no bool and no float16.
// Refused by name: mode 2 (objects), dataType string and object.

import Arrays

enum N5 {
  static let file = "attributes.json"
  static let reserved: Set<String> = ["dimensions", "blockSize", "dataType", "compression", "compressionType", "n5"]

  static func isArray(_ json: JSON) -> Bool { json["dimensions"] != nil && json["dataType"] != nil }

  static func parse(_ json: JSON, path: String) throws(StorageError) -> ArrayMetadata {
    let reader = MetadataReader(json: json, path: path)
    let named = try reader.required("dataType")
    guard let dtype = named.string.flatMap(DType.init(rawValue:)), has(dtype) else {
      throw .unsupported(path: path, feature: "the dataType \(named.string ?? named.compact)")
    }
    let shape = try reader.ints("dimensions")
    guard !shape.isEmpty else { throw reader.bad("dimensions", "expected at least one") }
    let compression = json["compression"] ?? ["type": json["compressionType"] ?? "raw"]
    guard let type = compression["type"]?.string ?? compression.string else { throw reader.bad("compression", "it has no type") }
    let codec = try reader.codec(named: type, settings: compression, ElementLayout(dtype, isBigEndian: true), \.n5, "compression")
    return try ArrayMetadata(
      format: .n5, dtype: dtype, shape: shape.reversed(), chunks: try reader.ints("blockSize").reversed(), order: Array(shape.indices),
      isBigEndian: dtype.size > 1, fill: .zero, codecs: type == "raw" ? [] : [codec], keys: .n5, attributes: attributes(json)
    ).checked(path)
  }

  /// Array and user attributes in one document, as N5 has it.
  static func document(_ metadata: ArrayMetadata, path: String) throws(StorageError) -> JSON {
    guard has(metadata.dtype) else { throw .unsupported(path: path, feature: "\(metadata.dtype) in n5") }
    guard !metadata.shape.isEmpty else { throw .unsupported(path: path, feature: "an array without axes in n5") }
    guard metadata.fill == .zero else { throw .unsupported(path: path, feature: "a fill value other than 0 in n5") }
    guard metadata.codecs.count <= 1, let compression = (metadata.codecs.first ?? .raw).n5 else {
      throw .unsupported(path: path, feature: "\(metadata.codecText) in n5")
    }
    let document: JSON = [
      "dimensions": JSON(Array(metadata.shape.reversed())), "blockSize": JSON(Array(metadata.chunks.reversed())), "dataType": .string(metadata.dtype.rawValue),
      "compression": compression,
    ]
    return document.merging(attributes(metadata.attributes))
  }

  static func attributes(_ json: JSON) -> JSON { .object((json.members ?? []).filter { !reserved.contains($0.key) }) }

  private static func has(_ dtype: DType) -> Bool { dtype != .bool && dtype != .float16 }

  // MARK: Blocks

  /// What stands before a block's elements.
  struct Header: Equatable {
    /// z, y, x.
    var shape: [Int]
    /// Bytes of the header.
    var length: Int
  }

  static func header(_ bytes: UnsafeRawBufferPointer, chunks: [Int]) throws(CodecFailure) -> Header {
    func integer<T: FixedWidthInteger>(_: T.Type, at offset: Int) throws(CodecFailure) -> Int {
      guard offset + MemoryLayout<T>.size <= bytes.count else { throw CodecFailure("it ends inside its header, after \(bytes.count) bytes") }
      return Int(T(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self)))
    }
    let mode = try integer(UInt16.self, at: 0)
    guard mode <= 1 else { throw CodecFailure(mode == 2 ? "it holds objects (mode 2)" : "its header has mode \(mode), expected 0 or 1") }
    let rank = try integer(UInt16.self, at: 2)
    guard rank == chunks.count else { throw CodecFailure("its header has \(rank) axes, the array \(chunks.count)") }
    var shape: [Int] = []
    for axis in 0..<rank { shape.insert(try integer(UInt32.self, at: 4 + 4 * axis), at: 0) }
    guard zip(shape, chunks).allSatisfy({ $0 <= $1 }) else { throw CodecFailure("its header says \(shapeText(shape)), a chunk is \(shapeText(chunks))") }
    var length = 4 + 4 * rank
    if mode == 1 {
      let count = try integer(UInt32.self, at: length)
      guard count == shape.reduce(1, *) else { throw CodecFailure("its header says \(count) elements in \(shapeText(shape))") }
      length += 4
    }
    return Header(shape: shape, length: length)
  }

  static func header(shape: [Int]) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, UInt8(shape.count >> 8 & 0xFF), UInt8(shape.count & 0xFF)]
    for extent in shape.reversed() { withUnsafeBytes(of: UInt32(truncatingIfNeeded: extent).bigEndian) { bytes.append(contentsOf: $0) } }
    return bytes
  }
}
