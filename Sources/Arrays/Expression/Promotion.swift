// Which type the result of an operation has. Integers never wrap, and never silently become floats that merge neighbours.
//
//   + − ×  // % **   8/16-bit ints and bool → int32; with 32/64-bit → int64; all unsigned with a 64-bit side → uint64; int64 with uint64: error
//                    with a float: float32, or float64 from float64 and from 32-bit ints up; float16 → float32
//   /                float32, or float64 from 32-bit ints and float64
//   minimum, maximum, where   the smallest type that holds both; nothing widens that need not
//   a number beside an array  takes the array's class: an int widens no float, a float widens no float32; an int that does not fit int32 makes int64
//
// The smaller kinds of signed int beside uint64 give int64: every value is checked, none is rounded.

enum Promotion {
  static func arithmetic(_ a: ArrayExpression, _ b: ArrayExpression) throws(ArrayError) -> DType {
    if a.number != nil || b.number != nil { return numberAndArray(a, b) }
    if a.dtype.isFloat || b.dtype.isFloat { return float(a.dtype, b.dtype) }
    return try integer(a.dtype, b.dtype)
  }

  static func division(_ a: ArrayExpression, _ b: ArrayExpression) -> DType {
    if a.number != nil && b.number != nil { return .float64 }
    let types = [a, b].filter { $0.number == nil }.map(\.dtype)
    return types.allSatisfy { $0.isSmallInteger || $0 == .float16 || $0 == .float32 } ? .float32 : .float64
  }

  /// For functions such as sqrt: the float type that a number type computes in.
  static func real(_ dtype: DType) -> DType { dtype.isSmallInteger || dtype == .float16 || dtype == .float32 ? .float32 : .float64 }

  private static func float(_ a: DType, _ b: DType) -> DType { real(a) == .float64 || real(b) == .float64 ? .float64 : .float32 }

  private static func integer(_ a: DType, _ b: DType) throws(ArrayError) -> DType {
    if a.isSmallInteger && b.isSmallInteger { return .int32 }
    guard a == .uint64 || b == .uint64 else { return .int64 }
    if (a.isUnsigned || a == .bool) && (b.isUnsigned || b == .bool) { return .uint64 }
    if a == .int64 || b == .int64 { throw .dtypes(a, b) }
    return .int64
  }

  private static func numberAndArray(_ a: ArrayExpression, _ b: ArrayExpression) -> DType {
    guard let number = a.number ?? b.number else { return .float64 }
    if let x = a.number, let y = b.number {
      if case .float = x { return .float64 }
      if case .float = y { return .float64 }
      return a.dtype == .uint64 || b.dtype == .uint64 ? .uint64 : .int64
    }
    let array = a.number == nil ? a.dtype : b.dtype
    if array.isFloat { return real(array) }
    guard case .float = number else {
      if array == .uint64 { return .uint64 }
      let natural: DType = array.isSmallInteger ? .int32 : .int64
      return number.bits(as: natural) == nil ? (number.bits(as: .int64) == nil && array.isUnsigned ? .uint64 : .int64) : natural
    }
    return real(array)
  }

  /// The smallest type that holds every value of both.
  static func common(_ a: ArrayExpression, _ b: ArrayExpression) throws(ArrayError) -> DType {
    if a.number != nil || b.number != nil {
      guard (a.number == nil) != (b.number == nil) else { return numberAndArray(a, b) }
      let (array, number) = a.number == nil ? (a.dtype, b.number) : (b.dtype, a.number)
      guard let number else { return array }
      switch number {
      case .float: return real(array)
      case .bool where array == .bool: return .bool
      case .int where array == .bool: return .int32
      default: return !array.isFloat && number.bits(as: array) != nil ? array : numberAndArray(a, b)
      }
    }
    if a.dtype == b.dtype { return a.dtype }
    if a.dtype.isFloat && b.dtype.isFloat { return a.dtype.size > b.dtype.size ? a.dtype : b.dtype }
    if a.dtype.isFloat || b.dtype.isFloat { return float(a.dtype, b.dtype) }
    guard let x = a.dtype.bounds, let y = b.dtype.bounds else { return try integer(a.dtype, b.dtype) }
    for candidate in [DType.uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64] {
      if let bounds = candidate.bounds, bounds.lowerBound <= min(x.lowerBound, y.lowerBound), bounds.upperBound >= max(x.upperBound, y.upperBound) { return candidate }
    }
    throw .dtypes(a.dtype, b.dtype)
  }
}
