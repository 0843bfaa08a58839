// Zarr version 2: `.zarray` and `.zattrs` beside the chunks, `.zgroup` in groups.
//
// Specification: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
// Sample .zarray: {"zarr_format": 2, "shape": [160, 320, 384], "chunks": [64, 64, 64], "dtype": "<u2", "order": "C", "fill_value": 0,
//                  "compressor": {"id": "zstd", "level": 3}, "filters": null, "dimension_separator": "/"}
// Read: dtypes b1, u1…u8, i1…i8, f2…f8 in both endians, C and F order, both separators, the filters and compressors of `CodecKind.all`.
// Refused by name: other filters and compressors; complex, structured, text and time dtypes.

import Arrays

enum Zarr2 {
  static let arrayFile = ".zarray", groupFile = ".zgroup", attributesFile = ".zattrs"

  static func parse(_ json: JSON, attributes: JSON, path: String) throws(StorageError) -> ArrayMetadata {
    let reader = MetadataReader(json: json, path: path)
    guard json["zarr_format"]?.int == 2 else { throw reader.bad("zarr_format", "expected 2, found \((json["zarr_format"] ?? .null).compact)") }
    let (dtype, isBigEndian) = try dtype(try reader.required("dtype"), reader)
    let shape = try reader.ints("shape")
    let fill = json["fill_value"] ?? .null
    guard let fillValue = FillValue(fill, dtype) else { throw reader.bad("fill_value", "\(fill.compact) is no \(dtype)") }
    let codecs = try codecs(reader, ElementLayout(dtype, isBigEndian: isBigEndian))
    return try ArrayMetadata(
      format: .zarr2, dtype: dtype, shape: shape, chunks: try reader.ints("chunks"), order: try order(reader, rank: shape.count),
      isBigEndian: isBigEndian, fill: fillValue, codecs: codecs, keys: .zarr2(separator: try separator(reader)), attributes: attributes
    ).checked(path)
  }

  /// - Throws: `.unsupported` if the format lacks the codec.
  static func document(_ metadata: ArrayMetadata, path: String) throws(StorageError) -> JSON {
    var filters = metadata.codecs, compressor: Codec?
    if let last = filters.last, !last.isFilter { compressor = filters.removeLast() }
    let records = filters.compactMap(\.zarr2)
    guard records.count == filters.count, let compressor = (compressor ?? .raw).zarr2 else { throw .unsupported(path: path, feature: "\(metadata.codecText) in zarr v2") }
    guard case .zarr2(let separator) = metadata.keys else { throw .unsupported(path: path, feature: "this chunk key in zarr v2") }
    let isC = metadata.order == Array(metadata.shape.indices)
    guard isC || metadata.order == Array(metadata.shape.indices.reversed()) else { throw .unsupported(path: path, feature: "the order of axes \(shapeText(metadata.order)) in zarr v2") }
    return [
      "zarr_format": 2, "shape": JSON(metadata.shape), "chunks": JSON(metadata.chunks), "dtype": .string(name(of: metadata.dtype, isBigEndian: metadata.isBigEndian)),
      "order": .string(isC ? "C" : "F"), "fill_value": metadata.fill.json(metadata.dtype),
      "compressor": compressor, "filters": records.isEmpty ? nil : .array(records), "dimension_separator": .string(separator),
    ]
  }

  /// Filters and compressor, in the order of encoding.
  private static func codecs(_ reader: MetadataReader, _ elements: ElementLayout) throws(StorageError) -> [Codec] {
    var codecs: [Codec] = [], elements = elements
    func add(_ record: JSON, _ field: String) throws(StorageError) {
      guard let id = record["id"]?.string else { throw reader.bad(field, "it has no id") }
      let codec = try reader.codec(named: id, settings: record, elements, \.zarr2, field, as: field == "filters" ? "filter" : "codec")
      codecs.append(codec)
      if let after = codec.elements?.after { elements = ElementLayout(after, isBigEndian: elements.isBigEndian) }
    }
    if let filters = reader.json["filters"], !filters.isNull {
      guard let filters = filters.array else { throw reader.bad("filters", "expected a list, found \(filters.compact)") }
      for filter in filters { try add(filter, "filters") }
    }
    if let compressor = reader.json["compressor"], !compressor.isNull { try add(compressor, "compressor") }
    return codecs
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
