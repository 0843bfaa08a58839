// A linear map of the channels of each voxel: out[o] = bias[o] + Σ weights[o, i] · in[i], with weights as torch.nn.Linear has them.
//
// It is a convolution of one voxel but for the shape of its weights: what stands behind a `global_pool`.
// weights  "weight" [o, i], "bias" [o]

import Geometry

package struct Linear: FusesRelu {
  package static let word = "linear"
  package var features: Int
  package var relu: Bool

  package init(features: Int, relu: Bool = false) throws(NetworkError) {
    guard (1...1 << 20).contains(features) else { throw .setting(name: "features", expected: "1 to 1048576", found: "\(features)") }
    (self.features, self.relu) = (features, relu)
  }
  package init(settings: [String: [Int]]) throws(NetworkError) { try self.init(features: try settings.one("features"), relu: settings["relu"] == [1]) }
  package var settings: [(String, [Int])] { [("features", [features])] + (relu ? [("relu", [1])] : []) }
  package var summary: String { "linear" }
  package var partsLimit: Int { 2 }

  package func channels(_ inputs: [Int]) throws(Mismatch) -> Int { features }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { 2 * Double(inputs[0]) * Double(channels) * Double(extent.count) }
  package func parameters(channels: [Int], rank: Int) -> [ParameterSpec] {
    [ParameterSpec("weight", [features, channels[0]], .kaiming(fanIn: channels[0])), ParameterSpec("bias", [features], .uniform(fanIn: channels[0]))]
  }

  // MARK: Computing

  package var backwardReads: (inputs: Bool, output: Bool) { (true, relu) }

  package func forward(_ call: ForwardCall) {
    call.backend.convolve(call.inputs[0], kernel: .one, weights: call.parameter, bias: call.parameter + 1, relu: relu, into: call.output)
  }

  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace {
    guard training else { return Workspace() }
    let masked = masked(output, storage: 0)
    return Workspace(backward: masked.itemStride + backend.weightGradientScratch(inputs[0], kernel: .one, outputGradient: masked))
  }

  package func backward(_ call: BackwardCall) {
    let masked = masked(call.output, storage: call.scratch)
    if relu { call.backend.mapGradient(.relu, output: call.output, call.outputGradient, into: GradientPart(view: masked, accumulate: false)) }
    let dy = relu ? masked : call.outputGradient
    call.backend.convolveWeightGradient(call.inputs[0], kernel: .one, outputGradient: dy, weights: call.parameter, bias: call.parameter + 1, accumulate: call.item > 0,
                                        scratch: StoragePlace(storage: call.scratch, offset: masked.itemStride))
    if let wanted = call.inputGradients[0] { call.backend.convolveInputGradient(dy, kernel: .one, weights: call.parameter, into: wanted) }
  }

  private func masked(_ output: TensorView, storage: Int) -> TensorView { TensorView(storage: storage, layout: Layout(output.channels, output.extent)) }
}
