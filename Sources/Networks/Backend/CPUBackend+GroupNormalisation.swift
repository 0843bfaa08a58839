// Group normalisation on the CPU: the sums of a group's channels, joined in double, give its mean and variance.

import CKernels

extension CPUBackend {
  /// Mean and 1 / √(variance + ε) of a channel's group.
  private func statistics(_ channel: Int, _ groups: ChannelGroups, _ sums: StoragePlace) -> (mean: Double, scale: Double) {
    let first = channel / groups.size * groups.size, sums = doubles(sums), count = Double(groups.size) * Double(groups.voxels)
    var (sum, squares) = (0.0, 0.0)
    for member in first..<(first + groups.size) { (sum, squares) = (sum + sums[2 * member], squares + sums[2 * member + 1]) }
    let mean = sum / count
    return (mean, 1 / (max(0, squares / count - mean * mean) + Self.epsilon).squareRoot())
  }

  private func weight(_ channel: Int, _ groups: ChannelGroups) -> Double { groups.weights.map { Double(weights[$0][channel]) } ?? 1 }

  package func normalise(_ x: TensorView, first: Int, _ groups: ChannelGroups, sums: StoragePlace, into y: TensorView) {
    var numbers: [Float] = []
    for channel in first..<(first + x.channels) {
      let (mean, scale) = statistics(channel, groups, sums)
      numbers += [Float(mean), Float(scale * weight(channel, groups)), groups.weights.map { weights[$0 + 1][channel] } ?? 0]
    }
    pair(x, y) { dcs_channel_affine($0, $1, numbers, $2) }
  }

  package func normaliseGradient(_ x: TensorView, _ dy: TensorView, first: Int, _ groups: ChannelGroups, sums: StoragePlace, gradientSums: StoragePlace, into dx: GradientPart) {
    let given = doubles(gradientSums), count = Double(groups.size) * Double(groups.voxels)
    var numbers: [Float] = []
    for channel in first..<(first + x.channels) {
      let (mean, scale) = statistics(channel, groups, sums), begin = channel / groups.size * groups.size
      var (level, along) = (0.0, 0.0)   // means over the group of the gradient of x̂, and of that times x̂
      for member in begin..<(begin + groups.size) {
        level += weight(member, groups) * given[2 * member] / count
        along += weight(member, groups) * (given[2 * member + 1] - mean * given[2 * member]) * scale / count
      }
      numbers += [Float(scale * weight(channel, groups)), Float(-scale * scale * along), Float(mean), Float(-scale * level)]
    }
    withUnsafePointer(to: tensor(dx.view)) { target in pair(dy, x) { dcs_channel_combine($0, $1, $2, numbers, dx.accumulate ? 1 : 0, target) } }
  }

  package func normaliseWeightGradient(_ groups: ChannelGroups, sums: StoragePlace, gradientSums: StoragePlace, accumulate: Bool) {
    guard let index = groups.weights else { return }
    for channel in 0..<groups.channels {
      let (mean, scale) = statistics(channel, groups, sums), given = doubles(gradientSums) + 2 * channel
      gradients[index][channel] = (accumulate ? gradients[index][channel] : 0) + Float((given[1] - mean * given[0]) * scale)
      gradients[index + 1][channel] = (accumulate ? gradients[index + 1][channel] : 0) + Float(given[0])
    }
  }
}
