// AsType: elements kept as another type.
//
// Zarr v2: {"id": "astype", "encode_dtype": "<f4", "decode_dtype": "<f8"}     https://numcodecs.readthedocs.io/en/stable/filter/astype.html
// Zarr v3: {"name": "numcodecs.astype", "configuration": {"encode_dtype": "<f4", "decode_dtype": "<f8"}}
// Writing is refused where the values would not come back.

extension CodecKind {
  static let astype = CodecKind(
    name: "astype", zarr2: ["astype"], zarr3: ["numcodecs.astype"], n5: [],
    read: { settings, elements throws(CodecFailure) in
      guard settings["encode_dtype"] != nil else { throw CodecFailure("encode_dtype: it is missing") }
      let decoded = try ElementLayout(settings, "decode_dtype", standard: elements), stored = try ElementLayout(settings, "encode_dtype", standard: elements)
      return .elementwise(
        "astype", description: "astype \(stored.dtype)", settings: ["encode_dtype": stored.json, "decode_dtype": decoded.json], decoded: decoded, encoded: stored)
    },
    words: { words, elements throws(CodecFailure) in
      guard words.count == 1 else { throw CodecFailure("expected one dtype, found \(words.joined(separator: " "))") }
      let stored = try ElementLayout(["as": .string(words[0])], "as", standard: elements)
      return .elementwise(
        "astype", description: "astype \(stored.dtype)", settings: ["encode_dtype": stored.json, "decode_dtype": elements.json], decoded: elements, encoded: stored)
    })
}
