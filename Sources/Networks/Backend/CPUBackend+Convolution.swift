// Convolution on the CPU: the direct sum, or minimal filtering in tiles where the backend may be fast and that pays.
//
// The choice hangs on shapes alone, so that equal shapes give equal bytes. Tiles save multiplications (4 times fewer, 2 times for kernels of one
// plane) and cost transforms, which are worth as much as so many multiplications a channel; measured from 1 to 432 channels with AVX2 and
// AVX-512, three axes: twice the speed at 12 → 72 channels, three times at 72 → 72, less than the direct sum at 1 → 12; two axes: 1.3 times at
// 32 → 32, 1.8 times at 128 → 128. Gradients gain where the forward pass does not yet, as their direct sums are slower.

import Arrays
import CKernels

extension CPUBackend {
  enum Pass { case forward, inputGradient, weightGradient }
  /// The direct sum; in tiles with weights that were transformed before; in tiles, weights transformed on the way and kept nowhere.
  enum Method { case direct, tiles, streamed }

  /// How a pass between so many channels is computed; `extent`: of the output, for the input's gradient of that.
  func method(_ pass: Pass, _ inputs: Int, _ outputs: Int, _ window: Window, _ extent: Extent) -> Method {
    guard fast, window.isPlain, dcs_winograd_takes(window.kernel.c) == 1 else { return .direct }
    func fill(_ length: Int) -> Double { Double(length) / Double((length + 3) / 4 * 4) }
    let channels = 1 / Double(inputs) + 1 / Double(outputs)
    let gain = window.kernel.z == 3 ? fill(extent.z) * fill(extent.y) / (0.25 + 2.2 * channels) : fill(extent.y) / (0.5 + 2.8 * channels)
    // Transformed weights are 4 times as large and, in training, made anew for each step: for few voxels only on the way, and if there are many;
    // for those of gradients, that are never kept, even twice.
    if pass != .weightGradient && inputs * outputs >= 1 << 14 && max(inputs, outputs) <= 1 << 13 && gain > 1.8 && extent.count <= 1 << 14 {
      let view = unbound(TensorView(storage: 0, layout: Layout(outputs, extent)))
      if withUnsafePointer(to: view, { dcs_winograd_streamed_units($0, window.kernel.c) }) <= (pass == .inputGradient ? 2 : 1) { return .streamed }
    }
    let isWeights = pass == .weightGradient
    guard extent.count >= (isWeights ? 500 : 1000), isWeights || inputs * outputs <= 1 << 20 else { return .direct }
    return gain > (pass == .forward ? 1.15 : pass == .inputGradient ? 0.8 : 1) ? .tiles : .direct
  }

  private func channels(_ views: [TensorView]) -> Int { views.reduce(0) { $0 + $1.channels } }

  /// For questions about sizes: only extents and strides are read, so it needs no memory yet.
  private func unbound(_ view: TensorView) -> dcs_tensor {
    dcs_tensor(data: empty.bytes.assumingMemoryBound(to: Float.self), channels: Int64(view.channels), depth: Int64(view.extent.z), height: Int64(view.extent.y), width: Int64(view.extent.x),
               sc: Int64(view.channelStride), sz: Int64(view.planeStride), sy: Int64(view.rowStride))
  }

  private func floats(_ place: StoragePlace) -> UnsafeMutablePointer<Float> { bases[place.storage] + place.offset }

  /// Floats of scratch for a pass in tiles that makes `outputs` channels of `like`'s extent from `inputs` of `from`'s.
  private func tileScratch(_ method: Method, _ inputs: Int, _ outputs: Int, _ window: Window, from: TensorView, like: TensorView) -> Int {
    withUnsafePointer(to: unbound(from)) { from in
      withUnsafePointer(to: unbound(like)) {
        Int(method == .streamed ? dcs_winograd_streamed_scratch(pool.handle, from, Int64(inputs), $0, window.kernel.c)
            : dcs_winograd_scratch(pool.handle, from, Int64(inputs), $0, Int64(outputs), window.kernel.c))
      }
    }
  }

  /// In tiles, zeros around an input need not be stored.
  package func imaginesZeros(_ inputs: Int, _ outputs: Int, _ window: Window, _ extent: Extent, training: Bool) -> Bool {
    let passes: [Pass] = training ? [.forward, .inputGradient, .weightGradient] : [.forward]
    return passes.allSatisfy { method($0, inputs, outputs, window, extent) != .direct }
  }

  // MARK: Forward

  package func convolutionScratch(_ inputs: [TensorView], window: Window, output: TensorView, packedFor extent: Extent) -> Int {
    let method = method(.forward, channels(inputs), output.channels, window, extent)
    if method != .direct { return tileScratch(method, channels(inputs), output.channels, window, from: inputs[0], like: output) }
    return inputs.map(unbound).withUnsafeBufferPointer { Int(dcs_window_forward_scratch($0.baseAddress, Int32($0.count), window.c)) }
  }

