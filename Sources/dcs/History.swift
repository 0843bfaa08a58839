// The prompt's memory: a plain text file, each entry under a "#: time" line, so that entries may span lines and two prompts may append at once.

import Glibc
import Storage

struct History {
  let path: String?
  /// Entries kept. The file may grow to twice as many bytes' worth before it is cut back to them.
  static let limit = 2000
  private static let byteLimit = 1 << 20

  /// `$XDG_STATE_HOME/dcs/history`, else `~/.local/state/dcs/history`; nil where there is no home. A relative `XDG_STATE_HOME` is none, as its
  /// specification says.
  static func standardPath() -> String? {
    let given = environmentValue("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
    let state = given ?? environmentValue("HOME").map { $0 + "/.local/state" }
    return state.map { $0 + "/dcs/history" }
  }

  /// Oldest first; of equal entries the latest.
  func load() -> [String] {
    guard let path else { return [] }
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    flock(descriptor, LOCK_EX)
    let text = Self.contents(descriptor)
    let entries = Self.unique(Self.parse(text))
    if text.count > Self.byteLimit { Self.replace(descriptor, entries) }
    return entries.map(\.text)
  }

  func append(_ entry: String) {
    guard let path else { return }
    try? Files.makeFolders(Files.parent(path))   // without them there is no file, and no memory
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    flock(descriptor, LOCK_EX)
    Output.emit(Self.written(time(nil), entry), descriptor)
  }

  // MARK: The file

  private typealias Entry = (time: Int, text: String)

  /// A line of an entry that looks like a time line is moved by one blank.
  private static func written(_ time: Int, _ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.hasPrefix("#: ") ? " " + $0 : String($0) }
    return "#: \(time)\n" + lines.joined(separator: "\n") + "\n"
  }

  private static func parse(_ text: [UInt8]) -> [Entry] {
    var entries: [Entry] = [], current: (time: Int, lines: [Substring])?
    func finish() {
      guard var entry = current else { return }
      while entry.lines.last?.isEmpty == true { entry.lines.removeLast() }
      if !entry.lines.isEmpty { entries.append((entry.time, entry.lines.joined(separator: "\n"))) }
    }
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#: ") {
        finish()
        current = (Int(line.dropFirst(3)) ?? 0, [])
      } else { current?.lines.append(line) }
    }
    finish()
    return entries
  }

  private static func unique(_ entries: [Entry]) -> [Entry] {
    var seen: Set<String> = [], kept: [Entry] = []
    for entry in entries.reversed() where kept.count < limit && seen.insert(entry.text).inserted { kept.append(entry) }
    return kept.reversed()
  }

  private static func contents(_ descriptor: Int32) -> [UInt8] {
    var text: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = read(descriptor, &buffer, buffer.count), count > 0 { text += buffer.prefix(count) }
    return text
  }

  /// In place, under the lock: other prompts hold the same file.
  private static func replace(_ descriptor: Int32, _ entries: [Entry]) {
    guard ftruncate(descriptor, 0) == 0 else { return }
    lseek(descriptor, 0, SEEK_SET)
    Output.emit(entries.map { written($0.time, $0.text) }.joined(), descriptor)
  }
}
