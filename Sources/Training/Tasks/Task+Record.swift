// Tasks as records: what a run writes down, and how a built-in task is made again from it.

import Storage

extension Task {
  package var record: JSON {
    .object([
      .init("kind", .string(kind)), .init("name", .string(name)), .init("channels", JSON(channels)), .init("loss", .string(loss.rawValue)),
      .init("activation", .string(activation.rawValue)), .init("weights", .string(weights.rawValue)), .init("context", .double(context)), .init("post", .string(post.name)),
      .init("sweep", .object(sweep.map { .init($0.name, JSON($0.values)) })), .init("metrics", JSON(metrics.map(\.name))),
    ] + settings)
  }

  /// A built-in task from its record.
  ///
  /// - Throws: `TrainingError.settings` for tasks of a script: their functions are in the script alone.
  package init(record: JSON) throws(TrainingError) {
    let kind = record["kind"]?.string ?? "", channels = record["channels"]?.strings ?? []
    guard let make = Self.kinds.first(where: { $0.name == kind }) else {
      throw .settings(name: "task", expected: "one of " + Self.kinds.map(\.name).joined(separator: ", ") + " (open the run with the script that defines its task)", found: kind)
    }
    self = try make.fromRecord(channels, record["weights"]?.string == Weights.balanced.rawValue, record)
  }

  package struct Kind: Sendable {
    package let name: String
    let fromRecord: @Sendable (_ channels: [String], _ balanced: Bool, JSON) throws(TrainingError) -> Task
  }

  package static let kinds: [Kind] = [
    Kind(name: "distance") { channels, balanced, record throws(TrainingError) in
      try .distance(channels, scale: record["scale"]?.double ?? 0, balanced: balanced, thresholds: record["thresholds"]?.doubles)
    },
    Kind(name: "onehot") { channels, balanced, record throws(TrainingError) in
      try .oneHot(channels, exclusive: record["exclusive"]?.bool, balanced: balanced, thresholds: record["thresholds"]?.doubles)
    },
  ]
}
