// Losses: a number that says how far a prediction is from its target, and its derivative with respect to the prediction.
//
// prediction, target  [b, c, z, y, x] (or any array whose second axis is the channel), float32
// weight              the same shape, or one channel for all; nil is 1 everywhere
// value               Σ weight · loss / count, count = elements (cross entropy: voxels), as torch's reduction="mean" of weighted terms
// The derivative has prediction's shape. Sums are made in double, in blocks whose borders depend on shapes alone.
// Checked against torch: Tests/Fixtures/networks.

import Arrays
import CKernels
import Execution

package enum Loss: String, Sendable, CaseIterable {
  /// (p − t)²
  case mse
  /// |p − t|
  case mae
  /// −t log σ(p) − (1 − t) log(1 − σ(p)): p are logits, t in 0...1.
  case bce
  /// −Σ t log softmax(p) over channels: p are logits, t one-hot or soft; `weight` has one channel.
  case crossEntropy = "cross_entropy"

  /// Squares weights first, as DaCapo does for its weighted mean square error, mean((w p − w t)²).
  package static func squared(_ weight: NDArray) throws -> NDArray {
    guard weight.dtype == .float32 else { throw NetworkError.dtype(expected: .float32, found: weight.dtype) }
    var result = try weight.copied()
    result.withMutableElements(Float.self) { values in for at in values.indices { values[at] *= values[at] } }
    return result
  }

  /// - Throws: `.losses` where shapes do not fit, `.dtype`.
  package func callAsFunction(_ prediction: NDArray, target: NDArray, weight: NDArray? = nil, pool: ThreadPool) throws -> (value: Double, gradient: NDArray) {
    guard prediction.rank >= 2 else { throw NetworkError.losses(expected: [1, 1], found: prediction.shape, what: "prediction") }
    guard target.shape == prediction.shape else { throw NetworkError.losses(expected: prediction.shape, found: target.shape, what: "target") }
    for array in [prediction, target] + (weight.map { [$0] } ?? []) where array.dtype != .float32 { throw NetworkError.dtype(expected: .float32, found: array.dtype) }
    var single = prediction.shape
    single[1] = 1
    if let weight, weight.shape != single, self == .crossEntropy || weight.shape != prediction.shape {
      throw NetworkError.losses(expected: self == .crossEntropy ? single : prediction.shape, found: weight.shape, what: "weight")
    }
    var gradient = try NDArray(.float32, prediction.shape, zeroed: false)
    let space = prediction.shape.dropFirst(2), voxels = space.reduce(1, *), channels = prediction.shape[1], batch = prediction.shape[0]
    let extent = space.count <= 3 ? Extent(space) : Extent(1, 1, voxels)
    let terms = batch * voxels * (self == .crossEntropy ? 1 : channels)
    guard terms > 0 else { return (0, gradient) }
    let factor = Float(1 / Double(terms))
    let (p, t, w) = (try prediction.contiguous(), try target.contiguous(), try weight?.contiguous())

    var sum = 0.0
    gradient.withMutableElements(Float.self) { gradient in
      func tensor(_ base: UnsafePointer<Float>?, _ item: Int, _ channels: Int) -> dcs_tensor {
        let data = base.map { UnsafeMutablePointer(mutating: $0) + item * channels * voxels }
        return dcs_tensor(data: data, channels: Int64(channels), depth: Int64(extent.z), height: Int64(extent.y), width: Int64(extent.x),
                          sc: Int64(voxels), sz: Int64(extent.y * extent.x), sy: Int64(extent.x))
      }
      for item in 0..<batch {
        p.withElements(Float.self) { p in
          t.withElements(Float.self) { t in
            var (prediction, target, result) = (tensor(p.baseAddress, item, channels), tensor(t.baseAddress, item, channels), tensor(gradient.baseAddress, item, channels))
            if let w {
              var weight = w.withElements(Float.self) { tensor($0.baseAddress, item, w.shape[1]) }
              sum += dcs_loss(pool.handle, kernel, &prediction, &target, &weight, factor, &result)
            } else {
              sum += dcs_loss(pool.handle, kernel, &prediction, &target, nil, factor, &result)
            }
          }
        }
      }
    }
    return (sum / Double(terms), gradient)
  }

  private var kernel: Int32 {
    switch self {
    case .mse: Int32(DCS_MSE)
    case .mae: Int32(DCS_L1)
    case .bce: Int32(DCS_BCE)
    case .crossEntropy: Int32(DCS_CROSS_ENTROPY)
    }
  }
}
