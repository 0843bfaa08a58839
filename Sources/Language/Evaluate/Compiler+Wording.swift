// Errors in the words of the line where they happen: the evaluator knows what the user calls a value, and builtins and objects do not.

extension Failure {
  /// What the text around a failure says.
  package struct Surroundings: Sendable {
    /// The expression whose value was wanted, as written; one line.
    package var expression: String
    /// Its names that stand for objects, in the order in which they are written.
    package var names: [(name: String, value: Value)]
    /// In `target[index] = expression`: what is left of `=`.
    package var target: String?
    package var index: String?
  }
}

extension Compiler {
  /// The computed value of an expression that is to be shown.
  func shown(_ expression: Expression) -> Code {
    let code = code(expression)
    return { f in
      let value = try code(f)
      guard case .object = value else { return value }
      do { return try f.settle(value, .showing) } catch { throw worded(error, expression, f) }
    }
  }

  /// The error of an expression, placed under its operator and in its own words.
  func worded(_ error: any Error, _ value: Expression, _ f: Frame) -> any Error {
    if error is Signal || error is Exit { return error }
    let failure = Failure(error)
    if failure.site != nil && failure.reword == nil { return failure }
    return failure.at(site(value.heart)).worded(surroundings(value, f))
  }

  /// The error of `target[index] = value`.
  func worded(_ error: any Error, _ target: Target, _ value: Expression, _ f: Frame) -> any Error {
    if error is Signal || error is Exit { return error }
    let failure = Failure(error)
    guard failure.reword != nil else { return failure }
    var around = surroundings(value, f), place = target.span
    around.target = target.name.text
    if case .index(let indices, let span) = target.path.last {
      place = indices.map(\.span).reduce(.none) { $0.to($1) }
      if place.isNone { place = span }
      around.index = oneLine(place)
    }
    return failure.at(site(place)).worded(around)
  }

  private func surroundings(_ value: Expression, _ f: Frame) -> Failure.Surroundings {
    var seen: Set<String> = []
    let names = value.namesInOrder.filter { seen.insert($0).inserted }.compactMap { name -> (name: String, value: Value)? in
      // only what is bound: looking must not fail, or find the word of the registry
      guard case .object? = try? code(Expression(.name(name), value.span))(f), let found = try? code(Expression(.name(name), value.span))(f) else { return nil }
      return (name, found)
    }
    return Failure.Surroundings(expression: oneLine(value.span), names: names)
  }

  private func oneLine(_ span: Span) -> String {
    module.source.text(span).split(whereSeparator: \.isNewline).map { Text.trim(String($0)) }.joined(separator: " ")
  }
}

extension Failure {
  fileprivate func worded(_ around: Surroundings) -> Failure {
    guard let reword else { return self }
    var copy = reword(self, around)
    copy.reword = nil
    return copy
  }
}

extension Expression {
  /// Where a caret says most: the operator of an operation, the whole of anything else.
  fileprivate var heart: Span {
    switch kind {
    case .binary(_, _, _, let operation), .logical(_, _, _, let operation): operation
    default: span
    }
  }

  fileprivate var namesInOrder: [String] {
    if case .name(let name) = kind { return [name] }
    return children.flatMap(\.namesInOrder)
  }
}
