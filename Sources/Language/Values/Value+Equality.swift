// Equality and order. Numbers compare by their exact values, int with float too; other kinds are equal only to their own kind.

import Geometry

extension Value {
  /// One answer for the whole: lists, records and objects deeply.
  package func equals(_ other: Value) -> Bool {
    switch (self, other) {
    case (.int(let a), .int(let b)): a == b
    case (.nil, .nil): true
    case (.bool(let a), .bool(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.length(let a), .length(let b)), (.duration(let a), .duration(let b)): a == b
    case (.bytes(let a), .bytes(let b)): a == b
    case (.range(let a), .range(let b)): a == b
    case (.voxelCoordinate(let a), .voxelCoordinate(let b)): a == b
    case (.worldCoordinate(let a), .worldCoordinate(let b)): a == b
    case (.list, .list), (.record, .record): Self.areEqualDeeply(self, other)
    case (.function(let a), .function(let b)): a === b
    case (.object(let a), .object(let b)): a === b || a.object.equals(b.object)
    default: compareNumber(other) == .equal
    }
  }

  /// Lists and records without recursion, a pair of them that is met again and again once: values may share what they hold.
  private static func areEqualDeeply(_ first: Value, _ second: Value) -> Bool {
    var open = [(first, second)], visits = 0
    var seen: Set<[UnsafeRawPointer?]> = []
    /// Whether the pair has been looked at, which is asked only where there are many.
    func isKnown(_ a: [Value], _ b: [Value]) -> Bool {
      visits += 1
      guard visits > 1000 else { return false }
      return !seen.insert([a.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }, b.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }]).inserted
    }
    func compare(_ a: Value, _ b: Value) -> Bool {
      switch (a, b) {
      case (.list, .list), (.record, .record):
        open.append((a, b))
        return true
      default: return a.equals(b)
      }
    }
    while let (a, b) = open.popLast() {
      switch (a, b) {
      case (.list(let a), .list(let b)):
        guard a.count == b.count else { return false }
        if isKnown(a, b) { continue }
        for position in a.indices { if !compare(a[position], b[position]) { return false } }
      case (.record(let a), .record(let b)):
        guard a.count == b.count else { return false }
        if isKnown(a.values, b.values) { continue }
        for (key, value) in a.fields {
          guard let other = b[key], compare(value, other) else { return false }
        }
      default: return false
      }
    }
    return true
  }

  package enum Order: Sendable { case less, equal, greater }

  /// Exact order of two numbers; nil if one is no number or NaN.
  func compareNumber(_ other: Value) -> Order? {
    switch (self, other) {
    case (.int(let a), .int(let b)): return Self.order(a, b)
    case (.float(let a), .float(let b)): return a.isNaN || b.isNaN ? nil : Self.order(a, b)
    case (.float(let a), _):
      guard let b = other.integer else { return nil }
      return Self.order(a, b)
    case (_, .float(let b)):
      guard let a = integer else { return nil }
      return Self.order(b, a).map { $0 == .less ? .greater : $0 == .greater ? .less : .equal }
    default:
      guard let a = integer, let b = other.integer else { return nil }
      return Self.order(a, b)
    }
  }

  private static func order<T: Comparable>(_ a: T, _ b: T) -> Order { a < b ? .less : a == b ? .equal : .greater }

  private static func order(_ a: Double, _ b: Int128) -> Order? {
    if a.isNaN { return nil }
    // beyond 2¹²⁶ every double outweighs every integer of the language
    if a.magnitude >= 0x1p126 { return a < 0 ? .less : .greater }
    let floor = a.rounded(.down)
    let whole = Int128(floor)
    if whole != b { return whole < b ? .less : .greater }
    return a > floor ? .greater : .equal
  }

  /// Order of two values of one kind; nil where the kind has none. Strings by code point.
  package func compare(_ other: Value) -> Order? {
    switch (self, other) {
    case (.string(let a), .string(let b)):
      if a == b { return .equal }
      return a.utf8.lexicographicallyPrecedes(b.utf8) ? .less : .greater
    case (.length(let a), .length(let b)), (.duration(let a), .duration(let b)): return Self.order(a, b)
    case (.bytes(let a), .bytes(let b)): return Self.order(a, b)
    case (.bool(let a), .bool(let b)): return Self.order(a ? 1 : 0, b ? 1 : 0)
    case (.list(let a), .list(let b)):
      for (x, y) in zip(a, b) {
        guard let order = x.compare(y) else { return nil }
        if order != .equal { return order }
      }
      return Self.order(a.count, b.count)
    default: return compareNumber(other)
    }
  }

  /// For sorting: numbers, strings … among themselves; NaN and nil after all else, whichever way it is sorted. nil: no order.
  package var sortsLast: Bool {
    switch self {
    case .nil: true
    case .float(let value): value.isNaN
    default: false
    }
  }
}
