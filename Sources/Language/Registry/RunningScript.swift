/// Which script is running, with what arguments: outputs carry it, so that one can tell what made them.
package struct RunningScript: Sendable {
  package let name: String
  package let text: String
  /// As given on the command line, sorted by name.
  package let arguments: [(name: String, value: Value)]

  init(_ source: Source, _ arguments: [String: Value]) {
    (name, text) = (source.name, source.text)
    self.arguments = arguments.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
  }
}
