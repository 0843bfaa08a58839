// What a network costs: by count (summary) and by the clock (profile), a row a layer.

import Arrays
import CKernels
import Execution
import Geometry
import Language
import Networks

extension Builtin {
  static let summary = Builtin(
    "summary", "(m: model, input: int|coord = nil) -> table",
    "The layers of a model for one input size: output shape (channels first), weights, floating-point operations, bytes of the output, memory alive.",
    details: [
      "memory: what is held while the layer is computed, with the input, in prediction; the largest is the peak: max(summary(m), \"memory\"). nil for layers that are part of another's step.",
      "flops: additions, multiplications and comparisons of one forward pass; a map such as relu counts as one an element. bytes: float32; nil where a layer is a view and holds nothing.",
      "Sums: sum(summary(m).flops), sum(summary(m).params).",
    ],
    examples: [Example("sum(summary(unet(levels=2, features=4, growth=2)).params) == unet(levels=2, features=4, growth=2).parameters", prints: "true")],
    searchTerms: ["layers", "flops", "parameters", "memory", "torchsummary"]
  ) { call in
    let model = try call.object("m", as: ModelValue.self), input = try call.input(model)
    let layers = try model.network.layers(input: input)
    let alive = try model.network.memory(input: input)
    return Value(TableValue(columns: ["layer", "output", "params", "flops", "bytes", "memory", "operation"], values: [
      layers.map { .string($0.name) }, layers.map { .voxelCoordinate(Coordinate([$0.channels] + $0.shape)) }, layers.map { .int($0.parameters) },
      layers.map { .count($0.work) }, layers.map { $0.bytes == 0 ? .nil : .bytes($0.bytes) },
      layers.map { alive[$0.name].map { .bytes($0) } ?? .nil }, layers.map { .string($0.operation) },
    ]))
  }

  static let profile = Builtin(
    "profile", "(m: model, input: int|coord = nil, training=false, repeats=3, fast=false) -> table",
    "Runs a model on noise and measures each step: seconds of one pass and GFLOP/s, the mean of some repeats after a first one.",
    details: [
      "peak: the rate as a part of what this machine's threads reach with multiply-adds in registers, measured beside it. Winograd's convolutions take fewer operations than are counted, so theirs can exceed 1.",
      "Steps are what is computed: relu inside its convolution, two convolutions in one where the volume is large (in slabs), crops as copies of what is left (excerpt) or not at all, as concatenations. training=true also measures the backward pass (column backward). fast: convolutions in tiles, as in predict(fast=true) and always in training.",
      "A model without weights is measured with random ones: speed does not depend on them.",
    ],
    examples: [Example("len(profile(unet(levels=2, features=4, growth=2, input=(20, 20, 20)), repeats=1)) > 5", prints: "true")],
    searchTerms: ["speed", "benchmark", "time", "flops", "slow"]
  ) { call in
    let model = try call.object("m", as: ModelValue.self), network = model.network, input = try call.input(model)
    let training = try call.bool("training"), repeats = try call.int("repeats", in: 1...1000)
    let parameters: ParameterSet
    if case .trained(let trained) = model.kind { parameters = trained.parameters } else {
      try call.checkBudget(.float32, [network.parameterCount])
      parameters = try ParameterSet(initialising: network, seed: call.context.seed)
    }
    let engine: Engine
    do { engine = try Engine(network, batch: 1, inputSpatialShape: input, mode: training ? .training : .inference, fast: try call.bool("fast") || training, context: call.execution) } catch let error as NetworkError {
      throw network.tooLarge(error, like: input, training: training, call, "input")
    }
    var generator = KeyedGenerator(seed: call.context.seed, purpose: "profile")
    let noise = try NDArray((0..<engine.inputShape.reduce(1, *)).map { _ in Float(generator.uniform(-1, 1)) }, engine.inputShape)
    for round in 0...repeats {
      if round == 1 { engine.measureTimes() }
      let output = try engine.forward(noise, parameters)
      if training { _ = try engine.backward(output) }
    }
    let peak = dcs_peak_flops(call.execution.pool.handle) / 1e9
    let times = engine.times ?? [], steps = engine.plan.steps
    func seconds(_ sum: Double) -> Double { sum / Double(repeats) }
    let work = steps.map { step in step.operation.work(step.inputs.map { $0.reduce(0) { $0 + $1.channels } }, step.output.channels, step.output.extent) }
    // Numbers first: what does not fit on the screen is left out at the right.
    let rates = zip(work, times).map { $1.forward > 0 ? $0 / seconds($1.forward) / 1e9 : 0 }
    var columns = ["layer", "seconds", "gflops", "peak"]
    var values: [[Value]] = [
      steps.map { .string($0.name) }, times.map { .float(seconds($0.forward)) }, rates.map { .float($0) }, rates.map { .float($0 / peak) },
    ]
    if training {
      columns.append("backward")
      values.append(times.map { .float(seconds($0.backward)) })
    }
    columns += ["output", "operation"]
    values += [steps.map { .voxelCoordinate(Coordinate([$0.output.channels] + $0.output.extent.last(network.spatialRank))) }, steps.map { .string($0.operation.summary) }]
    return Value(TableValue(columns: columns, values: values))
  }
}

extension Call {
  /// The input size to look at: the one given, or the model's own.
  fileprivate func input(_ model: ModelValue) throws -> [Int] { try optionalVoxels("input", rank: model.network.spatialRank)?.values ?? model.input }
}

extension Network {
  /// Where one pass does not fit in memory, the largest input of its kind that does.
  func tooLarge(_ error: NetworkError, like input: [Int], training: Bool, _ call: Call, _ argument: String) -> Failure {
    var failure = error.failure
    failure.argument = argument
    if case .memory = error, let fits = largestInput(like: input, training: training, call.execution) {
      failure.hint = "an input of \(fits.map(String.init).joined(separator: " × ")) fits" + (training ? "" : "; predict works in tiles")
    }
    return failure
  }
}

extension Value {
  /// A whole number that was reckoned in floating point.
  fileprivate static func count(_ value: Double) -> Value { value < 9e18 ? .int(Int(value)) : .float(value) }
}
