// What may not change a convolution's bytes: threads, where a volume is cut, strides, and how its channels are split into two inputs.
import CKernels
import Execution
import Testing

@Suite struct KernelConvInvarianceTests {
  let conv = ConvCase(inputs: [5, 6], outputs: 12, kernel: (3, 3, 3), size: (9, 20, 37), gaps: (2, 2, 3))

  @Test func threads() {
    expectSameBytes(conv, forward: { $0.forward($1, relu: true) }, backwardData: { $0.backwardData($1, into: $2, accumulate: 0) }, backwardWeights: { $0.backwardWeights($1) })
  }

  /// Blocks of every height and width up to 9, at every place, equal the whole.
  @Test func blocksEqualTheWhole() {
    let pool = ThreadPool(threads: 1), kernel = extent(2, 3, 3), outputs = 9
    let image = Image(2, 3, 11, 12, gap: 1, seed: 1)
    let weights = randomFloats(outputs * 2 * 18, seed: 2), bias = randomFloats(outputs, seed: 3)
    var packed = [Float](repeating: 0, count: Int(dcs_conv_packed_count(Int64(outputs), 2, kernel)))
    dcs_conv_pack_forward(weights, Int64(outputs), 2, kernel, &packed)
    func convolve(_ part: dcs_tensor, into output: Image) {
      dcs_conv_forward(pool.handle, [part], 1, kernel, packed, bias, 0, &output.tensor)
    }
    for level in kernelLevels {
      onLevel(level) {
        let whole = Image(outputs, 2, 9, 10)
        convolve(image.tensor, into: whole)
        var different = 0
        for height in 1...9 { for width in 1...10 { for y in 0...(9 - height) { for x in 0...(10 - width) {
          var part = image.tensor
          part.data += y * Int(part.sy) + x
          part.height = Int64(height + 2)
          part.width = Int64(width + 2)
          let block = Image(outputs, 2, height, width)
          convolve(part, into: block)
          block.forEachVoxel { o, z, row, column in
            if block[o, z, row, column].bitPattern != whole[o, z, y + row, x + column].bitPattern { different += 1 }
          }
        } } } }
        #expect(different == 0, "\(level)")
      }
    }
  }

  @Test func splittingChannels() {
    let pool = ThreadPool(threads: 2), problem = ConvProblem(ConvCase(inputs: [11], outputs: 6, kernel: (1, 3, 3), size: (2, 5, 19)))
    let whole = problem.forward(pool, relu: false).values
    var packed = [Float](repeating: 0, count: Int(dcs_conv_packed_count(6, 11, problem.conv.extents)))
    dcs_conv_pack_forward(problem.weights, 6, 11, problem.conv.extents, &packed)
    for first in 1...10 {
      var a = problem.inputs[0].tensor, b = a
      a.channels = Int64(first)
      b.channels = Int64(11 - first)
      b.data += first * Int(b.sc)
      let output = Image(6, 2, 5, 19)
      dcs_conv_forward(pool.handle, [a, b], 2, problem.conv.extents, packed, problem.bias, 0, &output.tensor)
      #expect(bits(output.values) == bits(whole), "split at \(first)")
    }
  }

  /// A gradient inside a zero border needs no scratch and gives the same bytes.
  @Test func borderOfTheCaller() {
    let pool = ThreadPool(threads: 1), problem = ConvProblem(ConvCase(inputs: [3], outputs: 4, kernel: (3, 3, 2), size: (2, 4, 5)))
    let (d, h, w) = problem.conv.inputSize
    let dx = Image(3, d, h, w), again = Image(3, d, h, w)
    problem.backwardData(pool, into: [dx], accumulate: 0)
    let bordered = Image(4, 2, 8, 7)
    dcs_pad(pool.handle, &problem.dy.tensor, extent(0, 2, 1), &bordered.tensor)
    var inside = problem.dy.tensor
    inside.data = bordered.tensor.data + bordered.index(0, 0, 2, 1)
    (inside.sc, inside.sz, inside.sy) = (bordered.tensor.sc, bordered.tensor.sz, bordered.tensor.sy)
    var packed = [Float](repeating: 0, count: Int(dcs_conv_packed_count(3, 4, problem.conv.extents)))
    dcs_conv_pack_backward(problem.weights, 4, 3, problem.conv.extents, &packed)
    dcs_conv_backward_data(pool.handle, &inside, problem.conv.extents, packed, &again.tensor, 1, 0, nil)
    #expect(bits(dx.values) == bits(again.values))
  }
}
