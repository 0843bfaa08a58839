// What TAB offers: continuations of the text before the cursor. They only ever insert; nothing that was typed is changed.
//
// CompletionPlace.swift says where in the grammar the cursor is, Knowledge.swift what is known of the values around it without running
// anything, Completer.swift lists what fits there. Paths and keys of containers come from outside (`CompletionSource`).

/// Everything that could stand where the cursor is.
package struct Completion: Sendable, Equatable {
  /// The part of the word that stands before the cursor; every candidate begins with it.
  package var typed: String
  package var candidates: [Candidate]

  package struct Candidate: Sendable, Equatable {
    /// The whole word.
    package var text: String
    /// As listed: without the folders before it.
    package var label: String
    /// What follows when it is the only candidate: a closing quote, an opening bracket.
    package var closing: String

    package init(_ text: String, label: String? = nil, closing: String = "") { (self.text, self.label, self.closing) = (text, label ?? text, closing) }
  }

  package init(typed: String = "", _ candidates: [Candidate] = []) {
    self.typed = typed
    var seen: Set<String> = []
    self.candidates = candidates.filter { $0.text.hasPrefix(typed) && seen.insert($0.text).inserted }
  }

  /// What can be inserted at the cursor without a choice: the rest of the only candidate, or what all candidates share.
  package var insertion: String {
    guard let first = candidates.first else { return "" }
    if candidates.count == 1 { return String(first.text.dropFirst(typed.count)) + first.closing }
    var common = first.text[...]
    for candidate in candidates.dropFirst() {
      while !candidate.text.hasPrefix(common) { common = common.dropLast() }
    }
    return String(common.dropFirst(typed.count))
  }
}

/// What completion asks of the world outside. Answers come from metadata alone and within a tenth of a second, or are left out.
package protocol CompletionSource: Sendable {
  /// Entries whose paths begin with `path` (as typed, up to the cursor): folders, files, and inside of a container its groups and arrays.
  func paths(beginning path: String) -> [PathEntry]
  /// Names that `import` finds.
  var modules: [String] { get }
  /// The commands of the prompt, without their colon.
  var commands: [CommandWord] { get }
}

package struct PathEntry: Sendable, Equatable {
  /// The whole path, as the typed part spells it.
  package var path: String
  /// More can follow: a folder, a container, a group.
  package var isOpen: Bool
  package init(_ path: String, isOpen: Bool) { (self.path, self.isOpen) = (path, isOpen) }
}

/// A command of the prompt and what it takes.
package struct CommandWord: Sendable, Equatable {
  package enum Argument: Sendable, Equatable {
    case nothing, text, path, name, expression
    /// One of these words.
    case words([String])
  }
  package var name: String
  package var argument: Argument
  package init(_ name: String, _ argument: Argument) { (self.name, self.argument) = (name, argument) }
}

extension CompletionSource {
  package func paths(beginning path: String) -> [PathEntry] { [] }
  package var modules: [String] { [] }
  package var commands: [CommandWord] { [] }
}
