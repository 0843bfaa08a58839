import Arrays
import Execution
import Networks
import Storage
import Testing
import Training

/// Every optimiser with its options, schedules, clipping, accumulation: resumed training gives the bytes of straight training, and records come back.
@Suite struct StepTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let method: OptimizerSettings.Method
    let steps: StepSettings
    let decay: LearningRate.Decay
  }

  static let cases = [
    Case(testDescription: "sgd", method: .sgd, steps: StepSettings(weightDecay: 0.01, momentum: 0.9, nesterov: true, clip: 0.1), decay: .steps(every: 3, factor: 0.5)),
    Case(testDescription: "adamw", method: .adamw, steps: StepSettings(accumulate: 2), decay: .cosine(over: 8)),
    Case(testDescription: "radam", method: .radam, steps: StepSettings(weightDecay: 0.1, clip: 0.5, accumulate: 3), decay: .constant),
  ]

  @Test(arguments: cases) func resumes(_ given: Case) throws {
    try withFolder { root in
      let settings = try tinySettings(batch: 1, rate: LearningRate(3e-3, warmup: 2, decay: given.decay), average: 0.9) { ($0.optimizer, $0.steps) = (given.method, given.steps) }
      func train(_ name: String, _ stops: [Int], threads: Int) throws -> [UInt8] {
        for stop in stops { try Run(name, in: root, settings).train(until: TrainLimit(iterations: stop), cadence: Cadence(checkpointEvery: 100, validateEvery: 0), context(threads: threads)) }
        return try Files.read("\(root)/\(name)/checkpoints/0000006.safetensors")
      }
      let straight = try train("straight", [6], threads: 1)
      #expect(try train("stopped", [1, 4, 6], threads: 2) == straight)
      let again = try RunSettings(record: settings.record, path: "run.json") { _, _ in throw StorageError.notFound(path: "", near: nil) }
      #expect(again.steps == settings.steps && again.optimizer == settings.optimizer && again.rate == settings.rate)
      // what is left out of records is what was not said
      #expect(try tinySettings().record["clip"] == nil && settings.record["clip"]?.double == (given.steps.clip == 0 ? nil : given.steps.clip))
    }
  }

  /// Two batches of one patch make the step of the mean of their gradients.
  @Test func accumulatedGradientsAreMeans() throws {
    let network = try tinyNetwork(), context = context(threads: 2)
    let parameters = try ParameterSet(initialising: network, seed: 1), engine = try Engine(network, batch: 1, inputSpatialShape: [20, 20, 20], mode: .training, context: context)
    var random = KeyedGenerator(seed: 1, purpose: "x")
    func gradients() throws -> ParameterSet {
      let input = try NDArray((0..<8000).map { _ in Float(random.uniform(-1, 1)) }, [1, 1, 20, 20, 20])
      return try engine.backward(try engine.forward(input, parameters))
    }
    let (a, b) = (try gradients(), try gradients())
    var mean = try ParameterSet(zerosFor: network)
    mean.add(a, times: 0.5)
    mean.add(b, times: 0.5)
    let norm = try mean.norm(network, pool: context.pool)
    var clipped = mean
    #expect(try clipped.clip(to: norm / 2, network, pool: context.pool) == norm)
    #expect(abs(try clipped.norm(network, pool: context.pool) - norm / 2) < 1e-5 * norm)
    var whole = mean
    try whole.clip(to: 2 * norm, network, pool: context.pool)
    for index in mean.arrays.indices {
      let (x, y, z) = (try a.arrays[index].elements(Float.self), try b.arrays[index].elements(Float.self), try mean.arrays[index].elements(Float.self))
      #expect(zip(zip(x, y), z).allSatisfy { 0.5 * $0.0 + 0.5 * $0.1 == $1 })
      #expect(try whole.arrays[index].elements(Float.self) == z)
    }
  }

  @Test func refusals() throws {
    for (method, steps) in [
      (OptimizerSettings.Method.adam, StepSettings(momentum: 0.9)), (.sgd, StepSettings(nesterov: true)), (.sgd, StepSettings(momentum: 1)), (.radam, StepSettings(weightDecay: -1)),
      (.radam, StepSettings(clip: -1)), (.radam, StepSettings(clip: .nan)), (.radam, StepSettings(accumulate: 0)),
    ] {
      let fine = try tinySettings()
      #expect(throws: (any Error).self) {
        try RunSettings(network: fine.network, task: fine.task, data: fine.data, input: fine.input, optimizer: method, rate: fine.rate, steps: steps, augment: fine.augment)
      }
    }
  }
}
