// Convolution against a scalar twin: chains of fused multiply-adds in the order input channel, kz, ky, kx, over as many channels as make
// 1,024 products; then the sum of chains, then the bias.
import CKernels
import Execution
import Testing

/// One convolution, small enough for the twin.
struct ConvCase: CustomTestStringConvertible, Sendable {
  var inputs: [Int]          // channels of each range
  var outputs: Int
  var kernel: (Int, Int, Int)
  var size: (Int, Int, Int)  // of the output
  var gaps = (0, 0, 0)       // between rows of the first input, the second, the output
  var testDescription: String { "\(inputs)->\(outputs) kernel \(kernel) output \(size) gaps \(gaps)" }

  var channels: Int { inputs.reduce(0, +) }
  var extents: dcs_extent { extent(kernel.0, kernel.1, kernel.2) }
  var volume: Int { kernel.0 * kernel.1 * kernel.2 }
  var inputSize: (Int, Int, Int) { (size.0 + kernel.0 - 1, size.1 + kernel.1 - 1, size.2 + kernel.2 - 1) }

  /// Widths around whole vectors and tiles, channel counts around groups, both ways of cutting lines, small and odd kernels.
  static let all: [ConvCase] = {
    var cases: [ConvCase] = []
    for width in [1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 47, 48, 49, 97] {
      cases.append(ConvCase(inputs: [2], outputs: 3, kernel: (3, 3, 3), size: (2, 3, width)))
      cases.append(ConvCase(inputs: [3, 2], outputs: 9, kernel: (1, 3, 3), size: (1, 2, width), gaps: (3, 5, 1)))
    }
    for outputs in 1...17 { cases.append(ConvCase(inputs: [1], outputs: outputs, kernel: (3, 3, 3), size: (1, 4, 13))) }
    for outputs in [33, 40] { cases.append(ConvCase(inputs: [5], outputs: outputs, kernel: (1, 1, 1), size: (3, 5, 7))) }
    for inputs in 1...9 { cases.append(ConvCase(inputs: [inputs, 10 - inputs], outputs: 4, kernel: (2, 3, 1), size: (2, 3, 5), gaps: (2, 2, 0))) }
    for kz in 1...3 { for ky in 1...3 { for kx in 1...7 {
      cases.append(ConvCase(inputs: [2], outputs: 5, kernel: (kz, ky, kx), size: (2, 3, 11), gaps: (1, 0, 2)))
    } } }
    cases.append(ConvCase(inputs: [1], outputs: 1, kernel: (7, 7, 7), size: (1, 2, 3)))
    cases.append(ConvCase(inputs: [2], outputs: 2, kernel: (1, 1, 1), size: (2, 3, 5), gaps: (40, 0, 0)))
    cases.append(ConvCase(inputs: [1, 1], outputs: 2, kernel: (1, 1, 1), size: (4, 5, 8)))
    cases.append(ConvCase(inputs: [70, 3], outputs: 8, kernel: (3, 3, 3), size: (1, 24, 26)))     // several runs of input channels
    cases.append(ConvCase(inputs: [2], outputs: 8, kernel: (1, 1, 3), size: (1, 2, 900)))         // rows longer than a block or strip
    cases.append(ConvCase(inputs: [9], outputs: 12, kernel: (3, 3, 3), size: (9, 3, 3)))          // strips of several planes
    return cases
  }()
}

/// Everything that a case is made of, and the calls under test.
struct ConvProblem {
  let conv: ConvCase
  let inputs: [Image], dy: Image
  let weights: [Float], bias: [Float]

  init(_ conv: ConvCase) {
    self.conv = conv
    let (d, h, w) = conv.inputSize, gaps = [conv.gaps.0, conv.gaps.1]
    inputs = conv.inputs.indices.map { Image(conv.inputs[$0], d, h, w, gap: gaps[$0], rowGap: $0, seed: UInt64($0)) }
    dy = Image(conv.outputs, conv.size.0, conv.size.1, conv.size.2, gap: conv.gaps.2, seed: 7)
    weights = randomFloats(conv.outputs * conv.channels * conv.volume, seed: 3)
    bias = randomFloats(conv.outputs, seed: 4)
  }

  func input(_ i: Int, _ z: Int, _ y: Int, _ x: Int) -> Float {
    i < conv.inputs[0] ? inputs[0][i, z, y, x] : inputs[1][i - conv.inputs[0], z, y, x]
  }

  /// Visits kz, ky, kx and the weight [o, i, kz, ky, kx] in order.
  func forEachTap(_ o: Int, _ i: Int, _ body: (Int, Int, Int, Float) -> Void) {
    var index = (o * conv.channels + i) * conv.volume
    for kz in 0..<conv.kernel.0 { for ky in 0..<conv.kernel.1 { for kx in 0..<conv.kernel.2 {
      body(kz, ky, kx, weights[index])
      index += 1
    } } }
  }

