// What is known about a word: its forms, each with signature, sentence, details, arguments and examples. The prompt's `?name`, `help` and the
// reference page draw the same pages (HelpDrawing.swift, Reference.swift); nothing here is written twice, all is read from the declarations.

package struct HelpPage: Sendable {
  /// What was asked for: "gaussian", "metrics.f1", "for", "|>".
  package let title: String
  package let forms: [Form]

  /// One way to use the word.
  package struct Form: Sendable {
    /// One line for each way to write it: "label(mask: array, connectivity=1) -> array", "for v in xs { … }".
    package var signature: String
    package var summary: String
    /// One string a paragraph.
    package var details: [String] = []
    package var arguments: [Argument] = []
    package var examples: [Example] = []
  }

  package struct Argument: Sendable {
    package var name: String
    /// In words, with a sample of its unit: "a length such as 16nm, or a number"; empty where anything goes.
    package var type: String
    /// As written; nil: the call needs it (or, if `isVariadic`, takes any number).
    package var defaultText: String?
    package var isVariadic = false
  }

  package init(title: String, forms: [Form]) { (self.title, self.forms) = (title, forms) }
}

extension HelpPage {
  /// All builtins of one name.
  package init(for set: BuiltinSet) {
    self.init(title: set.name, forms: set.builtins.map(Form.init))
  }

  /// A function of the language, under the name it was asked for ("metrics.f1"); a builtin under its own.
  package init(for function: Function, as name: String? = nil) {
    if let set = function.builtins { self.init(for: set); return }
    let title = name ?? function.name
    let parameters = String(function.signature.drop { $0 != "(" })
    self.init(title: title, forms: [Form(signature: title.isEmpty ? function.signature : title + parameters, documentation: function.documentation)])
  }

  /// A keyword, an operator or a piece of punctuation; nil if the language has none of that spelling.
  package init?(syntax spelling: String) {
    let entries = SyntaxHelp.entries.filter { $0.spellings.contains(spelling) }
    if entries.isEmpty { return nil }
    self.init(title: spelling, forms: entries.map(\.form))
  }
}

extension HelpPage.Form {
  init(_ builtin: Builtin) {
    let signature = builtin.name + builtin.signatureText
    self.init(
      signature: signature.split(whereSeparator: \.isWhitespace).joined(separator: " "), summary: builtin.summary, details: builtin.details,
      arguments: builtin.signature.parameters.map(HelpPage.Argument.init), examples: builtin.examples)
  }

  /// A function with `##` lines above it: the first is its sentence, those with `#=>` or an indent are examples, the rest are details.
  init(signature: String, documentation: [String]) {
    var details: [String] = [], examples: [Example] = [], begins = true
    for line in documentation.dropFirst() {
      let parts = Text.split(line, at: "#=>").map(Text.trim)
      if parts.count > 1 || line.hasPrefix("    ") {
        examples.append(Example(parts[0], prints: parts.count > 1 ? parts[1] : nil))
        begins = true
      } else if parts[0].isEmpty || begins || details.isEmpty {
        if !parts[0].isEmpty { details.append(parts[0]) }
        begins = parts[0].isEmpty
      } else {
        details[details.count - 1] += " " + parts[0]
      }
    }
    let parameters = Signature(parsing: String(signature.drop { $0 != "(" })).parameters
    self.init(
      signature: signature, summary: documentation.first.map(Text.trim) ?? "", details: details, arguments: parameters.map(HelpPage.Argument.init),
      examples: examples)
  }
}

extension HelpPage.Argument {
  init(_ parameter: Signature.Parameter) {
    self.init(name: parameter.name, type: parameter.type.helpPhrase, defaultText: parameter.defaultText, isVariadic: parameter.isVariadic)
  }
}

extension ParameterType {
  /// In words, quantities with a sample; nil is left out, because the default shows it. Empty where anything goes.
  package var helpPhrase: String {
    if isAny { return "" }
    return Words.either(alternatives.filter { $0 != .nil }.flatMap { alternative -> [String] in
      switch alternative {
      case .length: ["a length such as 16nm"]
      case .duration: ["a time such as 30s"]
      case .bytes: ["bytes such as 2GiB"]
      case .coordinate: [coordinatePhrase]
      default: alternative.phrases
      }
    })
  }

  /// A coord beside a plain number counts voxels, beside a length it is a size in the world; otherwise the type alone does not tell which.
  private var coordinatePhrase: String {
    let isNumber = alternatives.contains(.int) || alternatives.contains(.number), isLength = alternatives.contains(.length)
    if isNumber == isLength { return "a coord" }
    return isNumber ? "a coord such as (8, 8, 8)" : "a coord such as (8, 8, 8)nm"
  }
}
