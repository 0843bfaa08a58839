// Models for other programs: weights under DaCapo's names, or the whole network as ONNX.

import Arrays
import Geometry
import Storage

package enum WeightNames: String, Sendable, CaseIterable {
  /// DaCapo to 0.3.5: architecture.unet.…, prediction_head.…, and both again as chain.0.unet.… and chain.1.….
  case dacapo
  /// DaCapo's main branch: chain.0.…, chain.1.….
  case dacapoMain = "dacapo-main"
  /// Those of the network.
  case own

  /// DaCapo's for its U-Nets, else the network's own, which for `cpnet` are Cellpose's.
  package static func usual(for network: Network) -> WeightNames { network.nodes.contains { $0.name.hasPrefix("unet.") } ? .dacapo : .own }

  /// All names that a weight is to have.
  func of(_ name: String) -> [String] {
    let isHead = name.hasPrefix(KeyScheme.head), isUNet = name.hasPrefix("unet.")
    let rest = isHead ? name.dropFirst(KeyScheme.head.count) : name.dropFirst("unet.".count)
    switch self {
    case .own: return [name]
    case .dacapo: return isHead ? [name, "chain.1.\(rest)"] : isUNet ? ["architecture.\(name)", "chain.0.\(name)"] : ["architecture.\(name)", "chain.0.\(name)"]
    case .dacapoMain: return isHead ? ["chain.1.\(rest)", name] : isUNet ? ["chain.0.\(rest)"] : ["chain.0.\(name)"]
    }
  }
}

extension Model {
  /// A dictionary of weights in one file: what `torch.load(path, weights_only=True)` gives, with names of DaCapo under the key "model".
  ///
  /// - Throws: `StorageError`, also for more than 4 GiB.
  package func saveTorch(_ path: String, names: WeightNames, sync: Bool = true) throws {
    try TorchWriter.write(zip(parameters.names, parameters.arrays).map { (names.of($0), $1) }, isNested: names != .own, path, sync: sync)
  }

  /// The same as safetensors: each weight under the first of its names, as that format has no two names for one.
  package func saveSafeTensors(_ path: String, names: WeightNames, sync: Bool = true) throws {
    let tensors = zip(parameters.names, parameters.arrays).map { (name: names.of($0)[0], array: $1) }
    try SafeTensors(tensors: tensors, metadata: [("format", "pt"), ("activation", activation.rawValue), ("task", task.compact)]).write(path, sync: sync)
  }

  /// The network with weights, normalisation and activation, for one size of input and any batch, as ONNX (operator set 17).
  ///
  /// - Throws: `NetworkError.notInOnnx` for an operator that has no words here, `.layer` for an input that does not fit, `StorageError`.
  package func saveOnnx(_ path: String, input: [Int], sync: Bool = true) throws {
    let shapes = try network.extents(input: try network.checked(input)), rank = network.spatialRank
    var graph = OnnxGraph(), names = ["raw"]
    graph.input("raw", [network.inChannels] + input)
    if normalisation.scale != 1 { names[0] = graph.node("Mul", [names[0], try graph.number("dcs/scale", normalisation.scale)], "dcs/scaled") }
    if normalisation.shift != 0 { names[0] = graph.node("Add", [names[0], try graph.number("dcs/shift", normalisation.shift)], "dcs/shifted") }
    for (index, node) in network.nodes.enumerated() {
      let first = network.firstParameter[index], count = node.operation.parameters(channels: node.inputs.map { network.channels[$0] }, rank: rank).count
      var weights: [String] = []
      for place in first..<first + count { weights.append(try graph.constant(parameters.names[place], parameters.arrays[place])) }
      let call = OnnxCall(name: node.name + "/output", inputs: node.inputs.map { names[$0] }, weights: weights, rank: rank, inputChannels: node.inputs.map { network.channels[$0] }, inputExtents: node.inputs.map { shapes[$0].last(rank) }, outputExtent: shapes[index + 1].last(rank))
      guard let name = try OnnxOperators.add(node.operation, call, to: &graph) else { throw NetworkError.notInOnnx(layer: node.name, operation: node.operation.summary) }
      names.append(name)
    }
    let result = names[network.output]
    switch activation {
    case .none: _ = graph.node("Identity", [result], "prediction")
    case .sigmoid: _ = graph.node("Sigmoid", [result], "prediction")
    case .tanh: _ = graph.node("Tanh", [result], "prediction")
    case .softmax: _ = graph.node("Softmax", [result], "prediction", [("axis", .int(1))])
    }
    graph.output("prediction", [network.outChannels] + shapes[network.output].last(rank))
    let metadata = [("task", task.compact), ("provenance", provenance.compact)] + (inputVoxelSize.map { [("voxel_size_nm", "\($0.values.map(\.description).joined(separator: ", "))")] } ?? [])
    let file = graph.model(name: network.name, metadata: metadata.map { (key: $0.0, value: $0.1) })
    guard file.count < 1 << 31 else { throw NetworkError.file(path: path, reason: "ONNX holds less than 2 GiB in one file, this network needs \(byteText(file.count))") }
    try file.write(path, sync: sync)
  }
}
