// Zarr version 3: `zarr.json` in arrays and groups.
//
// Specification: https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
// Sample codecs: [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "zstd", "configuration": {"level": 3, "checksum": false}}]
// Read: regular chunk grids, both chunk key encodings, transpose, the filters of numcodecs, bytes, and the bytes-to-bytes codecs of `CodecKind.all`.
// Shards: Sharding.swift.
// Refused by name: other codecs, storage transformers, extension dtypes, unknown members that must be understood.

import Arrays

enum Zarr3 {
  static let file = "zarr.json"

  static func parse(_ json: JSON, path: String) throws(StorageError) -> ArrayMetadata {
    let reader = MetadataReader(json: json, path: path)
    guard json["zarr_format"]?.int == 3 else { throw reader.bad("zarr_format", "expected 3, found \((json["zarr_format"] ?? .null).compact)") }
    try refuseUnknownMembers(reader)
    let named = try reader.required("data_type")
    // an object with a name and without settings is that name
    let name = named.string ?? (named["configuration"]?.members?.isEmpty == false ? nil : named["name"]?.string)
    guard let dtype = name.flatMap(DType.init(rawValue:)) else { throw .unsupported(path: path, feature: "the data type \(name ?? named["name"]?.string ?? named.compact)") }
    let shape = try reader.ints("shape")
    let grid = try reader.required("chunk_grid")
    guard grid["name"]?.string == "regular" else { throw .unsupported(path: path, feature: "the chunk grid \(grid["name"]?.string ?? grid.string ?? grid.compact)") }
    guard let chunks = grid["configuration"]?["chunk_shape"]?.ints else { throw reader.bad("chunk_grid", "expected a list of integers as chunk_shape") }
    let fill = try reader.required("fill_value")
    guard let fillValue = FillValue(fill, dtype) else { throw reader.bad("fill_value", "\(fill.compact) is no \(dtype)") }
    let chain = try Chain(reader, try reader.required("codecs"), order: Array(chunks.indices), chunks: chunks, dtype: dtype, fill: fillValue)
    return try ArrayMetadata(
      format: .zarr3, dtype: dtype, shape: shape, chunks: chunks, order: chain.order, isBigEndian: chain.isBigEndian && dtype.size > 1,
      fill: fillValue, codecs: chain.codecs, keys: try keys(reader), attributes: json["attributes"] ?? .emptyObject,
      dimensionNames: json["dimension_names"]?.strings, sharding: chain.sharding
    ).checked(path)
  }

  static func document(_ metadata: ArrayMetadata, path: String) throws(StorageError) -> JSON {
    let keys: (name: String, separator: String) = switch metadata.keys {
    case .zarr3(let separator): ("default", separator)
    case .zarr2(let separator): ("v2", separator)
    case .n5: throw .unsupported(path: path, feature: "the chunk keys of n5 in zarr v3")
    }
    var document: JSON = [
      "zarr_format": 3, "node_type": "array", "shape": JSON(metadata.shape), "data_type": .string(metadata.dtype.rawValue),
      "chunk_grid": ["name": "regular", "configuration": ["chunk_shape": JSON(metadata.chunks)]],
      "chunk_key_encoding": ["name": .string(keys.name), "configuration": ["separator": .string(keys.separator)]],
      "fill_value": metadata.fill.json(metadata.dtype, .zarr3), "codecs": try codecs(metadata, order: Array(metadata.shape.indices), path), "attributes": metadata.attributes,
    ]
    if let names = metadata.dimensionNames { document["dimension_names"] = JSON(names) }
    return document
  }

  /// The chain of codecs that makes bytes of a chunk whose axes come in `order`.
  static func codecs(_ metadata: ArrayMetadata, order: [Int], _ path: String) throws(StorageError) -> JSON {
    var codecs: [JSON] = []
    if metadata.order != order {
      codecs.append(["name": "transpose", "configuration": ["order": JSON(metadata.order.map { axis in order.firstIndex(of: axis) ?? axis })]])
    }
    let bytes: JSON = try metadata.sharding?.document(path) ?? ["name": "bytes", "configuration": ["endian": metadata.isBigEndian ? "big" : "little"]]
    var seenBytes = false
    for codec in metadata.codecs where codec.zarr3 != .null {
      guard var record = codec.zarr3 else { throw .unsupported(path: path, feature: "\(codec) in zarr v3") }
      guard codec.elements == nil || !(seenBytes || metadata.isBigEndian) else {
        throw .unsupported(path: path, feature: seenBytes ? "\(codec) behind \(metadata.codecs[0])" : "\(codec) of big-endian elements")
      }
      if codec.elements == nil, !seenBytes {
        seenBytes = true
        if record["name"] != "bytes" { codecs.append(bytes) }   // else elements are swapped behind filters
      }
      if record["name"] == "blosc" { record["configuration"]?["typesize"] = JSON(metadata.dtype.size) }
      codecs.append(record)
    }
    if !seenBytes { codecs.append(bytes) }
    return .array(codecs)
  }

