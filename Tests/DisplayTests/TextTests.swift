import Display
import TerminalText
import Testing

@Suite struct TextTests {
  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (Int.min, "-9,223,372,036,854,775,808")])
  func groupsDigits(value: Int, text: String) { #expect(grouped(value) == text) }

  @Test(arguments: [(0.5, 0, "0"), (1.5, 0, "2"), (0.12345, 3, "0.123"), (-0.0004, 3, "0.000"), (2.0, 2, "2.00"), (1.05, 1, "1.0"), (.nan, 1, "nan"), (-.infinity, 1, "-inf")])
  func fixesDecimals(value: Double, decimals: Int, text: String) { #expect(fixed(value, decimals) == text) }

  @Test(arguments: [(0.0, "0"), (0.0381, "0.0381"), (12.5, "12.5"), (1250.0, "1,250"), (1.23e-7, "1.2e-7"), (1.0, "1"), (0.871, "0.871")])
  func showsShortNumbers(value: Double, text: String) { #expect(compact(value) == text) }

  @Test(arguments: [(0.85, "850 ms"), (12.44, "12.4 s"), (185.0, "3 min 05 s"), (8040.0, "2 h 14 min"), (-1.0, "?"), (.nan, "?")])
  func showsDurations(seconds: Double, text: String) { #expect(duration(seconds) == text) }

  @Test func fitsWideAndCombiningCharacters() {
    #expect("µm".columns == 2)
    #expect("細胞 ✅".columns == 7)   // as the language counts them, too
    #expect("e\u{301}".columns == 1)
    for width in 0...8 { #expect(fit("細胞 cell", width).columns == width) }
    #expect(fit("abc", 5, right: true) == "  abc")
    #expect(fit("abcdef", 4) == "abc…")
    #expect(fit("abcdef", 4, keepingEnd: true) == "…def")
    for width in 0...8 { #expect(fit("細胞 cell", width, keepingEnd: true).columns == width) }
  }

  @Test func sparklineScalesToItsRange() {
    #expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█")
    #expect(sparkline([]) == "")
    #expect(sparkline([.nan, 1]) == " ▁")
    #expect(sparkline([3, 3, 3]) == "▁▁▁")
    #expect(sparkline((0..<1000).map(Double.init), width: 8).count == 8)
  }

  @Test func tableKeepsWhatTellsTextsApart() {
    let names = ["unet.l_conv.0.conv_pass.0", "unet.l_conv.0.conv_pass.1"], same = ["first: a long explanation", "other: a long explanation"]
    let shown = TextTable(headings: ["layer", "why"], rows: zip(names, same).map { [$0, $1] }, numeric: [false, false]).rendered(Style(width: 30, color: false))
    #expect(shown.contains("pass.0") && shown.contains("pass.1") && shown.contains("first") && shown.contains("other"))
  }

  @Test func tableFitsEveryWidth() {
    let table = TextTable(
      headings: ["iteration", "crop", "f1"], rows: (0..<20).map { ["\($0)", "crop \($0) with a long name that must be cut somewhere", "0.5"] },
      numeric: [true, false, true], hidden: 10)
    for width in 20...120 {
      for line in table.rendered(Style(width: width, color: false)).split(separator: "\n") { #expect(line.columns <= width, "width \(width): \(line)") }
    }
    #expect(table.rendered(.plain).contains("… 10 more (:more or page(t))"))
    // texts are cut before a column is left out
    #expect(!table.rendered(Style(width: 40, color: false)).contains("more column"))
    #expect(table.rendered(Style(width: 40, color: false)).contains("…"))
    #expect(table.rendered(Style(width: 20, color: false)).contains("more column"))
  }
}
