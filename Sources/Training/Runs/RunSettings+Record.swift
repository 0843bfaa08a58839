// Settings as the JSON of run.json, back again, and the first difference between two of them.

import Arrays
import Geometry
import Networks
import Storage

extension RunSettings {
  package var record: JSON {
    .object([
      .init("seed", JSON(seed)), .init("task", task.record), .init("lr", .double(rate.rate)), .init("warmup", JSON(rate.warmup)), .init("decay", rate.decay.record), .init("average", .double(average)),
      .init("optimizer", .string(optimizer.rawValue)), .init("batch", JSON(batch)), .init("input", JSON(input)), .init("foreground", .double(foreground)),
      .init("augment", .array(augment.map(\.record))),
      .init("normalisation", ["scale": .double(normalisation.scale), "shift": .double(normalisation.shift)]),
      .init("data", data.record), .init("from", start.map { .string($0.origin) } ?? .null), .init("model", network.json),
    ] + steps.members)
  }

  /// Settings from run.json; arrays are opened again, weights to start from are not needed any more.
  ///
  /// - Parameter task: in place of one of a script, whose functions no file holds.
  package init(record: JSON, path: String, name: String = "", task given: Task? = nil, open: (String, WorldCoordinate?) throws -> Opened) throws {
    func damaged(_ key: String) -> TrainingError { .damagedRun(path: path, reason: "`\(key)` is missing or not as expected") }
    guard let input = record["input"]?.ints else { throw damaged("input") }
    guard let model = record["model"] else { throw damaged("model") }
    guard let batch = record["batch"]?.int else { throw damaged("batch") }
    guard let rate = record["lr"]?.double else { throw damaged("lr") }
    guard let seed = record["seed"]?.uint64 else { throw damaged("seed") }
    guard let method = record["optimizer"]?.string.flatMap(OptimizerSettings.Method.init(rawValue:)) else { throw damaged("optimizer") }
    guard let foreground = record["foreground"]?.double else { throw damaged("foreground") }
    guard let scale = record["normalisation"]?["scale"]?.double, let shift = record["normalisation"]?["shift"]?.double else { throw damaged("normalisation") }
    let network = try Network(json: model), task = try given ?? Task(record: record["task"] ?? .null, run: name)
    let data: DataSplit, stored = record["data"] ?? .null
    do { data = try DataSplit(record: stored, path: path, open: open) } catch let reason as TrainingError {
      // without its data a run can still be looked at and predict
      switch reason {
      case .split, .inMemory: data = try DataSplit(record: stored, path: path, missing: (record["facts"], reason), open: open)
      default: throw reason
      }
    }
    let augment = try (record["augment"]?.array ?? []).map { try Augmentation(record: $0) }
    try self.init(
      network: network, task: task, data: data, input: input, batch: batch, optimizer: method,
      rate: LearningRate(rate, warmup: record["warmup"]?.int ?? 0, decay: LearningRate.Decay(record: record["decay"])), steps: StepSettings(record: record),
      average: record["average"]?.double ?? 0, foreground: foreground, augment: augment, seed: seed, normalisation: Normalisation(scale: scale, shift: shift))
  }

  /// The first setting in which a stored record differs from this one; compared as text, so 1 and 1.0 are one number.
  package func difference(from stored: JSON) -> (key: String, onDisk: JSON, here: JSON)? { Self.difference(stored, record, "") }

  static func difference(_ a: JSON, _ b: JSON, _ key: String) -> (key: String, onDisk: JSON, here: JSON)? {
    if a == b || a.compact == b.compact { return nil }
    if let x = a.double, let y = b.double, x == y { return nil }
    if let left = a.members, let right = b.members {
      for name in left.map(\.key) + right.map(\.key).filter({ a[$0] == nil }) {
        if let found = difference(a[name] ?? .null, b[name] ?? .null, key.isEmpty ? name : "\(key).\(name)") { return found }
      }
      return nil
    }
    if let left = a.array, let right = b.array, left.count == right.count, left.contains(where: { $0.members != nil }) {
      for (index, pair) in zip(left, right).enumerated() {
        if let found = difference(pair.0, pair.1, "\(key)[\(index)]") { return found }
      }
      return nil
    }
    return (key, a, b)
  }
}

extension LearningRate.Decay {
  var record: JSON {
    switch self {
    case .constant: "constant"
    case .cosine(let over): ["cosine": JSON(over)]
    case .steps(let every, let factor): ["step": JSON(every), "factor": .double(factor)]
    }
  }
  init(record: JSON?) {
    if let over = record?["cosine"]?.int { self = .cosine(over: over) }
    else if let every = record?["step"]?.int { self = .steps(every: every, factor: record?["factor"]?.double ?? 0.1) }
    else { self = .constant }
  }
}

extension Augmentation {
  var record: JSON {
    .object([.init("name", .string(name)), .init("probability", .double(probability))] + settings.map { .init($0.key, .double($0.value)) } + (function.map { [.init("function", .string($0))] } ?? []))
  }

  init(record: JSON) throws(TrainingError) {
    let name = record["name"]?.string ?? ""
    if let function = record["function"]?.string {   // it can be read, but not run
      self.init(name, probability: record["probability"]?.double ?? 1, function: function) { _, _ in throw TrainingError.needsAugmentation }
      return
    }
    guard let kind = Self.all.first(where: { $0.name == name }) else {
      throw .settings(name: "augment", expected: "one of " + Self.all.map(\.name).joined(separator: ", "), found: name)
    }
    var given: [String: Double] = [:]
    for (key, _) in kind.defaults { given[key] = record[key]?.double }
    self = try kind(given, probability: record["probability"]?.double ?? 1)
  }
}
