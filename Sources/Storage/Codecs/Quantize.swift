// Filters that made floats simpler before they were compressed. What was dropped is gone: what is stored are the values.
//
// Zarr v2: {"id": "quantize", "digits": 2, "dtype": "<f8", "astype": "<f4"}   https://numcodecs.readthedocs.io/en/stable/filter/quantize.html
//          {"id": "bitround", "keepbits": 10}                                 https://numcodecs.readthedocs.io/en/stable/filter/bitround.html
// Zarr v3: the same with the prefix "numcodecs."; bitround also without
// Deviation: writing rounds nothing, so that what is written is what is read; quantize refuses values that its astype cannot hold.

extension CodecKind {
  static let bitround = CodecKind(
    name: "bitround", zarr2: ["bitround"], zarr3: ["numcodecs.bitround", "bitround"], n5: [],
    read: { settings, elements throws(CodecFailure) in
      guard settings["keepbits"] != nil else { throw CodecFailure("keepbits: it is missing") }
      return .bitround(elements, keepBits: try setting(settings, "keepbits", in: 0...52, standard: 52))
    },
    words: { words, elements throws(CodecFailure) in .bitround(elements, keepBits: try level(words, in: 0...52, standard: 52)) })

  static let quantize = CodecKind(
    name: "quantize", zarr2: ["quantize"], zarr3: ["numcodecs.quantize"], n5: [],
    read: { settings, elements throws(CodecFailure) in
      let values = try ElementLayout(settings, "dtype", standard: elements)
      return try .quantize(values, try ElementLayout(settings, "astype", standard: values), digits: settings["digits"] ?? 0)
    },
    words: { words, elements throws(CodecFailure) in try .quantize(elements, elements, digits: JSON(try level(words, in: 0...300, standard: 0))) })
}

extension Codec {
  fileprivate static func bitround(_ elements: ElementLayout, keepBits: Int) -> Codec {
    .elementwise("bitround", description: "bitround \(keepBits)", settings: ["keepbits": JSON(keepBits)], decoded: elements, encoded: elements)
  }

  fileprivate static func quantize(_ values: ElementLayout, _ stored: ElementLayout, digits: JSON) throws(CodecFailure) -> Codec {
    guard values.dtype.isFloat, stored.dtype.isFloat else { throw CodecFailure("expected floats, found \(values.dtype) and \(stored.dtype)") }
    return .elementwise(
      "quantize", description: "quantize \(digits.compact)", settings: ["digits": digits, "dtype": values.json, "astype": stored.json], decoded: values, encoded: stored)
  }
}
