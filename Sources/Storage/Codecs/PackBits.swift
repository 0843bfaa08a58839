// PackBits: eight bools a byte, the first one highest, behind a byte that says how many bits of the last byte are none.
//
// Zarr v2: {"id": "packbits"}                                      https://numcodecs.readthedocs.io/en/stable/filter/packbits.html
// Zarr v3: {"name": "numcodecs.packbits", "configuration": {}}

import Arrays

extension CodecKind {
  static let packbits = CodecKind(
    name: "packbits", zarr2: ["packbits"], zarr3: ["numcodecs.packbits"], n5: [],
    read: { _, elements throws(CodecFailure) in
      guard elements.dtype == .bool else { throw CodecFailure("it packs bools, found \(elements.dtype)") }
      return .packbits
    },
    words: { words, elements throws(CodecFailure) in
      guard words.isEmpty, elements.dtype == .bool else { throw CodecFailure("it packs bools and takes no settings, found \(([elements.dtype.rawValue] + words).joined(separator: " "))") }
      return .packbits
    })
}

extension Codec {
  static let packbits = Codec(
    description: "packbits", zarr2: ["id": "packbits"], zarr3: ["name": "numcodecs.packbits", "configuration": [:]], n5: nil,
    isFilter: true, elements: Elements(after: .uint8, commutes: false), encodedLimit: { $0 / 8 + 2 },
    decode: { source, target throws(CodecFailure) in
      guard let padding = source.first else { throw CodecFailure("packbits: it is empty") }
      let bits = (source.count - 1) * 8 - Int(padding)
      guard padding < 8, bits >= 0 else { throw CodecFailure("packbits: \(padding) bits of the last byte are said to be none") }
      guard bits <= target.count else { throw CodecFailure("packbits: it holds \(bits) bools, expected \(target.count)") }
      for i in 0..<bits { target[i] = source[1 + i / 8] >> UInt8(7 - i % 8) & 1 }
      return bits
    },
    encode: { source, _ throws(CodecFailure) in
      let packed = (source.count + 7) / 8
      let bytes = try encoded(capacity: packed + 1)
      bytes.fill { target in
        target[0] = UInt8(packed * 8 - source.count)
        for byte in 0..<packed {
          target[1 + byte] = (0..<8).reduce(0) { $0 << 1 | (byte * 8 + $1 < source.count && source[byte * 8 + $1] != 0 ? 1 : 0) }
        }
      }
      return bytes
    })
}
