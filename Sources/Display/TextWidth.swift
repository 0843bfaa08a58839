/// Columns that a character takes on a terminal: 0 for combining marks, 2 for East Asian wide ones and emoji, else 1.
package func columns(_ character: Character) -> Int {
  guard let scalar = character.unicodeScalars.first else { return 0 }
  switch scalar.value {
  case 0x0300...0x036F, 0x200B...0x200F, 0xFE00...0xFE0F: return 0
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD: return 2
  default: return 1
  }
}

package func columns(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + columns($1) } }

/// `text` in exactly `width` columns: padded on the given side, or cut with "…".
package func fit(_ text: String, _ width: Int, right: Bool = false) -> String {
  let used = columns(text)
  if used <= width {
    let blank = String(repeating: " ", count: width - used)
    return right ? blank + text : text + blank
  }
  guard width > 0 else { return "" }
  var result = "", taken = 0
  for character in text {
    let next = columns(character)
    if taken + next > width - 1 { break }
    result.append(character)
    taken += next
  }
  return result + "…" + String(repeating: " ", count: max(0, width - taken - 1))
}
