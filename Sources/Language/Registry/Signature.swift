/// The parameters of a builtin, read from text such as `(mask: array, connectivity=1, to: string = nil) -> array`.
package struct Signature: Sendable {
  package var parameters: [Parameter]
  /// After `->`; empty if not said.
  package var result: String

  package struct Parameter: Sendable {
    package var name: String
    package var type: ParameterType
    /// As written in the signature.
    package var typeText: String?
    package var defaultText: String?
    /// nil where there is none or where it is not a literal (`on=local()`): the builtin then finds the argument not given.
    package var defaultValue: Value?
    package var isVariadic: Bool

    package var isRequired: Bool { defaultText == nil && !isVariadic }
  }

  package init(parsing text: String) {
    var inner = text[...]
    result = ""
    if let arrow = Self.position(of: "->", in: text) {
      result = Self.trim(text[text.index(arrow, offsetBy: 2)...])
      inner = text[..<arrow]
    }
    inner = inner.drop { $0 == " " }
    while inner.last == " " { inner.removeLast() }
    if inner.first == "(" { inner.removeFirst() }
    if inner.last == ")" { inner.removeLast() }
    parameters = Self.split(inner).map(Parameter.init(parsing:))
  }

  package func parameter(_ name: String) -> Parameter? { parameters.first { $0.name == name } }

  static func trim(_ text: Substring) -> String {
    var text = text
    while text.first == " " || text.first == "\n" { text.removeFirst() }
    while text.last == " " || text.last == "\n" { text.removeLast() }
    return String(text)
  }

  /// At commas outside brackets and quotes.
  private static func split(_ text: Substring) -> [Substring] {
    var parts: [Substring] = [], start = text.startIndex, depth = 0, quoted = false
    for index in text.indices {
      switch text[index] {
      case "\"": quoted.toggle()
      case "(", "[", "{": depth += quoted ? 0 : 1
      case ")", "]", "}": depth -= quoted ? 0 : 1
      case "," where depth == 0 && !quoted:
        parts.append(text[start..<index])
        start = text.index(after: index)
      default: break
      }
    }
    parts.append(text[start...])
    return parts.filter { !trim($0).isEmpty }
  }

  private static func position(of arrow: String, in text: String) -> String.Index? {
    var index = text.endIndex
    while index > text.startIndex {
      index = text.index(before: index)
      if text[index...].hasPrefix(arrow) { return index }
      if text[index] == ")" { return nil }
    }
    return nil
  }
}

extension Signature.Parameter {
  fileprivate init(parsing text: Substring) {
    var head = text[...]
    var quoted = false
    (defaultText, defaultValue, typeText) = (nil, nil, nil)
    for index in text.indices {
      if text[index] == "\"" { quoted.toggle() }
      if text[index] == "=", !quoted {
        head = text[..<index]
        defaultText = Signature.trim(text[text.index(after: index)...])
        break
      }
    }
    if let colon = head.firstIndex(of: ":") {
      typeText = Signature.trim(head[head.index(after: colon)...])
      head = head[..<colon]
    }
    var name = Signature.trim(head)
    isVariadic = name.hasSuffix("…") || name.hasSuffix("...")
    if isVariadic { name.removeLast(name.hasSuffix("…") ? 1 : 3) }
    self.name = name
    defaultValue = defaultText.flatMap(Literal.value(of:))
    if let typeText {
      type = ParameterType(parsing: typeText[...])
      if !type.isAny, let defaultValue, !type.accepts(defaultValue) {   // `to: string = nil`
        type.alternatives += defaultValue.isNil ? [.nil] : ParameterType(of: defaultValue).alternatives
      }
    } else {
      type = defaultValue.map(ParameterType.init(of:)) ?? .any
    }
  }
}
