// Convolution by minimal filtering against the direct sum in double: values within a few roundings, bytes the same for any number of threads.
import CKernels
import Execution
import Testing

extension ConvCase {
  /// Extents around whole tiles, widths around vectors and segments, channels around groups and what is taken at a time.
  static let tiled: [ConvCase] = {
    var cases: [ConvCase] = []
    for depth in 1...9 { cases.append(ConvCase(inputs: [3], outputs: 5, kernel: (3, 3, 3), size: (depth, 10 - depth, 11), gaps: (2, 0, 1))) }
    for width in [1, 2, 7, 8, 15, 16, 17, 33, 255, 256, 257, 300] {
      cases.append(ConvCase(inputs: [2], outputs: 3, kernel: (3, 3, 3), size: (2, 6, width)))
      cases.append(ConvCase(inputs: [3, 2], outputs: 9, kernel: (1, 3, 3), size: (2, 5, width), gaps: (3, 5, 1)))
    }
    for outputs in 1...17 { cases.append(ConvCase(inputs: [1], outputs: outputs, kernel: (3, 3, 3), size: (4, 4, 13))) }
    for taps in 1...7 {
      cases.append(ConvCase(inputs: [2, 1], outputs: 4, kernel: (3, 3, taps), size: (5, 6, 9), gaps: (1, 0, 2)))
      cases.append(ConvCase(inputs: [2], outputs: 4, kernel: (1, 3, taps), size: (1, 30, 40)))
    }
    cases.append(ConvCase(inputs: [100, 57], outputs: 9, kernel: (3, 3, 3), size: (4, 5, 6)))
    cases.append(ConvCase(inputs: [9], outputs: 157, kernel: (3, 3, 3), size: (4, 5, 6)))
    return cases
  }()
}

extension ConvProblem {
  func streamedForward(_ pool: ThreadPool, relu: Bool) -> Image {
    let output = Image(conv.outputs, conv.size.0, conv.size.1, conv.size.2, gap: conv.gaps.2, rowGap: 1)
    var scratch = [Float](repeating: .nan, count: Int(dcs_winograd_streamed_scratch(pool.handle, &inputs[0].tensor, Int64(conv.channels), &output.tensor, conv.extents)))
    dcs_winograd_streamed_forward(pool.handle, inputs.map(\.tensor), Int32(inputs.count), conv.extents, weights, bias, relu ? 1 : 0, &output.tensor, &scratch)
    return output
  }

  func streamedBackwardData(_ pool: ThreadPool, into dx: [Image], accumulate: Int) {
    var scratch = [Float](repeating: .nan, count: Int(dcs_winograd_streamed_scratch(pool.handle, &dy.tensor, Int64(conv.outputs), &dx[0].tensor, conv.extents)))
    dcs_winograd_streamed_backward_data(pool.handle, &dy.tensor, conv.extents, weights, dx.map(\.tensor), Int32(dx.count), Int32(accumulate), &scratch)
  }

  func tiledForward(_ pool: ThreadPool, relu: Bool) -> Image {
    let output = Image(conv.outputs, conv.size.0, conv.size.1, conv.size.2, gap: conv.gaps.2, rowGap: 1)
    var packed = [Float](repeating: .nan, count: Int(dcs_winograd_packed_count(Int64(conv.outputs), Int64(conv.channels), conv.extents)))
    dcs_winograd_pack_forward(pool.handle, weights, Int64(conv.outputs), Int64(conv.channels), conv.extents, &packed)
    var scratch = [Float](repeating: .nan, count: Int(dcs_winograd_scratch(pool.handle, &inputs[0].tensor, Int64(conv.channels), &output.tensor, Int64(conv.outputs), conv.extents)))
    dcs_winograd_forward(pool.handle, inputs.map(\.tensor), Int32(inputs.count), conv.extents, packed, bias, relu ? 1 : 0, &output.tensor, &scratch)
    return output
  }

  func tiledBackwardData(_ pool: ThreadPool, into dx: [Image], accumulate: Int) {
    var packed = [Float](repeating: .nan, count: Int(dcs_winograd_packed_count(Int64(conv.channels), Int64(conv.outputs), conv.extents)))
    dcs_winograd_pack_backward(pool.handle, weights, Int64(conv.outputs), Int64(conv.channels), conv.extents, &packed)
    var scratch = [Float](repeating: .nan, count: Int(dcs_winograd_scratch(pool.handle, &dy.tensor, Int64(conv.outputs), &dx[0].tensor, Int64(conv.channels), conv.extents)))
    dcs_winograd_backward_data(pool.handle, &dy.tensor, conv.extents, packed, dx.map(\.tensor), Int32(dx.count), Int32(accumulate), &scratch)
  }

