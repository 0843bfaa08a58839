// Builds a network by running ordinary code on symbolic tensors: Swift's architectures and traced functions of the language alike.
//
//   let builder = try NetworkBuilder(name: "small", spatialRank: 3, inChannels: 1)
//   let network = try builder.network(output: builder.input.conv(16, kernel: [3, 3, 3]).relu().conv(1, kernel: [1, 1, 1]))
//
// Channels are known while tracing and checked at once; spatial sizes are inferred when an input size is known.

import Synchronization

/// A tensor that has no elements yet.
package struct SymbolicTensor: Sendable {
  package let builder: NetworkBuilder
  let value: Int
  package let channels: Int
}

package final class NetworkBuilder: Sendable {
  package let name: String
  package let spatialRank: Int
  package let inChannels: Int
  private struct State {
    var nodes: [Network.Node] = []
    var counts: [String: Int] = [:]
  }
  private let state = Mutex(State())

  package init(name: String, spatialRank: Int, inChannels: Int) throws(NetworkError) {
    guard (1...3).contains(spatialRank) else { throw .setting(name: "axes", expected: "1, 2 or 3", found: "\(spatialRank)") }
    guard (1...1 << 20).contains(inChannels) else { throw .setting(name: "input channels", expected: "1 to 1048576", found: "\(inChannels)") }
    (self.name, self.spatialRank, self.inChannels) = (name, spatialRank, inChannels)
  }

  package var input: SymbolicTensor { SymbolicTensor(builder: self, value: 0, channels: inChannels) }

  /// Adds a layer.
  ///
  /// - Parameter name: unique; by default the operator's word and a number, "conv1", "conv2", ….
  /// - Throws: `.layer` where channels or the number of inputs do not fit, `.foreignTensor`.
  package func apply(_ operation: any Operator, to inputs: [SymbolicTensor], name layer: String? = nil) throws(NetworkError) -> SymbolicTensor {
    let word = (operation as? Activation)?.map.word ?? type(of: operation).word
    guard inputs.allSatisfy({ $0.builder === self }) else { throw .foreignTensor(operation: layer ?? word) }
    let label = layer ?? state.withLock { state in
      state.counts[word, default: 0] += 1
      return "\(word)\(state.counts[word] ?? 1)"
    }
    let node = Network.Node(label, operation, inputs.map(\.value))
    let channels = try Network.channels(of: node, inputs.map(\.channels), network: name)
    return state.withLock { state in
      state.nodes.append(node)
      return SymbolicTensor(builder: self, value: state.nodes.count, channels: channels)
    }
  }

  /// The network that ends in `output`; layers it does not need are left out.
  package func network(output: SymbolicTensor) throws(NetworkError) -> Network {
    guard output.builder === self else { throw .foreignTensor(operation: name) }
    return try Network(name: name, spatialRank: spatialRank, inChannels: inChannels, nodes: state.withLock { $0.nodes }, output: output.value)
  }

  /// One number for all axes, or one an axis.
  func extent(_ lengths: [Int], _ setting: String) throws(NetworkError) -> Extent {
    if lengths.count == 1 { return Extent(Array(repeating: lengths[0], count: spatialRank)) }
    guard lengths.count == spatialRank else { throw .setting(name: setting, expected: "one number or \(spatialRank)", found: "\(lengths)") }
    return Extent(lengths)
  }
}

// Layers as a traced function writes them; lengths are one number, or one an axis.
extension SymbolicTensor {
  package func conv(_ features: Int, kernel: [Int], border: Convolution.Border = .valid, name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    try builder.apply(try Convolution(features: features, kernel: try builder.extent(kernel, "kernel"), border: border), to: [self], name: name)
  }
  package func transposedConv(_ features: Int, factors: [Int], name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    try builder.apply(try TransposedConvolution(features: features, factors: try builder.extent(factors, "factors")), to: [self], name: name)
  }
  package func activation(_ map: Pointwise, name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(Activation(map), to: [self], name: name) }
  package func relu(name: String? = nil) throws(NetworkError) -> SymbolicTensor { try activation(.relu, name: name) }
  package func maxPool(_ factors: [Int], name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    try builder.apply(try Pooling(factors: try builder.extent(factors, "factors")), to: [self], name: name)
  }
  package func meanPool(_ factors: [Int], name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    try builder.apply(try MeanPooling(factors: try builder.extent(factors, "factors")), to: [self], name: name)
  }
  package func upsample(_ factors: [Int], name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    try builder.apply(try Upsample(factors: try builder.extent(factors, "factors")), to: [self], name: name)
  }
  package func crop(like other: SymbolicTensor, name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(CropLike(), to: [self, other], name: name) }
  package func cropToFactor(_ factor: [Int], convolutions: [Int], name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    try builder.apply(try CropToFactor(factor: try builder.extent(factor, "factor"), convolutions: try builder.convolutions(convolutions)), to: [self], name: name)
  }
  package func concat(_ others: [SymbolicTensor], name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(Concat(), to: [self] + others, name: name) }
  package func add(_ others: [SymbolicTensor], name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(Add(), to: [self] + others, name: name) }
}

extension NetworkBuilder {
  /// Σ(k − 1) a axis; an axis that is not there loses nothing.
  fileprivate func convolutions(_ lost: [Int]) throws(NetworkError) -> Extent {
    guard lost.count == spatialRank else { throw .setting(name: "convolutions", expected: "\(spatialRank) numbers", found: "\(lost)") }
    return Extent(Array(repeating: 0, count: 3 - spatialRank) + lost)
  }
}
