// Convolution: out[o, p] = relu?(bias[o] + Σ weights[o, i, k] · in[i, stride · p + dilation · k]).
//
// input    [i, z, y, x], in one or two ranges of channels (a concatenation that is never made)
// weights  "weight" [o, i, kz, ky, kx], "bias" [o]; two axes: [o, i, ky, kx]
// output   valid: (z − dz (kz − 1) − 1) / sz + 1, …, without rest, so that moving the input by the stride moves the output by one voxel
//          same: z / sz, …, without rest, with d (k − 1) / 2 zeros around the input, for odd k
// Limits: k in 1...7. Same padding is rewritten as a `Padding` before a valid convolution where the backend needs the zeros (Plan/Rewrite.swift).
// Checked against torch.nn.functional.conv3d: Tests/Fixtures/networks.

import Geometry

package struct Convolution: FusesRelu {
  package enum Border: Int, Sendable, CaseIterable { case valid, same }
  package static let word = "conv"

  package var features: Int
  package var window: Window
  package var border: Border
  package var relu: Bool
  /// Where the zeros of `same` have been put around the input already: a rest behind the last window is left out.
  var leavesRest = false
  /// Where those that read the output mask its gradient (`PicksElements`).
  var readersMask = false
  /// Where the backend takes the zeros of `same` as being there.
  var staysSame = false

  package var kernel: Extent { window.kernel }

  package init(features: Int, kernel: Extent, stride: Extent = .one, dilation: Extent = .one, border: Border = .valid, relu: Bool = false) throws(NetworkError) {
    guard (1...1 << 20).contains(features) else { throw .setting(name: "features", expected: "1 to 1048576", found: "\(features)") }
    guard kernel.values.allSatisfy({ (1...7).contains($0) }) else { throw .setting(name: "kernel", expected: "1 to 7 along each axis", found: "\(kernel)") }
    guard stride.values.allSatisfy({ (1...16).contains($0) }) else { throw .setting(name: "stride", expected: "1 to 16 along each axis", found: "\(stride)") }
    guard dilation.values.allSatisfy({ (1...64).contains($0) }) else { throw .setting(name: "dilation", expected: "1 to 64 along each axis", found: "\(dilation)") }
    guard border == .valid || kernel.values.allSatisfy({ $0 % 2 == 1 }) else { throw .setting(name: "kernel", expected: "odd with same padding", found: "\(kernel)") }
    (self.features, window, self.border, self.relu) = (features, Window(kernel, stride: stride, dilation: dilation), border, relu)
  }

  package var settings: [(String, [Int])] {
    [("features", [features]), ("kernel", kernel.values)] + (window.stride == .one ? [] : [("stride", window.stride.values)]) + (window.dilation == .one ? [] : [("dilation", window.dilation.values)])
      + (border == .same ? [("same", [1])] : []) + (relu ? [("relu", [1])] : [])
  }

  package init(settings: [String: [Int]]) throws(NetworkError) {
    try self.init(features: try settings.one("features"), kernel: try settings.extent("kernel"),
                  stride: settings["stride"] == nil ? .one : try settings.extent("stride"), dilation: settings["dilation"] == nil ? .one : try settings.extent("dilation"),
                  border: settings["same"] == [1] ? .same : .valid, relu: settings["relu"] == [1])
  }

  package var partsLimit: Int { 2 }
  package var summary: String { "conv \(window)" }

  package func channels(_ inputs: [Int]) throws(Mismatch) -> Int { features }

  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int {
    let stride = window.stride[axis], span = window.span(axis)
    if border == .same {
      guard inputs[0] % stride == 0 else { throw .indivisible(axis: axis, length: inputs[0], factor: stride) }
      return inputs[0] / stride
    }
    guard inputs[0] > span else { throw .tooSmall(axis: axis, length: inputs[0], kernel: span + 1) }
    guard leavesRest || (inputs[0] - span - 1) % stride == 0 else { throw .rest(axis: axis, length: inputs[0], window: span + 1, stride: stride) }
    return (inputs[0] - span - 1) / stride + 1
  }

  /// The centre of the first window: with same padding that of the first voxel.
  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement {
    let shift = border == .same ? .zero : try inputs[0].pitch * Rational(Int128(window.span(axis)), over: 2)
    return Placement(origin: try inputs[0].origin + shift, pitch: try inputs[0].pitch * Rational(window.stride[axis]))
  }

  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? { try pitch * Rational(Int128(window.span(axis)), over: 2) }

  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { 2 * Double(inputs[0] * kernel.count) * Double(channels) * Double(extent.count) }

  package func parameters(channels: [Int], rank: Int) -> [ParameterSpec] {
    let fanIn = channels[0] * kernel.count
    return [ParameterSpec("weight", [features, channels[0]] + kernel.last(rank), .kaiming(fanIn: fanIn)),
            ParameterSpec("bias", [features], .uniform(fanIn: fanIn))]
  }

  // MARK: Computing

  /// Whether backward masks the gradient.
  private var masks: Bool { relu && !readersMask }
  package var backwardReads: (inputs: Bool, output: Bool) { (true, masks) }

  package func forward(_ call: ForwardCall) {
    call.backend.convolve(call.inputs[0], window: window, weights: call.parameter, bias: call.parameter + 1, relu: relu, into: call.output, scratch: StoragePlace(storage: call.scratch))
  }

  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace {
    let forward = backend.convolutionScratch(inputs[0], window: window, output: output, packedFor: output.extent)
    guard training else { return Workspace(forward: forward) }
    let buffer = gradientBuffer(inputs[0], output, storage: 0, inputWanted: inputWanted, backend).whole
    let scratch = max(backend.weightGradientScratch(inputs[0], window: window, outputGradient: output), inputWanted ? backend.inputGradientScratch(inputs[0], window: window, outputGradient: output) : 0)
    func whole(_ masked: Bool) -> Int { scratch + (needsBuffer(buffer, output, masked: masked) ? buffer.itemStride : 0) }
    return Workspace(forward: forward, backward: whole(false), masksFirst: masks && buffer.extent == output.extent, backwardOwning: whole(true))
  }

  package func maskGradient(_ call: BackwardCall) { call.maskByOutput() }

  /// The gradient is first masked by the ReLU, if that has not been done, and, where the input's gradient is made by the direct sum, surrounded
  /// with zeros, in one pass.
  package func backward(_ call: BackwardCall) {
    let wanted = call.inputGradients[0]
    let (buffer, inside, begin) = gradientBuffer(call.inputs[0], call.output, storage: call.scratch, inputWanted: wanted != nil, call.backend)
    var dy = call.outputGradient
    let isBuffered = needsBuffer(buffer, call.output, masked: call.masked)
    if masks && !call.masked {
      call.backend.zeroBorder(of: buffer, around: dy.extent, at: begin)
      call.backend.mapGradient(.relu, output: call.output, dy, into: GradientPart(view: inside, accumulate: false))
      dy = inside
    } else if isBuffered {
      call.backend.pad(dy, at: begin, into: buffer)
      dy = inside
    }
    let scratch = StoragePlace(storage: call.scratch, offset: isBuffered ? buffer.itemStride : 0)
    call.backend.convolveWeightGradient(call.inputs[0], window: window, outputGradient: dy, weights: call.parameter, bias: call.parameter + 1, accumulate: call.item > 0, scratch: scratch)
    if let wanted { call.backend.convolveInputGradient(dy, window: window, weights: call.parameter, into: wanted, scratch: scratch) }
  }

  private func needsBuffer(_ buffer: TensorView, _ output: TensorView, masked: Bool) -> Bool { buffer.extent != output.extent || (masks && !masked) }

  /// A buffer for the output's gradient, with zeros on each side if they are read; the view of its inside, and where that begins.
  private func gradientBuffer(_ inputs: [TensorView], _ output: TensorView, storage: Int, inputWanted: Bool, _ backend: any Backend) -> (whole: TensorView, inside: TensorView, begin: Extent) {
    let begin = inputWanted && backend.inputGradientReadsBorder(inputs, window: window, output: output) ? Extent(window.span(0), window.span(1), window.span(2)) : Extent(0, 0, 0)
    let extent = output.extent
    let layout = Layout(output.channels, Extent(extent.z + 2 * begin.z, extent.y + 2 * begin.y, extent.x + 2 * begin.x))
    let whole = TensorView(storage: storage, layout: layout)
    return (whole, whole.crop(at: begin, to: extent), begin)
  }
}
