// Every option of the command line as data: the help text, the completions of shells and the suggestions of misspelt options are made from it.

struct OptionEntry {
  /// "-h", "--help".
  let names: [String]
  /// What its value is called: "N", "FILE", "DIR"; nil: it takes none.
  let value: String?
  let about: String
  /// Made for scripts and packagers: completed, but not in the short help.
  var isHidden = false

  static let all: [OptionEntry] = [
    OptionEntry("-e", "EXPR", "evaluate an expression, show the result"),
    OptionEntry("-i", nil, "the prompt after the script"),
    OptionEntry("--check", nil, "find mistakes without running anything (exit 2 if there are any)"),
    OptionEntry("--dry-run", nil, "say what a script would read, write and run, without doing it"),
    OptionEntry("--seed", "N", "seed of all random numbers (default 0)"),
    OptionEntry("--jobs", "N", "threads (default: one a core)"),
    OptionEntry("--serial", nil, "one thread, and stop at the first block that fails"),
    OptionEntry("--quiet", nil, "no progress, no colour"),
    OptionEntry("--log", "FILE", "also write what is shown to FILE"),
    OptionEntry("--test", "DIR", "run the conformance scripts of a folder"),
    OptionEntry("--help -h", nil, "print this help"),
    OptionEntry("--version", nil, "print the version"),
    OptionEntry("--reference", nil, "print the reference page, made from the declarations", isHidden: true),
    OptionEntry("--completions", "SHELL", "print completions for bash, zsh or fish", isHidden: true),
    OptionEntry("--grammar", nil, "print a TextMate grammar for editors", isHidden: true),
  ]

  init(_ names: String, _ value: String?, _ about: String, isHidden: Bool = false) {
    (self.names, self.value, self.about, self.isHidden) = (names.split(separator: " ").map(String.init), value, about, isHidden)
  }

  /// Lines of `dcs --help`.
  static var help: String {
    let heads = all.map { $0.names.joined(separator: ", ") + ($0.value.map { " " + $0 } ?? "") }
    let width = heads.map(\.count).max() ?? 0
    let line = { (entry: (head: String, option: OptionEntry)) in "  " + entry.head + String(repeating: " ", count: width - entry.head.count + 2) + entry.option.about }
    let entries = zip(heads, all).map { (head: $0, option: $1) }
    return (entries.filter { !$0.option.isHidden }.map(line) + ["made from the declarations, for packagers and editors:"] + entries.filter { $0.option.isHidden }.map(line)).joined(separator: "\n")
  }
}
