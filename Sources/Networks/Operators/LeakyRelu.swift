// Leaky ReLU: x above 0, slope · x below (Maas et al. 2013). The gradient needs the output alone, as the slope keeps signs.
//
// slope  0 … 1, kept in model files as a fraction [numerator, denominator]: 0.01 is [1, 100]
// Checked against torch.nn.functional.leaky_relu: Tests/Fixtures/networks.

import Geometry

package struct LeakyRelu: Operator {
  package static let word = "leaky_relu"
  package let slope: Rational

  package init(slope: Rational) throws(NetworkError) {
    guard slope >= .zero, slope <= .one, Int(exactly: slope.denominator) != nil else { throw .setting(name: "slope", expected: "a number from 0 to 1", found: "\(slope)") }
    self.slope = slope
  }
  package init(settings: [String: [Int]]) throws(NetworkError) { try self.init(slope: try settings.fraction("slope")) }
  package var settings: [(String, [Int])] { [("slope", [Int(slope.numerator), Int(slope.denominator)])] }
  package var summary: String { "leaky_relu \(slope)" }

  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { Double(channels) * Double(extent.count) }

  // MARK: Computing

  package var backwardReads: (inputs: Bool, output: Bool) { (false, true) }

  package func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, _ in call.backend.leakyRelu(Float(slope.double), part, into: output) }
  }

  package func backward(_ call: BackwardCall) {
    guard let gradients = call.inputGradients[0] else { return }
    var first = 0
    for gradient in gradients {
      let count = gradient.view.channels
      call.backend.leakyReluGradient(Float(slope.double), output: call.output.channelRange(first, count), call.outputGradient.channelRange(first, count), into: gradient)
      first += count
    }
  }
}
