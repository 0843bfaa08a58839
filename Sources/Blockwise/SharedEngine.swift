import Arrays
import Execution
import Networks
import Synchronization

/// One engine for several threads, which take turns: while one of them computes, the others read and write.
final class SharedEngine: @unchecked Sendable {   // `engine` belongs to whoever holds `turn`
  private let turn = Mutex(())
  private let make: @Sendable (ExecutionContext) throws -> Engine
  private var engine: Engine?

  init(_ make: @escaping @Sendable (ExecutionContext) throws -> Engine) { self.make = make }

  /// Makes the engine if nobody has.
  func prepare(_ context: ExecutionContext) throws { _ = try turn.withLock { _ in try made(context) } }

  /// The network's raw result; waits for its turn.
  func forward(_ input: NDArray, _ parameters: ParameterSet, _ context: ExecutionContext) throws -> NDArray {
    try turn.withLock { _ in
      try context.cancellation.check()
      return try made(context).forward(input, parameters)
    }
  }

  private func made(_ context: ExecutionContext) throws -> Engine {
    if let engine { return engine }
    let made = try make(context)
    engine = made
    return made
  }
}
