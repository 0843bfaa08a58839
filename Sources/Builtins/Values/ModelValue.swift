import Arrays
import Display
import Language
import Networks
import Storage

/// A network: an architecture that a run will train, or one with weights that predicts.
struct ModelValue: ObjectValue {
  enum Kind: Sendable {
    /// Its head is added by the task of a run.
    case architecture(Network)
    case trained(Model)
  }
  let kind: Kind
  /// Spatial lengths that it is trained on.
  let input: [Int]

  var network: Network {
    switch kind {
    case .architecture(let network): network
    case .trained(let model): model.network
    }
  }

  var typeName: String { "model" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["context", "input", "name", "output", "parameters", "task"] }
  var brief: String { "\(network.name) \(size(input))" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "name": .string(network.name)
    case "input": .voxelCoordinate(Coordinate(input))
    case "output": .voxelCoordinate(Coordinate(try network.seamless().outputShape(forSpatial: input)))
    case "context": .list(try network.seamless().geometry(forSpatial: input).before.map { .float($0.double) })
    case "parameters": .int(network.parameterCount)
    case "task": if case .trained(let model) = kind { taskValue(model.task) } else { .nil }
    default: nil
    }
  }

  /// The task's record; offsets of affinities are coords.
  private func taskValue(_ record: JSON) -> Value {
    guard case .record(var fields) = Value(json: record) else { return .nil }
    if let offsets = taskOffsets(record) { fields["offsets"] = offsets }
    return .record(fields)
  }

  func summary(_ style: DisplayStyle) -> String {
    let head: String
    switch kind {
    case .architecture: head = "\(network.inChannels) → task channels"
    case .trained(let model): head = "\(network.inChannels) → \(model.network.outChannels) channels, \(model.activation)"
    }
    var lines = ["\(network.name)  \(head)    \(grouped(network.parameterCount)) weights"]
    if let output = try? network.outputShape(forSpatial: input) { lines.append("  trains on \(size(input)) → \(size(output))") }
    if let seamless = try? network.seamless(), let legal = seamless.legalSizes(), let geometry = try? seamless.geometry(forSpatial: legal.smallest) {
      let margin = geometry.before.map { compact($0.double) }
      lines.append("  predicts with \(Set(margin).count == 1 ? margin[0] : margin.joined(separator: ", ")) voxels of context per side    legal inputs \(legal)")
    }
    return lines.joined(separator: "\n")
  }

  private func size(_ shape: [Int]) -> String {
    Set(shape).count == 1 && shape.count > 1 ? "\(shape[0])\(shape.count == 3 ? "³" : "²")" : shape.map(String.init).joined(separator: " × ")
  }
}

import Geometry
