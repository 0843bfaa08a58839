// dcs-fuzz-weights: weight files with accidents. It damages a file that PyTorch, safetensors or dcs wrote (any bytes of it; or the pickle inside of a zip, or
// the header of safetensors, with lengths and checksums made right again), reads names, elements and models from what is left, and asks of each case:
// no crash, no hang, every error has a sentence, and no memory is asked for that the bytes of the file could not fill.
//
//     dcs-fuzz-weights --cases 20000 --seed 1
//     dcs-fuzz-weights --seed 1 --case 4711       shows what becomes of one case

import Glibc
import TestSupport

@main struct WeightsFuzz {
  static func main() {
    var cases: UInt64 = 20_000, seed: UInt64 = 1, single: UInt64?, folder = "Tests/Fixtures"
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
    guard let fuzzer = try? WeightsFuzzer(folder, seed: seed) else { stop("\(folder) holds no weight files; run it in the root of the repository") }
    Crash.watch()
    Memory.limit()
    if let single { exit(fuzzer.show(single) ? 0 : 1) }
    for number in 0..<cases { fuzzer.probe(number) }
    print(fuzzer.report)
    exit(fuzzer.findings.isEmpty ? 0 : 1)
  }

  private static func stop(_ message: String) -> Never {
    Crash.misuse("\(message)\nusage: dcs-fuzz-weights [--cases N] [--seed N] [--case N] [--folder PATH]")
  }
}
