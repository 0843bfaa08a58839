// Where a database is: "runs.sqlite", or "postgresql://user@host:5432/name?sslmode=require". Passwords are sent, never shown and never written down.

package enum DatabaseAddress: Sendable, Hashable, CustomStringConvertible {
  case file(String)
  case server(String)

  private static let schemes = ["postgresql://", "postgres://"]

  /// - Throws: `DatabaseError.address` for what is neither.
  package init(_ text: String) throws(DatabaseError) {
    if Self.schemes.contains(where: { text.lowercased().hasPrefix($0) }) {
      guard !text.utf8.contains(0) else { throw .address("…", reason: "it has a character of value 0") }
      self = .server(text)
      return
    }
    var path = text
    if path.hasPrefix("sqlite://") { path = String(path.dropFirst(9)) }
    if path.isEmpty || path == ":memory:" { throw .address(text, reason: "it names no file") }
    if let mark = path.firstRange(of: "://") { throw .address(String(text[..<mark.upperBound]) + "…", reason: "there are files of SQLite and servers of PostgreSQL") }
    if path.hasSuffix("/") || path.utf8.contains(0) { throw .address(text.filter { $0 != "\0" }, reason: "it is no name of a file") }
    self = .file(path)
  }

  /// For people and for files: without the password.
  package var description: String {
    switch self {
    case .file(let path): path
    case .server(let url): Self.withoutPassword(url)
    }
  }

  private static func withoutPassword(_ url: String) -> String {
    guard let mark = url.firstRange(of: "://") else { return url }
    var rest = url[mark.upperBound...]
    let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    var authority = String(rest[..<end])
    rest = rest[end...]
    if let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") { authority.removeSubrange(colon..<at) }
    var parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2 {
      let kept = parts[1].split(separator: "&").filter { !$0.lowercased().hasPrefix("password=") && !$0.lowercased().hasPrefix("sslpassword=") }
      parts[1] = kept.joined(separator: "&")
      if parts[1].isEmpty { parts.removeLast() }
    }
    return url[..<mark.upperBound] + authority + parts.joined(separator: "?")
  }

  /// Takes the password out of what a library says.
  func masked(_ text: String) -> String {
    guard case .server(let url) = self, url != description else { return text }
    var result = text
    while let place = result.firstRange(of: url) { result.replaceSubrange(place, with: description) }
    guard let mark = url.firstRange(of: "://") else { return result }
    let authority = url[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") {
      let password = authority[authority.index(after: colon)..<at]
      while password.count > 0, password != "***", let place = result.firstRange(of: password) { result.replaceSubrange(place, with: "***") }
    }
    return result
  }
}