  func forwardTwin(relu: Bool) -> (single: [Float], double: [Double]) {
    var single: [Float] = [], double: [Double] = []
    dy.forEachVoxel { o, z, y, x in
      var sum: Float = 0, chain: Float = 0, exact = 0.0
      let linked = max(1, 1024 / conv.volume)
      for i in 0..<conv.channels {
        if i % linked == 0 {
          sum += chain
          chain = 0
        }
        forEachTap(o, i) { kz, ky, kx, weight in
          let value = input(i, z + kz, y + ky, x + kx)
          chain.addProduct(weight, value)
          exact += Double(weight) * Double(value)
        }
      }
      sum += chain
      sum += bias[o]
      exact += Double(bias[o])
      single.append(relu && sum < 0 ? 0 : sum)
      double.append(relu ? max(exact, 0) : exact)
    }
    return (single, double)
  }

  func forward(_ pool: ThreadPool, relu: Bool, bias useBias: Bool = true) -> Image {
    let output = Image(conv.outputs, conv.size.0, conv.size.1, conv.size.2, gap: conv.gaps.2, rowGap: 1)
    var packed = [Float](repeating: .nan, count: Int(dcs_conv_packed_count(Int64(conv.outputs), Int64(conv.channels), conv.extents)))
    dcs_conv_pack_forward(weights, Int64(conv.outputs), Int64(conv.channels), conv.extents, &packed)
    dcs_conv_forward(pool.handle, inputs.map(\.tensor), Int32(inputs.count), conv.extents, packed, useBias ? bias : nil, relu ? 1 : 0, &output.tensor)
    return output
  }

  func dataTwin(_ before: [Image], accumulate: Int) -> [Double] {
    let d = conv.size
    var sums = Image.doubles(conv.channels, conv.inputSize)
    for o in 0..<conv.outputs { for i in 0..<conv.channels { forEachTap(o, i) { kz, ky, kx, weight in
      for z in 0..<d.0 { for y in 0..<d.1 { for x in 0..<d.2 {
        sums[i, z + kz, y + ky, x + kx] += Double(weight) * Double(dy[o, z, y, x])
      } } }
    } } }
    let old = before.enumerated().flatMap { range, image in accumulate >> range & 1 == 1 ? image.values : image.values.map { _ in 0 } }
    return zip(sums.values, old).map { $0 + Double($1) }
  }

  func backwardData(_ pool: ThreadPool, into dx: [Image], accumulate: Int) {
    var packed = [Float](repeating: .nan, count: Int(dcs_conv_packed_count(Int64(conv.channels), Int64(conv.outputs), conv.extents)))
    dcs_conv_pack_backward(weights, Int64(conv.outputs), Int64(conv.channels), conv.extents, &packed)
    var scratch = [Float](repeating: .nan, count: Int(dcs_conv_backward_data_scratch(&dy.tensor, conv.extents)))
    dcs_conv_backward_data(pool.handle, &dy.tensor, conv.extents, packed, dx.map(\.tensor), Int32(dx.count), Int32(accumulate), &scratch)
  }

  func weightsTwin() -> (dw: [Double], dbias: [Double]) {
    var dw: [Double] = [], dbias = [Double](repeating: 0, count: conv.outputs)
    dy.forEachVoxel { o, z, y, x in dbias[o] += Double(dy[o, z, y, x]) }
    for o in 0..<conv.outputs { for i in 0..<conv.channels { forEachTap(o, i) { kz, ky, kx, _ in
      var sum = 0.0
      for z in 0..<conv.size.0 { for y in 0..<conv.size.1 { for x in 0..<conv.size.2 {
        sum += Double(dy[o, z, y, x]) * Double(input(i, z + kz, y + ky, x + kx))
      } } }
      dw.append(sum)
    } } }
    return (dw, dbias)
  }

  func backwardWeights(_ pool: ThreadPool, from start: Float = 0, accumulate: Bool = false) -> (dw: [Float], dbias: [Float]) {
    var dw = [Float](repeating: start, count: weights.count), dbias = [Float](repeating: start, count: conv.outputs)
    let tensors = inputs.map(\.tensor)
    let count = dcs_conv_backward_weights_scratch(pool.handle, tensors, Int32(inputs.count), conv.extents, &dy.tensor)
    var scratch = [Float](repeating: .nan, count: Int(count))
    dcs_conv_backward_weights(pool.handle, tensors, Int32(inputs.count), conv.extents, &dy.tensor, &dw, &dbias, accumulate ? 1 : 0, &scratch)
    return (dw, dbias)
  }
}

/// A dense image of doubles.
struct Doubles {
  var values: [Double]
  let size: (Int, Int, Int)
  subscript(c: Int, z: Int, y: Int, x: Int) -> Double {
    get { values[((c * size.0 + z) * size.1 + y) * size.2 + x] }
    set { values[((c * size.0 + z) * size.1 + y) * size.2 + x] = newValue }
  }
}

extension Image {
  static func doubles(_ channels: Int, _ size: (Int, Int, Int)) -> Doubles {
    Doubles(values: .init(repeating: 0, count: channels * size.0 * size.1 * size.2), size: size)
  }
}

