import Arrays
import Execution
import Geometry
import Testing
import Networks

/// Gradients of small graphs against central differences along random directions, and networks that the U-Net does not exercise.
struct GradientTests {
  typealias Trace = @Sendable (SymbolicTensor) throws -> SymbolicTensor

  struct Graph: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let input: [Int]
    let trace: Trace
    init(_ name: String, _ input: [Int] = [2, 2, 8, 8, 8], _ trace: @escaping Trace) { (testDescription, self.input, self.trace) = (name, input, trace) }

    func network() throws -> Network {
      let builder = try NetworkBuilder(name: testDescription, spatialRank: input.count - 2, inChannels: input[1])
      return try builder.network(output: try trace(builder.input))
    }
  }

  static let tenth = Rational(decimal: "0.1") ?? .zero

  static let graphs = [
    Graph("convolution") { try $0.conv(3, kernel: [3]) },
    Graph("smooth chain") { try $0.conv(3, kernel: [3]).activation(.tanh).conv(2, kernel: [1, 3, 2]).activation(.sigmoid) },
    Graph("same") { try $0.conv(3, kernel: [3], border: .same).activation(.tanh).conv(2, kernel: [5, 1, 3], border: .same) },
    Graph("relu") { try $0.conv(4, kernel: [3]).relu().conv(2, kernel: [3]) },
    Graph("relu read twice") { x in let a = try x.conv(4, kernel: [3]); return try a.add([try a.relu()]).conv(2, kernel: [3]) },
    Graph("leaky relu") { try $0.conv(4, kernel: [3]).leakyRelu(tenth).conv(2, kernel: [3]) },
    Graph("leaky relu of concat") { x in let a = try x.conv(2, kernel: [3]); return try a.concat([try a.activation(.tanh)]).leakyRelu(tenth).conv(2, kernel: [3]) },
    Graph("gelu") { try $0.conv(4, kernel: [3]).activation(.gelu).conv(2, kernel: [3]).activation(.gelu) },
    Graph("gelu of concat") { x in let a = try x.conv(2, kernel: [3]); return try a.concat([try a.activation(.gelu), try x.conv(1, kernel: [3])]).activation(.gelu).conv(2, kernel: [3]) },
    Graph("softmax") { try $0.conv(4, kernel: [3]).softmax().conv(2, kernel: [3]) },
    Graph("softmax of concat, read twice") { x in
      let a = try x.conv(2, kernel: [3]), b = try a.concat([try x.conv(3, kernel: [3])]).softmax()
      return try b.concat([try a.add([a]), b]).conv(2, kernel: [3])
    },
    Graph("strided") { try $0.conv(3, kernel: [2], stride: [2]).activation(.tanh).conv(2, kernel: [1, 3, 2], stride: [3, 1, 1], dilation: [1, 1, 2]) },
    Graph("strided, same", [2, 2, 8, 9, 8]) { try $0.conv(3, kernel: [3], stride: [2, 3, 4], border: .same).relu().conv(2, kernel: [1, 3, 1], dilation: [1, 1, 1], border: .same) },
    Graph("dilated") { try $0.conv(3, kernel: [3], dilation: [1, 2, 3]).relu().conv(2, kernel: [3, 1, 1], dilation: [2, 1, 1]) },
    Graph("strided and dilated concat", [2, 2, 9, 9, 9]) { x in
      let a = try x.conv(2, kernel: [3], dilation: [2]), b = try x.conv(3, kernel: [5])
      return try a.concat([b]).conv(3, kernel: [2], stride: [2, 1, 3], dilation: [2, 3, 1]).relu().conv(2, kernel: [1])
    },
    Graph("strided image", [3, 1, 9, 8]) { try $0.conv(3, kernel: [3, 2], stride: [2, 3], dilation: [1, 1]).activation(.tanh).conv(2, kernel: [1]) },
    Graph("max pool") { try $0.conv(3, kernel: [3]).maxPool([2, 3, 1]).conv(2, kernel: [1]) },
    Graph("mean pool") { try $0.conv(3, kernel: [3]).meanPool([2, 3, 1]).conv(2, kernel: [1]) },
    Graph("upsample") { try $0.conv(3, kernel: [3]).upsample([2, 1, 3]).conv(2, kernel: [3]) },
    Graph("upsample then 1") { try $0.conv(3, kernel: [3]).upsample([2]).conv(4, kernel: [1]).activation(.tanh).conv(2, kernel: [1]).relu() },
    Graph("transposed convolution") { try $0.conv(3, kernel: [3]).transposedConv(2, factors: [2, 1, 3]).conv(2, kernel: [3]) },
    Graph("transposed convolution of a concat") { x in let a = try x.conv(3, kernel: [3]); return try a.concat([try a.activation(.tanh)]).transposedConv(3, factors: [2]).relu() },
    Graph("overlapping transposed convolution") { try $0.conv(3, kernel: [3]).transposedConv(2, factors: [2, 1, 3], kernel: [3, 2, 5]).relu().conv(2, kernel: [3]) },
    Graph("overlapping transposed convolution of a concat") { x in
      let a = try x.conv(3, kernel: [3])
      return try a.concat([try a.activation(.tanh)]).transposedConv(3, factors: [2], kernel: [4], border: .same)
    },
    Graph("linear upsampling, read twice") { x in let a = try x.conv(3, kernel: [3]); return try a.upsampleLinear([2, 1, 3]).concat([try a.upsample([2, 1, 3])]).conv(2, kernel: [3]) },
    Graph("linear upsampling of concat, corners aligned") { x in
      let a = try x.conv(3, kernel: [3])
      return try a.concat([try a.activation(.tanh)]).upsampleLinear([2], corners: true).conv(2, kernel: [3])
    },
    Graph("group norm of concat, read twice") { x in
      let a = try x.conv(2, kernel: [3]), b = try a.concat([try a.activation(.tanh), try x.conv(2, kernel: [3])]).groupNorm(2)
      return try b.concat([try a.instanceNorm(affine: true), b]).activation(.tanh).conv(2, kernel: [3])
    },
    Graph("instance norm", [2, 2, 9, 7]) { try $0.conv(3, kernel: [3]).instanceNorm().activation(.tanh).conv(2, kernel: [1]) },
    Graph("style") { x in
      let a = try x.conv(3, kernel: [3]), style = try a.concat([try a.activation(.tanh)]).globalPool().unitLength()
      return try a.add([try style.linear(3)]).activation(.tanh).multiply(try style.linear(3).relu()).conv(2, kernel: [3])
    },
    Graph("global pool is the result") { try $0.conv(3, kernel: [3]).globalPool() },
    Graph("gate, read twice") { x in
      let a = try x.conv(3, kernel: [3]), gate = try a.conv(1, kernel: [1]).activation(.sigmoid)
      return try a.multiply(gate).concat([try a.multiply(try a.activation(.tanh)), gate]).conv(2, kernel: [3])
    },
    Graph("surrounded") { x in let a = try x.conv(3, kernel: [1]); return try a.conv(3, kernel: [3, 2, 4]).padLike(a).add([a]).conv(2, kernel: [3]) },
    Graph("surrounded to a size read nowhere else") { x in let a = try x.conv(3, kernel: [1]); return try a.conv(3, kernel: [3]).padLike(try a.conv(2, kernel: [2])) },
    Graph("add") { x in let a = try x.conv(3, kernel: [3]); return try a.add([try a.activation(.tanh), a]).conv(2, kernel: [3]) },
    Graph("concat of three") { x in
      let a = try x.conv(2, kernel: [3])
      return try a.concat([try a.activation(.tanh), try a.activation(.sigmoid)]).conv(2, kernel: [3])
    },
    Graph("concat with itself") { x in let a = try x.conv(2, kernel: [3]); return try a.concat([a]).conv(2, kernel: [3]) },
    Graph("concat with the input") { x in try x.concat([try x.conv(3, kernel: [3], border: .same)]).conv(2, kernel: [3]) },
    Graph("pool of concat") { x in
      let a = try x.conv(3, kernel: [3])
      return try a.concat([try a.activation(.tanh)]).maxPool([2]).conv(2, kernel: [1])
    },
    Graph("crop of concat") { x in
      let a = try x.conv(3, kernel: [1]), b = try x.conv(2, kernel: [3])
      return try a.concat([try a.activation(.tanh)]).crop(like: b).concat([b]).conv(2, kernel: [3])
    },
    Graph("crop is the result") { x in let a = try x.conv(3, kernel: [1]); return try a.crop(like: try a.conv(1, kernel: [3])) },
    Graph("small crops, then the whole", [2, 2, 8, 9, 8]) { x in
      let a = try x.conv(3, kernel: [3]).relu(), b = try a.conv(2, kernel: [3, 3, 3]).relu(), c = try b.conv(2, kernel: [3, 3, 3])
      return try a.crop(like: c).concat([c, try b.crop(like: c), try a.crop(like: c).activation(.tanh)]).conv(2, kernel: [1])
    },
    Graph("the whole, then a small crop", [2, 2, 8, 9, 8]) { x in
      let a = try x.conv(3, kernel: [3]).relu(), c = try a.conv(2, kernel: [3, 3, 3]).conv(2, kernel: [3, 3, 3])
      let small = try a.crop(like: c).conv(2, kernel: [1])
      return try small.concat([c, try a.conv(2, kernel: [5, 5, 5]), c]).conv(1, kernel: [1])
    },
    Graph("small crops alone", [2, 2, 8, 9, 8]) { x in
      let a = try x.conv(3, kernel: [3]), c = try x.conv(2, kernel: [7, 7, 7])
      return try a.crop(like: c).concat([c, try a.crop(like: c)]).conv(2, kernel: [1])
    },
    Graph("relu read by a pool", [2, 2, 10, 10, 12]) { try $0.conv(4, kernel: [3]).relu().maxPool([2, 1, 2]).conv(2, kernel: [3]) },
    Graph("relu read by a pool and a small crop", [2, 2, 10, 10, 12]) { x in
      let a = try x.conv(4, kernel: [3]).relu(), b = try a.maxPool([2]).conv(3, kernel: [3])
      return try a.crop(like: b).concat([b]).conv(2, kernel: [1])
    },
    Graph("relu read by a small crop, and by a convolution", [2, 2, 10, 10, 12]) { x in
      let a = try x.conv(4, kernel: [3]).relu(), b = try a.maxPool([2]).conv(3, kernel: [3])
      return try a.crop(like: b).concat([b, try a.conv(1, kernel: [7]).crop(like: b)]).conv(2, kernel: [1])
    },
    Graph("crop read elsewhere too") { x in
      let a = try x.conv(3, kernel: [1]).activation(.tanh)
      let b = try a.cropToFactor([2], convolutions: [1, 1, 1])
      return try b.concat([try a.maxPool([1]).crop(like: b)]).conv(2, kernel: [2])
    },
    Graph("concat is the result") { x in try x.conv(3, kernel: [3]).concat([try x.conv(2, kernel: [3])]) },
    Graph("result read elsewhere") { x in let a = try x.conv(3, kernel: [3]); return try a.add([try a.conv(3, kernel: [1])]) },
    Graph("image", [3, 1, 9, 7]) { try $0.conv(3, kernel: [3]).activation(.tanh).maxPool([1]).conv(2, kernel: [3, 1]) },
    Graph("line", [1, 2, 17]) { try $0.conv(3, kernel: [3]).activation(.tanh).conv(2, kernel: [4]) },
  ]

  /// Layers that do something else when training.
  static let trainedGraphs = [
    Graph("batch norm", [3, 2, 5, 6, 7]) { try $0.conv(3, kernel: [3]).batchNorm().activation(.tanh).conv(2, kernel: [1]) },
    Graph("batch norm of concat, read twice") { x in
      let a = try x.conv(2, kernel: [3]), b = try a.concat([try a.activation(.tanh), try x.conv(1, kernel: [3])]).batchNorm()
      return try b.concat([try a.batchNorm(), b]).relu().conv(2, kernel: [3])
    },
    Graph("batch norm is the result", [2, 2, 9, 7]) { try $0.conv(3, kernel: [3]).batchNorm() },
    Graph("dropout") { try $0.conv(3, kernel: [3]).dropout(tenth).conv(2, kernel: [3]) },
    Graph("dropout of concat, read twice") { x in
      let a = try x.conv(2, kernel: [3]), b = try a.concat([try x.conv(3, kernel: [3])]).dropout(tenth)
      return try b.concat([try a.dropout(tenth), b]).conv(2, kernel: [3]).dropout(tenth)
    },
  ]

  @Test(arguments: graphs + trainedGraphs) func centralDifferences(graph: Graph) throws { try compare(graph) }

  /// Large enough for convolutions in tiles.
  static let tiled = [
    Graph("tiles", [1, 12, 14, 15, 16]) { try $0.conv(12, kernel: [3]).activation(.tanh).conv(12, kernel: [3], border: .same).relu().conv(2, kernel: [1]) },
    Graph("tiles of concat", [2, 12, 14, 14, 14]) { x in
      let a = try x.conv(12, kernel: [3]).relu()
      return try a.concat([try a.conv(8, kernel: [1, 3, 3], border: .same)]).conv(16, kernel: [3], border: .same).activation(.tanh).conv(1, kernel: [1])
    },
    Graph("few voxels, many channels", [1, 2, 12, 12, 12]) { try $0.conv(128, kernel: [1]).activation(.tanh).conv(128, kernel: [3]).activation(.tanh).conv(1, kernel: [1]) },
    Graph("tiles of an image", [2, 16, 40, 44]) { try $0.conv(16, kernel: [3]).relu().conv(16, kernel: [3]).activation(.tanh).conv(1, kernel: [1]) },
  ]

  @Test(arguments: tiled) func fastCentralDifferences(graph: Graph) throws {
    try compare(graph, fast: true)
    let network = try graph.network(), parameters = try ParameterSet(initialising: network, seed: 11), input = try noise(graph.input, 1), space = Array(graph.input.dropFirst(2))
    func run(_ fast: Bool, _ mode: Engine.Mode, _ threads: Int) throws -> NDArray {
      try Engine(network, batch: graph.input[0], inputSpatialShape: space, mode: mode, fast: fast, context: context(threads)).forward(input, parameters)
    }
    let direct = try run(false, .inference, 1), fast = try run(true, .inference, 1)
    #expect(try bits(fast) == bits(run(true, .training, 2)) && bits(fast) == bits(run(true, .inference, 3)))
    #expect(try bits(fast) != bits(direct), "no layer was computed in tiles")
    let (a, b) = (try direct.elements(Float.self), try fast.elements(Float.self))
    let size = (a.reduce(0) { $0 + $1 * $1 } / Float(a.count)).squareRoot()
    #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-4 * size })
  }

  func compare(_ graph: Graph, fast: Bool = false) throws {
    let network = try graph.network(), context = context(2)
    let engine = try Engine(network, batch: graph.input[0], inputSpatialShape: Array(graph.input.dropFirst(2)), mode: .training, fast: fast, context: context)
    let parameters = try ParameterSet(initialising: network, seed: 11)
    let input = try noise(graph.input, 1), target = try noise(engine.outputShape, 2)
    func loss(_ parameters: ParameterSet) throws -> Double { try Loss.mse(try engine.forward(input, parameters), target: target, pool: context.pool).value }
    let output = try engine.forward(input, parameters)
    let gradients = try engine.backward(try Loss.mse(output, target: target, pool: context.pool).gradient)

    for direction in 0..<3 {
      var (slope, size) = (0.0, 0.0)
      var (up, down) = (parameters, parameters)
      let epsilon: Float = 1.0 / 4096   // small, so that few maxima change hands
      for index in parameters.arrays.indices where !network.parameters[index].isStatistic {
        let along = try noise(parameters.arrays[index].shape, UInt64(100 + direction * 50 + index)).elements(Float.self)
        for (at, value) in try gradients.arrays[index].elements(Float.self).enumerated() {
          slope += Double(value) * Double(along[at])
          size += abs(Double(value) * Double(along[at]))
        }
        up.arrays[index].withMutableElements(Float.self) { for at in $0.indices { $0[at] += epsilon * along[at] } }
        down.arrays[index].withMutableElements(Float.self) { for at in $0.indices { $0[at] -= epsilon * along[at] } }
      }
      let difference = (try loss(up) - (try loss(down))) / (2 * Double(epsilon))
      #expect(abs(slope - difference) < 2e-3 * size, "direction \(direction): \(slope) against \(difference)")
    }
  }

  /// Every network survives being written as JSON and read again, and computes the same bits.
  @Test(arguments: graphs) func descriptionRoundTrip(graph: Graph) throws {
    let network = try graph.network()
    let again = try Network(json: network.json)
    #expect(again.json == network.json)
    let parameters = try ParameterSet(initialising: network, seed: 2), input = try noise(graph.input, 1), space = Array(graph.input.dropFirst(2))
    let a = try Engine(network, batch: graph.input[0], inputSpatialShape: space, mode: .inference, context: context()).forward(input, parameters)
    let b = try Engine(again, batch: graph.input[0], inputSpatialShape: space, mode: .training, context: context(3)).forward(input, parameters)
    #expect(try bits(a) == bits(b))
  }

  /// The same, for what does something else in inference; and the same bits for any threads.
  @Test(arguments: trainedGraphs) func trainedDescriptionRoundTrip(graph: Graph) throws {
    let network = try graph.network(), again = try Network(json: network.json)
    #expect(again.json == network.json)
    let parameters = try ParameterSet(initialising: network, seed: 2), input = try noise(graph.input, 1), space = Array(graph.input.dropFirst(2))
    let a = try Engine(network, batch: graph.input[0], inputSpatialShape: space, mode: .training, context: context())
    let b = try Engine(again, batch: graph.input[0], inputSpatialShape: space, mode: .training, context: context(3))
    #expect(try bits(a.forward(input, parameters, draw: 5)) == bits(b.forward(input, parameters, draw: 5)))
    let gradient = try noise(a.outputShape, 3)
    #expect(try a.backward(gradient).arrays.map(bits) == b.backward(gradient).arrays.map(bits))
  }

  /// About the share that was asked for is zero, the rest is scaled up; another draw and another item, other elements; nothing in inference.
  @Test func dropoutDrops() throws {
    let builder = try NetworkBuilder(name: "drop", spatialRank: 3, inChannels: 2)
    let network = try builder.network(output: try builder.input.dropout(try #require(Rational(decimal: "0.3"))))
    let input = try NDArray(Array(repeating: Float(1), count: 2 * 2 * 4096), [2, 2, 16, 16, 16]), none = ParameterSet(names: [], arrays: [])
    let training = try Engine(network, batch: 2, inputSpatialShape: [16, 16, 16], mode: .training, context: context(2))
    let first = try training.forward(input, none, draw: 1), values = try first.elements(Float.self)
    let kept = values.filter { $0 != 0 }
    #expect(kept.allSatisfy { $0 == Float(1 / 0.7) } && abs(Double(kept.count) / Double(values.count) - 0.7) < 0.02)
    #expect(try bits(first) == bits(training.forward(input, none, draw: 1)))
    #expect(try bits(first) != bits(training.forward(input, none, draw: 2)))
    #expect(values[..<8192] != values[8192...] && values[..<4096] != values[4096..<8192])
    let inference = try Engine(network, batch: 2, inputSpatialShape: [16, 16, 16], mode: .inference, context: context(2))
    #expect(try bits(inference.forward(input, none)) == bits(input))
  }

  /// Rewriting must not change a bit: a 1×1×1 convolution behind an upsampling is computed before it.
  @Test func upsamplingCommutes() throws {
    let builder = try NetworkBuilder(name: "up", spatialRank: 3, inChannels: 5)
    let network = try builder.network(output: try builder.input.upsample([2]).conv(4, kernel: [1]).relu())
    let parameters = try ParameterSet(initialising: network, seed: 3)
    let input = try noise([1, 5, 3, 4, 5], 1)
    let output = try Engine(network, batch: 1, inputSpatialShape: [3, 4, 5], mode: .inference, context: context()).forward(input, parameters)
    let plain = try NetworkBuilder(name: "plain", spatialRank: 3, inChannels: 5)
    let conv = try plain.network(output: try plain.input.conv(4, kernel: [1]).relu())
    let weights = ParameterSet(names: conv.parameters.map(\.name), arrays: parameters.arrays)
    let upsampled = try enlarged(input)
    #expect(try bits(Engine(conv, batch: 1, inputSpatialShape: [6, 8, 10], mode: .inference, context: context()).forward(upsampled, weights)) == bits(output))
  }

  func enlarged(_ array: NDArray) throws -> NDArray {
    let s = array.shape, values = try array.elements(Float.self)
    var result: [Float] = []
    for c in 0..<s[1] { for z in 0..<2 * s[2] { for y in 0..<2 * s[3] { for x in 0..<2 * s[4] { result.append(values[((c * s[2] + z / 2) * s[3] + y / 2) * s[4] + x / 2]) } } } }
    return try NDArray(result, [1, s[1], 2 * s[2], 2 * s[3], 2 * s[4]])
  }
}
