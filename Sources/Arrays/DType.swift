// Arrays holds n-dimensional values in memory: element types, strided views, fused expressions, reductions, casts.

/// What an element is. Names are those of numpy and Zarr v3.
package enum DType: String, CaseIterable, Sendable, CustomStringConvertible {
  case bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, float32, float64

  /// Bytes an element.
  package var size: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .uint16, .int16, .float16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  package var isFloat: Bool { self == .float16 || self == .float32 || self == .float64 }
  package var isUnsigned: Bool { self == .uint8 || self == .uint16 || self == .uint32 || self == .uint64 }
  package var isSigned: Bool { self == .int8 || self == .int16 || self == .int32 || self == .int64 }
  package var isInteger: Bool { isUnsigned || isSigned }
  package var description: String { rawValue }

  /// The Swift type of an element; pass it to a generic function to dispatch: `func go<T: Element>(_: T.Type)`, `go(dtype.type)`.
  package var type: any Element.Type {
    switch self {
    case .bool: Bool.self
    case .uint8: UInt8.self
    case .uint16: UInt16.self
    case .uint32: UInt32.self
    case .uint64: UInt64.self
    case .int8: Int8.self
    case .int16: Int16.self
    case .int32: Int32.self
    case .int64: Int64.self
    case .float16: Float16.self
    case .float32: Float.self
    case .float64: Double.self
    }
  }
}

/// A Swift type that an array can hold. Every bit pattern of it must be valid, so `Bool` elements are kept as 0 or 1 by whoever fills bytes.
package protocol Element: BitwiseCopyable, Hashable, Sendable {
  static var dtype: DType { get }
  static var zero: Self { get }
  /// As a double: exact up to 2⁵³ in magnitude.
  var double: Double { get }
  /// The nearest value of this type, saturating, half to even; NaN becomes 0 for integers.
  init(saturating value: Double)
}

extension Bool: Element {
  package static var dtype: DType { .bool }
  package static var zero: Bool { false }
  package var double: Double { self ? 1 : 0 }
  package init(saturating value: Double) { self = value > 0.5 }
}

extension FixedWidthInteger {
  package static func nearest(_ value: Double) -> Self {
    if value.isNaN { return 0 }
    let rounded = value.rounded(.toNearestOrEven)
    if rounded >= Double(Self.max) { return .max }
    if rounded <= Double(Self.min) { return .min }
    return Self(rounded)
  }
}

extension UInt8: Element { package static var dtype: DType { .uint8 }; package var double: Double { Double(self) }; package init(saturating v: Double) { self = .nearest(v) } }
extension UInt16: Element { package static var dtype: DType { .uint16 }; package var double: Double { Double(self) }; package init(saturating v: Double) { self = .nearest(v) } }
extension UInt32: Element { package static var dtype: DType { .uint32 }; package var double: Double { Double(self) }; package init(saturating v: Double) { self = .nearest(v) } }
extension UInt64: Element { package static var dtype: DType { .uint64 }; package var double: Double { Double(self) }; package init(saturating v: Double) { self = .nearest(v) } }
extension Int8: Element { package static var dtype: DType { .int8 }; package var double: Double { Double(self) }; package init(saturating v: Double) { self = .nearest(v) } }
extension Int16: Element { package static var dtype: DType { .int16 }; package var double: Double { Double(self) }; package init(saturating v: Double) { self = .nearest(v) } }
extension Int32: Element { package static var dtype: DType { .int32 }; package var double: Double { Double(self) }; package init(saturating v: Double) { self = .nearest(v) } }
extension Int64: Element { package static var dtype: DType { .int64 }; package var double: Double { Double(self) }; package init(saturating v: Double) { self = .nearest(v) } }
extension Float16: Element { package static var dtype: DType { .float16 }; package var double: Double { Double(self) }; package init(saturating v: Double) { self = Float16(v) } }
extension Float: Element { package static var dtype: DType { .float32 }; package var double: Double { Double(self) }; package init(saturating v: Double) { self = Float(v) } }
extension Double: Element { package static var dtype: DType { .float64 }; package var double: Double { self }; package init(saturating v: Double) { self = v } }
