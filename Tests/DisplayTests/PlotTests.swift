import Display
import TerminalText
import Testing

@Suite struct ScaleTests {
  @Test(arguments: [
    ([0.0, 1.0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]), ([3.0, 97.0], ["0", "20", "40", "60", "80", "100"]), ([-0.4, 0.4], ["-0.4", "-0.2", "0.0", "0.2", "0.4"]),
    ([1000.0, 4200.0], ["1,000", "2,000", "3,000", "4,000", "5,000"]), ([0.871, 0.874], ["0.871", "0.872", "0.873", "0.874"]),
  ])
  func ticksAreNice(values: [Double], labels: [String]) {
    #expect(Scale(over: values, wanted: 6).ticks.map(\.label) == labels)
  }

  /// Whatever the values: ticks ascend, lie on the axis, differ in their labels, and the values lie between its ends.
  @Test func ticksHoldForAnyRange() {
    var state: UInt64 = 7
    func next() -> Double {
      state = state &* 6364136223846793005 &+ 1442695040888963407
      return Double(state >> 11) / Double(1 << 53)
    }
    for trial in 0..<2000 {
      let size = [1e-9, 1e-3, 1, 1e4, 1e12][trial % 5]
      let values = (0..<3).map { _ in (next() - 0.5) * size + (trial % 3 == 0 ? size : 0) }
      for isLog in [false, true] {
        let shown = isLog ? values.map(\.magnitude) : values
        let scale = Scale(over: shown, isLog: isLog, wanted: 2 + trial % 9)
        #expect(shown.allSatisfy { scale.position($0) >= -1e-9 && scale.position($0) <= 1 + 1e-9 }, "\(shown)")
        #expect(zip(scale.ticks, scale.ticks.dropFirst()).allSatisfy { $0.value < $1.value }, "\(shown)")
        #expect(scale.ticks.allSatisfy { scale.position($0.value) >= -1e-6 && scale.position($0.value) <= 1 + 1e-6 }, "\(shown)")
        #expect(Set(scale.ticks.map(\.label)).count == scale.ticks.count, "\(scale.ticks.map(\.label))")
        #expect(scale.ticks.count >= 1 && scale.ticks.count <= 40, "\(shown)")
      }
    }
  }

  @Test(arguments: [[], [Double.nan], [5, 5], [0, 0], [1e300, -1e300], [.infinity, 1], [1e16, 1e16 + 2], [.leastNonzeroMagnitude]])
  func strangeValuesMakeAnAxis(values: [Double]) {
    for isLog in [false, true] {
      let scale = Scale(over: values, isLog: isLog)
      #expect(scale.low < scale.high)
      #expect(scale.position(scale.low) == 0 && (scale.position(scale.high) - 1).magnitude < 1e-9)
    }
  }

  @Test func logarithmicTicksAreDecades() {
    #expect(Scale(over: [1, 10_000], isLog: true, wanted: 6).ticks.map(\.label) == ["1", "10", "100", "1,000", "10,000"])
    #expect(Scale(over: [0.3, 3], isLog: true, wanted: 6).ticks.map(\.label) == ["0.2", "0.5", "1", "2", "5"])
    #expect(Scale(over: [1, 1e12], isLog: true, wanted: 4).ticks.map(\.label).contains("10⁶"))
  }

  @Test func powersStandBesideTheName() {
    #expect(Scale(over: [0, 4e7]).title("voxels") == "voxels (×10⁶)")
    #expect(Scale(over: [0, 4e-5]).title("") == "(×10⁻⁶)")
    #expect(Scale(over: [0, 4]).title("f1") == "f1")
  }
}

