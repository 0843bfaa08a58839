// dcs-fuzz: scripts with accidents. It mutates every script of the repository, every line of the conformance files and every example of the
// vocabulary, and asks of each result: no crash, no hang, every error has a place and at most 8 lines, and what parses prints as text that
// parses to the same tree. Short ones also run, with all words but those that reach beyond the process, in a folder of their own.
//
//     dcs-fuzz --seconds 60 --seed 1          half of the time for reading and checking, half for running
//     dcs-fuzz --seed 1 --case 4711 [--run]   shows one case and what becomes of it

import Builtins
import Execution
import Glibc
import Language

@main struct Fuzz {
  private static func complain(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(2, bytes, bytes.count)
  }

  static func main() {
    var options = Options()
    do { try options.read(Array(CommandLine.arguments.dropFirst())) } catch {
      complain("error: \(error)\nusage: dcs-fuzz [--seconds N] [--seed N] [--case N [--run]] [--folder PATH]\n")
      exit(2)
    }
    let corpus = Corpus(options.folder)
    guard corpus.scripts.count > 10, corpus.snippets.count > 300 else {
      complain("error: \(options.folder) holds no scripts; run it in the root of the repository\n")
      exit(2)
    }
    Crash.watch()
    let fuzzer = Fuzzer(corpus, seed: options.seed)
    if let number = options.single { exit(fuzzer.show(number, runs: options.runsSingle) ? 0 : 1) }
    fuzzer.check(seconds: options.seconds / 2)
    fuzzer.run(seconds: options.seconds / 2)
    print(fuzzer.report)
    exit(fuzzer.findings.isEmpty ? 0 : 1)
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
        var digits: (UInt64, [UInt8]) = (Crash.current.pointee, [])
        repeat {
          digits.1.insert(UInt8(48 + digits.0 % 10), at: 0)
          digits.0 /= 10
        } while digits.0 > 0
        let text = Array("\ncrash in case ".utf8) + digits.1 + [10]
        _ = text.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
        raise(number)
      }
      sigaction(number, &action, nil)
    }
  }
}
