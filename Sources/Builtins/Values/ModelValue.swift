import Arrays
import Display
import Geometry
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

  init(kind: Kind, input: [Int]) { (self.kind, self.input) = (kind, input) }

  /// With the input size it was trained on, if it says so.
  init(trained model: Model) {
    kind = .trained(model)
    let known = model.provenance["input"]?.ints ?? []
    input = (try? model.network.outputShape(forSpatial: known)) == nil ? model.network.usualInput : known
  }

  var network: Network {
    switch kind {
    case .architecture(let network): network
    case .trained(let model): model.network
    }
  }

  private var model: Model? { if case .trained(let model) = kind { model } else { nil } }

  var typeName: String { "model" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["activation", "channels", "context", "dimensions", "features", "input", "legal", "name", "output", "output_voxel", "parameters", "provenance", "task", "voxel"] }
  var identity: String? { "model \(model?.contentHash ?? network.json.compact)" }
  var brief: String { "\(network.name) \(sizeText(input))" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "activation": model.map { .string($0.activation.rawValue) } ?? .nil
    case "channels": .int(network.inChannels)
    case "context": .list(try network.seamless().context().map { .float($0) })
    case "dimensions": .int(network.spatialRank)
    case "features": .int(network.outChannels)
    case "input": .voxelCoordinate(Coordinate(input))
    case "legal": network.legalSizes().map { ["smallest": .voxelCoordinate(Coordinate($0.smallest)), "step": .voxelCoordinate(Coordinate($0.step))] } ?? .nil
    case "name": .string(network.name)
    case "output": .voxelCoordinate(Coordinate(try network.outputShape(forSpatial: input)))
    case "output_voxel": model?.outputVoxelSize.map { .worldCoordinate($0) } ?? .nil
    case "parameters": .int(network.parameterCount)
    case "provenance": model.map { Value(json: $0.provenance) } ?? .nil
    case "task": model.map { taskValue($0.task) } ?? .nil
    case "voxel": model?.inputVoxelSize.map { .worldCoordinate($0) } ?? .nil
    default: nil
    }
  }

  /// The task's record; offsets of affinities are coords.
  private func taskValue(_ record: JSON) -> Value {
    guard case .record(var fields) = Value(json: record) else { return .nil }
    if let offsets = taskOffsets(record) { fields["offsets"] = offsets }
    return .record(fields)
  }

  func equals(_ other: any ObjectValue) -> Bool {
    guard let other = other as? ModelValue, network.json == other.network.json, input == other.input else { return false }
    switch (kind, other.kind) {
    case (.architecture, .architecture): return true
    case (.trained(let a), .trained(let b)):
      return a.safeTensors.metadata.elementsEqual(b.safeTensors.metadata, by: ==) && zip(a.parameters.arrays, b.parameters.arrays).allSatisfy { (try? $0.isIdentical(to: $1)) ?? false }
    default: return false
    }
  }

  // MARK: What the prompt shows

  func summary(_ style: DisplayStyle) -> String {
    var lines = ModelSummary.lines(heads, network, input, style.width)
    if let model { lines += Layout.flowed(origin(of: model), style.width).map { "  " + $0 } }
    return lines.joined(separator: "\n")
  }

  private var heads: [String] {
    var heads = [network.name + "  \(network.inChannels) → " + (model.map { "\($0.network.outChannels) channel\($0.network.outChannels == 1 ? "" : "s") (\($0.activation.rawValue))" } ?? "task channels")]
    let padding = network.nodes.contains { ($0.operation as? Convolution)?.border == .same } ? "same" : "valid"
    if let output = try? network.outputShape(forSpatial: input) { heads.append("input \(sizeText(input)) → output \(sizeText(output)) (\(padding))") }
    if let context = try? network.seamless().context() {
      let margins = context.map { compact($0) }
      heads.append("context \(Set(margins).count == 1 ? margins[0] : margins.joined(separator: ", ")) voxel\(margins.allSatisfy { $0 == "1" } ? "" : "s") per side")
    }
    return heads
  }

  private func origin(of model: Model) -> [String] {
    var parts: [String] = []
    if let name = model.task["name"]?.string { parts.append("task " + (model.task["kind"]?.string.map { "\($0) " } ?? "") + "\"\(name)\"") }
    if let voxel = model.inputVoxelSize { parts.append("voxel \(voxel.values.map(\.description).joined(separator: " × ")) nm") }
    if case .string(let note)? = model.provenance["note"] { parts.append(note) }
    return parts
  }
}

extension Network {
  /// Voxels a side, for each spatial axis, that an output does not cover of its input.
  func context() throws -> [Double] {
    guard let legal = legalSizes() else { throw NetworkError.noLegalSize(network: name) }
    return try geometry(forSpatial: legal.smallest).before.map(\.double)
  }
}

/// "132³", "44²", "2×196×196".
func sizeText(_ shape: [Int]) -> String {
  Set(shape).count == 1 && shape.count > 1 ? "\(shape[0])\(shape.count == 3 ? "³" : "²")" : shape.map(String.init).joined(separator: "×")
}
