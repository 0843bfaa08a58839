import Arrays
import Execution
import Testing
import Networks

/// Reproducible values in −1...1.
func noise(_ shape: [Int], _ seed: UInt64) throws -> NDArray {
  var generator = KeyedGenerator(seed: seed, purpose: "test")
  var array = try NDArray(.float32, shape)
  array.withMutableElements(Float.self) { for at in $0.indices { $0[at] = Float(generator.uniform(-1, 1)) } }
  return array
}

func context(_ threads: Int = 1, memoryBudget: Int = 4 << 30) -> ExecutionContext { ExecutionContext(pool: ThreadPool(threads: threads), memoryBudget: memoryBudget) }

func bits(_ array: NDArray) throws -> [UInt32] { try array.elements(Float.self).map(\.bitPattern) }

struct EngineTests {
  static let unet = UNetSettings(outChannels: 4, features: 4, featureFactor: 2, downsampleFactors: [[2, 2, 2], [2, 2, 2]])

  /// Wide enough for convolutions in tiles.
  static let wide = UNetSettings(outChannels: 4, features: 12, featureFactor: 2, downsampleFactors: [[2, 2, 2]])

  /// Runs a few training steps; all that could differ between thread counts goes into the result.
  func train(threads: Int, batch: Int, fast: Bool = false) throws -> (bits: [UInt32], losses: [Double]) {
    let network = try (fast ? Self.wide : Self.unet).network().withHead(channels: 2)
    let context = context(threads)
    let engine = try Engine(network, batch: batch, inputSpatialShape: [44, 48, 44], mode: .training, fast: fast, context: context)
    var parameters = try ParameterSet(initialising: network, seed: 7)
    var optimizer = try Optimizer(.radam(rate: 1e-3), for: network)
    var losses: [Double] = []
    for step in 0..<3 {
      let output = try engine.forward(try noise(engine.inputShape, UInt64(step)), parameters)
      let (loss, gradient) = try Loss.mse(output, target: try noise(engine.outputShape, 100 + UInt64(step)), pool: context.pool)
      let gradients = try engine.backward(gradient)
      try optimizer.update(&parameters, gradients, pool: context.pool)
      losses.append(loss)
    }
    return (try parameters.arrays.flatMap(bits), losses)
  }

  @Test(arguments: [1, 2]) func trainingIsByteEqualForAnyThreads(batch: Int) throws {
    let one = try train(threads: 1, batch: batch)
    for threads in [2, 3] {
      let other = try train(threads: threads, batch: batch)
      #expect(one.bits == other.bits, "threads \(threads)")
      #expect(one.losses == other.losses)
    }
    #expect(Set(one.losses).count == 3)
  }

