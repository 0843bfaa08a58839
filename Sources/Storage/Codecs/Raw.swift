// No compression: the bytes as they are.
//
// Zarr v2: `"compressor": null`. Zarr v3: no bytes-to-bytes codec. N5: {"type": "raw"}.

extension CodecKind {
  static let raw = CodecKind(name: "raw", zarr2: [], zarr3: [], n5: ["raw"], read: { _, _ in .raw }, words: noWords(.raw))
}

extension Codec {
  package static let raw = Codec(
    description: "raw", zarr2: .null, zarr3: .null, n5: ["type": "raw"],
    expansion: 1,
    decode: { source, target throws(CodecFailure) in
      guard source.count <= target.count else { throw CodecFailure("it has \(source.count) bytes, expected \(target.count)") }
      target.copyMemory(from: source)
      return source.count
    },
    encode: { source, _ throws(CodecFailure) in
      let bytes = try encoded(capacity: source.count)
      bytes.fill { $0.copyMemory(from: source) }
      return bytes
    })
}
