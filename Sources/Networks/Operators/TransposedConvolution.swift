// Transposed convolution whose stride is its kernel: each voxel becomes a box of its own, nothing overlaps.
//
//   out[o, f p + r] = relu?(bias[o] + Σ weights[i, o, r] · in[i, p])
//
// It is a 1×1×1 convolution to o·fz·fy·fx channels whose channels are then interleaved into space.
// weights  "weight" [i, o, fz, fy, fx] as PyTorch has them, "bias" [o]
// Checked against torch.nn.ConvTranspose3d: Tests/Fixtures/networks.

import Geometry

package struct TransposedConvolution: FusesRelu {
  package static let word = "conv_transpose"
  package var features: Int
  package var factors: Extent
  package var relu: Bool

  package init(features: Int, factors: Extent, relu: Bool = false) throws(NetworkError) {
    guard (1...1 << 16).contains(features) else { throw .setting(name: "features", expected: "1 to 65536", found: "\(features)") }
    guard factors.values.allSatisfy({ (1...16).contains($0) }), factors.count * features <= 1 << 20 else { throw .setting(name: "factors", expected: "1 to 16 along each axis", found: "\(factors)") }
    (self.features, self.factors, self.relu) = (features, factors, relu)
  }

  package init(settings: [String: [Int]]) throws(NetworkError) {
    try self.init(features: try settings.one("features"), factors: try settings.extent("factors"), relu: settings["relu"] == [1])
  }
  package var settings: [(String, [Int])] { [("features", [features]), ("factors", factors.values)] + (relu ? [("relu", [1])] : []) }
  package var summary: String { "conv_transpose \(factors)" }
  package var partsLimit: Int { 2 }

  package func channels(_ inputs: [Int]) throws(Mismatch) -> Int { features }
  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { try enlarged(inputs[0], factors, axis) }
  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement { try enlarged(inputs[0], factors, axis) }

  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? { try (try pitch - output) / Rational(2) }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { 2 * Double(inputs[0]) * Double(channels) * Double(extent.count) }

  package func parameters(channels: [Int], rank: Int) -> [ParameterSpec] {
    let fanIn = features * factors.count   // as PyTorch counts it, from the second axis
    return [ParameterSpec("weight", [channels[0], features] + factors.last(rank), .kaiming(fanIn: fanIn)), ParameterSpec("bias", [features], .uniform(fanIn: fanIn))]
  }

  // MARK: Computing

  package var backwardReads: (inputs: Bool, output: Bool) { (true, relu) }

  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, backend: any Backend) -> Workspace {
    let coarse = parts(output, storage: 0, offset: 0)
    let scratch = training ? backend.weightGradientScratch(inputs[0], kernel: .one, outputGradient: coarse) : 0
    return Workspace(forward: coarse.itemStride, backward: coarse.itemStride + masked(output, storage: 0, offset: 0).itemStride + scratch)
  }

  package func forward(_ call: ForwardCall) {
    let coarse = parts(call.output, storage: call.scratch, offset: 0)
    call.backend.convolve(call.inputs[0], kernel: .one, weights: call.parameter, bias: call.parameter + 1, relu: relu, into: coarse)
    call.backend.interleave(coarse, factors: factors, into: call.output)
  }

  package func backward(_ call: BackwardCall) {
    let coarse = parts(call.output, storage: call.scratch, offset: 0), fine = masked(call.output, storage: call.scratch, offset: coarse.itemStride)
    if relu { call.backend.mapGradient(.relu, output: call.output, call.outputGradient, into: GradientPart(view: fine, accumulate: false)) }
    call.backend.deinterleave(relu ? fine : call.outputGradient, factors: factors, into: coarse)
    call.backend.convolveWeightGradient(call.inputs[0], kernel: .one, outputGradient: coarse, weights: call.parameter, bias: call.parameter + 1, accumulate: call.item > 0,
                                        scratch: StoragePlace(storage: call.scratch, offset: coarse.itemStride + fine.itemStride))
    if let wanted = call.inputGradients[0] { call.backend.convolveInputGradient(coarse, kernel: .one, weights: call.parameter, into: wanted) }
  }

  /// The output before it is interleaved.
  private func parts(_ output: TensorView, storage: Int, offset: Int) -> TensorView {
    let extent = Extent(output.extent.z / factors.z, output.extent.y / factors.y, output.extent.x / factors.x)
    var view = TensorView(storage: storage, layout: Layout(features * factors.count, extent))
    view.offset = offset
    return view
  }

  private func masked(_ output: TensorView, storage: Int, offset: Int) -> TensorView {
    var view = TensorView(storage: storage, layout: Layout(output.channels, output.extent))
    view.offset = offset
    return view
  }
}
