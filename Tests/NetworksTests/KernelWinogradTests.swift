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
    for edge in [3, 5, 6, 9] {
      cases.append(ConvCase(inputs: [4, 3], outputs: 9, kernel: (3, 3, 3), size: (edge, edge, edge), gaps: (1, 0, 2)))
      cases.append(ConvCase(inputs: [4], outputs: 9, kernel: (1, 3, 3), size: (2, edge, 20)))
    }
    // Whole groups of output channels, which lie side by side where weights are transformed on the way: one, pairs, odd ones, more than a block.
    for width in [1, 2, 9, 300] { cases.append(ConvCase(inputs: [9, 7], outputs: 24, kernel: (3, 3, 3), size: (4, 4, width), gaps: (1, 0, 2))) }
    for edge in [1, 2, 9] { cases.append(ConvCase(inputs: [8], outputs: 16, kernel: (3, 3, 1), size: (edge, 3, edge))) }
    for width in [1, 17, 300] { cases.append(ConvCase(inputs: [33, 7], outputs: 40, kernel: (1, 3, 1), size: (2, 5, width), gaps: (3, 5, 1))) }
    cases.append(ConvCase(inputs: [16], outputs: 72, kernel: (1, 3, 7), size: (1, 12, 12)))
    return cases
  }()

  /// Whether 5 products for 3 outputs are fewer than 6 for 4.
  static func tilesOfThree(_ size: (Int, Int, Int), _ planes: Int) -> Bool {
    func products(_ tile: Int) -> Int {
      func along(_ length: Int) -> Int { (length + tile - 1) / tile * (tile + 2) }
      return along(size.1) * (planes == 3 ? along(size.0) : 1)
    }
    return products(3) < products(4)
  }
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

  func streamedTile(_ output: Image) -> Int64 { dcs_winograd_tile(&output.tensor, conv.extents) }

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
      var bytes: [String: [UInt32]] = [:], streamedBytes = bytes, small = 0
      for level in kernelLevels {
        let output = onLevel(level) { problem.tiledForward(pool, relu: relu) }
        #expect(output.strayWrites == 0, "\(level)")
        #expect(distance(output.values, twin) < tolerance, "\(level)")
        bytes[level] = bits(output.values)
        let streamed = onLevel(level) { problem.streamedForward(pool, relu: relu) }
        #expect(streamed.strayWrites == 0 && distance(streamed.values, twin) < tolerance, "\(level): weights transformed on the way")
        if problem.streamedTile(output) == 4 { #expect(bits(streamed.values) == bits(output.values), "\(level)") } else { small += 1 }
        streamedBytes[level] = bits(streamed.values)
      }
      if let narrow = bytes["avx2"], let wide = bytes["avx512"] { #expect(narrow == wide) }
      if let narrow = streamedBytes["avx2"], let wide = streamedBytes["avx512"] { #expect(narrow == wide) }
      #expect(small == (ConvCase.tilesOfThree(conv.size, conv.kernel.0) ? kernelLevels.count : 0))
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
        #expect(distance(streamed.flatMap(\.values), twin) < tolerance, "\(level) accumulate \(accumulate)")
        if problem.streamedTile(dx[0]) == 4 { #expect(bits(streamed.flatMap(\.values)) == bits(dx.flatMap(\.values)), "\(level)") }
        for image in streamed { #expect(image.strayWrites == 0) }
      }
    }
  }

  @Test(arguments: ConvCase.tiled) func backwardWeights(_ conv: ConvCase) {
    expectWeights(conv, within: tolerance) { $0.tiledBackwardWeights(pool) } added: { $0.tiledBackwardWeights(pool, from: 2, accumulate: true) }
  }

  /// Zeros that are stored nowhere: inputs smaller than what the taps span, beside inputs with a border of zeros.
  @Test(arguments: [(3, 3, 20), (3, 1, 33), (1, 3, 16), (3, 5, 300), (1, 7, 9)]) func samePadding(depth: Int, width: Int, length: Int) {
    let conv = ConvCase(inputs: [5, 4], outputs: 11, kernel: (depth, 3, width), size: (6, 9, length), gaps: (1, 0, 2)), problem = ConvProblem(conv)
    let before = (depth / 2, 1, width / 2)
    func isInside(_ z: Int, _ y: Int, _ x: Int) -> Bool {
      (0..<conv.size.0).contains(z - before.0) && (0..<conv.size.1).contains(y - before.1) && (0..<conv.size.2).contains(x - before.2)
    }
    func inside(_ image: Image) -> dcs_tensor {
      var tensor = image.tensor
      tensor.data += image.index(0, before.0, before.1, before.2)
      (tensor.depth, tensor.height, tensor.width) = (Int64(conv.size.0), Int64(conv.size.1), Int64(conv.size.2))
      return tensor
    }
    for image in problem.inputs { image.forEachVoxel { if !isInside($1, $2, $3) { image[$0, $1, $2, $3] = 0 } } }
    let inputs = problem.inputs.map(inside), forward = problem.forwardTwin(relu: true).double, weights = problem.weightsTwin()
    for level in kernelLevels {
      onLevel(level) {
        let output = Image(conv.outputs, conv.size.0, conv.size.1, conv.size.2), streamed = output.copy()
        var packed = [Float](repeating: .nan, count: Int(dcs_winograd_packed_count(Int64(conv.outputs), Int64(conv.channels), conv.extents)))
        dcs_winograd_pack_forward(pool.handle, problem.weights, Int64(conv.outputs), Int64(conv.channels), conv.extents, &packed)
        var scratch = [Float](repeating: .nan, count: Int(dcs_winograd_scratch(pool.handle, inputs, Int64(conv.channels), &output.tensor, Int64(conv.outputs), conv.extents)))
        dcs_winograd_forward(pool.handle, inputs, 2, conv.extents, packed, problem.bias, 1, &output.tensor, &scratch)
        scratch = [Float](repeating: .nan, count: Int(dcs_winograd_streamed_scratch(pool.handle, inputs, Int64(conv.channels), &streamed.tensor, conv.extents)))
        dcs_winograd_streamed_forward(pool.handle, inputs, 2, conv.extents, problem.weights, problem.bias, 1, &streamed.tensor, &scratch)
        #expect(distance(output.values, forward) < tolerance && distance(streamed.values, forward) < tolerance, "\(level)")

        let (d, h, w) = conv.inputSize, dx = conv.inputs.map { Image($0, d, h, w) }, twin = problem.dataTwin(dx, accumulate: 0)
        packed = [Float](repeating: .nan, count: Int(dcs_winograd_packed_count(Int64(conv.channels), Int64(conv.outputs), conv.extents)))
        dcs_winograd_pack_backward(pool.handle, problem.weights, Int64(conv.outputs), Int64(conv.channels), conv.extents, &packed)
        let parts = dx.map(inside)
        scratch = [Float](repeating: .nan, count: Int(dcs_winograd_scratch(pool.handle, &problem.dy.tensor, Int64(conv.outputs), parts, Int64(conv.channels), conv.extents)))
        dcs_winograd_backward_data(pool.handle, &problem.dy.tensor, conv.extents, packed, parts, 2, 0, &scratch)
        var values: [Float] = [], expected: [Double] = [], stray = 0, place = 0
        for image in dx {
          image.forEachVoxel { c, z, y, x in
            if isInside(z, y, x) { values.append(image[c, z, y, x]); expected.append(twin[place]) } else if !image[c, z, y, x].isNaN { stray += 1 }
            place += 1
          }
        }
        #expect(distance(values, expected) < tolerance && stray == 0, "\(level)")

        var dw = [Float](repeating: 0, count: problem.weights.count), dbias = [Float](repeating: 0, count: conv.outputs)
        scratch = [Float](repeating: .nan, count: Int(dcs_winograd_backward_weights_scratch(pool.handle, inputs, 2, conv.extents, &problem.dy.tensor)))
        dcs_winograd_backward_weights(pool.handle, inputs, 2, conv.extents, &problem.dy.tensor, &dw, &dbias, 0, &scratch)
        #expect(distance(dw, weights.dw) < tolerance && distance(dbias, weights.dbias) < tolerance, "\(level)")
      }
    }
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