@Suite struct FigureTests {
  private func figure(_ kind: Figure.Kind, _ count: Int = 30) -> Figure {
    let series = (0..<3).map { s in Figure.Series("series \(s)", (0..<count).map { .init(Double($0), Double($0 * (s + 1)).squareRoot()) }) }
    switch kind {
    case .histogram: return .histogram(series.map { ($0.name, $0.points.map(\.y)) }, xName: "value")
    case .bar: return Figure(kind, series, categories: (0..<count).map { "name \($0)" }, xName: "name", yName: "f1")
    default: return Figure(kind, series, xName: "iteration", yName: "f1", title: "Title")
    }
  }

  @Test(arguments: [Figure.Kind.line, .scatter, .histogram, .bar])
  func textFitsTheScreen(kind: Figure.Kind) {
    for color in [false, true] {
      for width in [24, 40, 60, 100] {
        for line in figure(kind).text(Style(width: width, color: color)).split(separator: "\n") {
          #expect(withoutEscapes(String(line)).columns <= width, "\(kind) at \(width): \(line)")
          if !color { #expect(!line.contains("\u{1B}")) }
        }
      }
    }
  }

  /// Colour is never the only carrier: without it, every series has a mark of its own.
  @Test func seriesAreToldApartWithoutColour() {
    let text = figure(.line).text(Style(width: 80, color: false))
    for mark in ["•", "x", "o"] { #expect(text.contains(mark)) }
  }

  @Test(arguments: [Figure.Kind.line, .scatter, .histogram, .bar])
  func pixelsAndVectorsShowTheSame(kind: Figure.Kind) {
    let image = figure(kind).image(scale: 1), svg = figure(kind).svg()
    #expect(image.width == 720)
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("width=\"720\" height=\"\(image.height)\""))
    // the first colour of the palette is on both
    #expect(svg.contains("#0072b2"))
    #expect((0..<(image.width * image.height)).contains { image.pixels[3 * $0] < 40 && image.pixels[3 * $0 + 2] > 120 })
  }

  @Test func namesAreEscaped() {
    var plot = figure(.bar, 2)
    plot.categories = ["a<b>&\"c\"", "d"]
    #expect(plot.svg().contains("a&lt;b&gt;&amp;&quot;c&quot;"))
    #expect(!plot.svg().contains("a<b>"))
  }

  @Test func whatCannotBeShownIsCounted() {
    let plot = Figure(.line, [.init("", [.init(0, 1), .init(1, .nan), .init(.infinity, 2)])])
    #expect(plot.text(.plain).contains("2 points left out"))
    #expect(Figure(.line, [.init("", [])]).text(.plain).contains("┤"))
    #expect(Figure(.bar, [], categories: []).svg().contains("</svg>"))
  }

  @Test func histogramsCountEveryValueOnce() {
    for count in [1, 2, 10, 1000] {
      let values = (0..<count).map { Double($0 * $0 % 97) }
      let plot = Figure.histogram([("a", values), ("b", values)], xName: "")
      for series in plot.series { #expect(series.points.reduce(0) { $0 + $1.y } == Double(count)) }
      #expect(plot.edges.count == plot.series[0].points.count + 1)
    }
  }

  private func withoutEscapes(_ text: String) -> String {
    var result = "", isEscape = false
    for character in text {
      if character == "\u{1B}" { isEscape = true } else if isEscape { isEscape = character != "m" } else { result.append(character) }
    }
    return result
  }
}

@Suite struct PageTests {
  @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")])
  func base64OfTheStandard(text: String, code: String) { #expect(Base64.text(Array(text.utf8)) == code) }

  @Test func pagesEscapeWhatTheyAreGiven() {
    var page = HTMLPage(title: "a <b>")
    page.paragraph("x & y")
    page.table(headings: ["<h>"], rows: [["1 < 2"]], right: [true])
    page.picture(Image(width: 2, height: 2), caption: ["\"quoted\""])
    let html = page.html(footer: "")
    for text in ["<h1>a &lt;b&gt;</h1>", "x &amp; y", "&lt;h&gt;", "1 &lt; 2", "data:image/png;base64,", "alt=\"&quot;quoted&quot;\""] { #expect(html.contains(text), "\(text)") }
  }
}