@Suite struct KernelConvTests {
  let pool = ThreadPool(threads: 2)
  // Single precision, in chains of up to 1024 products of numbers below 1, rounds to 3e-5.
  let tolerance = 5e-5

  @Test(arguments: ConvCase.all) func forwardIsTheTwin(_ conv: ConvCase) {
    let problem = ConvProblem(conv)
    for relu in [false, true] {
      let twin = problem.forwardTwin(relu: relu)
      for level in kernelLevels {
        let output = onLevel(level) { problem.forward(pool, relu: relu) }
        #expect(output.strayWrites == 0, "\(level)")
        #expect(distance(output.values, twin.double) < tolerance, "\(level)")
        if level != "baseline" { #expect(zip(bits(output.values), bits(twin.single)).count { $0 != $1 } == 0, "\(level): bytes of the twin") }
      }
    }
  }

  @Test func withoutBias() {
    var conv = ConvCase.all[0]
    conv.outputs = 2
    let problem = ConvProblem(conv), with = problem.forward(pool, relu: false), without = problem.forward(pool, relu: false, bias: false)
    with.forEachVoxel { o, z, y, x in #expect(abs(with[o, z, y, x] - without[o, z, y, x] - problem.bias[o]) < 1e-5) }
  }

  @Test(arguments: ConvCase.all) func backwardDataIsTheTwin(_ conv: ConvCase) {
    let problem = ConvProblem(conv), (d, h, w) = conv.inputSize
    for accumulate in [0, 1, 2, 3] where accumulate < 1 << conv.inputs.count {
      var bytes: [String: [UInt32]] = [:]
      for level in kernelLevels {
        let dx = conv.inputs.enumerated().map { Image($1, d, h, w, gap: $0 + conv.gaps.0, rowGap: $0, seed: 5) }
        let twin = problem.dataTwin(dx, accumulate: accumulate)
        onLevel(level) { problem.backwardData(pool, into: dx, accumulate: accumulate) }
        let values = dx.flatMap(\.values)
        #expect(distance(values, twin) < tolerance, "\(level) accumulate \(accumulate)")
        for image in dx { #expect(image.strayWrites == 0) }
        bytes[level] = bits(values)
      }
      if let narrow = bytes["avx2"], let wide = bytes["avx512"] { #expect(narrow == wide) }
    }
  }

  @Test(arguments: ConvCase.all) func backwardWeightsIsTheTwin(_ conv: ConvCase) {
    expectWeights(conv, within: tolerance) { $0.backwardWeights(pool) } added: { $0.backwardWeights(pool, from: 2, accumulate: true) }
  }

  /// The gradients against central differences of sum(dy * convolution), all in double.
  @Test func gradientsAgainstDifferences() {
    let problem = ConvProblem(ConvCase(inputs: [1, 1], outputs: 2, kernel: (2, 3, 3), size: (2, 2, 3)))
    let conv = problem.conv, step = 1e-3
    func objective(weight: (Int, Double)? = nil, voxel: ((Int, Int, Int, Int), Double)? = nil) -> Double {
      var total = 0.0
      problem.dy.forEachVoxel { o, z, y, x in
        var sum = Double(problem.bias[o])
        for i in 0..<conv.channels {
          var index = (o * conv.channels + i) * conv.volume
          problem.forEachTap(o, i) { kz, ky, kx, value in
            var w = Double(value), v = Double(problem.input(i, z + kz, y + ky, x + kx))
            if let weight, weight.0 == index { w += weight.1 }
            if let voxel, voxel.0 == (i, z + kz, y + ky, x + kx) { v += voxel.1 }
            sum += w * v
            index += 1
          }
        }
        total += sum * Double(problem.dy[o, z, y, x])
      }
      return total
    }
    let dw = problem.backwardWeights(pool).dw
    let slopes = problem.weights.indices.map { (objective(weight: ($0, step)) - objective(weight: ($0, -step))) / (2 * step) }
    #expect(distance(dw, slopes) < 1e-5)

    let (d, h, w) = conv.inputSize
    let dx = conv.inputs.map { Image($0, d, h, w) }
    problem.backwardData(pool, into: dx, accumulate: 0)
    var expected: [Double] = []
    for i in 0..<conv.channels { for z in 0..<d { for y in 0..<h { for x in 0..<w {
      expected.append((objective(voxel: ((i, z, y, x), step)) - objective(voxel: ((i, z, y, x), -step))) / (2 * step))
    } } } }
    #expect(distance(dx.flatMap(\.values), expected) < 1e-5)
  }

  @Test func levelNames() {
    #expect(kernelLevels.contains(String(cString: dcs_kernel_level())))
    #expect(dcs_kernel_set_level("sse9") == 0)
    #expect(dcs_kernel_set_thread_level("") == 0)
    for level in kernelLevels { #expect(onLevel(level) { String(cString: dcs_kernel_level()) } == level) }
  }
}
