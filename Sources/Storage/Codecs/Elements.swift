// What filters see of a chunk: elements of a type that their own settings name, mapped one by one.
//
// Filters of Zarr v2 work on the bytes as they lie on disk, in the order of the array; each knows type and byte order of what comes in and
// goes out. Array-to-array codecs of v3 are the same on elements of this machine, which `bytes` then swaps (Zarr3.swift).

import Arrays

/// An element type as filters write it: "<i4", ">f8", "|u1", or "int32" for the byte order of this machine.
struct ElementLayout: Equatable, Sendable {
  var dtype: DType
  var isBigEndian: Bool

  init(_ dtype: DType, isBigEndian: Bool = false) { (self.dtype, self.isBigEndian) = (dtype, isBigEndian && dtype.size > 1) }

  /// From a member of a filter's settings.
  init(_ settings: JSON, _ member: String, standard: ElementLayout) throws(CodecFailure) {
    switch settings[member] {
    case nil, .null: self = standard
    case .string(let text)?:
      if let dtype = DType(rawValue: text) { self.init(dtype); return }
      guard let found = Zarr2.dtype(numpy: text) else { throw CodecFailure("\(member): the dtype \(text) is not supported") }
      self.init(found.0, isBigEndian: found.isBigEndian)
    case let other?: throw CodecFailure("\(member): expected a dtype, found \(other.compact)")
    }
  }

  var size: Int { dtype.size }
  var name: String { Zarr2.name(of: dtype, isBigEndian: isBigEndian) }
  var json: JSON { .string(name) }

  /// The bits of an element, in the low ones.
  @inline(__always) func bits(_ base: UnsafeRawPointer, _ index: Int) -> UInt64 {
    switch dtype.size {
    case 1: return UInt64(base.load(fromByteOffset: index, as: UInt8.self))
    case 2: let value = base.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self); return UInt64(isBigEndian ? value.bigEndian : value.littleEndian)
    case 4: let value = base.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self); return UInt64(isBigEndian ? value.bigEndian : value.littleEndian)
    default: let value = base.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self); return isBigEndian ? value.bigEndian : value.littleEndian
    }
  }

  @inline(__always) func setBits(_ bits: UInt64, _ base: UnsafeMutableRawPointer, _ index: Int) {
    switch dtype.size {
    case 1: base.storeBytes(of: UInt8(truncatingIfNeeded: bits), toByteOffset: index, as: UInt8.self)
    case 2: let value = UInt16(truncatingIfNeeded: bits); base.storeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian, toByteOffset: 2 * index, as: UInt16.self)
    case 4: let value = UInt32(truncatingIfNeeded: bits); base.storeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
    default: base.storeBytes(of: isBigEndian ? bits.bigEndian : bits.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
    }
  }
}

/// A value between two element types.
enum FilterNumber: Equatable {
  case signed(Int64), unsigned(UInt64), float(Double)

  init(bits: UInt64, _ dtype: DType) {
    switch dtype {
    case .bool: self = .unsigned(bits == 0 ? 0 : 1)
    case .uint8, .uint16, .uint32, .uint64: self = .unsigned(bits)
    case .int8: self = .signed(Int64(Int8(truncatingIfNeeded: bits)))
    case .int16: self = .signed(Int64(Int16(truncatingIfNeeded: bits)))
    case .int32: self = .signed(Int64(Int32(truncatingIfNeeded: bits)))
    case .int64: self = .signed(Int64(bitPattern: bits))
    case .float16: self = .float(Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits))))
    case .float32: self = .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case .float64: self = .float(Double(bitPattern: bits))
    }
  }

  /// The bits of the nearest `dtype` as C and numpy convert: integers wrap, floats lose their fraction (and saturate).
  func bits(_ dtype: DType) -> UInt64 {
    switch (self, dtype) {
    case (.float(let value), .bool): value == 0 ? 0 : 1
    case (.signed(let value), .bool): value == 0 ? 0 : 1
    case (.unsigned(let value), .bool): value == 0 ? 0 : 1
    case (.float(let value), .float16): UInt64(Float16(value).bitPattern)
    case (.float(let value), .float32): UInt64(Float(value).bitPattern)
    case (.float(let value), .float64): value.bitPattern
    case (.float(let value), .uint64): value.isNaN ? 0 : value >= 0x1p64 ? .max : value <= -1 ? 0 : UInt64(value)
    case (.float(let value), _): value.isNaN ? 0 : UInt64(bitPattern: value >= 0x1p63 ? .max : value <= -0x1p63 ? .min : Int64(value))
    case (.signed(let value), .float16): UInt64(Float16(value).bitPattern)
    case (.signed(let value), .float32): UInt64(Float(value).bitPattern)
    case (.signed(let value), .float64): Double(value).bitPattern
    case (.unsigned(let value), .float16): UInt64(Float16(value).bitPattern)
    case (.unsigned(let value), .float32): UInt64(Float(value).bitPattern)
    case (.unsigned(let value), .float64): Double(value).bitPattern
    case (.signed(let value), _): UInt64(bitPattern: value)
    case (.unsigned(let value), _): value
    }
  }

  var double: Double {
    switch self {
    case .signed(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .float(let value): value
    }
  }
}

