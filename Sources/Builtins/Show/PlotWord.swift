// plot: columns of a table, numbers or histograms as a figure. Quantities are drawn in one unit, which the axis names.

import Display
import Geometry
import Language

extension Builtin {
  static let plot = Builtin(
    "plot",
    """
    (t: table|list|range|array, x: string = nil, y: string|list = nil, by: string = nil, kind: "line|scatter|histogram|bar" = nil, log: "x|y|xy" = nil, bins: int = nil,
     title: string = nil, width: int = nil) -> image
    """,
    "Plots columns of a table, or numbers: drawn in the terminal, and saved as PNG or SVG with save(plot(…), \"f1.png\").",
    details: [
      "`y` may be one column or a list of them; `by` draws one series for each value of a column. Without `kind`, names on x make bars, a table from histogram(…) a histogram, all else lines.",
      "Quantities are shown in one unit, named on the axis; nil and NaN are left out, and counted below. `log` makes axes logarithmic; `width` is in columns of the terminal.",
    ],
    examples: [Example("plot([1, 4, 9]).width", prints: "1440"), Example("save(plot(table([{n: 1, f1: 0.5}, {n: 2, f1: 0.8}]), x=\"n\", y=\"f1\"), env(\"TMPDIR\", \"/tmp\") + \"/dcs-plot-example.svg\")")],
    searchTerms: ["chart", "graph", "curve", "figure", "draw"]
  ) { call in
    let width = try call.optionalInt("width")
    if let width, width < 24 { throw call.failure(.value, "`width` must be at least 24 columns, not \(width)", at: "width") }
    let title = try call.optionalString("title") ?? ""
    let data = try PlotData(call), log = try call.optionalString("log") ?? ""
    var figure = try data.figure()
    try data.refuseUnused(figure, log)
    figure.title = title
    (figure.logX, figure.logY) = (log.contains("x"), log.contains("y"))
    return Value(ImageValue(figure, width: width))
  }
}

/// The columns of a plot.
private struct PlotData {
  private let call: Call
  private let table: TableValue
  private let kind: Figure.Kind?
  private let x: String?, y: [String], by: String?
  /// x is the position of a row.
  private let isList: Bool

  init(_ call: Call) throws {
    self.call = call
    (table, isList) = try Self.rows(call)
    kind = try call.optionalString("kind").flatMap(Figure.Kind.init)
    (x, by) = (try call.optionalString("x"), try call.optionalString("by"))
    if table.count == 0 { throw call.failure(.value, "there is nothing to plot: the table has no rows", at: "t") }
    var y: [String] = []
    switch try call.value("y") {
    case .nil: break
    case .string(let name): y = [name]
    default:
      y = try call.list("y").map {
        guard case .string(let name) = $0 else { throw call.failure(.type, "`y` must hold names of columns, not \($0.typePhrase)", at: "y") }
        return name
      }
    }
    if y.isEmpty {
      if isList { y = ["value"] }
      else if kind == .histogram, let x { y = [x] }
      else {
        // every column of numbers but those that have another part
        let (table, taken) = (table, [x, by])
        y = table.columns.filter { name in !taken.contains(name) && ((try? table.column(name, argument: "y"))?.contains { $0.magnitude != nil } ?? false) }
        if y.count > 1, x == nil, kind != .histogram, !Self.isHistogram(table) {
          throw call.failure(.argument, "which column is to be plotted?", hint: "plot(t, y=\"\(y[0])\")   or   plot(t, x=\"\(y[0])\", y=\"\(y[1])\")")
        }
        if y.isEmpty {
          let hasNumbers = x.map { ((try? table.column($0, argument: "x")) ?? []).contains { $0.magnitude != nil } } ?? false
          throw call.failure(
            .type, x == nil && by == nil ? "no column of the table holds numbers" : "no other column of the table holds numbers", at: "t",
            label: table.columns.count <= 12 ? "columns: \(table.columns.joined(separator: ", "))" : nil, hint: hasNumbers ? x.map { "plot(t, x=\"\($0)\", kind=\"histogram\")" } : nil)
        }
      }
    }
    self.y = y
  }

