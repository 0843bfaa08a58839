// Tasks on their way to other processes: a built-in one as the call that makes it, one of a script with its functions.

import Geometry
import Language
import Storage
import Training

extension TaskValue {
  /// - Returns: a call that makes a task with the same target and post-processing. Which parameters validation would try is the word's choice.
  /// - Throws: a failure for functions that cannot travel, and for a task that came without its functions.
  func travelling(_ writer: inout TravelWriter) throws -> String? {
    let record = task.record
    var arguments: [(String?, Value)]
    switch task.kind {
    case "onehot": arguments = [(nil, names(task.channels)), ("exclusive", .bool(record["exclusive"]?.bool ?? false))]
    case "distance", "inner_distance", "hot_distance":
      let classes = task.kind == "hot_distance" ? Array(task.channels.prefix(task.channels.count / 2)) : task.channels
      guard let scale = record["scale"]?.double.flatMap({ Rational($0) }) else { return nil }
      arguments = [(nil, names(classes)), ("scale", .length(scale)), ("mask_distances", .bool(record["mask_distances"]?.bool ?? false))]
    case "affinities":
      arguments = [(nil, .string(task.name)), ("offsets", taskOffsets(record) ?? .nil), ("lsds", .bool(record["lsds"]?.bool ?? false)), ("lsd_voxels", .float(record["lsd_voxels"]?.double ?? 10))]
    case "descriptors": arguments = [(nil, .string(task.name)), ("lsd_voxels", .float(record["lsd_voxels"]?.double ?? 10)), ("dimensions", .int(record["dimensions"]?.int ?? 3))]
    default:
      guard let functions = task.origin as? TaskFunctions else {
        throw Failure(.failed, "the task \"\(task.name)\" came without its functions: it cannot be sent to another process", hint: "open_run(…, task=t), with t the task that the run was made with")
      }
      arguments = [
        ("target", .function(functions.target)), ("loss", .string(task.loss.description)), ("post", .function(functions.post)), ("sweep", .record(functions.swept)),
        ("metrics", names(task.metrics.map(\.name))), ("channels", names(task.channels)), ("activation", .string(task.activation.rawValue)), ("name", .string(task.name)),
        ("context", task.context.value),
      ]
    }
    // those of affinities and descriptors are no matter of choice
    if task.weights == .balanced, !["affinities", "descriptors"].contains(task.kind) { arguments.append(task.isCustom ? ("weights", .string("balanced")) : ("balanced", .bool(true))) }
    let texts = try arguments.map { name, value in try (name.map { $0 + "=" } ?? "") + writer.expression(value, name ?? "task") }
    return (task.isCustom ? "task(" : "task.\(task.kind)(") + texts.joined(separator: ", ") + ")"
  }

  private func names(_ names: [String]) -> Value { .list(names.map { .string($0) }) }
}

extension TaskFunctions {
  /// As `task` takes it: whole numbers stay whole.
  fileprivate var swept: Record {
    Record(sweep.map { swept in (swept.axis.name, .list(swept.axis.values.map { swept.isInteger ? .int(Int(clampingDouble: $0)) : .float($0) })) })
  }
}

extension Reach {
  /// As `task` takes it.
  fileprivate var value: Value {
    if voxels.isEmpty { return Rational(length).map { .length($0) } ?? .int(0) }
    return voxels.count == 1 ? .int(voxels[0]) : .voxelCoordinate(Coordinate(voxels))
  }
}
