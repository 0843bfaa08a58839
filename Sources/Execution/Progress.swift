/// Where a long operation stands.
package struct ProgressUpdate: Sendable, Equatable {
  package var label: String
  package var done: Int64
  package var total: Int64
  /// What is counted: "blocks", "iterations".
  package var unit: String
  /// A few words beside the bar, such as "loss 0.041".
  package var note: String
  /// How something went so far, drawn as a small curve: losses.
  package var curve: [Double]

  package init(_ label: String, done: Int64, total: Int64, unit: String, note: String = "", curve: [Double] = []) {
    (self.label, self.done, self.total, self.unit, self.note, self.curve) = (label, done, total, unit, note, curve)
  }
}

/// Receives updates, from any thread, as often as the work likes; a sink thins them out itself.
package protocol ProgressSink: Sendable {
  func report(_ update: ProgressUpdate)
  /// The operation `label` has ended; its line may go.
  func finish(_ label: String)
  /// A line that stays: what is being done before the prompt comes back.
  func say(_ text: String)
}

extension ProgressSink {
  package func say(_ text: String) {}
}

package struct SilentProgress: ProgressSink {
  package init() {}
  package func report(_ update: ProgressUpdate) {}
  package func finish(_ label: String) {}
}
