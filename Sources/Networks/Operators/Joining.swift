// Tensors of equal lengths, joined.
//
// Concat  channels one after another; a view: convolutions read two ranges of channels as they lie.
// Add     element by element; equal channels.

package struct Concat: Operator {
  package static let word = "concat"
  package init() {}
  package init(settings: [String: [Int]]) throws(NetworkError) {}
  package var inputCount: ClosedRange<Int> { 1...64 }

  package func channels(_ inputs: [Int]) throws(Mismatch) -> Int { inputs.reduce(0, +) }
  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { try equal(inputs, axis) }
  package var isView: Bool { true }
  package func views(_ inputs: [[TensorView]]) -> [TensorView]? { Array(inputs.joined()) }
}

package struct Add: Operator {
  package static let word = "add"
  package init() {}
  package init(settings: [String: [Int]]) throws(NetworkError) {}
  package var inputCount: ClosedRange<Int> { 2...64 }
  package var partsLimit: Int { 1 }

  package func channels(_ inputs: [Int]) throws(Mismatch) -> Int {
    for other in inputs.dropFirst() where other != inputs[0] { throw .channels(inputs[0], other) }
    return inputs[0]
  }
  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { try equal(inputs, axis) }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { Double(inputs.count - 1) * Double(channels) * Double(extent.count) }

  package func forward(_ call: ForwardCall) {
    for (index, input) in call.inputs.enumerated() {
      if index == 0 { call.backend.copy(input[0], into: call.output) } else { call.backend.add(input[0], into: call.output) }
    }
  }

  package func backward(_ call: BackwardCall) {
    for gradient in call.inputGradients { if let part = gradient?.first { call.backend.pass(call.outputGradient, into: part) } }
  }
}

private func equal(_ lengths: [Int], _ axis: Int) throws(Mismatch) -> Int {
  for other in lengths.dropFirst() where other != lengths[0] { throw .lengths(axis: axis, lengths[0], other) }
  return lengths[0]
}