  func tiledBackwardWeights(_ pool: ThreadPool, from start: Float = 0, accumulate: Bool = false) -> (dw: [Float], dbias: [Float]) {
    var dw = [Float](repeating: start, count: weights.count), dbias = [Float](repeating: start, count: conv.outputs)
    let tensors = inputs.map(\.tensor)
    var scratch = [Float](repeating: .nan, count: Int(dcs_winograd_backward_weights_scratch(pool.handle, tensors, Int32(inputs.count), conv.extents, &dy.tensor)))
    dcs_winograd_backward_weights(pool.handle, tensors, Int32(inputs.count), conv.extents, &dy.tensor, &dw, &dbias, accumulate ? 1 : 0, &scratch)
    return (dw, dbias)
  }
}

@Suite struct KernelWinogradTests {
  let pool = ThreadPool(threads: 2)
  let tolerance = 1e-4

  @Test(arguments: ConvCase.tiled) func forward(_ conv: ConvCase) {
    let problem = ConvProblem(conv)
    for relu in [false, true] {
      let twin = problem.forwardTwin(relu: relu).double
      var bytes: [String: [UInt32]] = [:]
      for level in kernelLevels {
        let output = onLevel(level) { problem.tiledForward(pool, relu: relu) }
        #expect(output.strayWrites == 0, "\(level)")
        #expect(distance(output.values, twin) < tolerance, "\(level)")
        bytes[level] = bits(output.values)
        let streamed = onLevel(level) { problem.streamedForward(pool, relu: relu) }
        #expect(streamed.strayWrites == 0 && bits(streamed.values) == bits(output.values), "\(level): weights transformed on the way")
      }
      if let narrow = bytes["avx2"], let wide = bytes["avx512"] { #expect(narrow == wide) }
    }
  }

  @Test(arguments: ConvCase.tiled) func backwardData(_ conv: ConvCase) {
    let problem = ConvProblem(conv), (d, h, w) = conv.inputSize
    for accumulate in [0, 1, 2, 3] where accumulate < 1 << conv.inputs.count {
      for level in kernelLevels {
        let dx = conv.inputs.enumerated().map { Image($1, d, h, w, gap: $0 + conv.gaps.0, rowGap: $0, seed: 5) }
        let twin = problem.dataTwin(dx, accumulate: accumulate)
        onLevel(level) { problem.tiledBackwardData(pool, into: dx, accumulate: accumulate) }
        #expect(distance(dx.flatMap(\.values), twin) < tolerance, "\(level) accumulate \(accumulate)")
        for image in dx { #expect(image.strayWrites == 0) }
        let streamed = conv.inputs.enumerated().map { Image($1, d, h, w, gap: $0 + conv.gaps.0, rowGap: $0, seed: 5) }
        onLevel(level) { problem.streamedBackwardData(pool, into: streamed, accumulate: accumulate) }
        #expect(bits(streamed.flatMap(\.values)) == bits(dx.flatMap(\.values)), "\(level)")
        for image in streamed { #expect(image.strayWrites == 0) }
      }
    }
  }

  @Test(arguments: ConvCase.tiled) func backwardWeights(_ conv: ConvCase) {
    expectWeights(conv, within: tolerance) { $0.tiledBackwardWeights(pool) } added: { $0.tiledBackwardWeights(pool, from: 2, accumulate: true) }
  }

  @Test func threads() {
    expectSameBytes(
      ConvCase(inputs: [5, 6], outputs: 12, kernel: (3, 3, 3), size: (9, 20, 37), gaps: (2, 2, 3)), forward: { $0.tiledForward($1, relu: true) },
      backwardData: { $0.tiledBackwardData($1, into: $2, accumulate: 0) }, backwardWeights: { $0.tiledBackwardWeights($1) })
  }

  /// Root mean square of the error over that of the output, 432 channels.
  @Test func accuracy() {
    let problem = ConvProblem(ConvCase(inputs: [432], outputs: 2, kernel: (3, 3, 3), size: (4, 4, 16)))
    let exact = problem.forwardTwin(relu: false).double, found = problem.tiledForward(pool, relu: false).values
    let error = zip(found, exact).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
    let size = (exact.reduce(0) { $0 + $1 * $1 } / Double(exact.count)).squareRoot()
    #expect(error < 5e-5 * size, "\(error / size)")
  }
}
