// Values that stand in the text itself: defaults of signatures, constants of the compiler, units for the checker.

import Geometry

enum Literal {
  /// The value of a text such as `1e-4`, `"reflect"`, `(64, 64, 64)`, `[]`, `8nm`; nil if it is no literal.
  static func value(of text: String) -> Value? {
    var parser = Parser(Source(name: "", text: text))
    guard let expression = try? parser.expression(), parser.current.kind == .end, parser.diagnostics.isEmpty else { return nil }
    return value(expression)
  }

  static func value(_ expression: Expression) -> Value? {
    switch expression.kind {
    case .literal(let value): return value
    case .unary(.negate, let operand):
      switch value(operand) {
      case .int(let number) where number != .min: return .int(-number)
      case .float(let number): return .float(-number)
      case .length(let length): return .length(-length)
      default: return nil
      }
    case .coordinate(let elements, let unit):
      let values = elements.compactMap(value)
      guard values.count == elements.count else { return nil }
      return try? Coordinates.make(values, unit.flatMap { Unit(suffix: $0.text) })
    case .list(let elements):
      let values = elements.compactMap(value)
      return values.count == elements.count ? .list(values) : nil
    case .record(let fields):
      let values = fields.compactMap { value($0.value) }
      return values.count == fields.count ? .record(Record(zip(fields.map(\.key.text), values))) : nil
    default: return nil
    }
  }
}

extension Value {
  /// The value of a text such as `8nm`; nil if it is no literal.
  package static func literal(_ text: String) -> Value? { Literal.value(of: text) }
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
