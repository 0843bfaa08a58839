// The figure of a plot: lines, points and bars, or a histogram. Quantities are drawn in one unit, which the axis names.

import Display
import Language

extension PlotData {
  func figure() throws -> Figure {
    if isHistogramTable { return try countedFigure() }
    if kind == .histogram { return try histogramFigure() }
    let xColumn = try x.map { try table.column($0, argument: "x") }
    let isNamed = xColumn?.contains { $0.magnitude == nil && !$0.isNil } ?? false
    let kind = kind ?? (isNamed ? .bar : .line)
    let ys = try y.map { (name: $0, quantity: try PlotQuantity(table.column($0, argument: "y"), $0, "y", call)) }
    let unit = ys[0].quantity.unit
    if let other = ys.first(where: { $0.quantity.dimension != ys[0].quantity.dimension }) {
      throw call.failure(.units, "`\(ys[0].name)` and `\(other.name)` have different units and cannot share an axis", at: "y")
    }
    let groups = try self.groups()
    var categories: [String]?, positions: [Double?], xName = x ?? (isList ? "" : "row")
    if isNamed || kind == .bar {
      let texts = xColumn?.map { $0.isNil ? "nil" : $0.text() } ?? (0..<table.count).map { "\($0)" }
      // without `by` every row is a bar of its own, even where names repeat
      let names = by == nil ? texts : texts.uniqued
      let place = Dictionary(names.enumerated().map { ($1, Double($0)) }, uniquingKeysWith: { first, _ in first })
      positions = by == nil && kind == .bar ? texts.indices.map(Double.init) : texts.map { place[$0] }
      categories = names
      if kind == .bar, names.count > 200 { throw call.failure(.value, "\(grouped(names.count)) bars are too many to read", at: "t", hint: "head(t, 50)   or   kind=\"line\"") }
    } else if let x, let xColumn {
      let quantity = try PlotQuantity(xColumn, x, "x", call)
      positions = quantity.values
      xName = quantity.title(x)
    } else { positions = table.rowIndices.map(Double.init) }
    var series: [Figure.Series] = []
    for (name, quantity) in ys {
      let values = quantity.values(in: unit)
      for group in groups {
        let label = [ys.count > 1 || group.name == nil ? name : nil, group.name].compactMap { $0 }.joined(separator: " ")
        series.append(Figure.Series(label, group.rows.map { Figure.Point(positions[$0] ?? .nan, values[$0] ?? .nan) }))
      }
    }
    if series.count > 200 { throw call.failure(.value, "\(grouped(series.count)) series are too many to tell apart", at: "by") }
    let yName = ys.count == 1 ? ys[0].quantity.title(isList ? "" : ys[0].name) : ys[0].quantity.title("")
    return Figure(kind, series, categories: categories, xName: xName, yName: yName)
  }

  /// Refuses arguments that this kind of plot would do nothing with.
  func refuseUnused(_ figure: Figure, _ log: String) throws {
    if try !call.value("bins").isNil {
      if figure.kind != .histogram { throw call.failure(.argument, "`bins` is of histograms, this is a \(figure.kind.rawValue) plot", at: "bins", hint: "kind=\"histogram\"") }
      if isHistogramTable { throw call.failure(.argument, "the bins of the table are counted already", at: "bins", hint: "histogram(a, bins=…)") }
    }
    let what = figure.kind == .bar ? "bars" : "bins"
    if log.contains("y"), figure.startsAtZero { throw call.failure(.argument, "\(what) start at 0, which has no place on a logarithmic axis", at: "log", hint: "kind=\"scatter\"") }
    if log.contains("x"), figure.startsAtZero || figure.categories != nil {
      throw call.failure(.argument, "\(figure.startsAtZero ? what : "names") have equal widths: x cannot be logarithmic", at: "log")
    }
  }

  private var isHistogramTable: Bool { Self.isHistogram(table) && x == nil && by == nil && (kind == nil || kind == .histogram || (kind == .bar && y.count == 3)) && y.allSatisfy { ["from", "to", "count"].contains($0) } }

  /// A table that `histogram` made.
  private func countedFigure() throws -> Figure {
    let from = try PlotQuantity(table.column("from", argument: "t"), "from", "t", call), to = try PlotQuantity(table.column("to", argument: "t"), "to", "t", call)
    let counts = try PlotQuantity(table.column("count", argument: "t"), "count", "t", call)
    var edges: [Double] = [], points: [Figure.Point] = []
    for row in 0..<table.count {
      guard let low = from.values[row], let high = to.values(in: from.unit)[row], let count = counts.values[row] else { continue }
      edges.append(low)
      points.append(.init((low + high) / 2, count))
      if row == table.count - 1 { edges.append(high) }
    }
    guard edges.count == points.count + 1, zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }), edges.allSatisfy({ Scale.canShow($0, isLog: false) }) else {
      throw call.failure(.value, "the bins of the table must be finite and follow each other", at: "t")
    }
    return Figure(.histogram, [.init("count", points)], edges: edges, xName: from.title("value"), yName: "count")
  }

  private func histogramFigure() throws -> Figure {
    let bins = try call.isGiven("bins") && !call.value("bins").isNil ? call.int("bins", in: 1...1000) : nil
    let columns = try y.map { (name: $0, quantity: try PlotQuantity(table.column($0, argument: "y"), $0, "y", call)) }
    let groups = try self.groups(), unit = columns[0].quantity.unit
    var left = 0
    let parts = columns.flatMap { column in
      groups.map { group -> (name: String, values: [Double]) in
        let values = column.quantity.values(in: unit), kept = group.rows.compactMap { values[$0] }.filter(\.isFinite)
        left += group.rows.count - kept.count
        return ([columns.count > 1 || group.name == nil ? column.name : nil, group.name].compactMap { $0 }.joined(separator: " "), kept)
      }
    }
    var figure = Figure.histogram(parts, bins: bins, xName: columns.count == 1 ? columns[0].quantity.title(isList ? "value" : columns[0].name) : columns[0].quantity.title("value"))
    if left > 0 { figure.notes.append("\(grouped(left)) values left out: nil, NaN or infinite") }
    return figure
  }

  /// Rows by the values of the column `by`, in the order of their first row.
  private func groups() throws -> [(name: String?, rows: [Int])] {
    guard let by else { return [(nil, Array(table.rowIndices))] }
    let column = try table.column(by, argument: "by").map { $0.text() }
    let names = column.uniqued
    var rows = [String: [Int]]()
    for (row, name) in column.enumerated() { rows[name, default: []].append(row) }
    return names.map { ($0, rows[$0] ?? []) }
  }
}

extension TableValue {
  var rowIndices: Range<Int> { 0..<count }
}

extension [String] {
  /// Each once, in the order of the first.
  var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
