import Glibc

/// One number, exact: what a script writes beside an array, and what a reduction gives back.
///
/// Integers are 128 bits wide so that every int64, every uint64 and every sum of them is itself.
package enum Scalar: Sendable, Hashable, CustomStringConvertible {
  case bool(Bool)
  case int(Int128)
  case float(Double)

  package var double: Double {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): Double(value)
    case .float(let value): value
    }
  }

  /// The integer it is, if it is one.
  package var integer: Int128? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): value
    case .float(let value): Int128(exactly: value)
    }
  }

  package var description: String {
    switch self {
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .float(let value): value.isNaN ? "nan" : "\(value)"
    }
  }

  /// The bytes (low ones first, the rest 0) of one element of `dtype` that holds this number, by the rules of a checked cast: rounded half to even, nil if it does not fit.
  package func bits(as dtype: DType) -> UInt64? {
    switch dtype {
    case .float16:
      let value = Float16(double)
      return value.isInfinite && double.isFinite ? nil : UInt64(value.bitPattern)
    case .float32:
      let value = Float(double)
      return value.isInfinite && double.isFinite ? nil : UInt64(value.bitPattern)
    case .float64: return double.bitPattern
    default:
      let whole: Int128?
      if case .float(let value) = self { whole = Int128(exactly: value.rounded(.toNearestOrEven)) } else { whole = integer }
      guard let whole, let bounds = dtype.bounds, bounds.contains(whole) else { return nil }
      return UInt64(truncatingIfNeeded: whole) & (.max >> UInt64(64 - 8 * dtype.size))
    }
  }
}

extension DType {
  /// Lowest and highest value of an integer type or bool; nil for floats.
  package var bounds: ClosedRange<Int128>? {
    switch self {
    case .bool: 0...1
    case .uint8: 0...Int128(UInt8.max)
    case .uint16: 0...Int128(UInt16.max)
    case .uint32: 0...Int128(UInt32.max)
    case .uint64: 0...Int128(UInt64.max)
    case .int8: Int128(Int8.min)...Int128(Int8.max)
    case .int16: Int128(Int16.min)...Int128(Int16.max)
    case .int32: Int128(Int32.min)...Int128(Int32.max)
    case .int64: Int128(Int64.min)...Int128(Int64.max)
    case .float16, .float32, .float64: nil
    }
  }

  /// The number by which C kernels know this type (`enum dcs_type`).
  var code: Int32 {
    switch self {
    case .bool: 0
    case .uint8: 1
    case .uint16: 2
    case .uint32: 3
    case .uint64: 4
    case .int8: 5
    case .int16: 6
    case .int32: 7
    case .int64: 8
    case .float16: 9
    case .float32: 10
    case .float64: 11
    }
  }
}

extension Element {
  /// This element as an exact number.
  package var scalar: Scalar {
    if let value = self as? Bool { return .bool(value) }
    if let value = self as? any BinaryInteger { return .int(Int128(truncatingIfNeeded: value)) }
    return .float(double)
  }
}
