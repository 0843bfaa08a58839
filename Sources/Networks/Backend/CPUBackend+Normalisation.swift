// Batch normalisation and dropout on the CPU. Statistics are summed in double over the items of a batch, in their order.

import CKernels

extension CPUBackend {
  /// PyTorch's.
  static let epsilon = 1e-5

  func doubles(_ place: StoragePlace) -> UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(bases[place.storage] + place.offset).assumingMemoryBound(to: Double.self)
  }

  package func channelSums(_ a: TensorView, _ b: TensorView, first: Int, accumulate: Bool, into sums: StoragePlace) {
    pair(a, b) { dcs_channel_sums($0, $1, $2, doubles(sums) + 2 * first, accumulate ? 1 : 0) }
  }

  package func move(_ floats: Int, from: StoragePlace, to: StoragePlace) { (bases[to.storage] + to.offset).update(from: bases[from.storage] + from.offset, count: floats) }

  /// Mean and 1 / √(variance + ε) of a channel.
  private func statistics(_ channel: Int, _ sums: StoragePlace, _ count: Double) -> (mean: Double, variance: Double, scale: Double) {
    let sums = doubles(sums) + 2 * channel, mean = sums[0] / count, variance = max(0, sums[1] / count - mean * mean)
    return (mean, variance, 1 / (variance + Self.epsilon).squareRoot())
  }

  package func normalise(_ x: TensorView, first: Int, weights index: Int, sums: StoragePlace?, count: Double, into y: TensorView) {
    var numbers: [Float] = []
    for channel in first..<(first + x.channels) {
      var (mean, scale) = (Double(weights[index + 2][channel]), 1 / (max(0, Double(weights[index + 3][channel])) + Self.epsilon).squareRoot())
      if let sums { (mean, _, scale) = statistics(channel, sums, count) }
      numbers += [Float(mean), Float(scale * Double(weights[index][channel])), weights[index + 1][channel]]
    }
    pair(x, y) { dcs_channel_affine($0, $1, numbers, $2) }
  }

  package func normaliseGradient(_ x: TensorView, _ dy: TensorView, first: Int, weights index: Int, sums: StoragePlace, gradientSums: StoragePlace, count: Double, into dx: GradientPart) {
    var numbers: [Float] = []
    for channel in first..<(first + x.channels) {
      let (mean, _, scale) = statistics(channel, sums, count), gradient = doubles(gradientSums) + 2 * channel
      let along = (gradient[1] - mean * gradient[0]) * scale, slope = scale * Double(weights[index][channel])
      numbers += [Float(slope), Float(-slope * scale * along / count), Float(mean), Float(-slope * gradient[0] / count)]
    }
    withUnsafePointer(to: tensor(dx.view)) { target in pair(dy, x) { dcs_channel_combine($0, $1, $2, numbers, dx.accumulate ? 1 : 0, target) } }
  }

  package func normaliseWeightGradient(channels: Int, weights index: Int, sums: StoragePlace, gradientSums: StoragePlace, count: Double) {
    for channel in 0..<channels {
      let (mean, variance, scale) = statistics(channel, sums, count), gradient = doubles(gradientSums) + 2 * channel
      gradients[index][channel] = Float((gradient[1] - mean * gradient[0]) * scale)
      gradients[index + 1][channel] = Float(gradient[0])
      gradients[index + 2][channel] = Float(mean)
      gradients[index + 3][channel] = Float(count > 1 ? variance * count / (count - 1) : variance)
    }
  }

  package func dropout(_ share: Double, key: UInt64, first: Int, _ x: TensorView, into y: GradientPart) {
    pair(x, y.view) { dcs_dropout($0, key, Int64(first), share, $1, y.accumulate ? 1 : 0, $2) }
  }
}
