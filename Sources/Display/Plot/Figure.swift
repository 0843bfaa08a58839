// A plot as data: series of points on two axes. It draws itself as text (FigureText), as SVG and as pixels (FigureMarks, SVG, Canvas).

package struct Figure: Sendable {
  package enum Kind: String, Sendable { case line, scatter, histogram, bar, heat }

  package struct Point: Sendable, Equatable {
    package var x: Double, y: Double
    package init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
  }

  package struct Series: Sendable {
    package var name: String
    /// Of a histogram: the middle of each bin and its count.
    package var points: [Point]
    package init(_ name: String, _ points: [Point]) { (self.name, self.points) = (name, points) }
  }

  package var kind: Kind
  package var series: [Series]
  /// Names at x = 0, 1, 2, …; nil where x is a number.
  package var categories: [String]?
  /// Of a histogram: one more than bins.
  package var edges: [Double] = []
  package var xName: String, yName: String
  /// Of a heat map: what its colours are.
  package var valueName = ""
  package var title: String
  package var logX = false, logY = false
  /// What was left out, and why.
  package var notes: [String] = []

  package init(_ kind: Kind, _ series: [Series], categories: [String]? = nil, edges: [Double] = [], xName: String = "", yName: String = "", title: String = "") {
    (self.kind, self.series, self.categories, self.edges) = (kind, series, categories, edges)
    (self.xName, self.yName, self.title) = (xName, yName, title)
  }

  /// Bars and bins are as long as what they show.
  package var startsAtZero: Bool { kind == .histogram || kind == .bar }

  /// Whether a legend is needed.
  var hasLegend: Bool { series.count > 1 && kind != .heat }

  /// Drops what the axes cannot show, and says so.
  package func showable() -> Figure {
    var figure = self
    var left = 0
    for index in figure.series.indices {
      let all = figure.series[index].points
      figure.series[index].points = all.filter {
        Scale.canShow($0.x, isLog: logX && categories == nil) && Scale.canShow($0.y, isLog: logY && !startsAtZero)
      }
      left += all.count - figure.series[index].points.count
    }
    if left > 0 {
      let reason = logX || logY ? "not above 0 or not finite" : "nil, NaN or infinite"
      figure.notes.append("\(grouped(left)) \(left == 1 ? "point" : "points") left out: \(reason)")
    }
    return figure
  }

  func xScale(wanted: Int) -> Scale {
    if let categories { return Scale(over: [-0.5, Double(max(1, categories.count)) - 0.5], wanted: wanted, snaps: false) }
    if kind == .histogram { return Scale(over: edges, wanted: wanted, snaps: false) }
    let xs = series.lazy.flatMap(\.points).map(\.x)
    if logX { return Scale(over: xs, isLog: true, wanted: wanted) }
    // a little air beside the outermost points
    guard let low = xs.min(), let high = xs.max(), low < high else { return Scale(over: xs, wanted: wanted, snaps: false) }
    let air = (high - low) * (kind == .scatter ? 0.04 : 0.015)
    return Scale(over: [low - air, high + air], wanted: wanted, snaps: false)
  }

  func yScale(wanted: Int) -> Scale {
    let ys = series.lazy.flatMap(\.points).map(\.y)
    return Scale(over: ys, isLog: logY && !startsAtZero, wanted: wanted, snaps: true, fromZero: startsAtZero)
  }
}

extension Figure {
  /// A histogram of numbers, shared edges for all series.
  ///
  /// - Parameter bins: nil takes as many as the spread asks for (Freedman and Diaconis 1981), 5 to 60.
  package static func histogram(_ groups: [(name: String, values: [Double])], bins: Int? = nil, xName: String, title: String = "") -> Figure {
    let groups = groups.map { (name: $0.name, values: $0.values.filter { Scale.canShow($0, isLog: false) }) }
    let all = groups.flatMap(\.values).sorted()
    let (low, high) = Scale.widened(all.first ?? 0, all.last ?? 1)
    var count = bins ?? 1
    if bins == nil, all.count > 1 {
      let quarter = all[all.count / 4], threeQuarters = all[all.count * 3 / 4]
      let width = 2 * (threeQuarters - quarter) / Double(all.count).cubeRoot
      let wanted = width > 0 ? (high - low) / width : Double(all.count).squareRoot()
      count = Int(min(60, max(5, wanted.rounded(.up))))
    }
    let step = (high - low) / Double(count)
    let edges = (0...count).map { $0 == count ? high : low + Double($0) * step }
    let series = groups.map { group -> Series in
      var counts = [Int](repeating: 0, count: count)
      for value in group.values { counts[bin(value, low, high, of: count)] += 1 }
      return Series(group.name, counts.enumerated().map { Point(low + (Double($0) + 0.5) * step, Double($1)) })
    }
    return Figure(.histogram, series, edges: edges, xName: xName, yName: "count", title: title)
  }
}

import Glibc

extension Double {
  fileprivate var cubeRoot: Double { cbrt(self) }
}
