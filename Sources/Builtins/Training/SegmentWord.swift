// segment: from what a network predicts to masks or labels, as validation does it.

import Arrays
import Geometry
import Language
import Training

extension Builtin {
  static let segment = Builtin(
    "segment", "(b: best|task|record, prediction: array, params: record = nil) -> array",
    "What the task of a run makes of a prediction, as validation did it: a mask or labels.",
    details: [
      "The parameters are those that validation chose, unless params names others: segment(b, p, params={threshold: 0.4}). A task alone needs params.",
      "b may also be a record of both, {task: t, params: {threshold: 0.4}}: what the best of a run is on another process.",
      "prediction: floats, as predict gives them, with a channel axis first where there are several channels. It is worked on in memory: larger volumes go block by block, blockwise(fn(p) = segment(b, p), prediction, to=…), "
        + "here or with on=slurm(…) and the like; tasks of your own travel with their functions.",
    ],
    examples: [
      Example("sum(segment(task.onehot(\"mito\"), full(3, 0.5), params={threshold: 0.4}))", prints: "3"),
      Example("sum(segment({task: task.onehot(\"mito\"), params: {threshold: 0.4}}, full(3, 0.5)))", prints: "3"),
    ],
    searchTerms: ["postprocess", "threshold", "post", "mask", "labels", "argmax", "mutex"]
  ) { call in
    let (task, chosen) = try chosen(call), parameters = try parameters(call, task, chosen)
    let volume = try call.volume("prediction"), space = volume.grid.spatialAxes.map { volume.shape[$0] }
    guard volume.dtype.isFloat else {
      throw call.failure(.type, "`prediction` must hold floats, not \(volume.dtype)", at: "prediction", hint: "scale it back first: p / 255.0 where it was predicted as uint8")
    }
    let channels = volume.shape.count == space.count ? 1 : volume.shape[0]
    guard volume.shape.count <= space.count + 1, channels == task.channels.count else {
      throw call.failure(.shape, "\"\(task.name)\" predicts \(task.channels.count) channel\(task.channels.count == 1 ? "" : "s"), found \(ArrayValue(volume).axesText)", at: "prediction")
    }
    let grid = volume.shape.count == space.count ? volume.grid : try volume.grid.dropping(axis: 0)
    let found = try task.post.apply(try volume.array.floats().reshaped([channels] + space), grid, parameters, call.execution)
    if found.shape == space { return Value(ArrayValue(try Volume(found, grid))) }
    // one mask a channel: a single one needs no axis
    if found.shape == [1] + space { return Value(ArrayValue(try Volume(try found.contiguous().reshaped(space), grid))) }
    return Value(ArrayValue(try Volume(found, volume.grid)))
  }

  /// The task of `b`, and the parameters that were chosen for it.
  private static func chosen(_ call: Call) throws -> (Task, Record) {
    let given = try call.value("b")
    if let best = given.object(as: BestValue.self) { return (best.run.settings.task, Record(best.best.parameters.map { ($0.name, .float($0.value)) })) }
    guard case .record(let record) = given else { return (try call.object("b", as: TaskValue.self).task, Record([(String, Value)]())) }
    guard let task = record["task"]?.object(as: TaskValue.self)?.task else {
      // the best of a run whose task is made of functions of another script has none where it was sent to
      throw call.failure(.value, "the record `b` holds no task", at: "b", label: "it has \(record.keys.joined(separator: ", "))", hint: "segment({task: t, params: {…}}, ‹prediction›), or best(open_run(…, task=t))")
    }
    guard case .record(let chosen)? = record["params"] else { return (task, Record([(String, Value)]())) }
    return (task, chosen)
  }

  /// One value a parameter of the task's sweep.
  private static func parameters(_ call: Call, _ task: Task, _ chosen: Record) throws -> [Double] {
    let given = try call.optionalRecord("params"), names = task.sweep.map(\.name)
    if let stranger = given?.keys.first(where: { !names.contains($0) }) {
      throw call.failure(.key, "\"\(task.name)\" has no parameter `\(stranger)`", at: "params", label: names.isEmpty ? "it has none" : "it has \(names.joined(separator: ", "))")
    }
    return try task.sweep.map { axis in
      if let value = given?[axis.name] ?? chosen[axis.name] {
        guard let number = value.number else { throw call.failure(.type, "`\(axis.name)` must be a number, not \(value.typePhrase)", at: given?[axis.name] == nil ? "b" : "params") }
        return number
      }
      throw call.failure(.value, "a task has not chosen its \(axis.name) yet", at: "params", hint: "params={\(axis.name): \(axis.values[axis.values.count / 2])}, or give the best of a run")
    }
  }
}
