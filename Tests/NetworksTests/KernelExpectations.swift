// What every way to convolve has to keep to, whichever kernels it uses.
import Execution
import Testing

/// One to three threads make the same bytes, forward and backward.
func expectSameBytes(
  _ conv: ConvCase, forward: (ConvProblem, ThreadPool) -> Image, backwardData: (ConvProblem, ThreadPool, [Image]) -> Void,
  backwardWeights: (ConvProblem, ThreadPool) -> (dw: [Float], dbias: [Float])
) {
  let problem = ConvProblem(conv), (d, h, w) = conv.inputSize
  for level in kernelLevels {
    var outputs: Set<[UInt32]> = [], data: Set<[UInt32]> = [], weights: Set<[UInt32]> = []
    for threads in 1...3 {
      let pool = ThreadPool(threads: threads)
      onLevel(level) {
        outputs.insert(bits(forward(problem, pool).values))
        let dx = conv.inputs.map { Image($0, d, h, w) }
        backwardData(problem, pool, dx)
        data.insert(bits(dx.flatMap(\.values)))
        let gradient = backwardWeights(problem, pool)
        weights.insert(bits(gradient.dw + gradient.dbias))
      }
    }
    #expect(outputs.count == 1 && data.count == 1 && weights.count == 1, "\(level)")
  }
}

/// Gradients of weights are those of the plain sum; `added`: to gradients that were 2 before.
func expectWeights(
  _ conv: ConvCase, within tolerance: Double, _ plain: (ConvProblem) -> (dw: [Float], dbias: [Float]), added: (ConvProblem) -> (dw: [Float], dbias: [Float])
) {
  let problem = ConvProblem(conv), twin = problem.weightsTwin()
  for level in kernelLevels {
    let result = onLevel(level) { plain(problem) }
    #expect(distance(result.dw, twin.dw) < tolerance, "\(level)")
    #expect(distance(result.dbias, twin.dbias) < tolerance, "\(level)")
    let sums = onLevel(level) { added(problem) }
    #expect(distance(sums.dw, twin.dw.map { $0 + 2 }) < tolerance, "\(level)")
    #expect(distance(sums.dbias, twin.dbias.map { $0 + 2 }) < tolerance, "\(level)")
  }
}
