// Dropout (Srivastava et al. 2014): in training a share of the elements becomes 0 and the others grow by 1 / (1 − share); else nothing.
//
// Which elements hangs on the training step, the layer, the item of the batch and the element's place: not on threads. The gradient draws
// the same ones again. For inference the planner leaves the layer out.
// share  0 up to, not including, 1, kept in model files as a fraction [numerator, denominator]

import Geometry

package struct Dropout: Operator {
  package static let word = "dropout"
  package let share: Rational

  package init(share: Rational) throws(NetworkError) {
    guard share >= .zero, share < .one, Int(exactly: share.denominator) != nil else { throw .setting(name: "share", expected: "a number from 0 up to, not including, 1", found: "\(share)") }
    self.share = share
  }
  package init(settings: [String: [Int]]) throws(NetworkError) { try self.init(share: try settings.fraction("share")) }
  package var settings: [(String, [Int])] { [("share", [Int(share.numerator), Int(share.denominator)])] }
  package var summary: String { "dropout \(share)" }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { Double(channels) * Double(extent.count) }

  // MARK: Computing (training only)

  package func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, first in
      call.backend.dropout(share.double, key: call.key, first: first, part, into: GradientPart(view: output, accumulate: false))
    }
  }

  package func backward(_ call: BackwardCall) {
    guard let gradients = call.inputGradients[0] else { return }
    var first = 0
    for gradient in gradients {
      call.backend.dropout(share.double, key: call.key, first: first, call.outputGradient.channelRange(first, gradient.view.channels), into: gradient)
      first += gradient.view.channels
    }
  }
}
