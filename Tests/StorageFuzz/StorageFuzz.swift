// dcs-fuzz-storage: containers with accidents. It damages one metadata document or one chunk of a container that another program wrote, opens
// what is left, lists it, reads it, and asks of each case: no crash, no hang, every error is one of Storage with a sentence, no key leaves
// the container, and no memory is asked for that the bytes on disk could not fill.
//
//     dcs-fuzz-storage --cases 100000 --seed 1
//     dcs-fuzz-storage --seed 1 --case 4711       shows one case and what becomes of it

import Glibc
import TestSupport

@main struct StorageFuzz {
  static func main() {
    var cases: UInt64 = 100_000, seed: UInt64 = 1, single: UInt64?, folder = "Tests/Fixtures"
    var words = CommandLine.arguments.dropFirst()
    while let word = words.popFirst() {
      guard let value = words.popFirst() else { stop("\(word) needs a value") }
      switch (word, UInt64(value)) {
      case ("--cases", let number?): cases = number
      case ("--seed", let number?): seed = number
      case ("--case", let number?): single = number
      case ("--folder", _): folder = value
      default: stop("\(word) \(value) is not understood")
      }
    }
    let corpus = Corpus(folder)
    guard corpus.containers.count > 10 else { stop("\(folder) holds no containers; run it in the root of the repository") }
    Crash.watch()
    Memory.limit()
    let fuzzer = Fuzzer(corpus, seed: seed)
    if let single { exit(fuzzer.show(single) ? 0 : 1) }
    for number in 0..<cases { fuzzer.probe(number) }
    print(fuzzer.report)
    exit(fuzzer.findings.isEmpty ? 0 : 1)
  }

  private static func stop(_ message: String) -> Never {
    Crash.misuse("\(message)\nusage: dcs-fuzz-storage [--cases N] [--seed N] [--case N] [--folder PATH]")
  }
}
