// The channels of each voxel as a vector of length 1: y[c] = x[c] / √Σ x², 0 where all are 0. What Cellpose makes of its style.
//
//   dx[c] = (dy[c] − y[c] Σ y dy) / √Σ x²
// Checked against torch: Tests/Fixtures/networks.

package struct UnitLength: Operator {
  package static let word = "unit_length"
  package init() {}
  package init(settings: [String: [Int]]) throws(NetworkError) {}
  /// All channels of a voxel are summed, so they have to lie together.
  package var partsLimit: Int { 1 }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { 3 * Double(channels) * Double(extent.count) }

  package var backwardReads: (inputs: Bool, output: Bool) { (true, false) }
  package func forward(_ call: ForwardCall) { call.backend.unitLength(call.inputs[0][0], into: call.output) }
  package func backward(_ call: BackwardCall) {
    if let gradient = call.inputGradients[0]?.first { call.backend.unitLengthGradient(call.inputs[0][0], call.outputGradient, into: gradient) }
  }
}
