/// Colours of series: Okabe and Ito (2008), told apart with every common kind of colour vision; dark enough for lines on white.
enum Palette {
  static let colors: [UInt32] = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x6A51A3, 0x444444]
  /// For a dark terminal.
  static let terminal: [UInt32] = [0x56B4E9, 0xE8743B, 0x2FBF8F, 0xD98CB6, 0xE6B020, 0x8FD0F5, 0xA98FD6, 0xB8B8B8]
  /// Where there is no colour, one mark a series.
  static let marks: [Character] = ["•", "x", "o", "+", "*", "#", "%", "@"]

  static let ink: UInt32 = 0x24292F, muted: UInt32 = 0x57606A, grid: UInt32 = 0xE6E8EB, axis: UInt32 = 0x8C959F

  static func color(_ series: Int) -> UInt32 { colors[series % colors.count] }

  /// "#0072b2"
  static func hex(_ color: UInt32) -> String {
    let digits = String(color, radix: 16)
    return "#" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  static func escape(_ series: Int) -> String {
    let color = terminal[series % terminal.count]
    return "\u{1B}[38;2;\(color >> 16 & 255);\(color >> 8 & 255);\(color & 255)m"
  }
}
