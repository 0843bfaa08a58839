// Contexts of C libraries that are dear to make (hundreds of kB, cleared each time): taken for one chunk, then kept for the next.
//
// There are never more than threads that coded at once.

import Synchronization

final class Spares: Sendable {
  private let idle = Mutex<[UInt]>([])
  private let make: @Sendable () -> OpaquePointer?

  init(_ make: @escaping @Sendable () -> OpaquePointer?) { self.make = make }

  /// Calls `body` with a context that nobody else has.
  func with<R>(_ library: String, _ body: (OpaquePointer) throws(CodecFailure) -> R) throws(CodecFailure) -> R {
    let kept = idle.withLock { $0.popLast() }
    guard let context = kept.flatMap({ OpaquePointer(bitPattern: $0) }) ?? make() else { throw CodecFailure.noMemory(library) }
    defer {
      let number = UInt(bitPattern: context)
      idle.withLock { $0.append(number) }
    }
    return try body(context)
  }
}
