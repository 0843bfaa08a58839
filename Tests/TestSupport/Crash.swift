import Glibc

/// Says which case was under way when the process dies.
package enum Crash {
  /// Ends a program that was called wrongly.
  package static func misuse(_ message: String) -> Never {
    let text = Array("error: \(message)\n".utf8)
    _ = text.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    exit(2)
  }

  nonisolated(unsafe) static let current = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)   // written by the one thread that fuzzes

  package static func watch() {
    current.pointee = 0
    // the signal may come from an overflow of the stack
    var stack = stack_t(ss_sp: malloc(1 << 16), ss_flags: 0, ss_size: 1 << 16)
    sigaltstack(&stack, nil)
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE] {
      var action = sigaction()
      action.sa_flags = SA_ONSTACK | Int32(bitPattern: UInt32(SA_RESETHAND))
      action.__sigaction_handler.sa_handler = { number in
        Crash.tell("\ncrash in case ")
        raise(number)
      }
      sigaction(number, &action, nil)
    }
    signal(SIGALRM) { _ in
      Crash.tell("\nhang in case ")
      _exit(1)
    }
  }

  /// The number of the case behind a text, without an allocation that a dying process might not survive.
  static func tell(_ text: StaticString) {
    write(2, text.utf8Start, text.utf8CodeUnitCount)
    var divisor: UInt64 = 10_000_000_000_000_000_000
    while divisor > 1, current.pointee / divisor == 0 { divisor /= 10 }
    while divisor > 0 {
      var digit = UInt8(48 + current.pointee / divisor % 10)
      write(2, &digit, 1)
      divisor /= 10
    }
    write(2, "\n", 1)
  }

  /// Names the case under way; one that takes 20 s ends the process.
  package static func begin(_ number: UInt64) {
    current.pointee = number
    alarm(20)
  }
}
