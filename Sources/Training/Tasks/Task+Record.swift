// Tasks as records: what a run writes down, and how a built-in task is made again from it.

import Networks
import Storage

extension Task {
  package var record: JSON {
    .object([
      .init("kind", .string(kind)), .init("name", .string(name)), .init("channels", JSON(channels)),
    ] + settings + [
      .init("loss", .string(loss.description)),
      .init("activation", .string(activation.rawValue)), .init("weights", .string(weights.rawValue)), .init("context", context.record), .init("post", .string(post.name)),
      .init("sweep", .object(sweep.map { .init($0.name, JSON($0.values)) })), .init("metrics", JSON(metrics.map(\.name))),
    ])
  }

  /// A task from its record. One of a script comes without its functions, which no file holds: its scores can be read and its network can
  /// predict, but what needs the functions throws `TrainingError.needsTask`.
  package init(record: JSON, run: String = "") throws(TrainingError) {
    let kind = record["kind"]?.string ?? "", channels = record["channels"]?.strings ?? []
    if kind == Self.customKind {
      self = try .withoutFunctions(record, run: run)
      return
    }
    guard let make = Self.kinds.first(where: { $0.name == kind }) else {
      throw .settings(name: "task", expected: "one of " + Self.kinds.map(\.name).joined(separator: ", "), found: kind)
    }
    self = try make.fromRecord(channels, record["weights"]?.string == Weights.balanced.rawValue, record)
  }

  private static func withoutFunctions(_ record: JSON, run: String) throws(TrainingError) -> Task {
    let known = ["kind", "name", "channels", "loss", "activation", "weights", "context", "post", "sweep", "metrics"]
    var metrics: [Metric] = []
    for name in record["metrics"]?.strings ?? [] { metrics.append(try Metric.named(name)) }
    return try Task(
      name: record["name"]?.string ?? "", channels: record["channels"]?.strings ?? [], labelChannels: nil, loss: try TaskLoss(parsing: record["loss"]?.string ?? ""),
      activation: record["activation"]?.string.flatMap(HeadActivation.init(rawValue:)), weights: record["weights"]?.string.flatMap(Weights.init(rawValue:)) ?? .none,
      context: Reach(record: record["context"]), post: Post(name: record["post"]?.string ?? "", rule: .custom { _, _, _, _ in throw TrainingError.needsTask(run: run) }),
      sweep: (record["sweep"]?.members ?? []).map { SweepAxis($0.key, $0.value.doubles ?? []) }, metrics: metrics,
      settings: (record.members ?? []).filter { !known.contains($0.key) }, lacksFunctions: true
    ) { _, _ in throw TrainingError.needsTask(run: run) }
  }

  package struct Kind: Sendable {
    package let name: String
    let fromRecord: @Sendable (_ channels: [String], _ balanced: Bool, JSON) throws(TrainingError) -> Task
  }

  package static let kinds: [Kind] = [
    Kind(name: "affinities") { _, _, record throws(TrainingError) in
      try .affinities(
        record["name"]?.string ?? "", offsets: record["offsets"]?.array?.map { $0.ints ?? [] } ?? [], lsds: record["lsds"]?.bool ?? false,
        lsdVoxels: record["lsd_voxels"]?.double ?? 10, biases: record["biases"]?.doubles)
    },
    Kind(name: "descriptors") { _, _, record throws(TrainingError) in
      try .descriptors(
        record["name"]?.string ?? "", voxels: record["lsd_voxels"]?.double ?? 10, rank: record["dimensions"]?.int ?? 3, thresholds: record["thresholds"]?.doubles)
    },
    Kind(name: "distance") { channels, balanced, record throws(TrainingError) in
      try .distance(
        channels, scale: record["scale"]?.double ?? 0, balanced: balanced, masksDistances: record["mask_distances"]?.bool ?? false, thresholds: record["thresholds"]?.doubles)
    },
    Kind(name: "hot_distance") { channels, balanced, record throws(TrainingError) in
      try .hotDistance(
        Array(channels.prefix(channels.count / 2)), scale: record["scale"]?.double ?? 0, balanced: balanced, masksDistances: record["mask_distances"]?.bool ?? false,
        thresholds: record["thresholds"]?.doubles)
    },
    Kind(name: "inner_distance") { channels, balanced, record throws(TrainingError) in
      try .innerDistance(
        channels, scale: record["scale"]?.double ?? 0, balanced: balanced, masksDistances: record["mask_distances"]?.bool ?? false, thresholds: record["thresholds"]?.doubles)
    },
    Kind(name: "onehot") { channels, balanced, record throws(TrainingError) in
      try .oneHot(channels, exclusive: record["exclusive"]?.bool, balanced: balanced, thresholds: record["thresholds"]?.doubles)
    },
  ]
}

extension Reach {
  /// A number of nm where there is nothing else.
  var record: JSON {
    if voxels.isEmpty && largestVoxels == 0 { return .double(length) }
    return ["length": .double(length), "voxels": JSON(voxels), "largest_voxels": .double(largestVoxels)]
  }

  init(record: JSON?) {
    self.init(length: record?.double ?? record?["length"]?.double ?? 0, voxels: record?["voxels"]?.ints ?? [], largestVoxels: record?["largest_voxels"]?.double ?? 0)
  }
}
