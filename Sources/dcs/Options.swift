import Language

// The command line. Options before the script are ours, all after it are the script's, so that `#!/usr/bin/env dcs` works.

struct Options: Equatable {
  enum Action: Equatable {
    case prompt
    case script(String, arguments: [String])
    case expression(String)
    case conformance(String)
    /// A shard of a recorded plan.
    case worker(plan: String, shard: Int, of: Int)
    case help
    case version
    /// `--reference`, `--grammar`, `--completions SHELL`.
    case reference
    case grammar
    case completions(String)
  }

  private(set) var action = Action.prompt
  /// The word that chose the action.
  private var chosenBy: String?
  /// `-i`: the prompt after the script.
  var staysAtPrompt = false
  var checksOnly = false
  /// `--dry-run`: plan, do nothing.
  var isDryRun = false
  var seed: UInt64 = 0
  var jobs: Int?
  /// `--serial`: one thread, and the first block that fails ends the work.
  var isSerial = false
  var isQuiet = false
  var log: String?

  struct Misuse: Error, Equatable { var message: String }

  /// Every spelling, for suggestions.
  static let names = OptionEntry.all.flatMap(\.names)

  init(_ arguments: [String]) throws(Misuse) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "worker" {
        guard rest.count == 3, let plan = rest.popFirst(), rest.popFirst() == "--shard", case let parts = (rest.popFirst() ?? "").split(separator: "/").map({ Int($0) }), parts.count == 2,
          let shard = parts[0], let count = parts[1], count > 0, (0..<count).contains(shard)
        else { throw Misuse(message: "worker needs a plan and a shard: dcs worker PLAN --shard K/N, K from 0 to N - 1") }
        try choose(.worker(plan: plan, shard: shard, of: count), argument)
        break
      }
      guard argument.hasPrefix("-"), argument != "-" else {
        try choose(.script(argument, arguments: Array(rest)), argument)
        break
      }
      // --seed=7 is --seed 7
      let parts = argument.hasPrefix("--") ? argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init) : [argument]
      var attached = parts.count > 1 ? parts[1] : nil
      func value() throws(Misuse) -> String {
        if let text = attached { attached = nil; return text }
        guard let value = rest.popFirst() else { throw Misuse(message: "option \(parts[0]) needs a value") }
        return value
      }
      try take(parts[0], value)
      if let attached { throw Misuse(message: "option \(parts[0]) takes no value, found `\(attached)`") }
      if action == .help || action == .version { return }
    }
    if checksOnly { switch action { case .script, .expression: break; default: throw Misuse(message: "--check needs a script") } }
    if isDryRun { switch action { case .script, .expression: break; default: throw Misuse(message: "--dry-run needs a script") } }
  }

  /// One run does one thing.
  private mutating func choose(_ action: Action, _ word: String) throws(Misuse) {
    if let chosenBy { throw Misuse(message: "`\(chosenBy)` and `\(word)` are two things to do; dcs does one at a time") }
    (self.action, chosenBy) = (action, word)
  }

  private mutating func take(_ option: String, _ value: () throws(Misuse) -> String) throws(Misuse) {
    switch option {
    case "-e": try choose(.expression(try value()), option)
    case "-i": staysAtPrompt = true
    case "--check": checksOnly = true
    case "--dry-run": isDryRun = true
    case "--seed":
      let text = try value()
      guard let number = UInt64(text) else { throw Misuse(message: "--seed needs a whole number from 0 up, not `\(text)`") }
      seed = number
    case "--jobs":
      let text = try value()
      guard let number = Int(text), (1...1024).contains(number) else { throw Misuse(message: "--jobs needs a number from 1 to 1024, not `\(text)`") }
      jobs = number
    case "--serial": (jobs, isSerial) = (1, true)
    case "--quiet": isQuiet = true
    case "--log": log = try value()
    case "--test": try choose(.conformance(try value()), option)
    case "--help", "-h": action = .help
    case "--version": action = .version
    case "--reference": try choose(.reference, option)
    case "--grammar": try choose(.grammar, option)
    case "--completions": try choose(.completions(try value()), option)
    default:
      let near = Suggestion.nearest(to: option, among: Self.names.filter { $0.hasPrefix("--") }).map { "; did you mean `\($0)`?" } ?? ""
      throw Misuse(message: "unknown option `\(option)`\(near)")
    }
  }

  static let help = """
    dcs — segment volume microscopy: a command language for arrays, networks and blocks

    usage: dcs [options] [script.dcs [script arguments]]
           dcs                        the prompt
           dcs -e EXPRESSION          evaluate, show the result
           dcs script.dcs --help      what a script takes
           dcs run-blockwise --help        any program over a volume of any size
           dcs segment-blockwise --help    any program that segments blocks, its objects joined
           dcs worker PLAN --shard K/N     the blocks K, K + N, … of a plan: what tasks of a job run

    \(OptionEntry.help)
    exit codes: 0 ok, 1 error, 2 usage or --check findings, 3 blocks failed, 130 interrupted
    """
}
