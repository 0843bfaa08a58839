extension Network {
  /// Whether a layer's values hang on all of its input (normalisations over space, global pooling, corners that are aligned): then what is
  /// predicted depends on the tile, and tiles must have one size and fixed places.
  package var seesAll: Bool {
    nodes.contains { node in (0..<3).contains { axis in ((try? node.operation.reach(pitch: .one, output: .one, axis: axis)) ?? nil) == nil } }
  }

  /// The network with every `same` convolution made `valid`: the same weights and the same values wherever no padding was in sight.
  ///
  /// `same` padding spares work in training, where each patch has to be supervised up to its rim; in prediction the zeros it
  /// invents at the border of a tile would show as seams. Predictors therefore run this network, with context in place of zeros.
  /// Networks that crop where they join (`CropLike`, as the U-Net does) stay consistent. A network that sees all of its input would be another one without its
  /// zeros, and is returned as it is. Where the layers would no longer fit each other
  /// (the sum of a tensor and its convolution) the network is returned as it is: predictors then use the inside of its output alone.
  package func seamless() throws(NetworkError) -> Network {
    if seesAll { return self }
    var changed = nodes
    for index in changed.indices {
      guard var convolution = changed[index].operation as? Convolution, convolution.border == .same else { continue }
      convolution.border = .valid
      changed[index].operation = convolution
    }
    let valid = try Network(name: name, spatialRank: spatialRank, inChannels: inChannels, nodes: changed, output: output)
    return valid.legalSizes() == nil ? self : valid
  }
}
