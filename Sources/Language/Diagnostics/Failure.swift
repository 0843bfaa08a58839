// An error of a running script, as data. Builtins and objects throw it without knowing any source text; the evaluator adds the place
// and the calls on the way out. Library errors become Failures too (`FailureConvertible`, or by their description).

import Execution
import Geometry

/// What went wrong.
package struct Failure: Error, Sendable {
  package var kind: Kind
  /// Lower case, in the user's terms, with both shapes or types: "shapes do not match: pred (…) and truth (…)".
  package var message: String
  /// Beside the caret.
  package var label: String?
  /// Something to paste, or nil.
  package var hint: String?
  /// Further lines below.
  package var notes: [String]
  /// What the message counts, a line each ("11 problems"): all of them, however many.
  package var items: [String] = []
  /// The parameter at fault: the caret goes under its argument. Without it the caret is under the call.
  package var argument: String?
  /// The voxel that the message names, in the array at hand; a block's is moved to its place in the whole.
  package var voxel: [Int]?
  /// The names of its axes, where the message uses them.
  package var voxelAxes: [String] = []
  /// Which element of a variadic parameter.
  package var argumentPosition: Int?
  /// `e.failed`: the parts of a larger work that failed, as values one can index with (ROIs of blocks).
  package var failed: [Value] = []

  /// Where two operands do not fit each other: the same failure once the evaluator knows how each is written in the script (nil: not by a name).
  package var naming: (@Sendable (_ left: String?, _ right: String?) -> Failure)?

  /// Says it again in the words of the line where it happened, where the evaluator knows them.
  package var reword: (@Sendable (Failure, Surroundings) -> Failure)?

  package internal(set) var site: Site?
  package internal(set) var calls: [CallSite] = []
  /// What the names of the innermost function were; nil outside of functions and where nobody can ask.
  package internal(set) var names: [(name: String, value: Value)]?
  /// Calls further out that are not in `calls`.
  package internal(set) var moreCalls = 0

  package init(
    _ kind: Kind, _ message: String, label: String? = nil, hint: String? = nil, notes: [String] = [], argument: String? = nil, argumentPosition: Int? = nil
  ) {
    (self.kind, self.message, self.label, self.hint, self.notes) = (kind, message, label, hint, notes)
    (self.argument, self.argumentPosition) = (argument, argumentPosition)
  }

  /// `e.kind` in a script; the E-numbers are those of the reference page.
  package enum Kind: String, Sendable, CaseIterable {
    case name, argument, grid, units, shape, memory, block, run
    case type, value, arithmetic, index, key, unbound, syntax, control, recursion, failed, assertion, data, module, interrupted

    package var id: String { "E\((Self.allCases.firstIndex(of: self) ?? 0) + 1)" }
  }

  /// The same place with another first line: what was the message stands beside the caret.
  package func under(_ kind: Kind, _ message: String) -> Failure {
    var copy = self
    (copy.kind, copy.message, copy.label, copy.hint, copy.notes, copy.calls) = (kind, message, self.message, nil, [], [])
    return copy
  }

  func at(_ site: Site) -> Failure {
    if self.site != nil || site.span.isNone { return self }
    var copy = self
    copy.site = site
    return copy
  }
}

/// One line of "called from".
package struct CallSite: Sendable {
  package var function: String
  package var site: Site
}

/// An error that knows how to say itself better than by its description: its kind, a hint, a label.
package protocol FailureConvertible: Error {
  var failure: Failure { get }
}

extension Failure: CustomStringConvertible {
  package var description: String { message }
}

extension Failure: LastingError {
  /// Mistakes in the script; what may come from data, files or other programs can go well the next time.
  package var isLasting: Bool {
    switch kind {
    case .name, .argument, .grid, .units, .shape, .type, .index, .key, .unbound, .syntax, .control, .recursion: true
    case .memory, .block, .run, .value, .arithmetic, .failed, .assertion, .data, .module, .interrupted: false
    }
  }
}

extension Failure: FailureConvertible {
  package var failure: Failure { self }
}

extension Failure {
  /// Any error as a failure.
  package init(_ error: any Error) {
    switch error {
    case let error as any FailureConvertible: self = error.failure
    case is Cancelled: self.init(.interrupted, "interrupted")
    default: self.init(.data, "\(error)")
    }
  }
}

extension GeometryError: FailureConvertible {
  package var failure: Failure {
    switch self {
    case .overflow, .divisionByZero: Failure(.arithmetic, description)
    case .ranks, .negativeShape: Failure(.shape, description)
    case .emptyVoxelSize: Failure(.value, description)
    case .offGrid: Failure(.grid, description)
    }
  }
}

/// `exit(n)`: passes every `catch`.
package struct Exit: Error, Equatable, Sendable {
  package var code: Int
}
