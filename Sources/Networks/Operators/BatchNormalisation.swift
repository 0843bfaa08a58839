// Batch normalisation (Ioffe & Szegedy 2015): each channel with mean 0 and variance 1, then scaled and shifted.
//
//   y = (x − mean) / √(variance + 1e-5) · weight + bias
//
// Training takes mean and variance over space and the items of the batch, and moves the running ones `momentum` of the way to them (the
// variance by n − 1, as PyTorch has it). Inference takes the running ones: a map of single voxels, so predictions stay free of seams.
// weights  "weight", "bias", "running_mean", "running_var" [c]
// Checked against torch.nn.BatchNorm3d: Tests/Fixtures/networks.

import Geometry

package struct BatchNormalisation: Operator {
  package static let word = "batch_norm"
  /// A tenth, as PyTorch has it, if nothing else is said; kept in model files as a fraction.
  package let momentum: Rational
  static let usualMomentum = Rational(decimal: "0.1") ?? .one

  package init() { momentum = Self.usualMomentum }
  package init(momentum: Rational) throws(NetworkError) {
    guard momentum > .zero, momentum <= .one, Int(exactly: momentum.denominator) != nil else { throw .setting(name: "momentum", expected: "a number above 0, up to 1", found: "\(momentum)") }
    self.momentum = momentum
  }
  package init(settings: [String: [Int]]) throws(NetworkError) {
    if settings["momentum"] == nil { self.init() } else { try self.init(momentum: try settings.fraction("momentum")) }
  }
  package var settings: [(String, [Int])] { momentum == Self.usualMomentum ? [] : [("momentum", [Int(momentum.numerator), Int(momentum.denominator)])] }
  package var summary: String { Self.word }

  package func parameters(channels: [Int], rank: Int) -> [ParameterSpec] {
    [ParameterSpec("weight", [channels[0]], .ones), ParameterSpec("bias", [channels[0]], .zeros),
     ParameterSpec("running_mean", [channels[0]], .zeros, momentum: momentum), ParameterSpec("running_var", [channels[0]], .ones, momentum: momentum)]
  }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { 3 * Double(channels) * Double(extent.count) }

  // MARK: Computing

  package var backwardReads: (inputs: Bool, output: Bool) { (true, false) }
  package func rounds(training: Bool) -> Int { training ? 2 : 1 }

  /// Two sums a channel, in double: gathered in the scratch, then kept with each item.
  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace {
    let floats = 4 * output.channels
    return training ? Workspace(saved: floats, forward: floats, backward: floats) : Workspace()
  }

  private func count(_ output: TensorView, _ items: Int) -> Double { Double(output.extent.count) * Double(items) }

  package func forward(_ call: ForwardCall) {
    let sums = StoragePlace(storage: call.scratch)
    if call.training && call.round == 1 { call.backend.move(4 * call.output.channels, from: sums, to: call.saved) }
    forEachPart(call.inputs[0], call.output) { part, output, first in
      if call.training && call.round == 0 { call.backend.channelSums(part, part, first: first, accumulate: call.item > 0, into: sums) }
      else { call.backend.normalise(part, first: first, weights: call.parameter, sums: call.training ? sums : nil, count: count(call.output, call.items), into: output) }
    }
  }

  package func backward(_ call: BackwardCall) {
    let gradientSums = StoragePlace(storage: call.scratch), count = count(call.output, call.items)
    if call.round == 0 {
      forEachPart(call.inputs[0], call.outputGradient) { x, dy, first in call.backend.channelSums(dy, x, first: first, accumulate: call.item > 0, into: gradientSums) }
      return
    }
    if call.item == 0 { call.backend.normaliseWeightGradient(channels: call.output.channels, weights: call.parameter, sums: call.saved, gradientSums: gradientSums, count: count) }
    guard let gradients = call.inputGradients[0] else { return }
    var first = 0
    for (part, gradient) in gradients.enumerated() {
      let dy = call.outputGradient.channelRange(first, gradient.view.channels)
      call.backend.normaliseGradient(call.inputs[0][part], dy, first: first, weights: call.parameter, sums: call.saved, gradientSums: gradientSums, count: count, into: gradient)
      first += gradient.view.channels
    }
  }
}
