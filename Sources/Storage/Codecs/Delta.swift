// Delta: each element less the one before it, along the chunk as it lies in memory.
//
// Zarr v2: {"id": "delta", "dtype": "<i4", "astype": "<i4"}       https://numcodecs.readthedocs.io/en/stable/filter/delta.html
// Zarr v3: {"name": "numcodecs.delta", "configuration": {"dtype": "<i4", "astype": "<i4"}}
// dtype: of the values; astype: of the differences. Integers wrap, so that every value comes back; sums of floats are rounded as numpy rounds
// them, in the type of the values. Writing is refused where the values would not come back.

import Arrays

extension CodecKind {
  static let delta = CodecKind(
    name: "delta", zarr2: ["delta"], zarr3: ["numcodecs.delta"], n5: [],
    read: { settings, elements throws(CodecFailure) in
      let values = try ElementLayout(settings, "dtype", standard: elements)
      return try .delta(values, try ElementLayout(settings, "astype", standard: values))
    },
    words: { words, elements throws(CodecFailure) in
      guard words.isEmpty else { throw CodecFailure("it takes no settings, found \(words.joined(separator: " "))") }
      return try .delta(elements, elements)
    })
}

extension Codec {
  static func delta(_ values: ElementLayout, _ differences: ElementLayout) throws(CodecFailure) -> Codec {
    guard values.dtype != .bool, differences.dtype != .bool, values.dtype.isFloat == differences.dtype.isFloat else {
      throw CodecFailure("expected integers or floats in both, found \(values.dtype) and \(differences.dtype)")
    }
    return Codec(
      filter: "delta", description: values == differences ? "delta" : "delta as \(differences.dtype)", settings: ["dtype": values.json, "astype": differences.json],
      decoded: values, encoded: differences, commutes: false,
      decode: { source, target, count in
        if values.dtype.isFloat {
          var sum = 0.0
          for i in 0..<count {
            let next = FilterNumber(bits: differences.bits(source, i), differences.dtype).bits(values.dtype)
            sum = i == 0 ? Double(bits: next, values.dtype) : rounded(sum + Double(bits: next, values.dtype), values.dtype)
            values.setBits(FilterNumber.float(sum).bits(values.dtype), target, i)
          }
          return
        }
        var sum: UInt64 = 0
        for i in 0..<count {
          sum &+= FilterNumber(bits: differences.bits(source, i), differences.dtype).bits(values.dtype)
          values.setBits(sum, target, i)
        }
      },
      encode: { source, target, count in
        if values.dtype.isFloat {
          var last = 0.0
          for i in 0..<count {
            let value = Double(bits: values.bits(source, i), values.dtype)
            differences.setBits(FilterNumber.float(i == 0 ? value : rounded(value - last, values.dtype)).bits(differences.dtype), target, i)
            last = value
          }
          return
        }
        var last: UInt64 = 0
        for i in 0..<count {
          let bits = values.bits(source, i)
          // as a value of its own type, so that a wider one gets its sign
          let difference = FilterNumber(bits: (bits &- last) & (UInt64.max >> UInt64(64 - 8 * values.size)), values.dtype)
          differences.setBits(difference.bits(differences.dtype), target, i)
          last = bits
        }
      })
  }
}

extension Double {
  fileprivate init(bits: UInt64, _ dtype: DType) { self = FilterNumber(bits: bits, dtype).double }
}
