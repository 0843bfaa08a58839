// The weights of one convolution in the order in which the kernels read them.
//
// A transposed convolution is computed as a 1×1×1 convolution to features · copies channels, copies = kz·ky·kx:
// its weights [i, o·copies] are transposed on the way in, its gradients on the way out, its bias is repeated.

import Arrays
import CKernels
import Execution

final class PackedWeights: @unchecked Sendable {   // each is packed by one thread, then only read
  /// Weights of one pass, as its method reads them; nothing where that reads the layer's own.
  struct Pass {
    fileprivate let buffer: Buffer
    let method: CPUBackend.Method
    fileprivate var target: UnsafeMutablePointer<Float> { buffer.bytes.assumingMemoryBound(to: Float.self) }
    var floats: UnsafePointer<Float> { UnsafePointer(target) }

    fileprivate init(_ outputs: Int, _ inputs: Int, _ kernel: Extent, _ method: CPUBackend.Method) throws(ArrayError) {
      let count = switch method {
      case .direct: dcs_conv_packed_count(Int64(outputs), Int64(inputs), kernel.c)
      case .tiles: dcs_winograd_packed_count(Int64(outputs), Int64(inputs), kernel.c)
      case .streamed: 0 as Int64
      }
      (buffer, self.method) = (try Buffer(count: 4 * Int(max(16, count))), method)
    }
  }

  private let outputs: Int, inputs: Int, window: Window
  /// 0 for a plain convolution.
  private let copies: Int
  /// Whether boxes of a transposed convolution overlap: then its bias is added when they are.
  private let overlaps: Bool
  let forward: Pass
  /// Only where a gradient of the input is wanted.
  let backward: Pass?
  /// [outputs, inputs] weights and [outputs] biases of a transposed convolution, and their gradients.
  private let straight: Buffer?
  private let straightGradient: Buffer?

  /// nil if the step is no convolution.
  init?(of step: Plan.Step, training: Bool, inputGradient: Bool, backend: CPUBackend) throws(ArrayError) {
    inputs = step.inputs.first?.reduce(0) { $0 + $1.channels } ?? 0
    if let convolution = step.operation as? Convolution { (outputs, window, copies, overlaps) = (convolution.features, convolution.window, 0, false) }
    else if let map = step.operation as? Linear { (outputs, window, copies, overlaps) = (map.features, Window(.one), 0, false) }
    else if let convolution = step.operation as? TransposedConvolution { (outputs, window, copies, overlaps) = (convolution.features * convolution.kernel.count, Window(.one), convolution.kernel.count, convolution.overlaps) }
    else { return nil }
    forward = try Pass(outputs, inputs, window.kernel, backend.method(.forward, inputs, outputs, window, step.output.extent))
    if inputGradient, let input = step.inputs.first?.first { backward = try Pass(inputs, outputs, window.kernel, backend.method(.inputGradient, inputs, outputs, window, input.extent)) } else { backward = nil }
    straight = copies > 0 ? try Buffer(count: 4 * (outputs * inputs + outputs)) : nil
    straightGradient = copies > 0 && training ? try Buffer(count: 4 * (outputs * inputs + outputs)) : nil
  }

  private func floats(_ buffer: Buffer) -> UnsafeMutablePointer<Float> { buffer.bytes.assumingMemoryBound(to: Float.self) }
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
    if forward.method == .direct { dcs_conv_pack_forward(source, Int64(outputs), Int64(inputs), window.kernel.c, forward.target) }
    if let backward, backward.method == .direct {
      if window.isPlain { dcs_conv_pack_backward(source, Int64(outputs), Int64(inputs), window.kernel.c, backward.target) }
      else { dcs_window_pack_backward(source, Int64(outputs), Int64(inputs), window.c, backward.target) }
    }
  }

  /// What is filtered in tiles, with all threads; never a transposed convolution.
  func packTiles(_ weights: UnsafePointer<Float>, _ pool: ThreadPool) {
    if forward.method == .tiles { dcs_winograd_pack_forward(pool.handle, weights, Int64(outputs), Int64(inputs), window.kernel.c, forward.target) }
    if let backward, backward.method == .tiles { dcs_winograd_pack_backward(pool.handle, weights, Int64(outputs), Int64(inputs), window.kernel.c, backward.target) }
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
