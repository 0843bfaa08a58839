/// What can go wrong between us and another program.
package enum ComputeError: Error, Equatable, Sendable {
  case notStarted(command: String, reason: String)
  /// A command of an engine ended badly: its words are the best there are.
  case engine(command: String, code: Int, output: String)
  /// It succeeded but its output holds no job number.
  case noIdentifier(command: String, output: String)
  case badJob(path: String, reason: String)
  /// A process of another machine, of which only the files tell.
  case elsewhere(host: String)
  case died(command: String, how: String, output: String)
  case silent(command: String, seconds: Double)
  case badAnswer(command: String, reason: String, output: String)
}

extension ComputeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notStarted(let command, let reason): "cannot start `\(command)`: \(reason)"
    case .engine(let command, let code, let output): "`\(command)` failed with code \(code)" + Self.tail(output)
    case .noIdentifier(let command, let output): "`\(command)` named no job" + Self.tail(output)
    case .badJob(let path, let reason): "\(path) is no job: \(reason)"
    case .elsewhere(let host): "the job is a process of \(host): it can be stopped there only"
    case .died(let command, let how, let output): "`\(command)` \(how)" + Self.tail(output)
    case .silent(let command, let seconds): "`\(command)` has not answered for \(seconds == seconds.rounded() ? String(Int(seconds)) : "\(seconds)") s; it was stopped"
    case .badAnswer(let command, let reason, let output): "`\(command)` answered wrongly: \(reason)" + Self.tail(output)
    }
  }

  /// The last line that says anything.
  private static func tail(_ output: String) -> String {
    output.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map { ": " + $0.prefix(300) } ?? ""
  }
}
