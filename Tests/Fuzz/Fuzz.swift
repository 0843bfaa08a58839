// dcs-fuzz: scripts with accidents. It mutates every script of the repository, every line of the conformance files and every example of the
// vocabulary, and asks of each result: no crash, no hang, every error has a place and at most 8 lines and its list, and what parses prints as text that
// parses to the same tree. Short ones also run, with all words but those that reach beyond the process, in a folder of their own.
//
//     dcs-fuzz --cases 200000 --seed 1        so many are read and checked, and the first eighth of the short ones run: the same cases every time
//     dcs-fuzz --seconds 60 --seed 1          two thirds of the time for reading and checking, the rest for running
//     dcs-fuzz --seed 1 --case 4711 [--run]   shows one case and what becomes of it

import Accidents
import Builtins
import Execution
import Glibc
import Language
import TestSupport

@main struct Fuzz {
  static func main() {
    var options = Options()
    do { try options.read(Array(CommandLine.arguments.dropFirst())) } catch {
      Crash.misuse("\(error)\nusage: dcs-fuzz [--seconds N | --cases N] [--seed N] [--case N [--run]] [--folder PATH]")
    }
    let vocabulary = Vocabulary.registry
    let corpus = Corpus(options.folder, examples: vocabulary.names.flatMap { vocabulary.sets[$0]?.builtins ?? [] }.flatMap { $0.examples.map(\.code) })
    guard corpus.scripts.count > 10, corpus.snippets.count > 300 else {
      Crash.misuse("\(options.folder) holds no scripts; run it in the root of the repository")
    }
    Crash.watch()
    let fuzzer = Fuzzer(corpus, seed: options.seed)
    if let number = options.single { exit(fuzzer.show(number, runs: options.runsSingle) ? 0 : 1) }
    fuzzer.check(options.cases.map { .cases($0) } ?? .seconds(options.seconds * 2 / 3))
    fuzzer.run(options.cases.map { .cases($0 / 8) } ?? .seconds(options.seconds / 3))
    print(fuzzer.report)
    exit(fuzzer.findings.isEmpty ? 0 : 1)
  }

  struct Options {
    var seconds = 60.0, cases: UInt64?, seed: UInt64 = 0, single: UInt64?, runsSingle = false, folder = "."

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
        case "--cases": cases = try number { UInt64($0) }
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
