/// Where a long operation stands.
package struct ProgressUpdate: Sendable, Equatable {
  package var label: String
  package var done: Int64
  package var total: Int64
  /// What is counted: "blocks", "iterations".
  package var unit: String
  /// A few words beside the bar, such as "loss 0.041".
  package var note: String

  package init(_ label: String, done: Int64, total: Int64, unit: String, note: String = "") {
    (self.label, self.done, self.total, self.unit, self.note) = (label, done, total, unit, note)
  }
}

/// Receives updates, from any thread, as often as the work likes; a sink thins them out itself.
package protocol ProgressSink: Sendable {
  func report(_ update: ProgressUpdate)
  /// The operation `label` has ended; its line may go.
  func finish(_ label: String)
}

package struct SilentProgress: ProgressSink {
  package init() {}
  package func report(_ update: ProgressUpdate) {}
  package func finish(_ label: String) {}
}
