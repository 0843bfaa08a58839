// The prompt's memory: a plain text file, each entry under a "#: time" line, so that entries may span lines and two prompts may append at once.

import Glibc

struct History {
  let path: String?

  /// `$XDG_STATE_HOME/dcs/history`, else `~/.local/state/dcs/history`; nil where there is no home.
  static func standardPath() -> String? {
    let state = environmentValue("XDG_STATE_HOME") ?? environmentValue("HOME").map { $0 + "/.local/state" }
    return state.map { $0 + "/dcs/history" }
  }

  /// Oldest first; of equal entries the latest.
  func load(limit: Int = 2000) -> [String] {
    guard let path, let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var text: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { text += buffer.prefix(count) }
    var entries: [String] = [], current: [Substring]?
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#: ") {
        if let current { entries.append(current.joined(separator: "\n")) }
        current = []
      } else {
        current?.append(line)
      }
    }
    if let current { entries.append(current.joined(separator: "\n")) }
    var seen: Set<String> = [], kept: [String] = []
    for entry in entries.reversed() {
      let trimmed = entry.hasSuffix("\n") ? String(entry.dropLast()) : entry
      if !trimmed.isEmpty, seen.insert(trimmed).inserted { kept.append(trimmed) }
      if kept.count == limit { break }
    }
    return kept.reversed()
  }

  func append(_ entry: String) {
    guard let path else { return }
    makeFolders(of: path)
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    flock(descriptor, LOCK_EX)
    let bytes = Array("#: \(time(nil))\n\(entry)\n".utf8)
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, bytes.count) }
  }

  private func makeFolders(of path: String) {
    var prefix = ""
    for part in path.split(separator: "/").dropLast() {
      prefix += "/" + part
      mkdir(prefix, 0o700)
    }
  }
}
