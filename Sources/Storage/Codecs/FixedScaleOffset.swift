// FixedScaleOffset: (value − offset) · scale, rounded, as a smaller type.
//
// Zarr v2: {"id": "fixedscaleoffset", "scale": 10, "offset": 1000, "dtype": "<f8", "astype": "|u1"}
//                                                                  https://numcodecs.readthedocs.io/en/stable/filter/fixedscaleoffset.html
// Zarr v3: {"name": "numcodecs.fixedscaleoffset", "configuration": {…}}
// value = stored / scale + offset, computed in double for integers and in the stored type for floats, as numpy does.
// Writing is refused where the values would not come back.

import Arrays

extension CodecKind {
  static let fixedscaleoffset = CodecKind(
    name: "fixedscaleoffset", zarr2: ["fixedscaleoffset"], zarr3: ["numcodecs.fixedscaleoffset"], n5: [],
    read: { settings, elements throws(CodecFailure) in
      guard let scale = settings["scale"]?.double, let offset = settings["offset"]?.double, scale.isFinite, offset.isFinite, scale != 0 else {
        throw CodecFailure("expected numbers as scale and offset, found \((settings["scale"] ?? .null).compact) and \((settings["offset"] ?? .null).compact)")
      }
      let values = try ElementLayout(settings, "dtype", standard: elements), stored = try ElementLayout(settings, "astype", standard: values)
      let record: JSON = ["scale": settings["scale"] ?? 1, "offset": settings["offset"] ?? 0, "dtype": values.json, "astype": stored.json]
      return .elementwise(
        "fixedscaleoffset", description: "fixedscaleoffset as \(stored.dtype)", settings: record, decoded: values, encoded: stored,
        decode: { number in
          let (scale, offset) = (rounded(scale, stored.dtype), rounded(offset, stored.dtype))
          return .float(rounded(rounded(number.double / scale, stored.dtype) + offset, stored.dtype))
        },
        encode: { number in
          let (scale, offset) = (rounded(scale, values.dtype), rounded(offset, values.dtype))
          return .float(rounded(rounded(number.double - offset, values.dtype) * scale, values.dtype).rounded(.toNearestOrEven))
        })
    },
    words: { _, _ throws(CodecFailure) in throw CodecFailure("it is read from metadata and cannot be asked for") })
}
