// What is done to hold less in memory changes no bit: pairs of convolutions in slabs (inference), and copied centres of skips.
import Arrays
import Execution
import Networks
import Testing

struct LeanMemoryTests {
  private func convolution(_ name: String, _ inputs: Int, _ features: Int, _ kernel: Extent) throws -> Network {
    try Network(name: name, spatialRank: 3, inChannels: inputs, nodes: [
      Network.Node(name, try Convolution(features: features, kernel: kernel), [0]), Network.Node(name + "_relu", Activation(.relu), [1]),
    ], output: 2)
  }

  /// Whole and partly filled last slabs, few planes less than two slabs, in tiles and by the direct sum.
  @Test(arguments: [66, 68, 69, 101, 135], [false, true]) func pairsAreTheirConvolutions(depth: Int, fast: Bool) throws {
    let kernels = [Extent(3, 3, 3), Extent(3, 3, 3)], threads = context(2)
    let first = try convolution("a", 3, 16, kernels[0]), second = try convolution("b", 16, 24, kernels[1])
    let both = try Network(name: "both", spatialRank: 3, inChannels: 3, nodes: first.nodes + second.nodes.map { Network.Node($0.name, $0.operation, $0.inputs.map { $0 + 2 }) }, output: 4)
    let parameters = try ParameterSet(initialising: both, seed: 3), input = try noise([2, 3, depth, 20, 23], 4)
    func run(_ network: Network, _ input: NDArray) throws -> (output: NDArray, bytes: Int, steps: Int) {
      let own = ParameterSet(names: network.parameters.map(\.name), arrays: network.parameters.compactMap { parameters[$0.name] })
      let engine = try Engine(network, batch: 2, inputSpatialShape: Array(input.shape.dropFirst(2)), mode: .inference, fast: fast, context: threads)
      return (try engine.forward(input, own), engine.byteCount, engine.plan.steps.count)
    }
    let between = try run(first, input).output, alone = try run(second, between).output, pair = try run(both, input)
    #expect(pair.steps == (depth - 4 >= 64 ? 1 : 2))
    #expect(try bits(pair.output) == bits(alone))
    if depth == 135 { #expect(pair.bytes < between.count * 4) }
  }

  /// The valid U-Net keeps 12³ of its finest skip: in inference and in training.
  @Test func excerptsAreCrops() throws {
    let network = try UNetSettings(outChannels: 3, features: 4, featureFactor: 2, downsampleFactors: [[2, 2, 2], [2, 2, 2]]).network().withHead(channels: 2)
    let parameters = try ParameterSet(initialising: network, seed: 5), input = try noise([1, 1, 52, 52, 52], 6)
    let inference = try Engine(network, batch: 1, inputSpatialShape: [52, 52, 52], mode: .inference, context: context(2))
    let training = try Engine(network, batch: 1, inputSpatialShape: [52, 52, 52], mode: .training, context: context(2))
    #expect(try bits(inference.forward(input, parameters)) == bits(training.forward(input, parameters)))
    let excerpts = inference.plan.steps.filter { $0.operation.summary.hasPrefix("excerpt") }
    #expect(!excerpts.isEmpty)
    for copy in excerpts {
      let source = try #require(copy.inputs.first?.first)
      #expect(2 * copy.output.extent.count <= source.extent.count)
      #expect(inference.plan.storages[source.storage].last < inference.plan.storages[copy.output.storage].last)
    }
    // Pools and copies have read them: backward asks for none of them again.
    let skips = training.plan.steps.filter { $0.operation.summary.hasPrefix("excerpt") }.compactMap(\.inputs.first?.first)
    #expect(skips.count == excerpts.count && skips.allSatisfy { training.plan.storages[$0.storage].last < training.plan.steps.count })
  }
}
