// Tensors joined place by place where one of them may be smaller than the other.
//
// Multiply   x · w: w has x's channels or one for all, and x's lengths, or is one voxel for all (`spread`). What attention gates are made of.
// AddSpread  x + v: v has x's channels and is one voxel for all.
//
//   dx = dy · w, dw = Σ dy · x over what w was spread to;  dx = dy, dv = Σ dy
// Checked against torch: Tests/Fixtures/networks.

package struct Multiply: Operator {
  package static let word = "multiply"
  package var spread: Bool

  package init(spread: Bool = false) { self.spread = spread }
  package init(settings: [String: [Int]]) throws(NetworkError) { self.init(spread: settings["spread"] == [1]) }
  package var settings: [(String, [Int])] { spread ? [("spread", [1])] : [] }
  package var summary: String { "multiply" }
  package var inputCount: ClosedRange<Int> { 2...2 }
  package var partsLimit: Int { 1 }

  package func channels(_ inputs: [Int]) throws(Mismatch) -> Int {
    guard inputs[1] == inputs[0] || inputs[1] == 1 else { throw .channels(inputs[0], inputs[1]) }
    return inputs[0]
  }
  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { try joined(inputs, spread, axis) }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { Double(channels) * Double(extent.count) }

  package var backwardReads: (inputs: Bool, output: Bool) { (true, false) }
  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace { Workspace(backward: spread ? 4 * output.channels : 0) }

  package func forward(_ call: ForwardCall) {
    let x = call.inputs[0][0], w = call.inputs[1][0], to = GradientPart(view: call.output, accumulate: false)
    if spread { call.backend.scale(x, by: w, into: to) } else { call.backend.multiply(x, w, into: to) }
  }

  package func backward(_ call: BackwardCall) {
    let x = call.inputs[0][0], w = call.inputs[1][0], dy = call.outputGradient
    if let dx = call.inputGradients[0]?.first { if spread { call.backend.scale(dy, by: w, into: dx) } else { call.backend.multiply(dy, w, into: dx) } }
    guard let dw = call.inputGradients[1]?.first else { return }
    if spread {
      let sums = StoragePlace(storage: call.scratch)
      call.backend.channelSums(dy, x, first: 0, accumulate: false, into: sums)
      call.backend.put(sums, first: 0, products: true, of: dy.channels, times: 1, into: dw)
    } else if w.channels == 1 { call.backend.dot(dy, x, into: dw) } else { call.backend.multiply(dy, x, into: dw) }
  }
}

package struct AddSpread: Operator {
  package static let word = "add_spread"
  package init() {}
  package init(settings: [String: [Int]]) throws(NetworkError) {}
  package var inputCount: ClosedRange<Int> { 2...2 }
  package var partsLimit: Int { 1 }
  package var summary: String { "add" }

  package func channels(_ inputs: [Int]) throws(Mismatch) -> Int {
    guard inputs[1] == inputs[0] else { throw .channels(inputs[0], inputs[1]) }
    return inputs[0]
  }
  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { try joined(inputs, true, axis) }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { Double(channels) * Double(extent.count) }

  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace { Workspace(backward: 4 * output.channels) }

  package func forward(_ call: ForwardCall) {
    call.backend.spread(call.inputs[1][0], times: 1, into: GradientPart(view: call.output, accumulate: false))
    call.backend.add(call.inputs[0][0], into: call.output)
  }

  package func backward(_ call: BackwardCall) {
    if let dx = call.inputGradients[0]?.first { call.backend.pass(call.outputGradient, into: dx) }
    guard let dv = call.inputGradients[1]?.first else { return }
    let sums = StoragePlace(storage: call.scratch)
    call.backend.channelSums(call.outputGradient, call.outputGradient, first: 0, accumulate: false, into: sums)
    call.backend.put(sums, first: 0, times: 1, into: dv)
  }
}

private func joined(_ lengths: [Int], _ spread: Bool, _ axis: Int) throws(Mismatch) -> Int {
  guard lengths[1] == (spread ? 1 : lengths[0]) else { throw .lengths(axis: axis, lengths[0], lengths[1]) }
  return lengths[0]
}
