// Networks as JSON, as model files carry them: enough to build the graph again.
//
//   {"name": "unet", "axes": 3, "channels": 1, "output": 30,
//    "layers": [{"name": "unet.l_conv.0.conv_pass.0", "op": "conv", "of": [0], "features": [16], "kernel": [3, 3, 3]}, …]}

import Storage

extension Network {
  package var json: JSON {
    ["name": .string(name), "axes": JSON(spatialRank), "channels": JSON(inChannels), "output": JSON(output), "layers": .array(nodes.map { node in
      .object([.init("name", .string(node.name)), .init("op", .string(type(of: node.operation).word)), .init("of", JSON(node.inputs))]
        + node.operation.settings.map { .init($0.0, JSON($0.1)) })
    })]
  }

  /// - Throws: `.description` for what is no network, `.layer` where layers do not fit.
  package init(json: JSON) throws(NetworkError) {
    guard let name = json["name"]?.string, let axes = json["axes"]?.int, let channels = json["channels"]?.int, let output = json["output"]?.int, let layers = json["layers"]?.array else {
      throw .description(reason: "needs name, axes, channels, output and layers")
    }
    var nodes: [Node] = []
    for layer in layers {
      guard let name = layer["name"]?.string, let op = layer["op"]?.string, let inputs = layer["of"]?.ints else {
        throw .description(reason: "layer \(nodes.count) needs name, op and of")
      }
      var settings: [String: [Int]] = [:]
      for member in layer.members ?? [] { if let values = member.value.ints { settings[member.key] = values } }
      nodes.append(Node(name, try Operators.make(op, settings), inputs))
    }
    try self.init(name: name, spatialRank: axes, inChannels: channels, nodes: nodes, output: output)
  }
}
