// A JSON value: what metadata, journals and run records are made of.
//
// Objects keep the order of their members, integers stay integers up to 2⁶⁴ − 1 (labels), everything else is a double.
// Source: RFC 8259. Parsing and writing are in JSONParser.swift and JSONWriter.swift.

/// A JSON value. Two objects are equal if their members are, in the same order.
package enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  /// Only above `Int64.max`; smaller integers are `.int`.
  case uint(UInt64)
  case double(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  package struct Member: Equatable, Sendable {
    package let key: String
    package var value: JSON
    package init(_ key: String, _ value: JSON) { (self.key, self.value) = (key, value) }
  }
}

// MARK: Looking

extension JSON {
  /// The member of an object; nil for other values and missing keys. Setting nil removes it. O(members).
  package subscript(key: String) -> JSON? {
    get {
      guard case .object(let members) = self else { return nil }
      return members.first { $0.key == key }?.value
    }
    set {
      guard case .object(var members) = self else { return }
      let index = members.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(key, value))
      case (nil, nil): break
      }
      self = .object(members)
    }
  }

  package var isNull: Bool { self == .null }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var array: [JSON]? { if case .array(let values) = self { values } else { nil } }
  package var members: [Member]? { if case .object(let members) = self { members } else { nil } }

  /// An integer, also one written as 64.0.
  package var int: Int? {
    switch self {
    case .int(let value): Int(value)
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  package var uint64: UInt64? {
    switch self {
    case .int(let value): UInt64(exactly: value)
    case .uint(let value): value
    case .double(let value): UInt64(exactly: value)
    default: nil
    }
  }

  /// Any number, and the texts "NaN", "Infinity", "-Infinity" that stand for what JSON cannot write.
  package var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .uint(let value): Double(value)
    case .double(let value): value
    case .string("NaN"): .nan
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    default: nil
    }
  }

  /// All elements as integers, or nil.
  package var ints: [Int]? { all(\.int) }
  package var doubles: [Double]? { all(\.double) }
  package var strings: [String]? { all(\.string) }

  private func all<T>(_ element: (JSON) -> T?) -> [T]? {
    guard let array else { return nil }
    var result: [T] = []
    for value in array {
      guard let value = element(value) else { return nil }
      result.append(value)
    }
    return result
  }

  /// "a number", "an object": for error messages.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a bool"
    case .int, .uint: "an integer"
    case .double: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

// MARK: Building

extension JSON {
  package init(_ value: UInt64) { self = Int64(exactly: value).map(JSON.int) ?? .uint(value) }
  package init(_ value: Int) { self = .int(Int64(value)) }
  package init(_ values: [Int]) { self = .array(values.map { .int(Int64($0)) }) }
  package init(_ values: [Double]) { self = .array(values.map(JSON.double)) }
  package init(_ values: [String]) { self = .array(values.map(JSON.string)) }

  package static var emptyObject: JSON { .object([]) }

  /// This object with the members of another set over its own.
  package func merging(_ other: JSON) -> JSON {
    var result = members == nil ? .emptyObject : self
    for member in other.members ?? [] { result[member.key] = member.value }
    return result
  }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(nilLiteral: ()) { self = .null }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int64) { self = .int(value) }
  package init(floatLiteral value: Double) { self = .double(value) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { Member($0.0, $0.1) }) }
}
