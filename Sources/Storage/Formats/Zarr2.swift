// Zarr version 2: `.zarray` and `.zattrs` beside the chunks, `.zgroup` in groups.
//
// Specification: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
// Sample .zarray: {"zarr_format": 2, "shape": [160, 320, 384], "chunks": [64, 64, 64], "dtype": "<u2", "order": "C", "fill_value": 0,
//                  "compressor": {"id": "zstd", "level": 3}, "filters": null, "dimension_separator": "/"}
// Read: dtypes b1, u1…u8, i1…i8, f2…f8 in both endians, C and F order, both separators, one compressor.
// Refused by name: filters, structured and text dtypes.

import Arrays

enum Zarr2 {
  static let arrayFile = ".zarray", groupFile = ".zgroup", attributesFile = ".zattrs"

  static func parse(_ json: JSON, attributes: JSON, path: String) throws(StorageError) -> ArrayMetadata {
    let reader = MetadataReader(json: json, path: path)
    guard json["zarr_format"]?.int == 2 else { throw reader.bad("zarr_format", "expected 2, found \((json["zarr_format"] ?? .null).compact)") }
    let (dtype, isBigEndian) = try dtype(try reader.required("dtype"), reader)
    let shape = try reader.ints("shape")
    if let filters = json["filters"]?.array, let first = filters.first {
      throw .unsupported(path: path, feature: "the filter \(first["id"]?.string ?? first.compact)")
    }
    let fill = json["fill_value"] ?? .null
    guard let fillValue = FillValue(fill, dtype) else { throw reader.bad("fill_value", "\(fill.compact) is no \(dtype)") }
    var codecs: [Codec] = []
    if let compressor = json["compressor"], !compressor.isNull {
      guard let id = compressor["id"]?.string else { throw reader.bad("compressor", "it has no id") }
      codecs = [try reader.codec(named: id, settings: compressor, elementSize: dtype.size, \.zarr2, "compressor")]
    }
    return try ArrayMetadata(
      format: .zarr2, dtype: dtype, shape: shape, chunks: try reader.ints("chunks"), order: try order(reader, rank: shape.count),
      isBigEndian: isBigEndian, fill: fillValue, codecs: codecs, keys: .zarr2(separator: try separator(reader)), attributes: attributes
    ).checked(path)
  }

  /// - Throws: `.unsupported` if the format lacks the codec.
  static func document(_ metadata: ArrayMetadata, path: String) throws(StorageError) -> JSON {
    guard metadata.codecs.count <= 1, let compressor = (metadata.codecs.first ?? .raw).zarr2 else {
      throw .unsupported(path: path, feature: "\(metadata.codecText) in zarr v2")
    }
    guard case .zarr2(let separator) = metadata.keys else { throw .unsupported(path: path, feature: "this chunk key in zarr v2") }
    return [
      "zarr_format": 2, "shape": JSON(metadata.shape), "chunks": JSON(metadata.chunks), "dtype": .string(name(of: metadata.dtype, isBigEndian: metadata.isBigEndian)),
      "order": .string(metadata.order == Array(0..<metadata.shape.count) ? "C" : "F"), "fill_value": metadata.fill.json(metadata.dtype),
      "compressor": compressor, "filters": nil, "dimension_separator": .string(separator),
    ]
  }

  private static func order(_ reader: MetadataReader, rank: Int) throws(StorageError) -> [Int] {
    switch try reader.required("order") {
    case "C": Array(0..<rank)
    case "F": Array((0..<rank).reversed())
    case let other: throw reader.bad("order", "expected C or F, found \(other.compact)")
    }
  }

  private static func separator(_ reader: MetadataReader) throws(StorageError) -> String {
    switch reader.json["dimension_separator"] {
    case nil, .null, ".": "."
    case "/": "/"
    case let other?: throw reader.bad("dimension_separator", "expected . or /, found \(other.compact)")
    }
  }

  private static let letters: [(String, DType)] = [
    ("b1", .bool), ("u1", .uint8), ("u2", .uint16), ("u4", .uint32), ("u8", .uint64), ("i1", .int8), ("i2", .int16), ("i4", .int32), ("i8", .int64),
    ("f2", .float16), ("f4", .float32), ("f8", .float64),
  ]

  /// numpy's `<f4`, `>u2`, `|u1`, also used by .npy files.
  static func dtype(numpy text: String) -> (DType, isBigEndian: Bool)? {
    guard let mark = text.first, "<>|=".contains(mark), let found = letters.first(where: { $0.0 == text.dropFirst() }) else { return nil }
    if mark == "|" && found.1.size > 1 { return nil }
    return (found.1, mark == ">")
  }

  static func name(of dtype: DType, isBigEndian: Bool) -> String {
    let letters = letters.first { $0.1 == dtype }?.0 ?? ""
    return (dtype.size == 1 ? "|" : isBigEndian ? ">" : "<") + letters
  }

  private static func dtype(_ json: JSON, _ reader: MetadataReader) throws(StorageError) -> (DType, Bool) {
    guard let text = json.string, let found = dtype(numpy: text) else { throw .unsupported(path: reader.path, feature: "the dtype \(json.string ?? json.compact)") }
    return (found.0, found.isBigEndian && found.0.size > 1)
  }
}
