// What joins tensors on the CPU: products, sums over space and back, vectors of one length, linear upsampling, overlapping boxes.

import CKernels

extension CPUBackend {
  private func start(_ view: TensorView) -> UnsafeMutablePointer<Float> { bases[view.storage] + view.offset }

  // MARK: One voxel for all of space

  package func put(_ sums: StoragePlace, first: Int, products: Bool, of count: Int, times factor: Double, into y: GradientPart) {
    let sums = doubles(sums) + 2 * first, to = start(y.view), stride = y.view.channelStride
    var values = (0..<count).map { sums[2 * $0 + (products ? 1 : 0)] * factor }
    if y.view.channels == 1 && count > 1 { values = [values.reduce(0, +)] }
    for (channel, value) in values.enumerated() { to[channel * stride] = (y.accumulate ? to[channel * stride] : 0) + Float(value) }
  }

  /// One number a channel of a tensor of one voxel; the same for all where it has one channel.
  private func numbers(_ vector: TensorView, _ channels: Int) -> [Float] { (0..<channels).map { start(vector)[vector.channels == 1 ? 0 : $0 * vector.channelStride] } }

  package func spread(_ vector: TensorView, times factor: Double, into y: GradientPart) {
    let values = numbers(vector, y.view.channels).map { Float(Double($0) * factor) }
    withUnsafePointer(to: tensor(y.view)) { dcs_channel_constant(pool.handle, values, y.accumulate ? 1 : 0, $0) }
  }

  package func scale(_ x: TensorView, by vector: TensorView, into y: GradientPart) {
    let values = numbers(vector, x.channels).flatMap { [Float]([$0, 0, 0, 0]) }
    withUnsafePointer(to: tensor(y.view)) { target in pair(x, x) { dcs_channel_combine($0, $1, $2, values, y.accumulate ? 1 : 0, target) } }
  }

  package func biasGradient(_ sums: StoragePlace, channels: Int, bias: Int, accumulate: Bool) {
    for channel in 0..<channels { gradients[bias][channel] = (accumulate ? gradients[bias][channel] : 0) + Float(doubles(sums)[2 * channel]) }
  }

  // MARK: Place by place

  package func multiply(_ a: TensorView, _ b: TensorView, into y: GradientPart) {
    withUnsafePointer(to: tensor(y.view)) { target in pair(a, b) { dcs_multiply($0, $1, $2, y.accumulate ? 1 : 0, target) } }
  }
  package func dot(_ a: TensorView, _ b: TensorView, into y: GradientPart) {
    withUnsafePointer(to: tensor(y.view)) { target in pair(a, b) { dcs_channel_dot($0, $1, $2, y.accumulate ? 1 : 0, target) } }
  }
  package func unitLength(_ x: TensorView, into y: TensorView) { pair(x, y) { dcs_unit_length($0, $1, $2) } }
  package func unitLengthGradient(_ x: TensorView, _ dy: TensorView, into dx: GradientPart) {
    withUnsafePointer(to: tensor(dx.view)) { target in pair(x, dy) { dcs_unit_length_backward($0, $1, $2, dx.accumulate ? 1 : 0, target) } }
  }

  // MARK: Space

  package func upsampleLinear(_ x: TensorView, factors: Extent, corners: Bool, into y: TensorView) {
    pair(x, y) { dcs_linear_upsample_forward($0, $1, factors.c, corners ? 1 : 0, $2) }
  }
  package func upsampleLinearGradient(_ dy: TensorView, factors: Extent, corners: Bool, into dx: GradientPart) {
    pair(dy, dx.view) { dcs_linear_upsample_backward($0, $1, factors.c, corners ? 1 : 0, dx.accumulate ? 1 : 0, $2) }
  }
  package func fold(_ x: TensorView, kernel: Extent, factors: Extent, cut: Extent, bias: Int, relu: Bool, into y: TensorView) {
    pair(x, y) { dcs_fold($0, $1, kernel.c, factors.c, cut.c, weights[bias], relu ? 1 : 0, $2) }
  }
  package func unfold(_ y: TensorView, kernel: Extent, factors: Extent, cut: Extent, into x: TensorView) {
    pair(y, x) { dcs_unfold($0, $1, kernel.c, factors.c, cut.c, $2) }
  }
}
