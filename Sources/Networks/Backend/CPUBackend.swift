// Networks on the CPU: binds storages to memory and hands the C kernels of CKernels their tensors.
//
// Weights are packed into the kernels' order once, and again only when other weights come. All unsafe memory of this module is here,
// in PackedWeights.swift and in Engine.swift.

import Arrays
import CKernels
import Execution

package final class CPUBackend: Backend {
  let pool: ThreadPool
  /// Where each storage starts.
  private(set) var bases: [UnsafeMutablePointer<Float>] = []
  /// Where each weight and its gradient start.
  private(set) var weights: [UnsafePointer<Float>] = []
  private(set) var gradients: [UnsafeMutablePointer<Float>] = []
  /// Weights in the kernels' order, by the index of the layer's first weight.
  private var packed: [Int: PackedWeights] = [:]
  private let empty: Buffer

  package init(pool: ThreadPool) throws(ArrayError) {
    self.pool = pool
    empty = try Buffer(count: 64)
  }

  // MARK: Memory, set by the engine; it keeps what the pointers point to

  func bind(storages: [UnsafeMutablePointer<Float>]) { bases = storages }
  func bind(weights: [UnsafePointer<Float>]) { self.weights = weights }
  func bind(gradients: [UnsafeMutablePointer<Float>]) { self.gradients = gradients }

  /// Packs the weights of all convolutions of a plan.
  func pack(_ steps: [Plan.Step], training: Bool) throws {
    var jobs: [(weights: PackedWeights, index: Int)] = []
    for step in steps {
      if packed[step.parameter] == nil, let made = try PackedWeights(of: step, training: training) { packed[step.parameter] = made }
      if step.operation is any FusesRelu, let weights = packed[step.parameter] { jobs.append((weights, step.parameter)) }
    }
    try pool.forEach(jobs.count) { job, _ in jobs[job].weights.pack(weights[jobs[job].index], bias: weights[jobs[job].index + 1]) }
  }

  func tensor(_ view: TensorView) -> dcs_tensor {
    dcs_tensor(data: bases[view.storage] + view.offset, channels: Int64(view.channels), depth: Int64(view.extent.z), height: Int64(view.extent.y), width: Int64(view.extent.x),
               sc: Int64(view.channelStride), sz: Int64(view.planeStride), sy: Int64(view.rowStride))
  }

  /// Calls a kernel that reads one tensor and writes another.
  func pair(_ x: TensorView, _ y: TensorView, _ kernel: (OpaquePointer, UnsafePointer<dcs_tensor>, UnsafePointer<dcs_tensor>) -> Void) {
    withUnsafePointer(to: tensor(x)) { x in withUnsafePointer(to: tensor(y)) { y in kernel(pool.handle, x, y) } }
  }

  private func chosen(_ place: StoragePlace) -> UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(bases[place.storage] + place.offset).assumingMemoryBound(to: UInt16.self) + place.halves
  }

  // MARK: Convolution

  package func convolve(_ inputs: [TensorView], kernel: Extent, weights index: Int, bias: Int, relu: Bool, into output: TensorView) {
    guard let packed = packed[index] else { return }
    withUnsafePointer(to: tensor(output)) { output in
      inputs.map(tensor).withUnsafeBufferPointer {
        dcs_conv_forward(pool.handle, $0.baseAddress, Int32($0.count), kernel.c, packed.forward, packed.bias ?? weights[bias], relu ? 1 : 0, output)
      }
    }
  }

  package func convolveInputGradient(_ outputGradient: TensorView, kernel: Extent, weights index: Int, into parts: [GradientPart]) {
    guard let packed = packed[index] else { return }
    let bits = parts.enumerated().reduce(Int32(0)) { $1.element.accumulate ? $0 | (1 << Int32($1.offset)) : $0 }
    withUnsafePointer(to: tensor(outputGradient)) { dy in
      parts.map { tensor($0.view) }.withUnsafeBufferPointer {
        dcs_conv_backward_data(pool.handle, dy, kernel.c, packed.backward, $0.baseAddress, Int32($0.count), bits, nil)
      }
    }
  }

  package func convolveWeightGradient(_ inputs: [TensorView], kernel: Extent, outputGradient: TensorView, weights index: Int, bias: Int, accumulate: Bool, scratch: StoragePlace) {
    guard let packed = packed[index] else { return }
    let transposed = packed.transposedGradient
    withUnsafePointer(to: tensor(outputGradient)) { dy in
      inputs.map(tensor).withUnsafeBufferPointer {
        dcs_conv_backward_weights(pool.handle, $0.baseAddress, Int32($0.count), kernel.c, dy, transposed?.weights ?? gradients[index], transposed?.bias ?? gradients[bias],
                                  accumulate && transposed == nil ? 1 : 0, bases[scratch.storage] + scratch.offset)
      }
    }
    packed.addTransposed(to: gradients[index], bias: gradients[bias], accumulate: accumulate)
  }

  package func weightGradientScratch(_ inputs: [TensorView], kernel: Extent, outputGradient: TensorView) -> Int {
    // Only extents and strides are read, so the tensors need no memory yet.
    func unbound(_ view: TensorView) -> dcs_tensor {
      dcs_tensor(data: empty.bytes.assumingMemoryBound(to: Float.self), channels: Int64(view.channels), depth: Int64(view.extent.z), height: Int64(view.extent.y), width: Int64(view.extent.x),
                 sc: Int64(view.channelStride), sz: Int64(view.planeStride), sy: Int64(view.rowStride))
    }
    return withUnsafePointer(to: unbound(outputGradient)) { dy in
      inputs.map(unbound).withUnsafeBufferPointer { Int(dcs_conv_backward_weights_scratch(pool.handle, $0.baseAddress, Int32($0.count), kernel.c, dy)) }
    }
  }

  // MARK: Resampling

  package func maxPool(_ x: TensorView, factors: Extent, into y: TensorView, chosen place: StoragePlace?) {
    pair(x, y) { dcs_max_pool_forward($0, $1, factors.c, $2, place.map(chosen)) }
  }
  package func maxPoolGradient(_ dy: TensorView, factors: Extent, chosen place: StoragePlace, into dx: GradientPart) {
    pair(dy, dx.view) { dcs_max_pool_backward($0, $1, factors.c, chosen(place), dx.accumulate ? 1 : 0, $2) }
  }
  package func meanPool(_ x: TensorView, factors: Extent, into y: TensorView) { pair(x, y) { dcs_mean_pool_forward($0, $1, factors.c, $2) } }
  package func meanPoolGradient(_ dy: TensorView, factors: Extent, into dx: GradientPart) {
    pair(dy, dx.view) { dcs_mean_pool_backward($0, $1, factors.c, dx.accumulate ? 1 : 0, $2) }
  }
  package func upsample(_ x: TensorView, factors: Extent, into y: TensorView) { pair(x, y) { dcs_upsample_forward($0, $1, factors.c, $2) } }
  package func upsampleGradient(_ dy: TensorView, factors: Extent, into dx: GradientPart) {
    pair(dy, dx.view) { dcs_upsample_backward($0, $1, factors.c, dx.accumulate ? 1 : 0, $2) }
  }

  package func interleave(_ x: TensorView, factors: Extent, into y: TensorView) { pair(x, y) { dcs_interleave($0, $1, factors.c, $2) } }
  package func deinterleave(_ y: TensorView, factors: Extent, into x: TensorView) { pair(y, x) { dcs_deinterleave($0, $1, factors.c, $2) } }

  // MARK: Pointwise

  package func map(_ map: Pointwise, _ x: TensorView, into y: TensorView) { pair(x, y) { dcs_map_forward($0, map.c, $1, $2) } }
  package func mapGradient(_ map: Pointwise, output y: TensorView, _ dy: TensorView, into dx: GradientPart) {
    withUnsafePointer(to: tensor(dx.view)) { target in pair(y, dy) { dcs_map_backward($0, map.c, $1, $2, dx.accumulate ? 1 : 0, target) } }
  }
  package func leakyRelu(_ slope: Float, _ x: TensorView, into y: TensorView) { pair(x, y) { dcs_leaky_relu_forward($0, slope, $1, $2) } }
  package func leakyReluGradient(_ slope: Float, output y: TensorView, _ dy: TensorView, into dx: GradientPart) {
    withUnsafePointer(to: tensor(dx.view)) { target in pair(y, dy) { dcs_leaky_relu_backward($0, slope, $1, $2, dx.accumulate ? 1 : 0, target) } }
  }
  package func softmax(_ x: TensorView, into y: TensorView) { pair(x, y) { dcs_softmax($0, $1, $2) } }
  package func softmaxGradient(output y: TensorView, _ dy: TensorView, into dx: GradientPart) {
    withUnsafePointer(to: tensor(dx.view)) { target in pair(y, dy) { dcs_softmax_backward($0, $1, $2, dx.accumulate ? 1 : 0, target) } }
  }
  package func zero(_ y: TensorView) { withUnsafePointer(to: tensor(y)) { dcs_fill(pool.handle, 0, $0) } }
  package func copy(_ x: TensorView, into y: TensorView) { pair(x, y) { dcs_copy($0, $1, $2) } }
  package func add(_ x: TensorView, into y: TensorView) { pair(x, y) { dcs_add($0, $1, $2) } }
  package func pad(_ x: TensorView, at begin: Extent, into y: TensorView) { pair(x, y) { dcs_pad($0, $1, begin.c, $2) } }
}

extension Extent {
  var c: dcs_extent { dcs_extent(depth: Int64(z), height: Int64(y), width: Int64(x)) }
}

extension Pointwise {
  var c: Int32 {
    switch self {
    case .relu: Int32(DCS_RELU)
    case .sigmoid: Int32(DCS_SIGMOID)
    case .tanh: Int32(DCS_TANH)
    case .gelu: Int32(DCS_GELU)
    }
  }
}
