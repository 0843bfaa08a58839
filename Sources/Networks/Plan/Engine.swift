// Runs a network: planned once for one batch and input size, its memory reused from call to call.
//
// An engine belongs to one thread at a time; the kernels use the context's pool. Results do not depend on the pool's size.

import Arrays
import CKernels
import Execution

package final class Engine {
  package enum Mode: Sendable { case inference, training }

  package let network: Network
  package let mode: Mode
  package let plan: Plan
  private let context: ExecutionContext
  private let backend: CPUBackend
  private let arena: Buffer
  /// What the last forward pass read: kept until backward has used it (training), or to see whether weights are the same (inference).
  private var input: NDArray?
  private var parameters: ParameterSet?
  private var output: NDArray?
  /// What random choices of the last forward pass hang on.
  private var draw: UInt64 = 0
  private var measured: [(forward: Double, backward: Double)]?

  /// - Parameters:
  ///   - inputSpatialShape: lengths along the network's spatial axes.
  ///   - fast: compute convolutions in tiles where that is faster: up to three times, and rounded otherwise. Then a voxel's last bits depend on
  ///     where it lies in the input; else on what its receptive field holds alone.
  /// - Throws: `NetworkError.layer` with the sizes that would fit, `.memory` beyond the context's budget, `ArrayError.noMemory`.
  package init(_ network: Network, batch: Int, inputSpatialShape: [Int], mode: Mode, fast: Bool = false, context: ExecutionContext) throws {
    (self.network, self.mode, self.context) = (network, mode, context)
    backend = try CPUBackend(pool: context.pool, fast: fast)
    plan = try Plan(network, batch: batch, input: inputSpatialShape, training: mode == .training, backend: backend)
    let (bytes, overflow) = plan.arenaFloats.multipliedReportingOverflow(by: 4)
    guard !overflow, bytes <= context.memoryBudget else { throw NetworkError.memory(needed: overflow ? .max : bytes, budget: context.memoryBudget) }
    arena = try Buffer(count: bytes, zeroed: false)
  }

  package var batch: Int { plan.batch }

  /// From now on `times` adds up what each step takes.
  package func measureTimes() { measured = plan.steps.map { _ in (0, 0) } }
  /// Seconds that each step of the plan took so far, forward and backward; nil unless asked for.
  package var times: [(forward: Double, backward: Double)]? { measured }
  package var inputShape: [Int] { [plan.batch, network.inChannels] + plan.inputExtent.last(network.spatialRank) }
  package var outputShape: [Int] { [plan.batch, network.outChannels] + plan.outputExtent.last(network.spatialRank) }
  /// Bytes of memory it holds besides weights, input and output.
  package var byteCount: Int { arena.count }

  // MARK: Forward

  /// - Parameter input: float32 of `inputShape`.
  /// - Parameter draw: what random choices of this pass (dropout) hang on; another one for each training step.
  /// - Returns: float32 of `outputShape`, the network's raw result (no activation of the head).
  /// - Throws: `NetworkError.input`, `.dtype`, `.missingWeights`, `.weightShape`; `Cancelled`.
  package func forward(_ input: NDArray, _ parameters: ParameterSet, draw: UInt64 = 0) throws -> NDArray {
    guard input.shape == inputShape else { throw NetworkError.input(network: network.name, expected: shapeText(inputShape), found: input.shape) }
    guard input.dtype == .float32 else { throw NetworkError.dtype(expected: .float32, found: input.dtype) }
    try parameters.check(network)
    let input = try input.contiguous()
    let sameWeights = mode == .inference && self.parameters.map { zip($0.arrays, parameters.arrays).allSatisfy { $0.buffer === $1.buffer && $0.start == $1.start } } ?? false
    let weights = sameWeights ? self.parameters ?? parameters : ParameterSet(names: parameters.names, arrays: try parameters.arrays.map { try $0.contiguous() })
    self.input = input
    self.parameters = weights
    self.draw = draw
    let output = try NDArray(.float32, outputShape, zeroed: false)

    backend.bind(weights: weights.arrays.map { UnsafePointer(pointer($0)) })
    backend.bind(storages: bases(input: input, output: output, outputGradient: nil))
    do {
      try stoppable {
        if !sameWeights { try backend.pack(plan) }
        for (index, step) in plan.steps.enumerated() {
          try context.cancellation.check()
          let started = measured == nil ? nil : ContinuousClock.now
          for round in 0..<step.operation.rounds(training: mode == .training) {
            for item in 0..<plan.batch { run(step, item, round) }
          }
          if let started { measured?[index].forward += seconds(since: started) }
        }
      }
    } catch {
      self.parameters = nil   // not all of them may have been packed
      throw error
    }
    if mode == .training { self.output = output }
    else { self.input = nil }
    return output
  }

  // MARK: Backward

  /// Gradients of all weights for the last forward pass.
  ///
  /// - Parameter outputGradient: float32 of `outputShape`: the loss's derivative with respect to what `forward` returned.
  /// - Throws: `NetworkError.notForTraining`, `.backwardBeforeForward`, `.losses` for a wrong shape; `Cancelled`.
  package func backward(_ outputGradient: NDArray) throws -> ParameterSet {
    guard mode == .training else { throw NetworkError.notForTraining }
    guard let input, let parameters, let output else { throw NetworkError.backwardBeforeForward }
    guard outputGradient.shape == outputShape else { throw NetworkError.losses(expected: outputShape, found: outputGradient.shape, what: "the output's gradient") }
    guard outputGradient.dtype == .float32 else { throw NetworkError.dtype(expected: .float32, found: outputGradient.dtype) }
    let outputGradient = try outputGradient.contiguous()
    let gradients = try ParameterSet(zerosFor: network)

    backend.bind(weights: parameters.arrays.map { UnsafePointer(pointer($0)) })
    backend.bind(gradients: gradients.arrays.map(pointer))
    backend.bind(storages: bases(input: input, output: output, outputGradient: outputGradient))
    try stoppable {
      for backward in plan.backward {
        try context.cancellation.check()
        let started = measured == nil ? nil : ContinuousClock.now
        if backward.masksFirst { for item in 0..<plan.batch { plan.steps[backward.step].operation.maskGradient(call(backward, item, 0)) } }
        for round in 0..<plan.steps[backward.step].operation.rounds(training: true) {
          for item in 0..<plan.batch { run(backward, item, round) }
        }
        if let started { measured?[backward.step].backward += seconds(since: started) }
      }
    }
    // Whoever owns the weights may now change them in place.
    (self.input, self.parameters, self.output) = (nil, nil, nil)
    return gradients
  }

  private func seconds(since start: ContinuousClock.Instant) -> Double { (ContinuousClock.now - start) / .seconds(1) }

  private func key(_ step: Plan.Step, _ item: Int) -> UInt64 {
    guard step.operation is Dropout else { return 0 }
    var generator = KeyedGenerator(seed: draw, purpose: step.name, index: UInt64(item))
    return generator.next()
  }

  /// The pool's regions leave out what is not begun once somebody has asked to stop; then nothing that `body` made counts.
  private func stoppable(_ body: () throws -> Void) throws {
    try context.cancellation.asked { asked, place in
      dcs_pool_watch(asked, place)
      defer { dcs_pool_watch(nil, nil) }
      try body()
    }
    try context.cancellation.check()
  }

  private func run(_ step: Plan.Step, _ item: Int, _ round: Int) {
    step.operation.forward(ForwardCall(
      backend: backend, inputs: step.inputs.map { $0.map { $0.item(item) } }, output: step.output.item(item), parameter: step.parameter,
      saved: saved(step, item), scratch: step.scratch, training: mode == .training, item: item, items: plan.batch, round: round, key: key(step, item)))
  }

  private func run(_ backward: Plan.BackwardStep, _ item: Int, _ round: Int) {
    for (whole, inside) in backward.clears where round == 0 {
      let whole = whole.item(item)
      if let inside = inside?.item(item) {
        let shift = inside.offset - whole.offset
        let begin = Extent(shift / whole.planeStride, shift % whole.planeStride / whole.rowStride, shift % whole.rowStride)
        backend.zeroBorder(of: whole, around: inside.extent, at: begin)
      } else { backend.zero(whole) }
    }
    plan.steps[backward.step].operation.backward(call(backward, item, round))
  }

  private func call(_ backward: Plan.BackwardStep, _ item: Int, _ round: Int) -> BackwardCall {
    let step = plan.steps[backward.step]
    let gradients = backward.inputGradients.map { $0?.map { GradientPart(view: $0.view.item(item), accumulate: $0.accumulate) } }
    return BackwardCall(
      backend: backend, inputs: step.inputs.map { $0.map { $0.item(item) } }, output: step.output.item(item), outputGradient: backward.outputGradient.item(item), masked: backward.masksFirst,
      inputGradients: gradients, parameter: step.parameter, saved: saved(step, item), scratch: backward.scratch, item: item, items: plan.batch, round: round, key: key(step, item))
  }

  // MARK: Memory

  private func saved(_ step: Plan.Step, _ item: Int) -> StoragePlace { StoragePlace(storage: step.saved, offset: item * plan.storages[step.saved].itemFloats) }

  /// Packed arrays only. They are held while the pointer is used; what is written to was made here and is shared with nobody.
  private func pointer(_ array: NDArray) -> UnsafeMutablePointer<Float> { (array.buffer.bytes + array.start * 4).assumingMemoryBound(to: Float.self) }

  private func bases(input: NDArray, output: NDArray, outputGradient: NDArray?) -> [UnsafeMutablePointer<Float>] {
    plan.storages.map { storage in
      switch storage.kind {
      case .arena: arena.bytes.assumingMemoryBound(to: Float.self) + storage.offset
      case .input: pointer(input)
      case .output: pointer(output)
      case .outputGradient: pointer(outputGradient ?? output)
      }
    }
  }
}
