// Softmax over the channels of each voxel: exp(x[c]) / Σ exp(x), the largest taken off first.
//
//   dx[c] = y[c] (dy[c] − Σ y dy)
// Checked against torch.nn.functional.softmax(dim=1): Tests/Fixtures/networks.

package struct Softmax: Operator {
  package static let word = "softmax"
  package init() {}
  package init(settings: [String: [Int]]) throws(NetworkError) {}
  /// All channels of a voxel are summed, so they have to lie together.
  package var partsLimit: Int { 1 }

  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { 3 * Double(channels) * Double(extent.count) }

  package var backwardReads: (inputs: Bool, output: Bool) { (false, true) }

  package func forward(_ call: ForwardCall) { call.backend.softmax(call.inputs[0][0], into: call.output) }

  package func backward(_ call: BackwardCall) {
    if let gradient = call.inputGradients[0]?.first { call.backend.softmaxGradient(output: call.output, call.outputGradient, into: gradient) }
  }
}
