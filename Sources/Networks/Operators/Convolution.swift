// Convolution with stride 1: out[o, p] = relu?(bias[o] + Σ weights[o, i, k] · in[i, p + k]).
//
// input    [i, z, y, x], in one or two ranges of channels (a concatenation that is never made)
// weights  "weight" [o, i, kz, ky, kx], "bias" [o]; two axes: [o, i, ky, kx]
// output   valid: z − (kz − 1), …; same: z, …, with k / 2 zeros around the input, for odd k
// Limits: k in 1...7. Same padding is rewritten as a `Padding` before a valid convolution (Plan/Rewrite.swift).
// Checked against torch.nn.functional.conv3d: Tests/Fixtures/networks.

import Geometry

package struct Convolution: FusesRelu {
  package enum Border: Int, Sendable, CaseIterable { case valid, same }
  package static let word = "conv"

  package var features: Int
  package var kernel: Extent
  package var border: Border
  package var relu: Bool

  package init(features: Int, kernel: Extent, border: Border = .valid, relu: Bool = false) throws(NetworkError) {
    guard (1...1 << 20).contains(features) else { throw .setting(name: "features", expected: "1 to 1048576", found: "\(features)") }
    guard kernel.values.allSatisfy({ (1...7).contains($0) }) else { throw .setting(name: "kernel", expected: "1 to 7 along each axis", found: "\(kernel)") }
    guard border == .valid || kernel.values.allSatisfy({ $0 % 2 == 1 }) else { throw .setting(name: "kernel", expected: "odd with same padding", found: "\(kernel)") }
    (self.features, self.kernel, self.border, self.relu) = (features, kernel, border, relu)
  }

  package var settings: [(String, [Int])] {
    [("features", [features]), ("kernel", kernel.values)] + (border == .same ? [("same", [1])] : []) + (relu ? [("relu", [1])] : [])
  }

  package init(settings: [String: [Int]]) throws(NetworkError) {
    try self.init(features: try settings.one("features"), kernel: try settings.extent("kernel"),
                  border: settings["same"] == [1] ? .same : .valid, relu: settings["relu"] == [1])
  }

  package var partsLimit: Int { 2 }
  package var summary: String { "conv \(kernel)" }

  package func channels(_ inputs: [Int]) throws(Mismatch) -> Int { features }

  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int {
    if border == .same { return inputs[0] }
    guard inputs[0] >= kernel[axis] else { throw .tooSmall(axis: axis, length: inputs[0], kernel: kernel[axis]) }
    return inputs[0] - kernel[axis] + 1
  }

  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement {
    if border == .same { return inputs[0] }
    let shift = try inputs[0].pitch * Rational(Int128(kernel[axis] - 1), over: 2)
    return Placement(origin: try inputs[0].origin + shift, pitch: inputs[0].pitch)
  }

  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? { try pitch * Rational(Int128(kernel[axis] - 1), over: 2) }

  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { 2 * Double(inputs[0] * kernel.count) * Double(channels) * Double(extent.count) }

  package func parameters(channels: [Int], rank: Int) -> [ParameterSpec] {
    let fanIn = channels[0] * kernel.count
    return [ParameterSpec("weight", [features, channels[0]] + kernel.last(rank), .kaiming(fanIn: fanIn)),
            ParameterSpec("bias", [features], .uniform(fanIn: fanIn))]
  }

  // MARK: Computing (valid only)

  package var backwardReads: (inputs: Bool, output: Bool) { (true, relu) }

  package func forward(_ call: ForwardCall) {
    call.backend.convolve(call.inputs[0], kernel: kernel, weights: call.parameter, bias: call.parameter + 1, relu: relu, into: call.output)
  }

  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, backend: any Backend) -> Workspace {
    guard training else { return Workspace() }
    let (buffer, _, _) = surrounded(output, storage: 0, border: true)
    return Workspace(backward: buffer.itemStride + backend.weightGradientScratch(inputs[0], kernel: kernel, outputGradient: buffer))
  }

  /// The gradient is first masked by the ReLU and surrounded with zeros, in one pass, so that both products read it as it lies.
  package func backward(_ call: BackwardCall) {
    let wanted = call.inputGradients[0]
    let (buffer, inside, begin) = surrounded(call.output, storage: call.scratch, border: wanted != nil)
    var dy = call.outputGradient
    if relu {
      call.backend.zeroBorder(of: buffer, around: dy.extent, at: begin)
      call.backend.mapGradient(.relu, output: call.output, dy, into: GradientPart(view: inside, accumulate: false))
      dy = inside
    } else if buffer.extent != dy.extent {
      call.backend.pad(dy, at: begin, into: buffer)
      dy = inside
    }
    call.backend.convolveWeightGradient(call.inputs[0], kernel: kernel, outputGradient: dy, weights: call.parameter, bias: call.parameter + 1,
                                        accumulate: call.item > 0, scratch: StoragePlace(storage: call.scratch, offset: buffer.itemStride))
    if let wanted { call.backend.convolveInputGradient(dy, kernel: kernel, weights: call.parameter, into: wanted) }
  }

  /// A buffer for the output's gradient, with kernel − 1 zeros on each side if `border`; the view of its inside, and where that begins.
  private func surrounded(_ output: TensorView, storage: Int, border: Bool) -> (buffer: TensorView, inside: TensorView, begin: Extent) {
    let begin = border ? Extent(kernel.z - 1, kernel.y - 1, kernel.x - 1) : Extent(0, 0, 0)
    let extent = output.extent
    let layout = Layout(output.channels, Extent(extent.z + 2 * begin.z, extent.y + 2 * begin.y, extent.x + 2 * begin.x))
    let buffer = TensorView(storage: storage, layout: layout)
    return (buffer, buffer.crop(at: begin, to: extent), begin)
  }
}
