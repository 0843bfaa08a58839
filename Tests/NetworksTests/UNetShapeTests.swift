import Geometry
import Testing
import Networks

/// Sizes of DaCapo's networks, run there.
struct UNetShapeTests {
  struct Case: Sendable {
    let factors: [[Int]], up: [[Int]], kernels: [[[Int]]]?, input: [Int], output: [Int]
  }

  static let flat = [[1, 3, 3], [1, 3, 3]], cube = [[3, 3, 3], [3, 3, 3]]
  static let tutorial = [[1, 4, 4], [1, 4, 4]]

  @Test(arguments: [
    Case(factors: [[2, 2, 2], [3, 3, 3], [3, 3, 3]], up: [[2, 2, 2]], kernels: nil, input: [216, 216, 216], output: [68, 68, 68]),
    Case(factors: [[2, 2, 2], [3, 3, 3], [3, 3, 3]], up: [[2, 2, 2]], kernels: nil, input: [288, 288, 288], output: [212, 212, 212]),
    Case(factors: [[2, 2, 2], [2, 2, 2], [2, 2, 2]], up: [], kernels: nil, input: [188, 188, 188], output: [96, 96, 96]),
    Case(factors: [[2, 2, 2], [2, 2, 2], [2, 2, 2]], up: [], kernels: nil, input: [260, 260, 260], output: [168, 168, 168]),
    Case(factors: tutorial, up: [], kernels: Array(repeating: flat, count: 3), input: [2, 196, 196], output: [2, 80, 80]),
    Case(factors: tutorial, up: [], kernels: Array(repeating: flat, count: 3), input: [10, 228, 228], output: [10, 112, 112]),
    Case(factors: [[2, 2, 2], [2, 2, 2]], up: [], kernels: nil, input: [60, 60, 60], output: [20, 20, 20]),
    Case(factors: [[1, 2, 2], [1, 2, 2], [2, 2, 2]], up: [], kernels: [flat, flat, cube, cube], input: [30, 108, 108], output: [14, 16, 16]),
  ])
  func sizesAreDaCapos(_ test: Case) throws {
    let settings = UNetSettings(outChannels: 4, features: 3, featureFactor: 2, downsampleFactors: test.factors, kernelSizesDown: test.kernels,
                                kernelSizesUp: test.kernels.map { Array($0.dropLast()) }, upsampleFactors: test.up)
    #expect(try settings.network().outputShape(forSpatial: test.input) == test.output)
  }

  @Test func parameterCountOfCosem() throws {
    let settings = UNetSettings(outChannels: 72, features: 12, featureFactor: 6, downsampleFactors: [[2, 2, 2], [3, 3, 3], [3, 3, 3]], upsampleFactors: [[2, 2, 2]])
    #expect(try settings.network().parameterCount == 234_966_804)
  }

  @Test func parameterCountWithHead() throws {
    let settings = UNetSettings(outChannels: 8, features: 6, featureFactor: 2, downsampleFactors: [[2, 2, 2], [2, 2, 2]])
    #expect(try settings.network().withHead(channels: 2).parameterCount == 48172)
  }

  @Test func legalSizes() throws {
    let network = try UNetSettings(outChannels: 4, features: 3, featureFactor: 2, downsampleFactors: [[2, 2, 2], [2, 2, 2], [2, 2, 2]]).network()
    let legal = try #require(network.legalSizes())
    #expect(legal.description == "100 + 8 k")
    #expect(try network.outputShape(forSpatial: legal.smallest) == [8, 8, 8])
    #expect(network.legalSizes()?.atLeast(101, axis: 0) == 108)
    #expect(try network.inputShape(forOutput: [1, 8, 9]) == [100, 100, 108])
    for output in 1...40 {
      let input = try network.inputShape(forOutput: [output, output, output])
      #expect(try network.outputShape(forSpatial: input)[0] >= output)
      if input[0] > 100 { #expect(try network.outputShape(forSpatial: input.map { $0 - 8 })[0] < output) }
    }
    #expect(throws: NetworkError.self) { try network.inputShape(forOutput: [.max, 1, 1]) }
    for size in 1...200 {
      let fits = (try? network.outputShape(forSpatial: [100, 100, size])) != nil
      #expect(fits == legal.contains([100, 100, size]), "size \(size)")
    }
  }

  @Test func geometryIsCentred() throws {
    let network = try UNetSettings(outChannels: 4, features: 3, featureFactor: 2, downsampleFactors: [[2, 2, 2], [3, 3, 3], [3, 3, 3]], upsampleFactors: [[2, 2, 2]]).network()
    let geometry = try network.geometry(forSpatial: [216, 216, 216])
    #expect(geometry.before == Array(repeating: Rational(91), count: 3))
    #expect(geometry.after == Array(repeating: Rational(91), count: 3))
    #expect(try geometry.pitch == Array(repeating: Rational(1, over: 2), count: 3))
  }

  @Test func wrongSizeNamesLayerShapesAndSizesThatFit() throws {
    let network = try UNetSettings(outChannels: 4, features: 3, featureFactor: 2, downsampleFactors: [[2, 2, 2], [2, 2, 2]]).network(name: "small")
    let error = #expect(throws: NetworkError.self) { try network.outputShape(forSpatial: [60, 61, 60]) }
    #expect(error?.description == "small: layer unet.l_down.0 (max_pool 2×2×2) cannot take (c 3, z 56, y 57, x 56): y: 57 is not divisible by 2; input sizes that fit: 44 + 4 k")
  }
}
