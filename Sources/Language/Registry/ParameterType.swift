/// What a parameter takes: one of some alternatives, `any` if there are none.
package struct ParameterType: Sendable, Equatable {
  package var alternatives: [Alternative]

  package enum Alternative: Sendable, Equatable {
    case `nil`, bool, int, number, string, length, duration, bytes, list, record, range, function, coordinate
    /// One of these words.
    case word([String])
    /// An object of this type name.
    case object(String)
  }

  package static let any = ParameterType(alternatives: [])

  package var isAny: Bool { alternatives.isEmpty }

  /// "array|number", "\"f1|voi\"", "int".
  init(parsing text: Substring) {
    var alternatives: [Alternative] = []
    for part in Self.split(text) {
      switch part {
      case "any", "": self = .any; return
      case "nil": alternatives.append(.nil)
      case "bool": alternatives.append(.bool)
      case "int": alternatives.append(.int)
      case "float", "number": alternatives.append(.number)
      case "string": alternatives.append(.string)
      case "length": alternatives.append(.length)
      case "time", "duration": alternatives.append(.duration)
      case "bytes": alternatives.append(.bytes)
      case "list": alternatives.append(.list)
      case "record": alternatives.append(.record)
      case "range": alternatives.append(.range)
      case "fn", "function": alternatives.append(.function)
      case "coord": alternatives.append(.coordinate)
      default:
        if part.first == "\"" { alternatives.append(.word(part.dropFirst().dropLast().split(separator: "|").map(String.init))) }
        else { alternatives.append(.object(String(part))) }
      }
    }
    self.alternatives = alternatives
  }

  init(alternatives: [Alternative]) { self.alternatives = alternatives }

  /// The type that a default speaks for; a nil default says nothing.
  init(of value: Value) {
    switch value {
    case .bool: self = ParameterType(alternatives: [.bool])
    case .int, .wide: self = ParameterType(alternatives: [.int])
    case .float: self = ParameterType(alternatives: [.number])
    case .string: self = ParameterType(alternatives: [.string])
    case .length: self = ParameterType(alternatives: [.length])
    case .duration: self = ParameterType(alternatives: [.duration])
    case .bytes: self = ParameterType(alternatives: [.bytes])
    case .list: self = ParameterType(alternatives: [.list])
    case .record: self = ParameterType(alternatives: [.record])
    case .range: self = ParameterType(alternatives: [.range])
    case .function: self = ParameterType(alternatives: [.function])
    case .voxelCoordinate, .worldCoordinate: self = ParameterType(alternatives: [.coordinate])
    case .nil, .object: self = .any
    }
  }

  /// The names that stand for kinds of the language itself.
  static let plainNames = ["any", "nil", "bool", "int", "float", "number", "string", "length", "time", "bytes", "list", "record", "range", "fn", "coord"]

  package func accepts(_ value: Value) -> Bool { isAny || alternatives.contains { $0.accepts(value) } }

  /// "an array or a number", "\"f1\" or \"voi\"".
  package var phrase: String {
    if isAny { return "anything" }
    return Words.either(alternatives.flatMap(\.phrases))
  }

  private static func split(_ text: Substring) -> [Substring] {
    var parts: [Substring] = [], start = text.startIndex, quoted = false
    for index in text.indices {
      if text[index] == "\"" { quoted.toggle() }
      if text[index] == "|", !quoted { parts.append(text[start..<index]); start = text.index(after: index) }
    }
    return parts + [text[start...]]
  }
}

extension ParameterType.Alternative {
  var isWord: Bool { if case .word = self { true } else { false } }

  func accepts(_ value: Value) -> Bool {
    switch (self, value) {
    case (.nil, .nil), (.bool, .bool), (.int, .int), (.int, .wide), (.number, .int), (.number, .wide), (.number, .float), (.string, .string): true
    case (.length, .length), (.duration, .duration), (.bytes, .bytes), (.list, .list), (.record, .record), (.range, .range): true
    case (.function, .function): true
    // a single number or length stands for every axis
    case (.coordinate, .voxelCoordinate), (.coordinate, .worldCoordinate), (.coordinate, .int), (.coordinate, .length): true
    case (.word(let words), .string(let text)): words.contains(text)
    case (.object(let name), .object(let box)): box.object.isKind(of: name)
    default: false
    }
  }

  var phrases: [String] {
    switch self {
    case .nil: ["nil"]
    case .bool: ["true or false"]
    case .int: ["an int"]
    case .number: ["a number"]
    case .string: ["a string"]
    case .length: ["a length"]
    case .duration: ["a time"]
    case .bytes: ["bytes"]
    case .list: ["a list"]
    case .record: ["a record"]
    case .range: ["a range"]
    case .function: ["a function"]
    case .coordinate: ["a coord"]
    case .word(let words): words.map { "\"\($0)\"" }
    case .object(let name): [Words.article(name)]
    }
  }
}
