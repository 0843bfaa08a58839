// A word of the vocabulary: one value from which calls, checks, help, completion, examples and the reference page are all read.

/// A function written in Swift.
///
///     extension Builtin {
///       static let label = Builtin(
///         "label", "(mask: array, connectivity=1, to: string = nil) -> array",
///         "Numbers the connected components of a mask: 1, 2, … in raster order.",
///         examples: [Example("max(label(zeros((4, 4, 4)) == 0))", prints: "1")]
///       ) { call in … }
///     }
///
/// Signatures: `name: type = default`. A default gives the type (`1` int, `1.0` float, `"x"` string, `false` bool, `8nm` length,
/// `(1, 1, 1)` coord), `= nil` also accepts nil. Types: any number int float bool string length time bytes list record range fn coord
/// nil, the type name of an object, `a|b` for either, `"f1|voi"` for one of these strings. `inputs…` takes the rest by position.
/// Several builtins of one name are tried in order, by the types of their arguments.
package struct Builtin: Sendable {
  /// May be qualified: "task.affinities".
  package let name: String
  package let signatureText: String
  /// One sentence.
  package let summary: String
  /// More, if there is more to say: one string a paragraph.
  package let details: [String]
  package let examples: [Example]
  /// What `??word` finds it by, beside its own texts.
  package let searchTerms: [String]
  /// Parameters that take an expression that has not been computed. All others are settled before the call.
  package let streams: Set<String>
  /// What it does beside giving a value. A word with a parameter `to` writes there, without saying so here.
  package let effect: Outside
  /// What of an unknown value, or of an array's voxels, it needs.
  package let needs: Needs
  /// In a dry run called instead of the body: records an `Effect` and gives what stands for the result; nil where this call has none.
  let plan: (@Sendable (Call) throws -> Value?)?
  let body: @Sendable (Call) throws -> Value
  private let parsed: Lazy<Signature>

  package init(
    _ name: String, _ signature: String, _ summary: String, details: [String] = [], examples: [Example] = [], searchTerms: [String] = [],
    streams: Set<String> = [], effect: Outside = .none, needs: Needs = .values, plan: (@Sendable (Call) throws -> Value?)? = nil, _ body: @escaping @Sendable (Call) throws -> Value
  ) {
    (self.name, signatureText, self.summary, self.details, self.examples) = (name, signature, summary, details, examples)
    (self.searchTerms, self.streams, self.effect, self.plan, self.body) = (searchTerms, streams, effect, plan, body)
    self.needs = needs
    parsed = Lazy { Signature(parsing: signature) }
  }

  package enum Outside: Sendable, Equatable {
    case none
    /// Writes the path in this parameter.
    case writes(String)
    /// Does something else that outlives the call: trains, submits, deletes.
    case acts
    /// May end the script.
    case ends
  }

  package enum Needs: Sendable {
    case values
    /// A few chunks of an array, whatever its size.
    case parts
    /// Of a model that is not trained yet, what it makes of an array's shape.
    case sketches
    /// Nothing: it shows what it is given, known or not.
    case nothing
  }

  /// The parameter that holds the path it writes, if one does.
  var writtenParameter: String? {
    if case .writes(let name) = effect { return name }
    return signature.parameters.contains { $0.name == "to" } ? "to" : nil
  }

  package var signature: Signature { parsed.value }

  /// "label(mask, connectivity, to)"
  package var usage: String { name + "(" + signature.parameters.map { $0.isVariadic ? $0.name + "…" : $0.name }.joined(separator: ", ") + ")" }
}

/// An expression and what the prompt shows for it. Tests run it.
package struct Example: Sendable, Equatable {
  package var code: String
  /// nil: it only has to run.
  package var prints: String?
  package init(_ code: String, prints: String? = nil) { (self.code, self.prints) = (code, prints) }
}

/// All builtins of one name.
package struct BuiltinSet: Sendable {
  package let name: String
  package let builtins: [Builtin]

  var signature: String { builtins.map { $0.name + $0.signatureText }.joined(separator: "\n") }
}

import Synchronization

/// Computed at the first use, once.
final class Lazy<T: Sendable>: Sendable {
  private let state: Mutex<T?>
  private let make: @Sendable () -> T
  init(_ make: @escaping @Sendable () -> T) {
    state = Mutex(nil)
    self.make = make
  }
  var value: T {
    state.withLock { stored in
      if let stored { return stored }
      let value = make()
      stored = value
      return value
    }
  }
}
