// The weights of one convolution in the order in which the kernels read them.
//
// A transposed convolution is computed as a 1×1×1 convolution to features · copies channels, copies = kz·ky·kx:
// its weights [i, o·copies] are transposed on the way in, its gradients on the way out, its bias is repeated.

import Arrays
import CKernels

final class PackedWeights: @unchecked Sendable {   // each is packed by one thread, then only read
  private let outputs: Int, inputs: Int, kernel: Extent
  /// 0 for a plain convolution.
  private let copies: Int
  /// Whether boxes of a transposed convolution overlap: then its bias is added when they are.
  private let overlaps: Bool
  private let forwardBuffer: Buffer
  private let backwardBuffer: Buffer?
  /// [outputs, inputs] weights and [outputs] biases of a transposed convolution, and their gradients.
  private let straight: Buffer?
  private let straightGradient: Buffer?

  /// nil if the step is no convolution.
  init?(of step: Plan.Step, training: Bool) throws(ArrayError) {
    inputs = step.inputs.first?.reduce(0) { $0 + $1.channels } ?? 0
    if let convolution = step.operation as? Convolution { (outputs, kernel, copies, overlaps) = (convolution.features, convolution.kernel, 0, false) }
    else if let map = step.operation as? Linear { (outputs, kernel, copies, overlaps) = (map.features, .one, 0, false) }
    else if let convolution = step.operation as? TransposedConvolution { (outputs, kernel, copies, overlaps) = (convolution.features * convolution.kernel.count, .one, convolution.kernel.count, convolution.overlaps) }
    else { return nil }
    forwardBuffer = try Buffer(count: 4 * Int(dcs_conv_packed_count(Int64(outputs), Int64(inputs), kernel.c)))
    backwardBuffer = training ? try Buffer(count: 4 * Int(dcs_conv_packed_count(Int64(inputs), Int64(outputs), kernel.c))) : nil
    straight = copies > 0 ? try Buffer(count: 4 * (outputs * inputs + outputs)) : nil
    straightGradient = copies > 0 && training ? try Buffer(count: 4 * (outputs * inputs + outputs)) : nil
  }

  private func floats(_ buffer: Buffer) -> UnsafeMutablePointer<Float> { buffer.bytes.assumingMemoryBound(to: Float.self) }
  var forward: UnsafePointer<Float> { UnsafePointer(floats(forwardBuffer)) }
  /// Only when training.
  var backward: UnsafePointer<Float>? { backwardBuffer.map { UnsafePointer(floats($0)) } }
  /// The bias where it is not the layer's own.
  var bias: UnsafePointer<Float>? { straight.map { UnsafePointer(floats($0)) + outputs * inputs } }
  /// Where gradients go before they are transposed.
  var transposedGradient: (weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>)? { straightGradient.map { (floats($0), floats($0) + outputs * inputs) } }

  func pack(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>) {
    var source = weights
    if let straight {
      let target = floats(straight)
      for i in 0..<inputs { for o in 0..<outputs { target[o * inputs + i] = weights[i * outputs + o] } }
      for o in 0..<outputs { target[outputs * inputs + o] = overlaps ? 0 : bias[o / copies] }
      source = UnsafePointer(target)
    }
    dcs_conv_pack_forward(source, Int64(outputs), Int64(inputs), kernel.c, floats(forwardBuffer))
    if let backwardBuffer { dcs_conv_pack_backward(source, Int64(outputs), Int64(inputs), kernel.c, floats(backwardBuffer)) }
  }

  /// Moves gradients of a transposed convolution to where the layer's are; nothing for a plain one.
  func addTransposed(to weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>, accumulate: Bool) {
    guard let gradient = transposedGradient else { return }
    for i in 0..<inputs { for o in 0..<outputs { weights[i * outputs + o] = (accumulate ? weights[i * outputs + o] : 0) + gradient.weights[o * inputs + i] } }
    for o in 0..<(overlaps ? 0 : outputs / copies) {
      var sum: Float = 0
      for copy in 0..<copies { sum += gradient.bias[o * copies + copy] }
      bias[o] = (accumulate ? bias[o] : 0) + sum
    }
  }
}
