// Maps of single values: ReLU, sigmoid, tanh, GELU. The gradient needs the output alone, that of GELU the input.
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
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { Double(channels) * Double(extent.count) }

  package var backwardReads: (inputs: Bool, output: Bool) { (map.derivativeReadsInput, !map.derivativeReadsInput) }

  package func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, _ in call.backend.map(map, part, into: output) }
  }

  package func backward(_ call: BackwardCall) {
    guard let gradients = call.inputGradients[0] else { return }
    var first = 0
    for (part, gradient) in gradients.enumerated() {
      let count = gradient.view.channels
      let seen = map.derivativeReadsInput ? call.inputs[0][part] : call.output.channelRange(first, count)
      call.backend.mapGradient(map, output: seen, call.outputGradient.channelRange(first, count), into: gradient)
      first += count
    }
  }
}
