// The program as a person meets it: on a terminal, with keys pressed and text awaited. Each has an empty home of its own.

import CTerminal
import Glibc
import Storage
import Testing

final class Screen {
  struct Missing: Error, CustomStringConvertible { var description: String }

  private let terminal: Int32
  private let child: pid_t
  private var ended: Int32?
  private var shown: [UInt8] = []
  /// Where the next `expect` begins to look.
  private var mark = 0
  private var escape: [UInt8] = []

  /// All that was shown, without escape sequences.
  var text: String { String(decoding: shown, as: UTF8.self) }

  /// - Parameter environment: changes to TERM=xterm, LC_ALL=C.UTF-8, PAGER=cat and the folders.
  init(_ arguments: [String] = [], in place: Place, environment: [String: String] = [:], rows: Int = 40, columns: Int = 100) throws {
    var variables = ["TERM": "xterm", "LC_ALL": "C.UTF-8", "HOME": place.home, "XDG_STATE_HOME": place.home + "/state", "PATH": "/usr/bin:/bin", "PAGER": "cat", "NO_COLOR": "1"]
    for (name, value) in environment { variables[name] = value }
    var words: [UnsafeMutablePointer<CChar>?] = ([try Place.program()] + arguments).map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] = variables.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (words + settings).forEach { free($0) } }
    var child: pid_t = 0
    terminal = terminal_start(&words, &settings, place.folder, Int32(rows), Int32(columns), &child)
    guard terminal >= 0 else { throw Missing(description: "no terminal: \(String(cString: strerror(errno)))") }
    self.child = child
  }

  deinit {
    close(terminal)
    if ended == nil {
      kill(child, SIGKILL)
      _ = terminal_wait(child, 5000)
    }
  }

  // MARK: Keys

  func type(_ keys: String) {
    var bytes = Array(keys.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
      if count <= 0 { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Types a line and waits for what it shows.
  @discardableResult
  func enter(_ line: String, shows: String? = nil, within seconds: Double = 10) throws -> Double {
    type(line + "\r")
    return try expect(shows ?? "dcs> ", within: seconds)
  }

  /// Types a line at the prompt; what is shown up to the next prompt.
  func answer(to line: String) throws -> String {
    type(line + "\r")
    let begun = mark
    try expect("\n")
    try expect("dcs> ")
    return String(decoding: shown[begun..<mark], as: UTF8.self)
  }

  /// Ctrl-D in a moment when the terminal is surely in the editor's hands: it draws the prompt just before.
  func pressControlD() {
    usleep(100_000)
    type("\u{4}")
  }

  static let up = "\u{1b}[A", controlC = "\u{3}", controlR = "\u{12}", tab = "\t"
  static func pasted(_ text: String) -> String { "\u{1b}[200~" + text + "\u{1b}[201~" }

  func resize(rows: Int, columns: Int) { terminal_resize(terminal, Int32(rows), Int32(columns)) }

  // MARK: What is shown

  /// Waits until a text has been shown after what was awaited before. Seconds it took.
  @discardableResult
  func expect(_ wanted: String, within seconds: Double = 10, sourceLocation: SourceLocation = #_sourceLocation) throws -> Double {
    let begun = clock()
    while true {
      if let found = range(of: wanted) {
        mark = found
        return clock() - begun
      }
      if clock() - begun > seconds || !read(milliseconds: 50) {
        if let found = range(of: wanted) { mark = found; return clock() - begun }
        throw Missing(description: "no \(wanted.debugDescription) within \(seconds) s (\(sourceLocation.line)) in:\n\(String(decoding: shown[mark...].suffix(4000), as: UTF8.self))")
      }
    }
  }

  /// What was shown since the last text that was awaited, up to the next quiet moment.
  func rest(quiet milliseconds: Int32 = 200) -> String {
    while true {
      let before = shown.count
      if !read(milliseconds: milliseconds) || shown.count == before { return String(decoding: shown[mark...], as: UTF8.self) }
    }
  }

  /// The end of a text after the mark.
  private func range(of wanted: String) -> Int? {
    let part = Array(wanted.utf8)
    var start = mark
    while start + part.count <= shown.count {
      if shown[start] == part[0], shown[start..<start + part.count].elementsEqual(part) { return start + part.count }
      start += 1
    }
    return nil
  }

  /// False at the end.
  private func read(milliseconds: Int32) -> Bool {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = terminal_read(terminal, &buffer, buffer.count, milliseconds)
    if count < 0 { return false }
    if count > 0 { take(buffer.prefix(count).map { UInt8(bitPattern: $0) }) }
    return true
  }

  /// Escape sequences, bells and carriage returns go.
  private func take(_ bytes: [UInt8]) {
    for byte in bytes {
      if !escape.isEmpty {
        escape.append(byte)
        let isIntroducer = escape.count == 2 && (byte == UInt8(ascii: "[") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: "]"))
        if !isIntroducer, byte >= 0x40 || byte == 7 || escape[1] == UInt8(ascii: "(") { escape = [] }
      } else if byte == 0x1b { escape = [byte] } else if byte != 0x0d && byte != 0x07 { shown.append(byte) }
    }
  }

  // MARK: The end

  /// The exit code; -1 if it goes on running.
  func wait(_ seconds: Double = 10) -> Int32 {
    let begun = clock()
    while read(milliseconds: 20), clock() - begun < seconds {}
    if ended == nil, case let code = terminal_wait(child, Int32(seconds * 1000)), code >= 0 { ended = code }
    return ended ?? -1
  }

  private func clock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// A working folder and a home that nobody else uses, removed afterwards.
final class Place {
  let folder: String
  var home: String { folder + "/home" }

  init() throws {
    folder = try Files.makeTemporaryFolder()
    try Files.makeFolders(home)
  }

  deinit { try? Files.removeTree(folder) }

  /// The program on a terminal, at its prompt.
  func prompt(environment: [String: String] = [:], rows: Int = 60, columns: Int = 100) throws -> Screen {
    let screen = try Screen(in: self, environment: environment, rows: rows, columns: columns)
    try screen.expect("dcs> ")
    return screen
  }

  func write(_ name: String, _ text: String) { try? Files.writeAtomically(text, Files.join(folder, name), sync: false) }

  /// "" where there is no such file.
  func read(_ name: String) -> String { String(decoding: (try? Files.read(Files.join(folder, name))) ?? [], as: UTF8.self) }

  /// Runs the program without a terminal, its output in the file "out". The exit code.
  func run(_ arguments: String) throws -> Int32 {
    Place.shell("cd '\(folder)' && HOME='\(home)' '\(try Place.program())' \(arguments) >out 2>&1 </dev/null")
  }

  static func shell(_ command: String) -> Int32 {
    let status = system(command)
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
  }

  /// `$DCS`, or the program that was built with these tests.
  static func program() throws -> String {
    if let given = getenv("DCS") { return String(cString: given) }
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    var candidates = [String(decoding: buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)] + CommandLine.arguments
    let root = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }
    #if DEBUG
      candidates.append(root + "/.build/debug/tests")
    #else
      candidates.append(root + "/.build/release/tests")
    #endif
    for candidate in candidates {
      guard let slash = candidate.lastIndex(of: "/") else { continue }
      let path = candidate[..<slash] + "/dcs"
      if access(String(path), X_OK) == 0 { return String(path) }
    }
    throw Screen.Missing(description: "the program has not been built: swift build --product dcs, or set DCS")
  }
}
