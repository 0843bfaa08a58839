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
  private(set) var packed: [Int: PackedWeights] = [:]
  /// Whether convolutions may be filtered in tiles where that is faster.
  let fast: Bool
  let empty: Buffer

  package init(pool: ThreadPool, fast: Bool = false) throws(ArrayError) {
    (self.pool, self.fast) = (pool, fast)
    empty = try Buffer(count: 64)
  }

  // MARK: Memory, set by the engine; it keeps what the pointers point to

  func bind(storages: [UnsafeMutablePointer<Float>]) { bases = storages }
  func bind(weights: [UnsafePointer<Float>]) { self.weights = weights }
  func bind(gradients: [UnsafeMutablePointer<Float>]) { self.gradients = gradients }

  /// Packs the weights of all convolutions of a plan.
  func pack(_ plan: Plan) throws {
    let training = !plan.backward.isEmpty, inputWanted = Set(plan.backward.filter { $0.inputGradients.first.flatMap { $0 } != nil }.map(\.step))
    var jobs: [(weights: PackedWeights, index: Int)] = []
    for (index, step) in plan.steps.enumerated().flatMap({ index, step in step.parts.map { (index, $0) } }) where step.operation is any FusesRelu {
      if packed[step.parameter] == nil { packed[step.parameter] = try PackedWeights(of: step, training: training, inputGradient: inputWanted.contains(index), backend: self) }
      if let weights = packed[step.parameter] { jobs.append((weights, step.parameter)) }
    }
    try pool.forEach(jobs.count) { job, _ in jobs[job].weights.pack(weights[jobs[job].index], bias: weights[jobs[job].index + 1]) }
    for job in jobs { job.weights.packTiles(weights[job.index], pool) }
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
