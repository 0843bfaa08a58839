import CLineEdit
import Glibc
import Language

/// Lines from libedit, or plainly where the terminal cannot be edited on.
final class LineReader {
  enum Line { case line(String), end, interrupted }
  /// What TAB does: the text before and after the cursor, whether TAB was pressed a second time; what to insert, what to list.
  typealias Complete = (_ before: String, _ after: String, _ again: Bool) -> (insertion: String?, listing: String?)

  private let editor: OpaquePointer?
  private let isColored: () -> Bool
  private var complete: Complete = { _, _, _ in (nil, nil) }

  init(_ terminal: Terminal) {
    editor = terminal.isDumb || !terminal.isOutputTerminal ? nil : dcs_line_create("dcs")
    isColored = { terminal.color }
  }

  deinit { if let editor { dcs_line_destroy(editor) } }

  func remember(_ entry: String) { if let editor { dcs_line_remember(editor, entry) } }

  func onTab(_ complete: @escaping Complete) {
    guard let editor else { return }
    self.complete = complete
    dcs_line_set_completion(editor, { context, before, after, again, listing in
      guard let context, let before, let after else { return nil }
      let reader = Unmanaged<LineReader>.fromOpaque(context).takeUnretainedValue()
      let answer = reader.complete(String(cString: before), String(cString: after), again)
      if let lines = answer.listing { listing?.pointee = strdup(lines) }
      return answer.insertion.flatMap { strdup($0) }
    }, Unmanaged.passUnretained(self).toOpaque())
  }

  func read(_ prompt: String) -> Line {
    guard let editor else {
      Output.emit(prompt, 1)
      return readPlainly()
    }
    // escapes stand between bytes 1; the last character is plain
    let drawn = isColored() ? "\u{1}\u{1b}[1;32m\u{1}\(prompt.trimmed)\u{1}\u{1b}[0m\u{1} " : prompt
    var text: UnsafeMutablePointer<CChar>?
    switch Int(dcs_line_read(editor, drawn, &text)) {
    case DCS_LINE_READ:
      defer { free(text) }
      return .line(text.map { String(cString: $0) } ?? "")
    case DCS_LINE_INTERRUPTED: return .interrupted
    default: return .end
    }
  }

  /// A line at a time, by bytes: Ctrl-C ends the read.
  private func readPlainly() -> Line {
    var bytes: [UInt8] = [], byte: UInt8 = 0
    while true {
      let count = Glibc.read(0, &byte, 1)
      if count < 0, errno == EINTR { return .interrupted }
      if count <= 0 { return bytes.isEmpty ? .end : .line(String(decoding: bytes, as: UTF8.self)) }
      if byte == UInt8(ascii: "\n") { return .line(String(decoding: bytes, as: UTF8.self)) }
      bytes.append(byte)
    }
  }
}

extension String {
  var trimmed: String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
