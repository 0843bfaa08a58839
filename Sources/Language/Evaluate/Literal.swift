// Values that stand in the text itself: defaults of signatures, constants of the compiler, units for the checker, arguments of scripts.

import Geometry

struct Literal {
  /// Whether words mean what every script begins with: `nan`, `inf`, `range`. In the middle of a script they may have been bound to something else.
  let readsWords: Bool

  /// The value of a text such as `1e-4`, `"reflect"`, `(64, 64, 64)`, `[]`, `8nm`, and of all that `Value.source()` writes; nil if it is no literal.
  static func value(of text: String) -> Value? {
    var parser = Parser(Source(name: "", text: text))
    guard let expression = try? parser.expression(), parser.current.kind == .end, parser.diagnostics.isEmpty else { return nil }
    return value(alone: expression)
  }

  /// The value of an expression that stands for itself: an argument, a default.
  static func value(alone expression: Expression) -> Value? { Literal(readsWords: true).value(expression) }
  /// The value of an expression in a script, whatever its names mean.
  static func value(_ expression: Expression) -> Value? { Literal(readsWords: false).value(expression) }

  private func value(_ expression: Expression) -> Value? {
    switch expression.kind {
    case .literal(let value): return value
    case .unary(.negate, let operand): return value(operand).flatMap { try? Operators.negate($0) }
    case .range(let left, let right):
      guard case .int(let start)? = value(left), case .int(let end)? = value(right) else { return nil }
      return .range(.integers(start: start, end: end, step: 1))
    case .coordinate(let elements, let unit): return values(elements).flatMap { try? Coordinates.make($0, unit.flatMap { Unit(suffix: $0.text) }) }
    case .list(let elements): return values(elements).map(Value.list)
    case .record(let fields): return values(fields.map(\.value)).map { .record(Record(zip(fields.map(\.key.text), $0))) }
    case .name(let name) where readsWords: return Builtin.coreConstants[name]
    case .call(let callee, let arguments, isPiped: false) where readsWords:
      guard case .name("range") = callee.kind, arguments.allSatisfy({ $0.name == nil }), let bounds = values(arguments.map(\.value)), bounds.count == 3,
        case .int(let start) = bounds[0], case .int(let end) = bounds[1], case .int(let step) = bounds[2], step != 0, step != .min
      else { return nil }
      return .range(.integers(start: start, end: end, step: step))
    // a third of a length has no end as a decimal; 1/2 or 2024-01-02 alone are more likely text than numbers
    case .binary(.divide, let left, let right, _) where readsWords:
      guard let dividend = value(left), let divisor = value(right), divisor.integer != nil else { return nil }
      switch dividend {
      case .length, .duration: return try? Operators.quantities(.divide, dividend, divisor)
      default: return nil
      }
    default: return nil
    }
  }

  private func values(_ expressions: [Expression]) -> [Value]? {
    let values = expressions.compactMap(value)
    return values.count == expressions.count ? values : nil
  }
}

enum Coordinates {
  /// `(64, 64, 64)`, `(8nm, 4nm, 4nm)`, `(0.5, 0.5, 0.5)um`, `(n)nm`. The failure says which element.
  static func make(_ values: [Value], _ unit: Unit?) throws -> Value {
    if let unit {
      let numbers = try values.enumerated().map { position, value -> Rational in
        if let integer = value.integer, let exact = try? Rational(integer, over: 1) { return exact }
        if let number = value.number, let exact = Rational(number) { return exact }
        throw Failure(.type, "only numbers can be followed by `\(unit.rawValue)`, not \(value.typePhrase)", argumentPosition: position)
      }
      let scaled = try numbers.map { number -> Value in
        guard let value = unit.value(of: number) else { throw Failure(.arithmetic, "this quantity is too large") }
        return value
      }
      if scaled.count == 1 { return scaled[0] }
      return .worldCoordinate(WorldCoordinate(scaled.compactMap { if case .length(let length) = $0 { length } else { nil } }))
    }
    switch values.first {
    case .int:
      return .voxelCoordinate(VoxelCoordinate(try values.enumerated().map { position, value in
        guard case .int(let integer) = value else { throw mixed(values, position) }
        return integer
      }))
    case .length:
      return .worldCoordinate(WorldCoordinate(try values.enumerated().map { position, value in
        guard case .length(let length) = value else { throw mixed(values, position) }
        return length
      }))
    default: throw mixed(values, 0)
    }
  }

  private static func mixed(_ values: [Value], _ position: Int) -> Failure {
    let value = values[position]
    switch value {
    case .int where position > 0, .length where position > 0:
      return Failure(.units, "a coord is all voxels or all world, not both", argumentPosition: position)
    case .float: return Failure(.type, "a coord in voxels holds ints, not floats", hint: "(0.5, 0.5)um is world", argumentPosition: position)
    default: return Failure(.type, "a coord holds ints or lengths, not \(value.typePhrase)", argumentPosition: position)
    }
  }
}