  private static func refuseUnknownMembers(_ reader: MetadataReader) throws(StorageError) {
    if let first = reader.json["storage_transformers"]?.array?.first(where: { $0["must_understand"]?.bool != false }) {
      throw .unsupported(path: reader.path, feature: "the storage transformer \(first["name"]?.string ?? first.string ?? first.compact)")
    }
    let known: Set = [
      "zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs", "attributes", "dimension_names",
      "storage_transformers", "consolidated_metadata",
    ]
    for member in reader.json.members ?? [] where !known.contains(member.key) && member.value["must_understand"]?.bool != false {
      throw .unsupported(path: reader.path, feature: "the extension \(member.key)")
    }
  }

  private static func keys(_ reader: MetadataReader) throws(StorageError) -> ChunkKeys {
    let encoding = try reader.required("chunk_key_encoding")
    let separator = encoding["configuration"]?["separator"]
    guard separator == nil || separator == "/" || separator == "." else {
      throw reader.bad("chunk_key_encoding", "expected . or / as separator, found \(separator?.compact ?? "")")
    }
    switch encoding["name"]?.string ?? encoding.string {
    case "default": return .zarr3(separator: separator?.string ?? "/")
    case "v2": return .zarr2(separator: separator?.string ?? ".")
    case let other: throw .unsupported(path: reader.path, feature: "the chunk key encoding \(other ?? encoding.compact)")
    }
  }

  /// The codec pipeline: transposes and filters, then `bytes` or `sharding_indexed`, then bytes-to-bytes codecs.
  struct Chain {
    var order: [Int]
    var isBigEndian = false
    var sharding: Sharding?
    var codecs: [Codec] = []

    /// - Parameter order: axes of the array in the order in which the chunk's come.
    init(_ reader: MetadataReader, _ records: JSON, order: [Int], chunks: [Int], dtype: DType, fill: FillValue) throws(StorageError) {
      self.order = order
      var seenBytes = false, elements = dtype
      for record in records.array ?? [] {
        guard let name = record["name"]?.string ?? record.string else { throw reader.bad("codecs", "a codec has no name: \(record.compact)") }
        let settings = record["configuration"] ?? .emptyObject
        switch name {
        case "transpose" where !seenBytes:
          if let filter = codecs.first(where: { $0.elements?.commutes == false }) { throw .unsupported(path: reader.path, feature: "the codec transpose after \(filter)") }
          self.order = try Self.transposed(self.order, settings["order"], reader)
        case "bytes" where !seenBytes:
          seenBytes = true
          let endian = settings["endian"]
          guard endian == "little" || endian == "big" || (endian == nil && elements.size == 1) else {
            throw reader.bad("codecs", "bytes: expected little or big as endian, found \(endian?.compact ?? "none")")
          }
          isBigEndian = endian == "big" && codecs.isEmpty
          // behind filters, what is swapped is what they made
          if endian == "big", !codecs.isEmpty, elements.size > 1 { codecs.append(.swapped(elements)) }
        case "sharding_indexed" where !seenBytes:
          seenBytes = true
          if let filter = codecs.first { throw .unsupported(path: reader.path, feature: "shards of elements that \(filter) changed") }
          sharding = try Sharding.parse(settings, reader, shard: chunks, order: self.order, dtype: dtype, fill: fill)
        case "transpose", "bytes", "sharding_indexed": throw reader.bad("codecs", "\(name) stands after bytes")
        default:
          let codec = try reader.codec(named: name, settings: settings, ElementLayout(elements), \.zarr3, "codecs")
          guard seenBytes == (codec.elements == nil) else { throw reader.bad("codecs", "\(name) stands \(seenBytes ? "after" : "before") bytes") }
          elements = codec.elements?.after ?? elements
          codecs.append(codec)
        }
      }
      guard seenBytes else { throw reader.bad("codecs", "bytes is missing") }
    }

    private static func transposed(_ order: [Int], _ setting: JSON?, _ reader: MetadataReader) throws(StorageError) -> [Int] {
      switch setting {
      case "C": return order
      case "F": return order.reversed()
      default:
        guard let axes = setting?.ints, axes.sorted() == Array(order.indices) else {
          throw reader.bad("codecs", "transpose: expected an order of \(order.count) axes, found \(setting?.compact ?? "none")")
        }
        return axes.map { order[$0] }
      }
    }
  }
}
