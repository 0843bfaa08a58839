import TerminalText

/// `text` in exactly `width` columns: padded on the given side, or cut with "…".
package func fit(_ text: String, _ width: Int, right: Bool = false) -> String {
  let used = text.columns
  if used <= width {
    let blank = String(repeating: " ", count: width - used)
    return right ? blank + text : text + blank
  }
  guard width > 0 else { return "" }
  var result = "", taken = 0
  for character in text {
    let next = character.columns
    if taken + next > width - 1 { break }
    result.append(character)
    taken += next
  }
  return result + "…" + String(repeating: " ", count: max(0, width - taken - 1))
}
