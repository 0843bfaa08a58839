import Arrays
import Execution
import Storage
import Testing
import Networks

/// Values, gradients and optimiser steps against PyTorch in float64: Tests/Fixtures/networks/generate.py.
struct ParityTests {
  struct Fixture {
    let file: SafeTensors
    let arrays: [String: NDArray]

    init(_ name: String) throws {
      let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
      file = try SafeTensors(reading: "\(folder)/Fixtures/networks/\(name).safetensors")
      arrays = file.byName
    }

    func array(_ name: String) throws -> NDArray { try #require(arrays[name], "\(name)") }
    func json(_ key: String) throws -> JSON { try JSON(parsing: try #require(file[metadata: key])) }
    func parameters(_ prefix: String, _ network: Network) throws -> ParameterSet {
      var own: [String: NDArray] = [:]
      for (name, array) in arrays where name.hasPrefix(prefix) { own[String(name.dropFirst(prefix.count))] = array }
      return try ParameterSet(network, from: own)
    }

    func network() throws -> Network {
      let settings = try json("settings")
      func lists(_ key: String) -> [[Int]] { (settings[key]?.array ?? []).compactMap(\.ints) }
      func kernels(_ key: String) -> [[[Int]]]? { settings[key]?.array.map { $0.map { ($0.array ?? []).compactMap(\.ints) } } }
      func number(_ key: String) throws -> Int { try #require(settings[key]?.int) }
      let final = settings["final"].flatMap { final in final["features"]?.int.map { UNetSettings.FinalPass(features: $0, kernels: (final["kernels"]?.array ?? []).compactMap(\.ints)) } }
      return try UNetSettings(inChannels: number("inputs"), outChannels: number("outputs"), features: number("features"), featureFactor: number("factor"), downsampleFactors: lists("down"),
                              kernelSizesDown: kernels("kernels_down"), kernelSizesUp: kernels("kernels_up"), upsampleFactors: lists("upsample"),
                              padding: settings["padding"]?.string == "same" ? .same : .valid, constantUpsample: settings["constant_upsample"]?.bool ?? true,
                              activationOnUpsample: settings["map_up"]?.bool ?? true, batchNorm: settings["batch_norm"]?.bool ?? false, attention: settings["attention"]?.bool ?? false,
                              widthsUp: settings["widths_up"]?.ints, finalPass: final).network().withHead(channels: number("head"))
    }
  }

  /// Largest difference over the root mean square of what is expected.
  func errorOverRMS(_ found: NDArray, _ expected: NDArray) throws -> Double {
    guard found.shape == expected.shape else { return .infinity }
    let (a, b) = (try found.elements(Float.self), try expected.elements(Float.self))
    let square = b.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, b.count))
    return zip(a, b).reduce(0.0) { max($0, ($1.0 - $1.1).isNaN ? .infinity : Double(abs($1.0 - $1.1))) } / max(square.squareRoot(), .leastNormalMagnitude)
  }

  /// Gradients of what is trained against those of the fixture. A bias whose effect a normalisation takes away has a gradient of 0 but for rounding.
  func compare(_ gradients: ParameterSet, _ network: Network, _ fixture: Fixture, _ prefix: String, within limit: Double) throws {
    let scale = try network.parameters.filter { !$0.isStatistic }.map { try fixture.array(prefix + $0.name).elements(Float.self).reduce(0) { max($0, abs($1)) } }.max() ?? 1
    for (index, spec) in network.parameters.enumerated() where !spec.isStatistic {
      let expected = try fixture.array(prefix + spec.name), found = gradients.arrays[index]
      if try expected.elements(Float.self).allSatisfy({ abs($0) < 1e-9 * scale }) {
        #expect(try found.elements(Float.self).allSatisfy { abs($0) < 1e-5 * scale }, "\(spec.name)")
      } else {
        // What sums of much larger terms leave over is held to their rounding.
        let square = try expected.elements(Float.self).reduce(0.0) { $0 + Double($1) * Double($1) } / Double(expected.count), own = try errorOverRMS(found, expected)
        #expect(own < limit || (own < 2e-3 && own * square.squareRoot() < 1e-2 * limit * Double(scale)), "\(spec.name)")
      }
    }
  }

  /// Largest difference over the largest expected magnitude.
  func error(_ found: NDArray, _ expected: NDArray) throws -> Double {
    guard found.shape == expected.shape else { return .infinity }
    let (a, b) = (try found.elements(Float.self), try expected.elements(Float.self))
    let scale = b.reduce(0) { max($0, abs($1)) }
    return Double(zip(a, b).reduce(0) { max($0, ($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) } / max(scale, .leastNormalMagnitude))
  }

  @Test(arguments: ["valid", "deep", "same", "superresolution", "image", "transposed", "attention", "attention_norm", "cosem"])
  func valuesAndGradients(name: String) throws {
    let fixture = try Fixture(name), network = try fixture.network(), context = context(2)
    let parameters = try fixture.parameters("weights.", network), input = try fixture.array("input")
    let engine = try Engine(network, batch: input.shape[0], inputSpatialShape: Array(input.shape.dropFirst(2)), mode: .training, context: context)
    let output = try engine.forward(input, parameters)
    #expect(try error(output, fixture.array("output")) < 1e-5)
    let inference = try Engine(network, batch: input.shape[0], inputSpatialShape: Array(input.shape.dropFirst(2)), mode: .inference, context: context)
    if let expected = fixture.arrays["inference"] { #expect(try errorOverRMS(inference.forward(input, parameters), expected) < 2e-5) }
    else { #expect(try bits(inference.forward(input, parameters)) == bits(output)) }

    let (loss, gradient) = try Loss.mse(output, target: try fixture.array("target"), weight: try fixture.array("weight"), pool: context.pool)
    let expected = try #require(fixture.json("loss").double)
    #expect(abs(loss - expected) < 1e-5 * expected)
    try compare(try engine.backward(gradient), network, fixture, "gradient.", within: 5e-5)
  }

  /// Cellpose's network: its style, its residual blocks, its batch normalisation.
  @Test(arguments: ["cpnet", "cpnet_concatenation"]) func cpnet(name: String) throws {
    let fixture = try Fixture(name), network = try CPnetSettings(features: [3, 4, 6], concatenation: name != "cpnet").network(), context = context(2)
    var parameters = try fixture.parameters("weights.", network)
    let input = try fixture.array("input"), space = Array(input.shape.dropFirst(2))
    let inference = try Engine(network, batch: 2, inputSpatialShape: space, mode: .inference, context: context)
    #expect(try errorOverRMS(inference.forward(input, parameters), fixture.array("inference")) < 2e-5)
    let engine = try Engine(network, batch: 2, inputSpatialShape: space, mode: .training, context: context)
    let output = try engine.forward(input, parameters)
    #expect(try errorOverRMS(output, fixture.array("output")) < 2e-5)
    let gradients = try engine.backward(try Loss.mse(output, target: try fixture.array("target"), pool: context.pool).gradient)
    try compare(gradients, network, fixture, "gradient.", within: 1e-4)
    var optimizer = try Optimizer(.radam(), for: network)
    try optimizer.update(&parameters, gradients, pool: context.pool)
    for spec in network.parameters where spec.isStatistic { #expect(try errorOverRMS(try #require(parameters[spec.name]), fixture.array("after.\(spec.name)")) < 2e-5, "\(spec.name)") }
  }

  typealias Layer = @Sendable (SymbolicTensor) throws -> SymbolicTensor
  static let layersWithWeights: [(name: String, first: Int, make: Layer)] = [
    ("group_norm", 6, { try $0.groupNorm(3, name: "layer") }), ("instance_norm", 5, { try $0.instanceNorm() }), ("instance_norm_affine", 5, { try $0.instanceNorm(affine: true, name: "layer") }),
    ("transposed_valid", 5, { try $0.transposedConv(4, factors: [2, 2, 3], kernel: [3, 4, 5], name: "layer").relu() }),
    ("transposed_same", 5, { try $0.transposedConv(4, factors: [2, 2, 1], kernel: [4, 4, 3], border: .same, name: "layer") }),
    ("upsample_linear", 5, { try $0.upsampleLinear([2, 1, 3]) }), ("upsample_corners", 5, { try $0.upsampleLinear([2, 3, 1], corners: true) }), ("global_pool", 5, { try $0.globalPool() }),
    ("style", 5, { x in try x.add([try x.globalPool().unitLength().linear(5, name: "layer")]) }), ("unit_length", 5, { try $0.unitLength() }),
    ("squeeze", 5, { x in try x.multiply(try x.globalPool().linear(5, name: "layer").activation(.sigmoid)) }),
    ("gate", 5, { x in try x.conv(1, kernel: [1], name: "layer").activation(.sigmoid).multiply(x) }), ("product", 5, { x in try x.multiply(try x.activation(.tanh)) }),
  ]

  @Test(arguments: layersWithWeights.map(\.name)) func layerWithWeights(name: String) throws {
    let fixture = try Fixture("layers_with_weights"), layer = try #require(Self.layersWithWeights.first { $0.name == name }), context = context(2)
    let input = try fixture.array("\(name).input"), builder = try NetworkBuilder(name: name, spatialRank: 3, inChannels: 2)
    let network = try builder.network(output: try layer.make(try builder.input.conv(layer.first, kernel: [1], name: "first")).conv(3, kernel: [1], name: "last"))
    let parameters = try fixture.parameters("\(name).weights.", network), space = Array(input.shape.dropFirst(2))
    let engine = try Engine(network, batch: 2, inputSpatialShape: space, mode: .training, context: context)
    let output = try engine.forward(input, parameters)
    #expect(try errorOverRMS(output, fixture.array("\(name).output")) < 2e-5)
    #expect(try bits(try Engine(network, batch: 2, inputSpatialShape: space, mode: .inference, context: context).forward(input, parameters)) == bits(output))
    try compare(try engine.backward(try Loss.mse(output, target: try fixture.array("\(name).target"), pool: context.pool).gradient), network, fixture, "\(name).gradient.", within: 2e-5)
  }

  static let layers: [(name: String, make: @Sendable (SymbolicTensor) throws -> SymbolicTensor)] = [
    ("avg_pool", { try $0.meanPool([1, 2, 3]) }), ("gelu", { try $0.activation(.gelu) }), ("leaky_relu", { try $0.leakyRelu(GradientTests.tenth) }),
    ("sigmoid", { try $0.activation(.sigmoid) }), ("softmax", { try $0.softmax() }), ("tanh", { try $0.activation(.tanh) }),
  ]

  @Test(arguments: layers.map(\.name)) func layer(name: String) throws {
    let fixture = try Fixture("layers"), make = try #require(Self.layers.first { $0.name == name }).make, context = context(2)
    let input = try fixture.array("\(name).input"), builder = try NetworkBuilder(name: name, spatialRank: 3, inChannels: 2)
    let network = try builder.network(output: try make(try builder.input.conv(5, kernel: [1], name: "first")).conv(3, kernel: [1], name: "last"))
    let engine = try Engine(network, batch: 2, inputSpatialShape: Array(input.shape.dropFirst(2)), mode: .training, context: context)
    let output = try engine.forward(input, try fixture.parameters("\(name).weights.", network))
    #expect(try error(output, fixture.array("\(name).output")) < 1e-6)
    let gradients = try engine.backward(try Loss.mse(output, target: try fixture.array("\(name).target"), pool: context.pool).gradient)
    let wanted = try fixture.parameters("\(name).gradient.", network)
    for (index, weight) in gradients.names.enumerated() { #expect(try error(gradients.arrays[index], wanted.arrays[index]) < 2e-6, "\(weight)") }
  }

  static let windows: [(name: String, make: @Sendable (SymbolicTensor) throws -> SymbolicTensor)] = [
    ("stride", { try $0.conv(4, kernel: [3, 2, 3], stride: [2, 3, 1], name: "layer") }), ("dilation", { try $0.conv(4, kernel: [2, 3, 3], dilation: [3, 1, 2], name: "layer") }),
    ("both", { try $0.conv(4, kernel: [3, 3, 2], stride: [1, 2, 2], dilation: [2, 1, 3], name: "layer") }),
    ("stride_same", { try $0.conv(4, kernel: [3, 1, 5], stride: [2, 3, 4], dilation: [2, 1, 1], border: .same, name: "layer") }),
    ("image", { try $0.conv(4, kernel: [3, 4], stride: [3, 2], dilation: [2, 1], name: "layer") }),
    ("wide", { try $0.conv(16, kernel: [3], border: .same, name: "layer") }),
  ]

  /// Convolutions with strides and dilation, and one that is computed in tiles; also the gradient of their input, through the layer before.
  @Test(arguments: windows.map(\.name), [false, true]) func window(name: String, fast: Bool) throws {
    let fixture = try Fixture("windows"), make = try #require(Self.windows.first { $0.name == name }).make, context = context(2), input = try fixture.array("\(name).input")
    let builder = try NetworkBuilder(name: name, spatialRank: input.rank - 2, inChannels: input.shape[1])
    let network = try builder.network(output: try make(try builder.input.conv(input.shape[1], kernel: [1], name: "first")))
    let engine = try Engine(network, batch: input.shape[0], inputSpatialShape: Array(input.shape.dropFirst(2)), mode: .training, fast: fast, context: context)
    let output = try engine.forward(input, try fixture.parameters("\(name).weights.", network))
    #expect(try error(output, fixture.array("\(name).output")) < 5e-6)
    let gradients = try engine.backward(try Loss.mse(output, target: try fixture.array("\(name).target"), pool: context.pool).gradient)
    let wanted = try fixture.parameters("\(name).gradient.", network)
    for (index, weight) in gradients.names.enumerated() { #expect(try error(gradients.arrays[index], wanted.arrays[index]) < 1e-5, "\(weight)") }
  }

  @Test func batchNormalisation() throws {
    let fixture = try Fixture("batch_norm"), context = context(2), input = try fixture.array("input"), space = Array(input.shape.dropFirst(2))
    let builder = try NetworkBuilder(name: "norm", spatialRank: 3, inChannels: 2)
    let network = try builder.network(output: try builder.input.conv(5, kernel: [1], name: "first").batchNorm(name: "norm").conv(3, kernel: [1], name: "last"))
    var parameters = try fixture.parameters("weights.", network)
    let inference = try Engine(network, batch: 3, inputSpatialShape: space, mode: .inference, context: context)
    #expect(try error(inference.forward(input, parameters), fixture.array("inference")) < 1e-6)
    let engine = try Engine(network, batch: 3, inputSpatialShape: space, mode: .training, context: context)
    let output = try engine.forward(input, parameters)
    #expect(try error(output, fixture.array("output")) < 1e-6)
    let gradients = try engine.backward(try Loss.mse(output, target: try fixture.array("target"), pool: context.pool).gradient), wanted = try fixture.parameters("gradient.", network)
    // The gradient of the bias before a normalisation is 0 but for rounding.
    for (index, weight) in gradients.names.enumerated() where weight != "first.bias" { #expect(try error(gradients.arrays[index], wanted.arrays[index]) < 1e-5, "\(weight)") }
    #expect(try gradients["first.bias"]?.elements(Float.self).allSatisfy { abs($0) < 1e-6 } == true)
    var optimizer = try Optimizer(.adam(), for: network)
    try optimizer.update(&parameters, gradients, pool: context.pool)
    for name in ["norm.running_mean", "norm.running_var"] { #expect(try error(try #require(parameters[name]), fixture.array("after.\(name)")) < 1e-6, "\(name)") }
  }

  @Test(arguments: [("adam", OptimizerSettings(.adam, rate: 1e-3)), ("adam_decay", OptimizerSettings(.adam, rate: 1e-3, weightDecay: 0.1)),
                    ("adamw", .adamW(rate: 1e-3, weightDecay: 0.1)), ("radam", .radam(rate: 1e-2)), ("radam_decay", .radam(rate: 1e-2, weightDecay: 0.1)),
                    ("sgd", .sgd(rate: 3e-3, momentum: 0.9)), ("sgd_nesterov", .sgd(rate: 3e-3, momentum: 0.8, nesterov: true, weightDecay: 0.1))])
  func twentySteps(name: String, settings: OptimizerSettings) throws {
    let start = try Fixture("steps_adam"), end = try Fixture("steps_\(name)"), network = try Fixture("valid").network(), context = context(2)
    var settings = settings
    settings.schedule = Schedule(start: 0.1, warmup: 10, decay: name == "sgd" ? .cosine(over: 25) : name == "sgd_nesterov" ? .steps(every: 8, factor: 0.5) : .constant)
    let input = try start.array("input"), target = try start.array("target")
    var parameters = try start.parameters("before.", network), optimizer = try Optimizer(settings, for: network)
    let engine = try Engine(network, batch: 1, inputSpatialShape: Array(input.shape.dropFirst(2)), mode: .training, context: context)
    let losses = try #require(end.json("losses").doubles)
    #expect(losses.count == 20 && losses[19] < losses[0])
    for expected in losses {
      let (loss, gradient) = try Loss.mse(try engine.forward(input, parameters), target: target, pool: context.pool)
      #expect(abs(loss - expected) < 1e-4 * expected)
      var gradients = try engine.backward(gradient)
      if settings.method == .sgd { try gradients.clip(to: 0.5, network, pool: context.pool) }
      try optimizer.update(&parameters, gradients, pool: context.pool)
    }
    let wanted = try end.parameters("after.", network)
    for (index, name) in parameters.names.enumerated() {
      #expect(try error(parameters.arrays[index], wanted.arrays[index]) < 1e-4, "\(name)")
    }
  }

  @Test(arguments: Loss.allCases, ["none", "weight", "single"])
  func losses(loss: Loss, weight: String) throws {
    if loss == .crossEntropy && weight == "weight" { return }   // one weight a voxel by definition
    let fixture = try Fixture("losses"), pool = ThreadPool(threads: 2)
    let target = try fixture.array(loss == .crossEntropy ? "classes" : "soft")
    let (value, gradient) = try loss(try fixture.array("prediction"), target: target, weight: weight == "none" ? nil : try fixture.array(weight), pool: pool)
    let expected = try #require(fixture.json("values")["\(loss.rawValue).\(weight)"]?.double)
    #expect(abs(value - expected) < 1e-6 * expected)
    #expect(try error(gradient, fixture.array("gradient.\(loss.rawValue).\(weight)")) < 2e-6)
  }
}
