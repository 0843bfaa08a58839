// task(target=…, loss=…, post=…): a task made of functions of the script.
//
// The functions are frozen when the task is made: what they see of top-level names does not change afterwards, so they may run on the threads that
// make batches. A run records their text, and refuses to go on with others.

import Arrays
import Execution
import Geometry
import Language
import Networks
import Storage
import Training

extension Builtin {
  static let task = Builtin(
    "task",
    """
    (target: fn, loss: string, post: fn, sweep: record = nil, metrics: list = nil, channels: int|list = 1, activation: "none|sigmoid|tanh|softmax" = nil,
     weights: "balanced|none" = nil, context: int|length|coord = 0, name: string = nil) -> task
    """,
    "A task of your own: what to predict from labels, how to score it, and how to get back to labels.",
    details: [
      "target(labels) gets the labels of a patch with their grid (with a channel axis c where there are several) and returns what the network should say: (z, y, x), or (c, z, y, x) for "
        + "several channels. It may return {target: …, mask: …}: where mask is 0, the loss does not count.",
      "loss: mse, mae, bce, cross_entropy, dice, tversky, focal, or a sum such as \"bce + 0.5 * dice\". It sees the network's raw output; post and stored predictions see the activated one. "
        + "The activation follows the loss (cross_entropy: softmax; mse, mae: none; others: sigmoid).",
      "post(p, at, …) gets a prediction and one value of each list in sweep, by name, and returns a mask or labels. Validation tries them all and scores by metrics; the first metric "
        + "chooses the best checkpoint.",
      "weights=\"balanced\" makes both sides of a target count the same. context: how far target looks around a voxel; training reads that much more.",
    ],
    examples: [
      Example("task(target=fn(labels) = labels > 0, loss=\"bce\", post=fn(p, at) = p > at, sweep={at: [0.3, 0.5]}).metrics", prints: "[\"f1\"]"),
      Example("task(target=fn(labels) = abs(signed_distance(labels > 0)) < 16, loss=\"bce + dice\", post=fn(p, at) = label(p < at), sweep={at: [0.5]}, metrics=[\"voi\"], context=16nm).loss", prints: "\"bce + dice\""),
    ],
    searchTerms: ["custom", "loss", "target", "post", "own"]
  ) { call in
    let channels = try channelNames(call), sweep = try sweepAxes(call)
    let target = try call.function("target").frozen(), post = try call.function("post").frozen()
    try checkParameters(call, target, post, sweep)
    let text = try call.string("loss"), loss: TaskLoss
    do throws(TrainingError) { loss = try TaskLoss(parsing: text) } catch { throw call.failure(.value, error.description, at: "loss") }
    let metrics = try (try call.optionalList("metrics") ?? [.string("f1")]).map { value -> Metric in
      guard case .string(let name) = value else { throw call.failure(.type, "`metrics` must hold names, not \(value.typePhrase)", at: "metrics") }
      guard let metric = Metric.all.first(where: { $0.name == name }) else {
        let names = Metric.all.map(\.name)
        throw call.failure(.value, "there is no metric `\(name)`", at: "metrics", label: "one of \(names.joined(separator: ", "))")
      }
      return metric
    }
    let functions = TaskFunctions(target: target, post: post, sweep: sweep, channels: channels.count, context: call.context)
    var task = try Task(
      name: try call.optionalString("name") ?? "custom", channels: channels, labelChannels: nil, loss: loss, activation: try call.optionalString("activation").flatMap(HeadActivation.init(rawValue:)),
      weights: try call.optionalString("weights") == "balanced" ? .balanced : .none, context: try reach(call),
      post: Post(name: post.name.isEmpty ? "post" : post.name, rule: .custom { try functions.post($0, $1, $2, $3) }), sweep: sweep.map(\.axis), metrics: metrics,
      settings: [.init("target_function", .string(target.identityText)), .init("post_function", .string(post.identityText))], trustsChannels: true
    ) { truth, execution in try functions.target(truth, execution) }
    task.origin = functions
    return Value(TaskValue(task: task))
  }

  private static func channelNames(_ call: Call) throws -> [String] {
    if case .list = try call.value("channels") { return try call.names("channels") }
    let count = try call.int("channels", in: 1...4096), name = try call.optionalString("name") ?? "custom"
    return count == 1 ? [name] : (0..<count).map { "\(name)_\($0)" }
  }

  private static func sweepAxes(_ call: Call) throws -> [SweptParameter] {
    try (try call.optionalRecord("sweep")?.fields ?? []).map { field in
      let values: [Value]
      switch field.value {
      case .list(let list): values = list
      case let value where value.number != nil: values = [value]
      default: throw call.failure(.type, "`sweep` must hold lists of numbers; `\(field.key)` is \(field.value.typePhrase)", at: "sweep")
      }
      guard !values.isEmpty, values.allSatisfy({ $0.number?.isFinite == true }) else { throw call.failure(.value, "`sweep`: `\(field.key)` must be a list of numbers, not empty", at: "sweep") }
      return SweptParameter(axis: SweepAxis(field.key, values.compactMap(\.number)), isInteger: values.allSatisfy { $0.integer != nil })
    }
  }

  private static func reach(_ call: Call) throws -> Reach {
    switch try call.value("context") {
    case .int(let voxels): return Reach(voxels: [voxels])
    case .voxelCoordinate(let voxels): return Reach(voxels: voxels.values)
    case .length(let length): return Reach(length: length.double)
    case .worldCoordinate(let lengths): return Reach(length: lengths.values.map(\.double).max() ?? 0)
    case let other: throw call.failure(.type, "`context` must be voxels or a length, not \(other.typePhrase)", at: "context")
    }
  }

