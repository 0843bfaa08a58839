// Builds a network by running ordinary code on symbolic tensors: Swift's architectures and traced functions of the language alike.
//
//   let builder = try NetworkBuilder(name: "small", spatialRank: 3, inChannels: 1)
//   let network = try builder.network(output: builder.input.conv(16, kernel: [3, 3, 3]).relu().conv(1, kernel: [1, 1, 1]))
//
// Channels are known while tracing and checked at once; so are spatial sizes, if the input's is given.

import Geometry
import Synchronization

/// A tensor that has no elements yet.
package struct SymbolicTensor: Sendable {
  package let builder: NetworkBuilder
  let value: Int
  package let channels: Int
  /// nil if the input's size is not known.
  package let extent: Extent?
  /// Whether it is one voxel whatever the input's size: what a `global_pool` makes, and what is made of that.
  package let isGlobal: Bool

  /// Its channels and, when known, its lengths along the spatial axes.
  package var shape: [Int]? { extent.map { [channels] + $0.last(builder.spatialRank) } }
  /// The layer that made it and what it does; nil for the input.
  package var layer: (name: String, summary: String)? { builder.layer(value) }
}

package final class NetworkBuilder: Sendable {
  package let name: String
  package let spatialRank: Int
  package let inChannels: Int
  private let inputExtent: Extent?
  static let mostLayers = 2000
  private struct State {
    var nodes: [Network.Node] = []
    var names: Set<String> = []
    var counts: [String: Int] = [:]
  }
  private let state = Mutex(State())

  /// - Parameter input: lengths along the spatial axes of one input that the network is to take; then every layer checks its sizes as it is made.
  package init(name: String, spatialRank: Int, inChannels: Int, input: [Int]? = nil) throws(NetworkError) {
    guard (1...3).contains(spatialRank) else { throw .setting(name: "axes", expected: "1, 2 or 3", found: "\(spatialRank)") }
    guard (1...1 << 20).contains(inChannels) else { throw .setting(name: "input channels", expected: "1 to 1048576", found: "\(inChannels)") }
    if let input {
      guard input.count == spatialRank, input.allSatisfy({ (1...Network.longestAxis).contains($0) }) else { throw .input(network: name, expected: "\(spatialRank) lengths from 1 to \(Network.longestAxis)", found: input) }
    }
    (self.name, self.spatialRank, self.inChannels, inputExtent) = (name, spatialRank, inChannels, input.map { Extent($0) })
  }

  package var input: SymbolicTensor { SymbolicTensor(builder: self, value: 0, channels: inChannels, extent: inputExtent, isGlobal: false) }

  func layer(_ value: Int) -> (name: String, summary: String)? {
    value == 0 ? nil : state.withLock { ($0.nodes[value - 1].name, $0.nodes[value - 1].operation.summary) }
  }

  /// Adds a layer.
  ///
  /// - Parameter name: unique; by default the operator's word and a number, "conv1", "conv2", …. Weights are called by it in files.
  /// - Throws: `.setting` for a name that files cannot bear; `.layer` where channels, lengths or the number of inputs do not fit, `.foreignTensor`, `.duplicateName`.
  package func apply(_ operation: any Operator, to inputs: [SymbolicTensor], name layer: String? = nil) throws(NetworkError) -> SymbolicTensor {
    let word = (operation as? Activation)?.map.word ?? type(of: operation).word
    if let layer { try Self.check(layer: layer) }
    guard inputs.allSatisfy({ $0.builder === self }) else { throw .foreignTensor(operation: layer ?? word) }
    let (label, isNew) = state.withLock { state in
      var label = layer ?? ""
      while label.isEmpty || (layer == nil && state.names.contains(label)) {
        state.counts[word, default: 0] += 1
        label = "\(word)\(state.counts[word] ?? 1)"
      }
      return (label, state.names.insert(label).inserted)
    }
    guard isNew else { throw .duplicateName(label) }
    guard state.withLock({ $0.nodes.count }) < Self.mostLayers else { throw .setting(name: "the number of layers", expected: "at most \(Self.mostLayers)", found: "more") }
    let node = Network.Node(label, operation, inputs.map(\.value))
    let shapes = inputs.map { $0.shape ?? [$0.channels] }
    let channels = try Network.channels(of: node, inputs.map(\.channels), shapes, network: name)
    let extents = inputs.compactMap(\.extent)
    let extent = extents.count < inputs.count ? nil : try Network.extent(of: node, extents, channels, shapes, network: name, rank: spatialRank)
    let isGlobal = operation is GlobalPooling || (inputs.allSatisfy(\.isGlobal) && (0..<3).allSatisfy { (try? operation.length(inputs.map { _ in 1 }, axis: $0)) == 1 })
    return state.withLock { state in
      state.nodes.append(node)
      return SymbolicTensor(builder: self, value: state.nodes.count, channels: channels, extent: extent, isGlobal: isGlobal)
    }
  }

  private static func check(layer name: String) throws(NetworkError) {
    guard !name.isEmpty, name.utf8.count <= 200, name.unicodeScalars.allSatisfy({ $0.properties.isAlphabetic || "0123456789_-.".unicodeScalars.contains($0) }) else {
      throw .setting(name: "name", expected: "letters, digits, _, - and .", found: "\"\(name)\"")
    }
    // A checkpoint has more in it than the network's weights, and a run adds its head.
    guard !["optimizer.", "average.", "prediction_head"].contains(where: name.hasPrefix) else { throw .setting(name: "name", expected: "one that runs do not use themselves", found: "\"\(name)\"") }
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
  /// - Parameter kernel: nil: as `factors`.
  package func transposedConv(_ features: Int, factors: [Int], kernel: [Int]? = nil, border: Convolution.Border = .valid, name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    let factors = try builder.extent(factors, "factors"), kernel = try kernel.map { kernel throws(NetworkError) in try builder.extent(kernel, "kernel") }
    return try builder.apply(try TransposedConvolution(features: features, factors: factors, kernel: kernel, border: border), to: [self], name: name)
  }
  package func linear(_ features: Int, name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(try Linear(features: features), to: [self], name: name) }
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
  package func upsampleLinear(_ factors: [Int], corners: Bool = false, name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    try builder.apply(try LinearUpsample(factors: try builder.extent(factors, "factors"), corners: corners), to: [self], name: name)
  }
  package func globalPool(name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(GlobalPooling(), to: [self], name: name) }
  package func unitLength(name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(UnitLength(), to: [self], name: name) }
  package func leakyRelu(_ slope: Rational, name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(try LeakyRelu(slope: slope), to: [self], name: name) }
  package func batchNorm(momentum: Rational? = nil, name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    try builder.apply(try momentum.map { momentum throws(NetworkError) in try BatchNormalisation(momentum: momentum) } ?? BatchNormalisation(), to: [self], name: name)
  }
  package func groupNorm(_ groups: Int, name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(try GroupNormalisation(groups: groups), to: [self], name: name) }
  package func instanceNorm(affine: Bool = false, name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    try builder.apply(try GroupNormalisation(groups: 0, affine: affine), to: [self], name: name)
  }
  package func dropout(_ share: Rational, name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(try Dropout(share: share), to: [self], name: name) }
  package func softmax(name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(Softmax(), to: [self], name: name) }
  package func crop(like other: SymbolicTensor, name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(CropLike(), to: [self, other], name: name) }
  package func cropToFactor(_ factor: [Int], convolutions: [Int], name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    try builder.apply(try CropToFactor(factor: try builder.extent(factor, "factor"), convolutions: try builder.convolutions(convolutions)), to: [self], name: name)
  }
  package func concat(_ others: [SymbolicTensor], name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(Concat(), to: [self] + others, name: name) }
  /// A tensor that is one voxel whatever the input's size is added to every voxel of the other.
  package func add(_ others: [SymbolicTensor], name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    guard others.count == 1, others[0].isGlobal != isGlobal else { return try builder.apply(Add(), to: [self] + others, name: name) }
    return try builder.apply(AddSpread(), to: isGlobal ? [others[0], self] : [self, others[0]], name: name)
  }
  /// The other tensor has as many channels or one, and the same lengths or one voxel whatever the input's size is.
  package func multiply(_ other: SymbolicTensor, name: String? = nil) throws(NetworkError) -> SymbolicTensor {
    let swaps = (isGlobal && !other.isGlobal) || (channels == 1 && other.channels > 1 && isGlobal == other.isGlobal)
    let (x, w) = swaps ? (other, self) : (self, other)
    return try builder.apply(Multiply(spread: w.isGlobal && !x.isGlobal), to: [x, w], name: name)
  }
  package func padLike(_ other: SymbolicTensor, name: String? = nil) throws(NetworkError) -> SymbolicTensor { try builder.apply(PadLike(), to: [self, other], name: name) }
}

extension NetworkBuilder {
  /// Σ(k − 1) a axis; an axis that is not there loses nothing.
  fileprivate func convolutions(_ lost: [Int]) throws(NetworkError) -> Extent {
    guard lost.count == spatialRank else { throw .setting(name: "convolutions", expected: "\(spatialRank) numbers", found: "\(lost)") }
    return Extent(Array(repeating: 0, count: 3 - spatialRank) + lost)
  }
}
