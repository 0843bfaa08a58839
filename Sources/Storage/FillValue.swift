// The value of voxels that no chunk holds, as the bits of one element.

import Arrays

package struct FillValue: Equatable, Sendable {
  /// The element's bytes, little-endian, in the low bits.
  package let bits: UInt64
  package static let zero = FillValue(bits: 0)

  init(bits: UInt64) { self.bits = bits }

  /// From metadata: a number, a bool, null (0), "NaN", "Infinity", "-Infinity", or "0x…" for the bits of a float.
  ///
  /// - Returns: nil if it is no value of `dtype`.
  package init?(_ json: JSON, _ dtype: DType) {
    switch json {
    case .null: bits = 0
    case .bool(let value): bits = value ? 1 : 0; if dtype != .bool { return nil }
    case .string(let text) where dtype.isFloat && text.hasPrefix("0x"):
      guard let value = UInt64(text.dropFirst(2), radix: 16), dtype.size == 8 || value >> UInt64(dtype.size * 8) == 0 else { return nil }
      bits = value
    default:
      guard let value = Self.bits(json, dtype) else { return nil }
      bits = value
    }
  }

  private static func bits(_ json: JSON, _ dtype: DType) -> UInt64? {
    func unsigned<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) -> UInt64? { json.uint64.flatMap { T(exactly: $0) }.map { UInt64($0) } }
    func signed<T: FixedWidthInteger & SignedInteger>(_: T.Type) -> UInt64? {
      json.int.flatMap { T(exactly: $0) }.map { UInt64(bitPattern: Int64($0)) & (UInt64.max >> UInt64(64 - T.bitWidth)) }
    }
    switch dtype {
    case .bool: return json.uint64.flatMap { $0 <= 1 ? $0 : nil }
    case .uint8: return unsigned(UInt8.self)
    case .uint16: return unsigned(UInt16.self)
    case .uint32: return unsigned(UInt32.self)
    case .uint64: return unsigned(UInt64.self)
    case .int8: return signed(Int8.self)
    case .int16: return signed(Int16.self)
    case .int32: return signed(Int32.self)
    case .int64: return signed(Int64.self)
    case .float16: return json.double.map { UInt64(Float16($0).bitPattern) }
    case .float32: return json.double.map { UInt64(Float($0).bitPattern) }
    case .float64: return json.double.map(\.bitPattern)
    }
  }

  /// As metadata write it. Only Zarr v3 has a text for a NaN other than the usual one: "0x" and its bits.
  func json(_ dtype: DType, _ format: Format) -> JSON {
    guard format == .zarr3, dtype.isFloat, FillValue("NaN", dtype) != self, case .double(let value) = json(dtype), value.isNaN else { return json(dtype) }
    let digits = String(bits, radix: 16)
    return .string("0x" + String(repeating: "0", count: max(0, 2 * dtype.size - digits.count)) + digits)
  }

  /// A number or bool.
  package func json(_ dtype: DType) -> JSON {
    switch dtype {
    case .bool: .bool(bits & 1 == 1)
    case .uint8, .uint16, .uint32, .uint64: JSON(bits)
    case .int8: .int(Int64(Int8(truncatingIfNeeded: bits)))
    case .int16: .int(Int64(Int16(truncatingIfNeeded: bits)))
    case .int32: .int(Int64(Int32(truncatingIfNeeded: bits)))
    case .int64: .int(Int64(bitPattern: bits))
    case .float16: .double(Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits))))
    case .float32: .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case .float64: .double(Double(bitPattern: bits))
    }
  }
}
