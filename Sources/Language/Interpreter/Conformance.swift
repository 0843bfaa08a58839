// Conformance files: scripts that hold their own expectations, run by the tests and by `dcs --test DIR`.
//
//     1 + 2                 #=> 3                what the prompt shows for it
//     print("a", 1)         #> a 1               what it prints
//     1 / 0                 #! E11 1:3           which error it is, and optionally where its caret stands
//
// Other lines are run for what they bind and must not fail. A file whose first line starts with `#!` and an id is one script that has to fail
// (or, with `warning` before the id, to be warned about) at that place; `#| ` lines below are the diagnostic as drawn.

package struct Conformance {
  /// One expectation that was looked at.
  package struct Result: Sendable {
    package var file: String
    package var line: Int
    package var code: String
    package var expected: String
    package var actual: String
    package var passed: Bool { expected == actual }
  }

  let name: String
  let host: any Host
  let make: (any Host) throws -> Interpreter
  private var results: [Result] = []

  /// - Parameter make: an interpreter on the host that it is given, which records what is printed.
  package static func run(_ text: String, name: String, host: any Host, _ make: (any Host) throws -> Interpreter) -> [Result] {
    withoutActuallyEscaping(make) { make in
      var run = Conformance(name: name, host: host, make: make)
      run.run(text)
      return run.results
    }
  }

  private init(name: String, host: any Host, make: @escaping (any Host) throws -> Interpreter) {
    (self.name, self.host, self.make) = (name, host, make)
  }

  private mutating func run(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let recorder = RecordingHost(host)
    do {
      let interpreter = try make(recorder)
      if let first = lines.first, let expectation = Expectation(scriptLine: first) {
        runScript(text, lines, expectation, interpreter)
      } else {
        runLines(lines, interpreter, recorder)
      }
    } catch { results.append(Result(file: name, line: 1, code: "", expected: "an interpreter", actual: "\(error)")) }
  }

  // MARK: Scripts that fail

  private mutating func runScript(_ text: String, _ lines: [String], _ expectation: Expectation, _ interpreter: Interpreter) {
    let source = Source(name: name, text: text)
    var found = interpreter.check(source)
    if expectation.isWarning { found.removeAll { $0.severity == .error } }
    else if !found.contains(where: { $0.severity == .error }) { found = interpreter.run(source).diagnostics }
    else { found.removeAll { $0.severity == .warning } }
    let actual = found.first.map { Expectation.describe($0, withPlace: expectation.place != nil) } ?? "no error"
    results.append(Result(file: name, line: 1, code: "", expected: expectation.text, actual: actual))
    let golden = lines.filter { $0.hasPrefix("#|") }.map { String($0.dropFirst(2).drop { $0 == " " }) }
    if !golden.isEmpty {
      // indentation of the first blank after `#|` is not part of the text
      let drawn = found.map { $0.drawn() }.joined(separator: "\n").split(separator: "\n", omittingEmptySubsequences: false)
      let expected = lines.filter { $0.hasPrefix("#|") }.map { $0.dropFirst($0.hasPrefix("#| ") ? 3 : 2) }
      results.append(Result(
        file: name, line: 2, code: "", expected: expected.joined(separator: "\n"), actual: drawn.joined(separator: "\n")))
    }
  }

  // MARK: Lines

  private mutating func runLines(_ lines: [String], _ interpreter: Interpreter, _ recorder: RecordingHost) {
    var pending: [String] = [], start = 0
    for (number, line) in lines.enumerated() {
      if pending.isEmpty { start = number }
      let (code, expectation) = Expectation.split(line)
      pending.append(code)
      let isHelp = pending.allSatisfy { $0.hasPrefix("##") }   // of the function below
      let next = lines.dropFirst(number + 1).first { !$0.allSatisfy(\.isWhitespace) } ?? ""
      let goesOn = isHelp || next.drop { $0 == " " }.hasPrefix("|>") || !Interpreter.isComplete(pending.joined(separator: "\n"))
      if expectation == nil, goesOn { continue }
      defer { pending = [] }
      let text = pending.joined(separator: "\n")
      if text.allSatisfy(\.isWhitespace), expectation == nil { continue }
      // blank lines before it keep its line numbers
      let source = Source(name: name, text: String(repeating: "\n", count: start) + text)
      var shown: [String] = []
      _ = recorder.take()
      let ending = interpreter.enter(source) { shown.append($0.shown(host.style)) }
      let printed = recorder.take()
      let actual: String
      if let diagnostic = ending.diagnostics.first(where: { $0.severity == .error }) {
        if case .error(let wanted)? = expectation { actual = Expectation.describe(diagnostic, withPlace: wanted.place != nil) }
        else { actual = diagnostic.drawn() }
      } else {
        switch expectation {
        case .shown: actual = shown.isEmpty ? "nothing" : shown.joined(separator: "; ").split(separator: "\n").joined(separator: " ⏎ ")
        case .printed: actual = printed.split(separator: "\n", omittingEmptySubsequences: false).dropLast().joined(separator: " ⏎ ")
        case .error: actual = "no error"
        case nil: continue
        }
      }
      results.append(Result(file: name, line: number + 1, code: Text.trim(text), expected: expectation?.text ?? "no error", actual: actual))
    }
    if !pending.isEmpty { results.append(Result(file: name, line: start + 1, code: pending.joined(separator: "\n"), expected: "a whole statement", actual: "the end of the file")) }
  }

  /// What the end of a line promises.
  private enum Promise {
    case shown(String), printed(String), error(Expectation)

    var text: String {
      switch self {
      case .shown(let text), .printed(let text): text
      case .error(let expectation): expectation.text
      }
    }
  }

  private struct Expectation {
    var id: String
    var place: String?
    var isWarning = false
    var text: String { (isWarning ? "warning " : "") + id + (place.map { " " + $0 } ?? "") }

    init?(_ words: [Substring]) {
      var words = words[...]
      if words.first == "warning" { isWarning = true; words.removeFirst() }
      guard let id = words.first, id.first == "E", Int(id.dropFirst()) != nil, words.count <= 2 else { return nil }
      self.id = String(id)
      place = words.dropFirst().first.map(String.init)
    }

    init?(scriptLine line: String) {
      guard line.hasPrefix("#!") else { return nil }
      self.init(line.dropFirst(2).split(separator: " "))
    }

    static func describe(_ diagnostic: Diagnostic, withPlace: Bool) -> String {
      var text = (diagnostic.severity == .warning ? "warning " : "") + diagnostic.id
      if withPlace, let site = diagnostic.site {
        let (line, column) = site.source.position(site.span.start)
        text += " \(line):\(column)"
      }
      return text
    }

    /// The code of a line, and what its mark promises.
    static func split(_ line: String) -> (code: String, Promise?) {
      for (mark, make) in marks {
        guard let range = Text.find(mark, in: line) else { continue }
        if let promise = make(Text.trim(String(line[range.upperBound...]))) { return (String(line[..<range.lowerBound]), promise) }
      }
      return (line, nil)
    }

    private static let marks: [(String, @Sendable (String) -> Promise?)] = [
      (" #=> ", { .shown($0) }), (" #> ", { .printed($0) }), (" #! ", { Expectation($0.split(separator: " ")).map(Promise.error) }),
    ]
  }
}

import Synchronization

/// Another host, except that what is written is kept.
private final class RecordingHost: Host {
  private let base: any Host
  private let written = Mutex("")

  init(_ base: any Host) { self.base = base }

  func take() -> String {
    written.withLock { text in
      defer { text = "" }
      return text
    }
  }

  func write(_ text: String) { written.withLock { $0 += text } }
  func warn(_ text: String) {}
  func load(_ module: ModuleReference) throws -> ModuleText? { try base.load(module) }
  func environment(_ name: String) -> String? { base.environment(name) }
  func now() -> Double { base.now() }
  var arguments: [String] { base.arguments }
  var version: String { base.version }
  var style: DisplayStyle { base.style }
  func parameter(_ text: String, type: String, _ context: CallContext) throws -> Value? { try base.parameter(text, type: type, context) }
}
