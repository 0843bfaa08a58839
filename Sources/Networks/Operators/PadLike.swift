// Zeros around a tensor until it has the lengths of another, of which an odd one goes before it: how DaCapo's attention gates bring the coarse
// tensor to the size of the fine one. What is added hangs on where a tile ends, so predictions depend on tiles.
//
// The other tensor's values are not read; it gets no gradient.

import Geometry

package struct PadLike: Operator {
  package static let word = "pad_like"
  package init() {}
  package init(settings: [String: [Int]]) throws(NetworkError) {}
  /// The tensor to surround, the tensor that says the size.
  package var inputCount: ClosedRange<Int> { 2...2 }

  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int {
    guard inputs[1] >= inputs[0] else { throw .padShrinks(axis: axis, length: inputs[0], to: inputs[1]) }
    return inputs[1]
  }
  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement {
    Placement(origin: try inputs[0].origin - (try inputs[0].pitch * Rational((output - lengths[0] + 1) / 2)), pitch: inputs[0].pitch)
  }
  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? { nil }

  private func begin(_ inside: Extent, _ whole: Extent) -> Extent { Extent((whole.z - inside.z + 1) / 2, (whole.y - inside.y + 1) / 2, (whole.x - inside.x + 1) / 2) }

  package func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, _ in call.backend.pad(part, at: begin(part.extent, output.extent), into: output) }
  }

  package func backward(_ call: BackwardCall) {
    forEachGradient(call) { dy, gradient in call.backend.pass(dy.crop(at: begin(gradient.view.extent, dy.extent), to: gradient.view.extent), into: gradient) }
    for part in call.inputGradients[1] ?? [] where !part.accumulate { call.backend.zero(part.view) }
  }
}
