// A value of the language.
//
// Small values lie inline, the rest behind one reference, so that a Value is 17 bytes and copying an int or a float touches no counter.
// Everything is a value: lists and records copy on write, objects (arrays, tables, models …) keep the same promise.

import Geometry

package enum Value: Sendable {
  case `nil`
  case bool(Bool)
  /// An integer that fits 64 bits with a sign; all others are `wide`.
  case int(Int)
  /// An integer outside `Int`, such as the label 2⁶⁴ − 1. Build it with `Value(integer:)`, which keeps the two apart.
  indirect case wide(Int128)
  case float(Double)
  case string(String)
  case list([Value])
  case record(Record)
  case function(Function)
  /// Whatever a module above gives to the language. Build it with `Value(_:)`, read it with `object`.
  case object(ObjectBox)
  /// Nanometres, exact.
  indirect case length(Rational)
  /// Seconds, exact.
  indirect case duration(Rational)
  case bytes(Int)
  indirect case range(Progression)
  case voxelCoordinate(VoxelCoordinate)
  case worldCoordinate(WorldCoordinate)
}

extension Value {
  /// An integer of any size up to 127 bits.
  package init(integer: Int128) {
    if let small = Int(exactly: integer) { self = .int(small) } else { self = .wide(integer) }
  }
  package init(_ value: Int) { self = .int(value) }
  package init(_ value: UInt64) { self.init(integer: Int128(value)) }
  package init(_ value: Double) { self = .float(value) }
  package init(_ value: Bool) { self = .bool(value) }
  package init(_ value: String) { self = .string(value) }
  package init(_ object: some ObjectValue) { self = .object(ObjectBox(object)) }
  package init(any object: any ObjectValue) { self = .object(ObjectBox(object)) }

  /// The whole number it is, however large.
  package var integer: Int128? {
    switch self {
    case .int(let value): Int128(value)
    case .wide(let value): value
    default: nil
    }
  }

  /// An int or a float as a double.
  package var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .wide(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  package var object: (any ObjectValue)? {
    if case .object(let box) = self { return box.object }
    return nil
  }

  /// The object it holds, if it is of this kind.
  package func object<T: ObjectValue>(as type: T.Type) -> T? { object as? T }

  package var isNil: Bool {
    if case .nil = self { return true }
    return false
  }

  /// One word: what messages and `type(x)` call it.
  package var typeName: String {
    switch self {
    case .nil: "nil"
    case .bool: "bool"
    case .int, .wide: "int"
    case .float: "float"
    case .string: "string"
    case .list: "list"
    case .record: "record"
    case .function: "fn"
    case .object(let box): box.object.typeName
    case .length: "length"
    case .duration: "time"
    case .bytes: "bytes"
    case .range: "range"
    case .voxelCoordinate, .worldCoordinate: "coord"
    }
  }

  /// With its article: "an int", "a length", "nil".
  package var typePhrase: String { Words.article(typeName) }
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral {
  package init(integerLiteral value: Int) { self = .int(value) }
  package init(floatLiteral value: Double) { self = .float(value) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: Value...) { self = .list(elements) }
}

extension Value: ExpressibleByDictionaryLiteral {
  /// A record, keys in the order written.
  package init(dictionaryLiteral elements: (String, Value)...) { self = .record(Record(elements)) }
}
