// Maps of single values: ReLU, sigmoid, tanh. The gradient needs the output alone.
//
// A ReLU behind a convolution costs nothing: Plan/Rewrite.swift moves it into the convolution's store.

package struct Activation: Operator {
  package static let word = "activation"
  package var map: Pointwise

  package init(_ map: Pointwise) { self.map = map }
  package init(settings: [String: [Int]]) throws(NetworkError) {
    guard let map = Pointwise(rawValue: try settings.one("map")) else { throw .description(reason: "an activation has no map \(settings["map"] ?? [])") }
    self.map = map
  }
  package var settings: [(String, [Int])] { [("map", [map.rawValue])] }
  package var summary: String { map.word }
  package var backwardReads: (inputs: Bool, output: Bool) { (false, true) }

  package func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, _ in call.backend.map(map, part, into: output) }
  }

  package func backward(_ call: BackwardCall) {
    guard let gradients = call.inputGradients[0] else { return }
    var first = 0
    for gradient in gradients {
      let count = gradient.view.channels
      call.backend.mapGradient(map, output: call.output.channelRange(first, count), call.outputGradient.channelRange(first, count), into: gradient)
      first += count
    }
  }
}
