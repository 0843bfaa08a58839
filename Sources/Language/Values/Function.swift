/// Something that can be called: a function written in the language, or the builtins of one name.
package final class Function: Sendable {
  package let name: String
  /// Its compiled text; nil for a builtin.
  let template: Template?
  /// What it took from the function around it.
  let captures: [Value?]
  /// Where it looks top-level names up.
  let globals: Globals?
  let builtins: BuiltinSet?
  /// The globals' slots, for frames. Not read for a builtin.
  nonisolated(unsafe) let cell: UnsafeMutablePointer<TopLevel>   // which `globals` keeps


  init(_ template: Template, captures: [Value?], globals: Globals) {
    (name, self.template, self.captures, self.globals, builtins) = (template.name, template, captures, globals, nil)
    cell = globals.cell
  }
  init(_ builtins: BuiltinSet, _ nothing: Globals) {
    (name, template, captures, globals, self.builtins) = (builtins.name, nil, [], nothing, builtins)
    cell = nothing.cell
  }

  /// A builtin that is made while a program runs.
  package convenience init(_ builtin: Builtin, _ session: Session) { self.init(BuiltinSet(name: builtin.name, builtins: [builtin]), session.nothing) }

  /// "fn blur(b, sigma=2)", or the signatures of a builtin, one a line.
  package var signature: String { template?.signature ?? builtins?.signature ?? "" }

  /// The first line of its help.
  package var summary: String? { documentation.first }

  package var documentation: [String] {
    if let template { return template.documentation }
    return builtins?.builtins.first.map { [$0.summary] + $0.details } ?? []
  }

  /// In their order, without defaults; of the first form of a builtin.
  package var parameterNames: [String] {
    template?.parameters.map(\.name) ?? builtins?.builtins.first?.signature.parameters.map(\.name) ?? []
  }

  /// How many arguments it needs at least; nil for a builtin.
  package var requiredCount: Int? { template?.requiredCount }

  package var isBuiltin: Bool { builtins != nil }

  /// The text it was written as, for provenance; nil for a builtin.
  package var sourceText: String? { template?.sourceText }

  /// A failure that has no place yet, placed at this function's text: what it returned was not what its caller needs.
  package func blamed(for failure: Failure) -> Failure { template.map { failure.at(Site($0.source, $0.span)) } ?? failure }
}
