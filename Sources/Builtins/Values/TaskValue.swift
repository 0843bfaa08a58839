// A task as a value.

import Arrays
import Display
import Geometry
import Language
import Storage
import Training

struct TaskValue: ObjectValue {
  let task: Task
  var identity: String? { "task \(task.record.compact)" }

  var typeName: String { "task" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["activation", "channels", "context", "kind", "loss", "metrics", "name", "offsets", "sweep", "weights"] }
  var brief: String { task.isCustom ? "task \"\(task.name)\"" : "\(task.kind) \"\(task.name)\"" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "name": .string(task.name)
    case "kind": .string(task.kind)
    case "channels": .list(task.channels.map { .string($0) })
    case "metrics": .list(task.metrics.map { .string($0.name) })
    case "loss": .string(task.loss.description)
    case "activation": .string(task.activation.rawValue)
    case "weights": .string(task.weights.rawValue)
    case "context": .string(task.context.description)
    case "sweep": .record(Record(task.sweep.map { ($0.name, .list($0.values.map { .float($0) })) }))
    case "offsets": taskOffsets(task.record) ?? .nil
    default: nil
    }
  }

  func summary(_ style: DisplayStyle) -> String {
    var parts = task.phrase.isEmpty ? [] : [task.phrase]
    parts.append("\(task.channels.count) channel\(task.channels.count == 1 ? "" : "s") float32")
    parts.append("loss \(task.loss)" + (task.weights == .balanced ? ", balanced" : ""))
    if task.activation != .none { parts.append("activation \(task.activation)") }
    if !task.range.isEmpty { parts.append("predicts in \(task.range)") }
    parts += task.sweep.map { axis in
      let values = axis.values, range = "\(compact(values.first ?? 0))…\(compact(values.last ?? 0))".replacingMinus
      return "\(axis.name) sweep " + (values.count == 1 ? compact(values[0]) : range)
    }
    parts.append("scored by \(task.metrics.map(\.name).joined(separator: ", "))")
    if task.lacksFunctions { parts.append("its functions are in the script that made it") }
    var lines = [brief + "  "]
    for (position, part) in parts.enumerated() {
      let text = part + (position + 1 < parts.count ? ", " : "")
      if lines[lines.count - 1].count + text.count > max(60, style.width) + 1 { lines.append("  ") }
      lines[lines.count - 1] += text
    }
    return lines.map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}

extension String {
  /// A typographic minus, as in ranges of the prompt.
  fileprivate var replacingMinus: String { String(map { $0 == "-" ? "−" : $0 }) }
}

/// The offsets of a task of affinities, as coords; nil for other tasks.
func taskOffsets(_ record: JSON) -> Value? {
  record["offsets"]?.array.map { list in .list(list.map { .voxelCoordinate(Coordinate($0.ints ?? [])) }) }
}
