/// Where an operator stands and how its operands are written: read only where it fails.
final class OperatorPlace: Sendable {
  /// The operator itself.
  let site: Site
  private let whole: Span
  private let names: (left: String?, right: String?)

  init(_ site: Site, whole: Span, left: String?, right: String?) { (self.site, self.whole, names) = (site, whole, (left, right)) }

  /// The error with its place. One that is about both operands calls them by name and marks the whole expression.
  @inline(never) func locate(_ error: any Error) -> any Error {
    let error = located(error, site)
    guard let failure = error as? Failure, let naming = failure.naming else { return error }
    // what is wrong with units is wrong at the operator
    var named = naming(names.left, names.right).at(failure.kind == .units ? site : Site(site.source, whole))
    (named.calls, named.moreCalls) = (failure.calls, failure.moreCalls)
    return named
  }
}

extension Compiler {
  func place(_ left: Expression, _ right: Expression, _ operatorSpan: Span) -> OperatorPlace {
    OperatorPlace(site(operatorSpan), whole: left.span.to(right.span), left: shortName(left), right: shortName(right))
  }

  /// A name, or a short path such as `crop.raw`; nil for anything that has to be computed.
  private func shortName(_ expression: Expression) -> String? {
    switch expression.kind {
    case .name(let name): return name
    case .field(let base, _):
      let text = module.source.text(expression.span)
      return shortName(base) != nil && text.utf8.count <= 32 && !text.contains(where: \.isWhitespace) ? text : nil
    default: return nil
    }
  }
}