/// A float of one of the float types; of others as it is.
func rounded(_ value: Double, _ dtype: DType) -> Double {
  switch dtype {
  case .float16: Double(Float16(value))
  case .float32: Double(Float(value))
  default: value
  }
}

extension Codec {
  /// A filter that maps elements one by one and is written only where it gives back the very values.
  ///
  /// - Parameter name: numcodecs' id.
  static func elementwise(
    _ name: String, description: String, settings: JSON, decoded: ElementLayout, encoded stored: ElementLayout,
    decode: (@Sendable (FilterNumber) -> FilterNumber)? = nil, encode: (@Sendable (FilterNumber) -> FilterNumber)? = nil
  ) -> Codec {
    // without a formula, values of one type are copied to the bit (NaN keep theirs)
    @Sendable func mapped(_ bits: UInt64, _ from: DType, _ to: DType, _ formula: (@Sendable (FilterNumber) -> FilterNumber)?) -> UInt64 {
      if formula == nil && from == to { return bits }
      let number = FilterNumber(bits: bits, from)
      return (formula?(number) ?? number).bits(to)
    }
    return Self.mapped(name, description, settings, decoded, stored, decode: { mapped($0, stored.dtype, decoded.dtype, decode) }, encode: { mapped($0, decoded.dtype, stored.dtype, encode) })
  }

  private static func mapped(
    _ name: String, _ description: String, _ settings: JSON, _ decoded: ElementLayout, _ stored: ElementLayout, decode: @escaping @Sendable (UInt64) -> UInt64,
    encode: @escaping @Sendable (UInt64) -> UInt64
  ) -> Codec {
    Codec(
      filter: name, description: description, settings: settings, decoded: decoded, encoded: stored, commutes: true,
      decode: { source, target, count in
        for i in 0..<count { decoded.setBits(decode(stored.bits(source, i)), target, i) }
      },
      encode: { source, target, count in
        for i in 0..<count { stored.setBits(encode(decoded.bits(source, i)), target, i) }
      })
  }

  /// A filter from elements to as many elements, of other types perhaps; encoding fails where decoding would not give back the very values.
  ///
  /// - Parameter commutes: axes may be exchanged before it or after it.
  init(
    filter name: String, description: String, settings: JSON, decoded: ElementLayout, encoded stored: ElementLayout, commutes: Bool,
    decode: @escaping @Sendable (UnsafeRawPointer, UnsafeMutableRawPointer, Int) -> Void, encode: @escaping @Sendable (UnsafeRawPointer, UnsafeMutableRawPointer, Int) -> Void
  ) {
    self.init(
      description: description, zarr2: (["id": .string(name)] as JSON).merging(settings), zarr3: ["name": .string("numcodecs.\(name)"), "configuration": settings], n5: nil,
      isFilter: true, elements: Elements(after: stored.dtype, commutes: commutes), encodedLimit: { $0 / decoded.size * stored.size },
      decode: { source, target throws(CodecFailure) in
        let count = source.count / stored.size
        guard source.count % stored.size == 0 else { throw CodecFailure("\(name): \(source.count) bytes are no whole number of \(stored.dtype)") }
        guard count <= target.count / decoded.size else { throw CodecFailure("\(name): it holds \(count) elements, expected \(target.count / decoded.size)") }
        if let input = source.baseAddress, let output = target.baseAddress { decode(input, output, count) }
        return count * decoded.size
      },
      encode: { source, _ throws(CodecFailure) in
        guard source.count % decoded.size == 0 else { throw CodecFailure("\(name): \(source.count) bytes are no whole number of \(decoded.dtype)") }
        let count = source.count / decoded.size
        let bytes = try Storage.encoded(capacity: count * stored.size), again = try Storage.encoded(capacity: source.count)
        let isExact = bytes.fill { target in
          guard let input = source.baseAddress, let output = target.baseAddress else { return true }
          encode(input, output, count)
          return again.fill { check in
            guard let check = check.baseAddress else { return true }
            decode(UnsafeRawPointer(output), check, count)
            return UnsafeRawBufferPointer(start: check, count: source.count).elementsEqual(source)
          }
        }
        guard isExact else { throw CodecFailure("the filter \(name) cannot hold these values exactly (\(decoded.dtype) as \(stored.dtype))") }
        return bytes
      })
  }
}
