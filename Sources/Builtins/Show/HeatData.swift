// The figure of a heat map: three columns of a table, two of them as places and one as colours.

import Display
import Language

struct HeatData {
  let figure: Figure

  /// Rows and columns that can be told apart.
  private static let most = 400

  init(_ call: Call, _ color: String) throws {
    let (table, isList) = try PlotData.rows(call)
    if table.count == 0 || isList { throw call.failure(.value, isList ? "a heat map needs a table" : "there is nothing to plot: the table has no rows", at: "t") }
    for name in ["by", "kind", "log", "bins"] where try !call.value(name).isNil {
      throw call.failure(.argument, "`\(name)` is not for heat maps", at: name)
    }
    guard let x = try call.optionalString("x") else { throw call.failure(.argument, "a heat map needs x, y and color", at: "color", hint: "plot(t, x=\"threshold\", y=\"iteration\", color=\"\(color)\")") }
    guard case .string(let y) = try call.value("y") else { throw call.failure(.argument, "a heat map needs one column as y", at: "y") }
    let values = try PlotQuantity(table.column(color, argument: "color"), color, "color", call)
    let across = try table.column(x, argument: "x").map(\.cellText), down = try table.column(y, argument: "y").map(\.cellText)
    let columns = across.uniqued, rows = down.uniqued
    if max(columns.count, rows.count) > Self.most { throw call.failure(.value, "\(grouped(max(columns.count, rows.count))) values on one axis are too many to tell apart", at: columns.count > rows.count ? "x" : "y") }
    let places = Dictionary(columns.enumerated().map { ($1, Double($0)) }, uniquingKeysWith: { first, _ in first })
    var series = [String: [Figure.Point]]()
    for row in 0..<table.count {
      guard let place = places[across[row]] else { continue }
      if series[down[row], default: []].contains(where: { $0.x == place }) {
        throw call.failure(.value, "several rows have \(x) \(across[row]) and \(y) \(down[row])", at: "t", hint: "t |> group(by=[\"\(x)\", \"\(y)\"]) |> mean(\"\(color)\")")
      }
      series[down[row], default: []].append(.init(place, values.values[row] ?? .nan))
    }
    var figure = Figure(.heat, rows.map { Figure.Series($0, series[$0] ?? []) }, categories: columns, xName: x, yName: y)
    figure.valueName = values.title(color)
    self.figure = figure
  }
}