  /// A table; records make one, numbers one of a column `value`.
  private static func rows(_ call: Call) throws -> (TableValue, isList: Bool) {
    let values: [Value]
    switch try call.value("t") {
    case .list(let list):
      if !list.isEmpty, list.allSatisfy({ if case .record = $0 { true } else { false } }) {
        return (try TableValue(rows: list.compactMap { if case .record(let record) = $0 { record } else { nil } }), false)
      }
      values = list
    case .range(let range):
      guard range.count <= 10_000_000 else { throw call.failure(.value, "the range has too many elements to plot", at: "t") }
      values = (0..<range.count).map(range.element)
    case let other:
      if let table = other.object(as: TableValue.self) { return (table, false) }
      let array = try call.array("t")
      guard array.shape.count == 1 else { throw call.failure(.shape, "`plot` takes arrays of one axis, found \(array.axesText)", at: "t", hint: "look(a) shows slices, histogram(a) counts values") }
      values = try array.volume(call.execution).array.asDoubles().map(Value.float)
    }
    if let stranger = values.first(where: { $0.magnitude == nil && !$0.isNil }) {
      throw call.failure(.type, "`t` must hold numbers or records, not \(stranger.typePhrase)", at: "t")
    }
    return (TableValue(columns: ["value"], values: [values]), true)
  }

  private static func isHistogram(_ table: TableValue) -> Bool { ["from", "to", "count"].allSatisfy(table.columns.contains) }

  func figure() throws -> Figure {
    if isHistogramTable { return try countedFigure() }
    if kind == .histogram { return try histogramFigure() }
    let xColumn = try x.map { try table.column($0, argument: "x") }
    let isNamed = xColumn?.contains { $0.magnitude == nil && !$0.isNil } ?? false
    let kind = kind ?? (isNamed ? .bar : .line)
    let ys = try y.map { (name: $0, quantity: try Quantity(table.column($0, argument: "y"), $0, "y", call)) }
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
      let quantity = try Quantity(xColumn, x, "x", call)
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
    let from = try Quantity(table.column("from", argument: "t"), "from", "t", call), to = try Quantity(table.column("to", argument: "t"), "to", "t", call)
    let counts = try Quantity(table.column("count", argument: "t"), "count", "t", call)
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
    let columns = try y.map { (name: $0, quantity: try Quantity(table.column($0, argument: "y"), $0, "y", call)) }
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

/// A column as numbers in one unit.
private struct Quantity {
  /// "length", "time", "bytes"; nil for plain numbers.
  let dimension: String?
  /// In nm, s or bytes.
  private let raw: [Double?]
  let unit: (name: String, size: Double)

  init(_ column: [Value], _ name: String, _ argument: String, _ call: Call) throws {
    let dimensions = column.compactMap { $0.magnitude?.dimension }
    raw = try column.map { value in
      if value.isNil { return nil }
      guard let (number, dimension) = value.magnitude, dimension == dimensions.first else {
        throw call.failure(.type, "column `\(name)` holds \(value.typePhrase)" + (dimensions.isEmpty ? ", not numbers" : " among other values"), at: argument)
      }
      return number
    }
    dimension = dimensions.first.flatMap { $0.isEmpty ? nil : $0 }
    let largest = raw.compactMap { $0?.magnitude }.filter(\.isFinite).max() ?? 0
    let units: [(String, Double)] = switch dimension {
    case "length": [("mm", 1e6), ("µm", 1e3), ("nm", 1)]
    case "time": [("h", 3600), ("min", 60), ("s", 1), ("ms", 0.001)]
    case "bytes": [("TiB", 1_099_511_627_776), ("GiB", 1_073_741_824), ("MiB", 1_048_576), ("KiB", 1024), ("B", 1)]
    default: [("", 1)]
    }
    unit = units.first { $0.1 <= largest } ?? units[units.count - 1]
  }

  var values: [Double?] { values(in: unit) }
  func values(in unit: (name: String, size: Double)) -> [Double?] { raw.map { $0.map { $0 / unit.size } } }

  /// "size [µm]"
  func title(_ name: String) -> String { unit.name.isEmpty ? name : name + (name.isEmpty ? "" : " ") + "[\(unit.name)]" }
}

extension Value {
  /// What an axis can show, and what it measures: "" for a plain number.
  fileprivate var magnitude: (number: Double, dimension: String)? {
    switch self {
    case .length(let length): (length.double, "length")
    case .duration(let time): (time.double, "time")
    case .bytes(let count): (Double(count), "bytes")
    case .bool(let truth): (truth ? 1 : 0, "")
    default: number.map { ($0, "") }
    }
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
