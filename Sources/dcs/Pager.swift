import CLineEdit
import Language
import TerminalText

/// Shows text: as it is, or through `$PAGER` where it is taller than the screen and a person is reading.
struct Pager {
  let terminal: Terminal
  let output: Output

  /// - Parameter text: ends in a line end. On a terminal its control characters are written out, but colours where there are any.
  func show(_ text: String) {
    let text = terminal.isOutputTerminal ? text.visible(keepsColors: terminal.color) : text
    guard terminal.settings.pages, terminal.isOutputTerminal, terminal.isInputTerminal, !terminal.isDumb, let height = terminal.height,
      let command, rows(text, atLeast: height) else { output.write(text); return }
    let bytes = Array(text.utf8)
    let code = bytes.withUnsafeBytes { dcs_shell_reading(command, $0.bindMemory(to: CChar.self).baseAddress, bytes.count) }
    if code == 127 || code == -1 { output.write(text) } else { output.note(text) }   // no such program
  }

  private var command: String? {
    let command = terminal.settings.pager ?? environmentValue("PAGER") ?? "less -FRX"
    return command.isEmpty || command == "cat" ? nil : command
  }

  /// Whether the text takes this many rows of the screen, long lines folded.
  private func rows(_ text: String, atLeast height: Int) -> Bool {
    var rows = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      rows += max(1, (line.utf8.count < terminal.width ? 1 : (Self.plain(line).columns + terminal.width - 1) / terminal.width))
      if rows >= height { return true }
    }
    return false
  }

  /// Without escape sequences.
  private static func plain(_ line: Substring) -> String {
    var result = "", isEscape = false
    for character in line {
      if character == "\u{1b}" { isEscape = true } else if isEscape { isEscape = !character.isLetter } else { result.append(character) }
    }
    return result
  }
}
