import Display
import Testing

@Suite struct HeatTests {
  func figure(_ rows: [[Double]]) -> Figure {
    let series = rows.enumerated().map { row, values in Figure.Series("row \(row)", values.enumerated().map { Figure.Point(Double($0), $1) }) }
    var figure = Figure(.heat, series, categories: (0..<(rows.first?.count ?? 0)).map { "c\($0)" }, xName: "x", yName: "y")
    figure.valueName = "f1"
    return figure
  }

  @Test func oneBoxACell() {
    let svg = figure([[0, 0.5, 1], [1, .nan, 0]]).svg()
    // the lowest and the highest colour once a row each, and at the ends of the scale; the cell that is undefined stays empty
    #expect(svg.matches("#440154") >= 2 && svg.matches("#fde725") >= 2)
    #expect(svg.contains("nil, NaN or infinite") && svg.contains(">row 1<") && svg.contains(">c2<") && svg.contains(">0.5<"))
  }

  @Test func inATerminal() {
    let lines = figure([[0, 1], [1, 0]]).text(Style(width: 60, color: false)).split(separator: "\n").map(String.init)
    #expect(lines.first == "row 0 │      ██████" && lines[1].hasPrefix("row 1 │██████"))
    #expect(lines.last?.contains("f1 0 dark … 1 light") == true)
  }

  @Test(arguments: [[], [[]], [[5]], [[.nan]], [[.infinity, 1]], [[1, 1], [1, 1]], [[1e300, -1e300]]] as [[[Double]]])
  func strangeValues(_ rows: [[Double]]) {
    for color in [false, true] { #expect(figure(rows).text(Style(width: 40, color: color)).split(separator: "\n").allSatisfy { $0.count < 400 }) }
    #expect(figure(rows).svg().hasSuffix("</svg>\n"))
    #expect(figure(rows).image().width > 0)
  }
}

extension String {
  fileprivate func matches(_ part: String) -> Int { components(of: part) - 1 }
  private func components(of part: String) -> Int {
    var count = 1, rest = self[...]
    while let place = rest.firstRange(of: part) { count += 1; rest = rest[place.upperBound...] }
    return count
  }
}
