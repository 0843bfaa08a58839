import TerminalText

/// `text` in exactly `width` columns: padded on the given side, or cut with "…", at its begin if its end is to be kept.
package func fit(_ text: String, _ width: Int, right: Bool = false, keepingEnd: Bool = false) -> String {
  let used = text.columns
  if used <= width {
    let blank = String(repeating: " ", count: width - used)
    return right ? blank + text : text + blank
  }
  guard width > 0 else { return "" }
  var kept: [Character] = [], taken = 0
  for character in keepingEnd ? Array(text.reversed()) : Array(text) {
    let next = character.columns
    if taken + next > width - 1 { break }
    kept.append(character)
    taken += next
  }
  let blank = String(repeating: " ", count: max(0, width - taken - 1))
  return keepingEnd ? "…" + String(kept.reversed()) + blank : String(kept) + "…" + blank
}