  /// What can be known before hours of training: how the functions will be called.
  private static func checkParameters(_ call: Call, _ target: Function, _ post: Function, _ sweep: [SweptParameter]) throws {
    if let required = target.requiredCount, required > 1 || target.parameterNames.isEmpty {
      throw call.failure(.argument, "`target` must take one argument, the labels; it is \(target.signature)", at: "target")
    }
    guard let required = post.requiredCount else { return }
    let names = post.parameterNames.dropFirst(), swept = sweep.map(\.axis.name)
    if post.parameterNames.isEmpty { throw call.failure(.argument, "`post` must take the prediction; it is \(post.signature)", at: "post") }
    if let unknown = swept.first(where: { !names.contains($0) }) {
      throw call.failure(.argument, "`sweep` has `\(unknown)`, which `post` does not take; it is \(post.signature)", at: "sweep")
    }
    if let missing = post.parameterNames.prefix(required).dropFirst().first(where: { !swept.contains($0) }) {
      throw call.failure(.argument, "`post` needs `\(missing)`, which `sweep` does not give", at: call.isGiven("sweep") ? "sweep" : "post", hint: "sweep={\(missing): [0.3, 0.5, 0.7]}")
    }
  }
}

struct SweptParameter: Sendable {
  let axis: SweepAxis
  /// Given as ints, so passed on as ints.
  let isInteger: Bool
}

/// The functions of a script as the trainer calls them.
struct TaskFunctions: Sendable {
  let target: Function, post: Function
  let sweep: [SweptParameter]
  let channels: Int
  let context: CallContext

  func target(_ truth: Task.Truth, _ execution: ExecutionContext) throws -> Task.Target {
    do { return try made(truth, execution) } catch let failure as Failure { throw target.blamed(for: failure) }
  }

  private func made(_ truth: Task.Truth, _ execution: ExecutionContext) throws -> Task.Target {
    let labels = try Self.value(truth.labels, truth.grid)
    let result = try context.invoke(target, [labels])
    if case .record(let record) = result {
      for key in record.keys where !["mask", "target"].contains(key) { throw Failure(.key, "`target` returned a record with `\(key)`; it may hold target and mask") }
      guard let values = record["target"] else { throw Failure(.key, "`target` returned a record without `target`") }
      let trust = try record["mask"].map { try array($0, "mask", truth.labels, execution, channelCounts: [1, channels]).nonZero() }
      return Task.Target(try array(values, "target", truth.labels, execution, channelCounts: [channels]).asFloats(), trust: trust)
    }
    return Task.Target(try array(result, "target", truth.labels, execution, channelCounts: [channels]).asFloats())
  }

  func post(_ prediction: NDArray, _ grid: Grid, _ parameters: [Double], _ execution: ExecutionContext) throws -> NDArray {
    do { return try found(prediction, grid, parameters, execution) } catch let failure as Failure { throw post.blamed(for: failure) }
  }

  private func found(_ prediction: NDArray, _ grid: Grid, _ parameters: [Double], _ execution: ExecutionContext) throws -> NDArray {
    let named = zip(sweep, parameters).map { swept, value in (swept.axis.name, swept.isInteger ? Value.int(Int(value)) : .float(value)) }
    let result = try context.invoke(post, [try Self.value(prediction, grid)], named: named)
    let space = Array(prediction.shape.dropFirst())
    guard let found = result.object(as: ArrayValue.self) else { throw Failure(.type, "`post` must return a mask or labels, not \(result.typePhrase)") }
    guard found.shape == space || found.shape == [1] + space else {
      throw Failure(.shape, "`post` must return \(shapeText(space)) voxels, as the prediction has, not \(found.axesText)")
    }
    guard !found.dtype.isFloat else { throw Failure(.type, "`post` must return a mask or labels (bool or ints), not \(found.dtype)", hint: "p > at   or   label(p > at)") }
    return try found.volume(execution).array.contiguous()
  }

  /// (space…) where there is one channel, else (c, space…).
  private static func value(_ array: NDArray, _ grid: Grid) throws -> Value {
    let space = Array(array.shape.dropFirst())
    if array.shape[0] == 1 { return Value(ArrayValue(try Volume(try array.reshaped(space), grid))) }
    return Value(ArrayValue(try Volume(try array.contiguous(), try grid.with(axes: [.c] + grid.axes))))
  }

  /// What a function returned, as (channel, space…).
  private func array(_ value: Value, _ what: String, _ labels: NDArray, _ execution: ExecutionContext, channelCounts: [Int]) throws -> NDArray {
    guard let found = value.object(as: ArrayValue.self) else { throw Failure(.type, "`target` must return an array, not \(value.typePhrase)") }
    let space = Array(labels.shape.dropFirst())
    if found.shape == space, channelCounts.contains(1) { return try found.volume(execution).array.contiguous().reshaped([1] + space) }
    if let channels = found.shape.first, channelCounts.contains(channels), Array(found.shape.dropFirst()) == space { return try found.volume(execution).array.contiguous() }
    let expected = channels == 1 ? shapeText(space) : "\(channels) channels of \(shapeText(space))"
    throw Failure(
      .shape, "\(what == "mask" ? "the mask of `target`" : "`target`") must be \(expected), as the labels are, not \(found.axesText)",
      hint: channels == 1 && found.shape.count == space.count + 1 ? "task(…, channels=\(found.shape[0]))" : nil)
  }
}
