import Display
import Testing

@Suite struct CellMapTests {
  private let map = CellMap(title: "blocks", rows: [[.done, .open(0.5), .open(0)], [.failed, .done, .done]])

  @Test func inATerminal() {
    let lines = CellPage([map]).text(.plain).split(separator: "\n").map(String.init)
    #expect(lines == ["blocks", "  ██▒▒··", "  XX████", "  █ done   ▒ in part   · open   X failed"])
    // colours change nothing but the colours
    var isEscape = false
    let bare = String(CellPage([map]).text(Style(width: 80, color: true)).filter { character in
      if character == "\u{1B}" { isEscape = true }
      defer { if character == "m" { isEscape = false } }
      return !isEscape
    })
    #expect(bare == CellPage([map]).text(.plain))
  }

  /// One failed cell of many stays in sight, and nothing that is open looks done.
  @Test func theWorstOfManyIsShown() {
    var rows = [[CellMap.Cell]](repeating: [CellMap.Cell](repeating: .done, count: 200), count: 100)
    rows[37][111] = .failed
    rows[80][5] = .open(0.9)
    for width in [20, 60, 300] {
      let lines = CellPage([CellMap(title: "blocks", rows: rows)]).text(Style(width: width, color: false)).split(separator: "\n").dropFirst().dropLast()
      #expect(lines.joined().filter { $0 == "X" }.count == 2 && lines.joined().filter { $0 == "▓" }.count == 2, "\(width)")
      #expect(lines.allSatisfy { $0.count <= width })
    }
  }

  @Test func onAPage() {
    let image = CellPage([map, map]).image(), text = CellPage([map]).svg()
    var colors: Set<[UInt8]> = []
    for y in 0..<image.height { for x in 0..<image.width { let p = image[x, y]; colors.insert([p.0, p.1, p.2]) } }
    #expect(colors.isSuperset(of: [[0x00, 0x9E, 0x73], [0xD5, 0x5E, 0x00], [0xD8, 0xDC, 0xE1]]))
    #expect(text.contains(">blocks<") && text.contains(">failed<") && text.contains(">in part<") && text.hasSuffix("</svg>\n"))
  }

  @Test func nothingToShow() {
    for page in [CellPage([]), CellPage([CellMap(title: "", rows: [])])] {
      #expect(page.text(.plain).count < 100)
      #expect(page.image().width > 0)
    }
  }
}
