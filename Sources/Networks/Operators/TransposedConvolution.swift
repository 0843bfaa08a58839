// Transposed convolution: each voxel becomes a box of `kernel` voxels, boxes are `factors` voxels apart, and where they overlap they are added.
//
//   out[o, f p + r − cut] = relu?(bias[o] + Σ weights[i, o, r] · in[i, p])
//
// It is a 1×1×1 convolution to o·kz·ky·kx channels whose channels are then interleaved into space, or folded where boxes overlap.
// weights  "weight" [i, o, kz, ky, kx] as PyTorch has them, "bias" [o]
// output   valid: f (z − 1) + k, …; same: f z, … (cut = (k − f) / 2, PyTorch's padding, for even k − f)
// Checked against torch.nn.ConvTranspose3d: Tests/Fixtures/networks.

import Geometry

package struct TransposedConvolution: FusesRelu {
  package static let word = "conv_transpose"
  package var features: Int
  package var factors: Extent
  /// At least `factors`.
  package var kernel: Extent
  package var border: Convolution.Border
  package var relu: Bool

  /// - Parameter kernel: nil is `factors`: boxes that touch.
  package init(features: Int, factors: Extent, kernel: Extent? = nil, border: Convolution.Border = .valid, relu: Bool = false) throws(NetworkError) {
    let kernel = kernel ?? factors
    guard (1...1 << 16).contains(features) else { throw .setting(name: "features", expected: "1 to 65536", found: "\(features)") }
    guard factors.values.allSatisfy({ (1...16).contains($0) }) else { throw .setting(name: "factors", expected: "1 to 16 along each axis", found: "\(factors)") }
    guard zip(kernel.values, factors.values).allSatisfy({ $0 >= $1 && $0 <= 16 }) else { throw .setting(name: "kernel", expected: "from the factor up to 16 along each axis", found: "\(kernel)") }
    guard border == .valid || zip(kernel.values, factors.values).allSatisfy({ ($0 - $1) % 2 == 0 }) else {
      throw .setting(name: "kernel", expected: "longer than the factor by an even number with same padding", found: "\(kernel)")
    }
    guard kernel.count * features <= 1 << 20 else { throw .setting(name: "features", expected: "at most \((1 << 20) / kernel.count) with this kernel", found: "\(features)") }
    (self.features, self.factors, self.kernel, self.border, self.relu) = (features, factors, kernel, border, relu)
  }

  package init(settings: [String: [Int]]) throws(NetworkError) {
    try self.init(features: try settings.one("features"), factors: try settings.extent("factors"), kernel: settings["kernel"] == nil ? nil : try settings.extent("kernel"),
                  border: settings["same"] == [1] ? .same : .valid, relu: settings["relu"] == [1])
  }
  package var settings: [(String, [Int])] {
    [("features", [features]), ("factors", factors.values)] + (overlaps ? [("kernel", kernel.values)] : []) + (border == .same ? [("same", [1])] : []) + (relu ? [("relu", [1])] : [])
  }
  package var summary: String { "conv_transpose \(overlaps ? "\(kernel) by " : "")\(factors)" }
  package var partsLimit: Int { 2 }
  /// Whether boxes overlap.
  package var overlaps: Bool { kernel != factors }
  package var inventsBorder: Bool { overlaps }
  /// What is cut off at the begin, and for odd differences one less at the end.
  private var cut: Extent { border == .valid ? Extent(0, 0, 0) : Extent((kernel.z - factors.z) / 2, (kernel.y - factors.y) / 2, (kernel.x - factors.x) / 2) }

  package func channels(_ inputs: [Int]) throws(Mismatch) -> Int { features }
  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int {
    try enlarged(inputs[0], factors, axis) + (border == .valid ? kernel[axis] - factors[axis] : 0)
  }

  /// The middle of a box lies where its voxel does.
  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement {
    let pitch = try inputs[0].pitch / Rational(factors[axis]), before = try Rational(Int128(kernel[axis] - 1 - 2 * cut[axis]), over: 2)
    return Placement(origin: try inputs[0].origin - (try pitch * before), pitch: pitch)
  }
  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? { try output * Rational(Int128(kernel[axis] - 1), over: 2) }

  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double {
    2 * Double(inputs[0]) * Double(channels) * Double(extent.count) * Double(kernel.count) / Double(factors.count)
  }

  package func parameters(channels: [Int], rank: Int) -> [ParameterSpec] {
    let fanIn = features * kernel.count   // as PyTorch counts it, from the second axis
    return [ParameterSpec("weight", [channels[0], features] + kernel.last(rank), .kaiming(fanIn: fanIn)), ParameterSpec("bias", [features], .uniform(fanIn: fanIn))]
  }

  // MARK: Computing

  package var backwardReads: (inputs: Bool, output: Bool) { (true, relu) }

  /// In backward: two sums a channel, the boxes' gradients, the gradient masked by the ReLU, then what the weights' gradient needs.
  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace {
    let coarse = boxes(inputs[0][0].extent, storage: 0, offset: 0)
    let scratch = training ? backend.weightGradientScratch(inputs[0], kernel: .one, outputGradient: coarse) : 0
    return Workspace(forward: coarse.itemStride, backward: 4 * features + coarse.itemStride + masked(output, storage: 0, offset: 0).itemStride + scratch)
  }

  package func forward(_ call: ForwardCall) {
    let coarse = boxes(call.inputs[0][0].extent, storage: call.scratch, offset: 0)
    call.backend.convolve(call.inputs[0], kernel: .one, weights: call.parameter, bias: call.parameter + 1, relu: relu && !overlaps, into: coarse)
    if overlaps { call.backend.fold(coarse, kernel: kernel, factors: factors, cut: cut, bias: call.parameter + 1, relu: relu, into: call.output) }
    else { call.backend.interleave(coarse, factors: factors, into: call.output) }
  }

  package func backward(_ call: BackwardCall) {
    let sums = StoragePlace(storage: call.scratch), coarse = boxes(call.inputs[0][0].extent, storage: call.scratch, offset: 4 * features)
    let fine = masked(call.output, storage: call.scratch, offset: coarse.offset + coarse.itemStride)
    if relu { call.backend.mapGradient(.relu, output: call.output, call.outputGradient, into: GradientPart(view: fine, accumulate: false)) }
    let dy = relu ? fine : call.outputGradient
    if overlaps { call.backend.unfold(dy, kernel: kernel, factors: factors, cut: cut, into: coarse) } else { call.backend.deinterleave(dy, factors: factors, into: coarse) }
    call.backend.convolveWeightGradient(call.inputs[0], kernel: .one, outputGradient: coarse, weights: call.parameter, bias: call.parameter + 1, accumulate: call.item > 0,
                                        scratch: StoragePlace(storage: call.scratch, offset: fine.offset + fine.itemStride))
    if overlaps {
      call.backend.channelSums(dy, dy, first: 0, accumulate: false, into: sums)
      call.backend.biasGradient(sums, channels: features, bias: call.parameter + 1, accumulate: call.item > 0)
    }
    if let wanted = call.inputGradients[0] { call.backend.convolveInputGradient(coarse, kernel: .one, weights: call.parameter, into: wanted) }
  }

  /// The boxes side by side, as channels.
  private func boxes(_ extent: Extent, storage: Int, offset: Int) -> TensorView {
    var view = TensorView(storage: storage, layout: Layout(features * kernel.count, extent))
    view.offset = offset
    return view
  }

  private func masked(_ output: TensorView, storage: Int, offset: Int) -> TensorView {
    var view = TensorView(storage: storage, layout: Layout(output.channels, output.extent))
    view.offset = offset
    return view
  }
}
