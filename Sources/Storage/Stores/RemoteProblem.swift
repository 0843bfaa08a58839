/// What can go wrong on the way to bytes elsewhere. Hosts, buckets and counts are data; the words are made here alone. Never holds a secret.
package enum RemoteProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// Somebody asked to stop.
  case stopped
  case unresolved(host: String)
  case unreachable(host: String, detail: String, tries: Int)
  case insecure(host: String, detail: String)
  case slow(host: String, seconds: Int, tries: Int)
  case broken(detail: String, tries: Int)
  /// An answer that nobody can use.
  case status(code: Int, detail: String, tries: Int)
  /// `what`: "the bucket x", "the server x"; `tried`: kinds of credentials, never their value; `mayBeMissing`: where nobody may list, what is not there is refused, too.
  case denied(what: String, tried: [String], detail: String, mayBeMissing: Bool)
  case badAnswer(String)
  /// Another writing than the one that was begun with.
  case changed
  case notListed
  case notWritable(String)
  case noLibrary(String)
  case failed(String)

  package var description: String {
    switch self {
    case .stopped: "stopped"
    case .unresolved(let host): "there is no host \(host)"
    case .unreachable(let host, let detail, let tries): "\(host) takes no connection\(Self.times(tries))\(Self.because(detail))"
    case .insecure(let host, let detail): "\(host) is not to be trusted (TLS)\(Self.because(detail))"
    case .slow(let host, let seconds, let tries): "\(host) sent nothing, or next to nothing, for \(seconds) s\(Self.times(tries))"
    case .broken(let detail, let tries): "the connection broke\(Self.times(tries))\(Self.because(detail))"
    case .status(let code, let detail, let tries): "the server answers \(code)\(Self.times(tries))\(Self.because(detail))"
    case .denied(let what, let tried, let detail, _): "\(what) gives no access\(tried.isEmpty ? "" : " (tried: \(tried.joined(separator: ", ")))")\(Self.because(detail))"
    case .badAnswer(let reason): "the server's answer makes no sense: \(reason)"
    case .changed: "it was replaced while it was read"
    case .notListed: "this server lists no folders, and there are no consolidated metadata"
    case .notWritable(let what): what
    case .noLibrary(let reason): reason
    case .failed(let detail): detail
    }
  }

  package var hint: String? {
    switch self {
    case .denied(_, _, _, true): "DCS_FORBIDDEN=missing, if chunks that are not there are refused, too"
    case .denied(let what, let tried, _, _) where what.hasPrefix("the bucket"):
      tried.contains("environment") || tried.contains { $0.hasPrefix("profile") } ? nil : "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    case .noLibrary: "apt install libcurl4"
    case .notListed: "name the array: its path below the container"
    case .unreachable, .unresolved: "check the address, the network and, where there is one, the proxy (https_proxy)"
    default: nil
    }
  }

  private static func times(_ tries: Int) -> String { tries > 1 ? " (\(tries) tries)" : "" }
  private static func because(_ detail: String) -> String { detail.isEmpty ? "" : ": \(detail)" }
}