  @Test func fastTrainingIsByteEqualForAnyThreads() throws {
    let one = try train(threads: 1, batch: 1, fast: true)
    for threads in [2, 3] { #expect(try train(threads: threads, batch: 1, fast: true) == one) }
    #expect(Set(one.losses).count == 3)
  }

  @Test func batchGradientIsTheSumOfItems() throws {
    let network = try Self.unet.network().withHead(channels: 1)
    let parameters = try ParameterSet(initialising: network, seed: 1)
    let input = try noise([2, 1, 44, 44, 44], 3)
    let both = try Engine(network, batch: 2, inputSpatialShape: [44, 44, 44], mode: .training, context: context(2))
    let one = try Engine(network, batch: 1, inputSpatialShape: [44, 44, 44], mode: .training, context: context(2))
    let output = try both.forward(input, parameters)
    let gradient = try noise(both.outputShape, 4)
    let total = try both.backward(gradient)
    var sums = total.arrays.map { Array(repeating: 0.0, count: $0.count) }
    for item in 0..<2 {
      let single = try one.forward(try input.slice(offset: [item, 0, 0, 0, 0], shape: [1, 1, 44, 44, 44]), parameters)
      #expect(try bits(single) == bits(try output.slice(offset: [item, 0, 0, 0, 0], shape: single.shape).contiguous()))
      let parts = try one.backward(try gradient.slice(offset: [item, 0, 0, 0, 0], shape: single.shape))
      for (index, array) in parts.arrays.enumerated() { for (at, value) in try array.elements(Float.self).enumerated() { sums[index][at] += Double(value) } }
    }
    for (index, array) in total.arrays.enumerated() {
      let scale = sums[index].map(abs).max() ?? 1
      for (at, value) in try array.elements(Float.self).enumerated() { #expect(abs(Double(value) - sums[index][at]) <= 1e-4 * scale) }
    }
  }

  /// A block predicted alone equals the same block cut out of a larger prediction.
  @Test(arguments: [UNetSettings(outChannels: 3, features: 4, featureFactor: 2, downsampleFactors: [[2, 2, 2], [2, 2, 2]]),
                    UNetSettings(outChannels: 3, features: 4, featureFactor: 2, downsampleFactors: [[1, 2, 2], [3, 2, 2]], kernelSizesDown: [[[1, 3, 3], [3, 3, 3]], [[3, 3, 3]], [[3, 3, 3]]], kernelSizesUp: [[[3, 3, 3]], [[3, 3, 3]]]),
                    UNetSettings(outChannels: 3, features: 4, featureFactor: 2, downsampleFactors: [[2, 2, 2]], upsampleFactors: [[2, 2, 2]])])
  func blockEqualsWhole(settings: UNetSettings) throws {
    let network = try settings.network().withHead(channels: 2)
    let parameters = try ParameterSet(initialising: network, seed: 5)
    let legal = try #require(network.legalSizes())
    let small = legal.smallest.indices.map { legal.smallest[$0] + legal.step[$0] }
    let large = legal.smallest.indices.map { small[$0] + 3 * legal.step[$0] }
    let input = try noise([1, 1] + large, 9)
    let whole = try Engine(network, batch: 1, inputSpatialShape: large, mode: .inference, context: context(2)).forward(input, parameters)
    let engine = try Engine(network, batch: 1, inputSpatialShape: small, mode: .inference, context: context(1))
    let scale = settings.upsampleFactors.first?[0] ?? 1
    for shift in [[0, 0, 0], [1, 2, 3], [3, 0, 1]] {
      let offset = zip(shift, legal.step).map(*)
      let block = try engine.forward(try input.slice(offset: [0, 0] + offset, shape: [1, 1] + small), parameters)
      let cut = try whole.slice(offset: [0, 0] + offset.map { $0 * scale }, shape: block.shape).contiguous()
      #expect(try bits(block) == bits(cut), "shift \(shift)")
    }
  }

  @Test func memoryIsShared() throws {
    let network = try UNetSettings(outChannels: 8, features: 8, featureFactor: 2, downsampleFactors: [[2, 2, 2], [2, 2, 2]]).network().withHead(channels: 1)
    let inference = try Engine(network, batch: 1, inputSpatialShape: [60, 60, 60], mode: .inference, context: context()).plan
    let training = try Engine(network, batch: 1, inputSpatialShape: [60, 60, 60], mode: .training, context: context()).plan
    for plan in [inference, training] {
      let live = plan.storages.filter { $0.kind == .arena && $0.itemFloats > 0 }
      let peak = (0..<3 * plan.steps.count).map { time in live.reduce(0) { $0 + ($1.first <= time && time <= $1.last ? $1.floats : 0) } }.max() ?? 0
      #expect(plan.arenaFloats * 10 < plan.unsharedFloats * 8)
      #expect(plan.arenaFloats * 10 <= peak * 11, "\(plan.arenaFloats) of \(peak) alive at once")
      for (index, a) in live.enumerated() {
        for b in live[(index + 1)...] where a.first <= b.last && b.first <= a.last {
          #expect(a.offset + a.floats <= b.offset || b.offset + b.floats <= a.offset)
        }
        #expect(a.offset + a.floats <= plan.arenaFloats)
      }
    }
  }

  /// What is said to fit does, at a budget that the wish does not fit in; and nothing is said where nothing fits.
  @Test(arguments: [false, true]) func largestInput(training: Bool) throws {
    let network = try Self.unet.network().withHead(channels: 1), budget = training ? 12 << 20 : 6 << 20, tight = context(memoryBudget: budget)
    let wish = [124, 124, 68], mode: Engine.Mode = training ? .training : .inference
    #expect(throws: NetworkError.self) { try Engine(network, batch: 1, inputSpatialShape: wish, mode: mode, context: tight) }
    let fits = try #require(network.largestInput(like: wish, training: training, tight))
    #expect(try #require(network.legalSizes()).contains(fits) && zip(fits, wish).allSatisfy { $0 <= $1 })
    #expect(try Engine(network, batch: 1, inputSpatialShape: fits, mode: mode, context: tight).byteCount > budget / 2)
    #expect(network.largestInput(like: wish, training: training, context(memoryBudget: 1000)) == nil)
  }

  /// Memory alive while a step runs: the peak is what the arena holds, with input and output, but for gaps.
  @Test func memoryAlive() throws {
    let network = try Self.unet.network().withHead(channels: 1), input = [60, 60, 60]
    let alive = try network.memory(input: input), engine = try Engine(network, batch: 1, inputSpatialShape: input, mode: .inference, context: context())
    let peak = try #require(alive.values.max()), outside = 4 * (engine.inputShape.reduce(1, *) + engine.outputShape.reduce(1, *))
    #expect(peak >= engine.byteCount && peak <= engine.byteCount + outside + 1024)
    #expect(alive["unet.l_conv.0.conv_pass.0"].map { $0 >= 4 * (60 * 60 * 60 + 4 * 58 * 58 * 58) } == true)
  }

  @Test func refusals() throws {
    let network = try Self.unet.network()
    let parameters = try ParameterSet(initialising: network, seed: 1)
    #expect(throws: NetworkError.self) { try Engine(network, batch: 1, inputSpatialShape: [45, 44, 44], mode: .inference, context: context()) }
    #expect(throws: NetworkError.self) { try Engine(network, batch: 1, inputSpatialShape: [44, 44], mode: .inference, context: context()) }
    #expect(throws: NetworkError.self) { try Engine(network, batch: 1, inputSpatialShape: [44, 44, 44], mode: .inference, context: context(memoryBudget: 1000)) }
    for huge in [[1 << 40, 44, 44], [1 << 24, 1 << 24, 1 << 24], [1 << 14, 1 << 14, 44], [.max, .max, .max], [-4, 44, 44], [0, 44, 44], [.min, 44, 44]] {
      for batch in [1, 1 << 16] { #expect(throws: NetworkError.self, "\(huge)") { try Engine(network, batch: batch, inputSpatialShape: huge, mode: .training, context: context()) } }
    }
    #expect(throws: NetworkError.self) { try Engine(network, batch: 0, inputSpatialShape: [44, 44, 44], mode: .inference, context: context()) }
    #expect(throws: NetworkError.self) { try Engine(network, batch: .max, inputSpatialShape: [44, 44, 44], mode: .inference, context: context()) }
    let engine = try Engine(network, batch: 1, inputSpatialShape: [44, 44, 44], mode: .inference, context: context())
    #expect(throws: NetworkError.notForTraining) { try engine.backward(try noise(engine.outputShape, 0)) }
    #expect(throws: NetworkError.self) { try engine.forward(try noise([1, 2, 44, 44, 44], 0), parameters) }
    #expect(throws: NetworkError.dtype(expected: .float32, found: .uint8)) { try engine.forward(try NDArray(.uint8, engine.inputShape), parameters) }
    let other = try ParameterSet(initialising: try network.withHead(channels: 1), seed: 1)
    #expect(throws: NetworkError.self) { try engine.forward(try noise(engine.inputShape, 0), other) }
    let training = try Engine(network, batch: 1, inputSpatialShape: [44, 44, 44], mode: .training, context: context())
    #expect(throws: NetworkError.backwardBeforeForward) { try training.backward(try noise(training.outputShape, 0)) }
  }

  @Test func cancelled() throws {
    let network = try Self.unet.network()
    let context = context()
    let engine = try Engine(network, batch: 1, inputSpatialShape: [44, 44, 44], mode: .inference, context: context)
    context.cancellation.cancel()
    #expect(throws: Cancelled()) { try engine.forward(try noise(engine.inputShape, 0), try ParameterSet(initialising: network, seed: 1)) }
  }
}