  package func convolve(_ inputs: [TensorView], window: Window, weights index: Int, bias: Int, relu: Bool, into output: TensorView, scratch: StoragePlace) {
    guard let packed = packed[index] else { return }
    withUnsafePointer(to: tensor(output)) { output in
      inputs.map(tensor).withUnsafeBufferPointer { inputs in
        let count = Int32(inputs.count), added = packed.bias ?? weights[bias], relu: Int32 = relu ? 1 : 0
        switch packed.forward.method {
        case .streamed: dcs_winograd_streamed_forward(pool.handle, inputs.baseAddress, count, window.kernel.c, weights[index], added, relu, output, floats(scratch))
        case .tiles: dcs_winograd_forward(pool.handle, inputs.baseAddress, count, window.kernel.c, packed.forward.floats, added, relu, output, floats(scratch))
        case .direct where window.isPlain: dcs_conv_forward(pool.handle, inputs.baseAddress, count, window.kernel.c, packed.forward.floats, added, relu, output)
        case .direct: dcs_window_forward(pool.handle, inputs.baseAddress, count, window.c, packed.forward.floats, added, relu, output, floats(scratch))
        }
      }
    }
  }

  // MARK: Backward

  package func inputGradientReadsBorder(_ inputs: [TensorView], window: Window, output: TensorView) -> Bool {
    window.isPlain && method(.inputGradient, channels(inputs), output.channels, window, inputs[0].extent) == .direct
  }

  package func inputGradientScratch(_ inputs: [TensorView], window: Window, outputGradient: TensorView) -> Int {
    let method = method(.inputGradient, channels(inputs), outputGradient.channels, window, inputs[0].extent)
    if method != .direct { return tileScratch(method, outputGradient.channels, channels(inputs), window, from: outputGradient, like: inputs[0]) }
    if window.isPlain { return 0 }
    return withUnsafePointer(to: unbound(outputGradient)) { dy in
      inputs.map(unbound).withUnsafeBufferPointer { Int(dcs_window_backward_data_scratch(dy, window.c, $0.baseAddress, Int32($0.count))) }
    }
  }

  package func convolveInputGradient(_ outputGradient: TensorView, window: Window, weights index: Int, into parts: [GradientPart], scratch: StoragePlace) {
    guard let packed = packed[index]?.backward else { return }
    let bits = parts.enumerated().reduce(Int32(0)) { $1.element.accumulate ? $0 | (1 << Int32($1.offset)) : $0 }
    withUnsafePointer(to: tensor(outputGradient)) { dy in
      parts.map { tensor($0.view) }.withUnsafeBufferPointer { dx in
        let count = Int32(dx.count)
        switch packed.method {
        case .streamed: dcs_winograd_streamed_backward_data(pool.handle, dy, window.kernel.c, weights[index], dx.baseAddress, count, bits, floats(scratch))
        case .tiles: dcs_winograd_backward_data(pool.handle, dy, window.kernel.c, packed.floats, dx.baseAddress, count, bits, floats(scratch))
        case .direct where window.isPlain: dcs_conv_backward_data(pool.handle, dy, window.kernel.c, packed.floats, dx.baseAddress, count, bits, nil)
        case .direct: dcs_window_backward_data(pool.handle, dy, window.c, packed.floats, dx.baseAddress, count, bits, floats(scratch))
        }
      }
    }
  }

  package func weightGradientScratch(_ inputs: [TensorView], window: Window, outputGradient: TensorView) -> Int {
    withUnsafePointer(to: unbound(outputGradient)) { dy in
      inputs.map(unbound).withUnsafeBufferPointer { x in
        method(.weightGradient, channels(inputs), outputGradient.channels, window, outputGradient.extent) == .tiles
          ? Int(dcs_winograd_backward_weights_scratch(pool.handle, x.baseAddress, Int32(x.count), window.kernel.c, dy))
          : Int(dcs_window_backward_weights_scratch(pool.handle, x.baseAddress, Int32(x.count), window.c, dy))
      }
    }
  }

  package func convolveWeightGradient(_ inputs: [TensorView], window: Window, outputGradient: TensorView, weights index: Int, bias: Int, accumulate: Bool, scratch: StoragePlace) {
    guard let packed = packed[index] else { return }
    let transposed = packed.transposedGradient, dw = transposed?.weights ?? gradients[index], dbias = transposed?.bias ?? gradients[bias], adds: Int32 = accumulate && transposed == nil ? 1 : 0
    let inTiles = method(.weightGradient, channels(inputs), outputGradient.channels, window, outputGradient.extent) == .tiles
    withUnsafePointer(to: tensor(outputGradient)) { dy in
      inputs.map(tensor).withUnsafeBufferPointer { x in
        if inTiles {
          dcs_winograd_backward_weights(pool.handle, x.baseAddress, Int32(x.count), window.kernel.c, dy, dw, dbias, adds, floats(scratch))
        } else {
          dcs_window_backward_weights(pool.handle, x.baseAddress, Int32(x.count), window.c, dy, dw, dbias, adds, floats(scratch))
        }
      }
    }
    packed.addTransposed(to: gradients[index], bias: gradients[bias], accumulate: accumulate)
  }
}
