// A network is a static graph of operators. It holds no weights and no memory: those are ParameterSet and Engine.
//
// Value 0 is the input, value i + 1 what node i makes; a node's inputs are values made before it.

import Arrays

package struct Network: Sendable {
  package struct Node: Sendable {
    /// Unique; the first part of its weights' names.
    package let name: String
    package var operation: any Operator
    package var inputs: [Int]
    package init(_ name: String, _ operation: any Operator, _ inputs: [Int]) { (self.name, self.operation, self.inputs) = (name, operation, inputs) }
  }

  package let name: String
  /// 1 to 3 axes.
  package let spatialRank: Int
  package let inChannels: Int
  package let nodes: [Node]
  /// The value that is the result.
  package let output: Int
  /// Channels of each value.
  package let channels: [Int]
  /// All weights, in the order of the nodes: "layer.weight", "layer.bias".
  package let parameters: [ParameterSpec]
  /// The index of each node's first weight.
  package let firstParameter: [Int]

  /// Lengths beyond this are refused; so are tensors of more than 2³⁸ elements.
  static let longestAxis = 1 << 24

  /// Drops what the output does not depend on.
  ///
  /// - Throws: `.layer` where channels do not fit, `.duplicateName`, `.description` for a graph that is none.
  package init(name: String, spatialRank: Int, inChannels: Int, nodes all: [Node], output: Int) throws(NetworkError) {
    guard (1...3).contains(spatialRank) else { throw .setting(name: "axes", expected: "1, 2 or 3", found: "\(spatialRank)") }
    guard (1...1 << 20).contains(inChannels) else { throw .setting(name: "input channels", expected: "1 to 1048576", found: "\(inChannels)") }
    guard (0...all.count).contains(output) else { throw .description(reason: "the output is value \(output) of \(all.count)") }
    for (index, node) in all.enumerated() {
      guard node.inputs.allSatisfy({ (0...index).contains($0) }) else { throw .description(reason: "layer \(node.name) reads a value that is made after it") }
    }
    var needed = Set([output])
    for index in all.indices.reversed() where needed.contains(index + 1) { needed.formUnion(all[index].inputs) }

    var nodes: [Node] = [], channels = [inChannels], parameters: [ParameterSpec] = [], first: [Int] = [], names: Set<String> = []
    var value = [0: 0]
    for (index, node) in all.enumerated() where needed.contains(index + 1) {
      guard names.insert(node.name).inserted else { throw .duplicateName(node.name) }
      let inputs = node.inputs.compactMap { value[$0] }
      let inputChannels = inputs.map { channels[$0] }
      let out = try Self.channels(of: node, inputChannels, inputChannels.map { [$0] }, network: name)
      channels.append(out)
      first.append(parameters.count)
      parameters += node.operation.parameters(channels: inputChannels, rank: spatialRank).map { ParameterSpec(node.name + "." + $0.name, $0.shape, $0.initial, momentum: $0.momentum) }
      nodes.append(Node(node.name, node.operation, inputs))
      value[index + 1] = nodes.count
    }
    (self.name, self.spatialRank, self.inChannels) = (name, spatialRank, inChannels)
    (self.nodes, self.output, self.channels, self.parameters, firstParameter) = (nodes, value[output] ?? 0, channels, parameters, first)
  }

  /// - Parameter shapes: what is known of the inputs' shapes, for the error.
  static func channels(of node: Node, _ inputs: [Int], _ shapes: [[Int]], network: String) throws(NetworkError) -> Int {
    do throws(Mismatch) {
      let count = node.operation.inputCount
      guard count.contains(inputs.count) else { throw .inputs(expected: inputs.count < count.lowerBound ? count.lowerBound : count.upperBound, found: inputs.count) }
      let channels = try node.operation.channels(inputs)
      guard channels <= 1 << 20 else { throw .tooManyChannels(channels) }
      return channels
    } catch {
      throw .layer(network: network, layer: node.name, operation: node.operation.summary, inputs: shapes, reason: error, legal: nil)
    }
  }

  /// The lengths of a node's output; a missing axis has length 1.
  static func extent(of node: Node, _ inputs: [Extent], _ channels: Int, _ shapes: [[Int]], network: String, rank: Int, legal: () -> LegalSizes? = { nil }) throws(NetworkError) -> Extent {
    var extent = Extent.one
    do throws(Mismatch) {
      for axis in 0..<3 {
        extent[axis] = try node.operation.length(inputs.map { $0[axis] }, axis: axis)
        guard (1...longestAxis).contains(extent[axis]) else { throw .tooLong(axis: axis) }
      }
      guard fits(channels, extent) else { throw .tooManyElements }
    } catch {
      throw .layer(network: network, layer: node.name, operation: node.operation.summary, inputs: shapes, reason: error, legal: legal())
    }
    return extent
  }

  package var outChannels: Int { channels[output] }
  package var parameterShapes: [(name: String, shape: [Int])] { parameters.map { ($0.name, $0.shape) } }
  /// Weights that are trained.
  package var parameterCount: Int { parameters.trainedCount }

  /// Adds a 1×1×1 convolution to `channels`: what turns features into the task's channels.
  package func withHead(channels: Int, name head: String = "prediction_head") throws(NetworkError) -> Network {
    let head = Node(head, try Convolution(features: channels, kernel: .one), [output])
    return try Network(name: name, spatialRank: spatialRank, inChannels: inChannels, nodes: nodes + [head], output: nodes.count + 1)
  }
}

extension [ParameterSpec] {
  var trainedCount: Int { reduce(0) { $0 + ($1.isStatistic ? 0 : $1.shape.reduce(1, *)) } }
}
