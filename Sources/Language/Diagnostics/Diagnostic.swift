/// A finding of the parser or the checker, or a failure with its place: what is drawn for people (DiagnosticDrawing.swift).
package struct Diagnostic: Sendable {
  package enum Severity: String, Sendable { case error, warning }

  package var severity: Severity
  package var kind: Failure.Kind
  package var message: String
  package var site: Site?
  package var label: String?
  package var hint: String?
  package var notes: [String]
  package var items: [String] = []
  package var calls: [CallSite]
  /// Calls further out that are not in `calls`.
  var moreCalls = 0
  /// At the end of the text, where more text could make it right: the prompt asks for another line.
  var isIncomplete = false

  package init(
    _ severity: Severity, _ kind: Failure.Kind, _ message: String, site: Site?, label: String? = nil, hint: String? = nil, notes: [String] = [],
    calls: [CallSite] = []
  ) {
    (self.severity, self.kind, self.message, self.site, self.label) = (severity, kind, message, site, label)
    (self.hint, self.notes, self.calls) = (hint, notes, calls)
  }

  package init(_ failure: Failure) {
    self.init(
      .error, failure.kind, failure.message, site: failure.site, label: failure.label, hint: failure.hint, notes: failure.notes, calls: failure.calls)
    (items, moreCalls) = (failure.items, failure.moreCalls)
  }

  /// "E1"
  package var id: String { kind.id }
}
