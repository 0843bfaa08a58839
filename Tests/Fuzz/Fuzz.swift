// dcs-fuzz: scripts with accidents. It mutates every script of the repository, every line of the conformance files and every example of the
// vocabulary, and asks of each result: no crash, no hang, every error has a place and at most 8 lines, and what parses prints as text that
// parses to the same tree. Short ones also run, with all words but those that reach beyond the process, in a folder of their own.
//
//     dcs-fuzz --seconds 60 --seed 1          two thirds of the time for reading and checking, the rest for running
//     dcs-fuzz --seed 1 --case 4711 [--run]   shows one case and what becomes of it

import Builtins
import Execution
import Glibc
import Language

@main struct Fuzz {
  static func main() {
    var options = Options()
    do { try options.read(Array(CommandLine.arguments.dropFirst())) } catch {
      stop("\(error)\nusage: dcs-fuzz [--seconds N] [--seed N] [--case N [--run]] [--folder PATH]")
    }
    let corpus = Corpus(options.folder)
    guard corpus.scripts.count > 10, corpus.snippets.count > 300 else {
      stop("\(options.folder) holds no scripts; run it in the root of the repository")
    }
    Crash.watch()
    let fuzzer = Fuzzer(corpus, seed: options.seed)
    if let number = options.single { exit(fuzzer.show(number, runs: options.runsSingle) ? 0 : 1) }
    fuzzer.check(seconds: options.seconds * 2 / 3)
    fuzzer.run(seconds: options.seconds / 3)
    print(fuzzer.report)
    exit(fuzzer.findings.isEmpty ? 0 : 1)
  }

  private static func stop(_ message: String) -> Never {
    let text = Array("error: \(message)\n".utf8)
    _ = text.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    exit(2)
  }

  struct Options {
    var seconds = 60.0, seed: UInt64 = 0, single: UInt64?, runsSingle = false, folder = "."

    struct Misuse: Error, CustomStringConvertible { let description: String }

    mutating func read(_ words: [String]) throws {
      var rest = words[...]
      while let word = rest.popFirst() {
        func number<T>(_ convert: (String) -> T?) throws -> T {
          guard let text = rest.popFirst(), let value = convert(text) else { throw Misuse(description: "\(word) needs a number") }
          return value
        }
        switch word {
        case "--seconds": seconds = try number { Double($0) }
        case "--seed": seed = try number { UInt64($0) }
        case "--case": single = try number { UInt64($0) }
        case "--run": runsSingle = true
        case "--folder": folder = rest.popFirst() ?? "."
        default: throw Misuse(description: "unknown option \(word)")
        }
      }
    }
  }
}

/// Says which case was under way when the process dies.
enum Crash {
  nonisolated(unsafe) static let current = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)   // written by the one thread that fuzzes

  static func watch() {
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
  static func begin(_ number: UInt64) {
    current.pointee = number
    alarm(20)
  }
}
