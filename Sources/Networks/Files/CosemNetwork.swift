// The networks of COSEM (Heinrich et al. 2021), as cellmap-models builds them for PyTorch.
//
// A U-Net of DaCapo's form without ReLU behind its upsamplings, an upsampling to the voxels of the output (factor 1 is one, too), last convolutions.
// Names: unet.0.… (U-Net), unet.1.up.1 (upsampling), unet.2.conv_pass.{0, 2, …}; without an upsampling the last convolutions are unet.1.….
// Loading these weights into DaCapo's own U-Net would add ReLUs that they were not trained with.
// Checked against cellmap-models' output: Tests/NetworksTests/CheckpointTests.swift.

package struct CosemSettings: Sendable, Equatable {
  package var unet: UNetSettings
  /// nil: no upsampling behind the U-Net.
  package var upsampleFactors: [Int]?
  package var finalFeatures: Int
  package var finalKernels: [[Int]]

  package init(unet: UNetSettings, upsampleFactors: [Int]?, finalFeatures: Int, finalKernels: [[Int]]) {
    (self.unet, self.upsampleFactors, self.finalFeatures, self.finalKernels) = (unet, upsampleFactors, finalFeatures, finalKernels)
  }

  /// Those of the published setups: 12 · 6^level features, poolings 2, 3, 3, valid.
  package static func published(upsampling factor: Int) -> CosemSettings {
    CosemSettings(
      unet: UNetSettings(outChannels: 72, features: 12, featureFactor: 6, downsampleFactors: [[2, 2, 2], [3, 3, 3], [3, 3, 3]], activationOnUpsample: false),
      upsampleFactors: [factor, factor, factor], finalFeatures: 72, finalKernels: [[3, 3, 3], [3, 3, 3]])
  }

  /// - Throws: `.setting` for settings that contradict each other.
  package func network(name: String) throws(NetworkError) -> Network {
    var settings = unet
    (settings.activationOnUpsample, settings.upsampleFactors) = (false, [])
    let base = try settings.network(name: name), rank = base.spatialRank
    var nodes = base.nodes.map { Network.Node("unet.0." + $0.name.dropFirst("unet.".count), $0.operation, $0.inputs) }
    var value = base.output
    func extent(_ lengths: [Int]) throws(NetworkError) -> Extent {
      guard lengths.count == rank else { throw .setting(name: "factors and kernels", expected: "\(rank) numbers each", found: "\(lengths)") }
      return Extent(lengths)
    }
    func add(_ name: String, _ operation: any Operator) {
      nodes.append(Network.Node(name, operation, [value]))
      value = nodes.count
    }
    if let upsampleFactors {
      add("unet.1.up.0", try Upsample(factors: try extent(upsampleFactors)))
      add("unet.1.up.1", try Convolution(features: base.outChannels, kernel: .one))
    }
    let last = upsampleFactors == nil ? "unet.1" : "unet.2"
    for (index, kernel) in finalKernels.enumerated() {
      add("\(last).conv_pass.\(2 * index)", try Convolution(features: finalFeatures, kernel: try extent(kernel), border: settings.padding))
      add("\(last).conv_pass.\(2 * index + 1)", Activation(.relu))
    }
    return try Network(name: name, spatialRank: rank, inChannels: base.inChannels, nodes: nodes, output: value)
  }
}
