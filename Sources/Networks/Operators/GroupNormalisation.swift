// Group normalisation (Wu & He 2018): the channels of each group, over all of space, with mean 0 and variance 1; then scaled and shifted.
//
//   y = (x − mean) / √(variance + 1e-5) · weight + bias
//
// groups  0: one a channel, which is instance normalisation (Ulyanov et al. 2016), by PyTorch's default without weights
// weights "weight", "bias" [c], if `affine`
// Mean and variance are those of one item's whole input, in inference too: what is predicted depends on the tile it is predicted in.
// Checked against torch.nn.GroupNorm, InstanceNorm3d: Tests/Fixtures/networks.

import Geometry

package struct GroupNormalisation: Operator {
  package static let word = "group_norm"
  package var groups: Int
  package var affine: Bool

  package init(groups: Int, affine: Bool = true) throws(NetworkError) {
    guard (0...1 << 20).contains(groups) else { throw .setting(name: "groups", expected: "1 to 1048576, or 0 for one a channel", found: "\(groups)") }
    (self.groups, self.affine) = (groups, affine)
  }
  package init(settings: [String: [Int]]) throws(NetworkError) { try self.init(groups: try settings.one("groups"), affine: settings["affine"] != [0]) }
  package var settings: [(String, [Int])] { [("groups", [groups])] + (affine ? [] : [("affine", [0])]) }
  package var summary: String { groups == 0 ? "instance_norm" : "group_norm \(groups)" }

  package func channels(_ inputs: [Int]) throws(Mismatch) -> Int {
    guard groups == 0 || inputs[0] % groups == 0 else { throw .groups(inputs[0], groups: groups) }
    return inputs[0]
  }
  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? { nil }
  package func parameters(channels: [Int], rank: Int) -> [ParameterSpec] {
    affine ? [ParameterSpec("weight", [channels[0]], .ones), ParameterSpec("bias", [channels[0]], .zeros)] : []
  }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { 6 * Double(channels) * Double(extent.count) }

  // MARK: Computing

  package var backwardReads: (inputs: Bool, output: Bool) { (true, false) }

  /// Two sums a channel, in double.
  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace {
    Workspace(saved: 4 * output.channels, backward: 4 * output.channels)
  }

  private func shape(_ channels: Int, _ extent: Extent, _ parameter: Int) -> ChannelGroups {
    ChannelGroups(channels: channels, size: groups == 0 ? 1 : channels / groups, voxels: extent.count, weights: affine ? parameter : nil)
  }

  package func forward(_ call: ForwardCall) {
    let groups = shape(call.output.channels, call.output.extent, call.parameter)
    forEachPart(call.inputs[0], call.output) { part, _, first in call.backend.channelSums(part, part, first: first, accumulate: false, into: call.saved) }
    forEachPart(call.inputs[0], call.output) { part, output, first in call.backend.normalise(part, first: first, groups, sums: call.saved, into: output) }
  }

  package func backward(_ call: BackwardCall) {
    let groups = shape(call.output.channels, call.output.extent, call.parameter), gradientSums = StoragePlace(storage: call.scratch)
    forEachPart(call.inputs[0], call.outputGradient) { x, dy, first in call.backend.channelSums(dy, x, first: first, accumulate: false, into: gradientSums) }
    if affine { call.backend.normaliseWeightGradient(groups, sums: call.saved, gradientSums: gradientSums, accumulate: call.item > 0) }
    guard let gradients = call.inputGradients[0] else { return }
    var first = 0
    for (part, gradient) in gradients.enumerated() {
      let dy = call.outputGradient.channelRange(first, gradient.view.channels)
      call.backend.normaliseGradient(call.inputs[0][part], dy, first: first, groups, sums: call.saved, gradientSums: gradientSums, into: gradient)
      first += gradient.view.channels
    }
  }
}

/// Channels that are normalised together.
package struct ChannelGroups: Sendable {
  package let channels: Int
  /// Channels of a group.
  package let size: Int
  package let voxels: Int
  /// The index of the scale among the network's weights; the shift follows it.
  package let weights: Int?
}
