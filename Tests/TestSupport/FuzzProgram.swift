// The command line that fuzzers of files share: --cases N, --seed N, --case N, --folder PATH.

import Glibc

/// Makes and tries cases by number.
package protocol CaseFuzzer: AnyObject {
  var findings: [String] { get }
  /// What was done, and the findings.
  var report: String { get }
  func probe(_ number: UInt64)
  /// Prints a case and what becomes of it; false if something is wrong with it.
  func show(_ number: UInt64) -> Bool
}

package enum FuzzProgram {
  /// Runs the cases that the command line asks for, and ends the process: 0 without findings.
  ///
  /// - Parameters:
  ///   - holding: what a folder must hold.
  ///   - make: a fuzzer of the files in a folder, nil if they are not there.
  package static func run(_ name: String, cases usual: UInt64, holding: String, make: (_ folder: String, _ seed: UInt64) -> (any CaseFuzzer)?) -> Never {
    func stop(_ message: String) -> Never { Crash.misuse("\(message)\nusage: \(name) [--cases N] [--seed N] [--case N] [--folder PATH]") }
    var cases = usual, seed: UInt64 = 1, single: UInt64?, folder = "Tests/Fixtures"
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
    guard let fuzzer = make(folder, seed) else { stop("\(folder) holds no \(holding); run it in the root of the repository") }
    Crash.watch()
    Memory.limit()
    if let single { exit(fuzzer.show(single) ? 0 : 1) }
    for number in 0..<cases { fuzzer.probe(number) }
    print(fuzzer.report)
    exit(fuzzer.findings.isEmpty ? 0 : 1)
  }
}
