// Copies: zeros around a tensor (same convolutions), and the gathering of parts that lie apart.
//
// The gradient of the border is dropped.

import Geometry

package struct Padding: Operator {
  package static let word = "pad"
  /// Zeros on each side; 0×0×0 is a copy.
  package var border: Extent

  package init(border: Extent) throws(NetworkError) {
    guard border.values.allSatisfy({ (0...1 << 10).contains($0) }) else { throw .setting(name: "border", expected: "0 to 1024 along each axis", found: "\(border)") }
    self.border = border
  }
  package init(settings: [String: [Int]]) throws(NetworkError) { try self.init(border: try settings.extent("border")) }
  package var settings: [(String, [Int])] { [("border", border.values)] }

  package var inventsBorder: Bool { border != Extent(0, 0, 0) }
  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { inputs[0] + 2 * border[axis] }
  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement {
    Placement(origin: try inputs[0].origin - (try inputs[0].pitch * Rational(border[axis])), pitch: inputs[0].pitch)
  }

  package func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, _ in
      if border == Extent(0, 0, 0) { call.backend.copy(part, into: output) } else { call.backend.pad(part, at: border, into: output) }
    }
  }

  package func backward(_ call: BackwardCall) {
    forEachGradient(call) { dy, gradient in call.backend.pass(dy.crop(at: border, to: gradient.view.extent), into: gradient) }
  }
}
