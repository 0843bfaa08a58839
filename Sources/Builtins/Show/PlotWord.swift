// plot: columns of a table, numbers or histograms as a figure. Quantities are drawn in one unit, which the axis names.

import Display
import Language

extension Builtin {
  static let plot = Builtin(
    "plot",
    """
    (t: table|list|range|array, x: string = nil, y: string|list = nil, by: string = nil, color: string = nil, kind: "line|scatter|histogram|bar" = nil, log: "x|y|xy" = nil, bins: int = nil,
     title: string = nil, width: int = nil) -> image
    """,
    "Plots columns of a table, or numbers: drawn in the terminal, and saved as PNG or SVG with save(plot(…), \"f1.png\").",
    details: [
      "`y` may be one column or a list of them; `by` draws one series for each value of a column. Without `kind`, names on x make bars, a table from histogram(…) a histogram, all else lines.",
      "color: a column of numbers as colours: a heat map with a column for each value of x and a row for each of y, such as a score over iterations and thresholds.",
      "Quantities are shown in one unit, named on the axis; nil and NaN are left out, and counted below. `log` makes axes logarithmic; `width` is in columns of the terminal.",
    ],
    examples: [Example("plot([1, 4, 9]).width", prints: "1440"), Example("save(plot(table([{n: 1, f1: 0.5}, {n: 2, f1: 0.8}]), x=\"n\", y=\"f1\"), env(\"TMPDIR\", \"/tmp\") + \"/dcs-plot-example.svg\")")],
    searchTerms: ["chart", "graph", "curve", "figure", "draw"]
  ) { call in
    let width = try call.optionalInt("width")
    if let width, width < 24 { throw call.failure(.value, "`width` must be at least 24 columns, not \(width)", at: "width") }
    let title = try call.optionalString("title") ?? ""
    if let color = try call.optionalString("color") {
      var figure = try HeatData(call, color).figure
      figure.title = title
      return Value(ImageValue(figure, width: width))
    }
    let data = try PlotData(call), log = try call.optionalString("log") ?? ""
    var figure = try data.figure()
    try data.refuseUnused(figure, log)
    figure.title = title
    (figure.logX, figure.logY) = (log.contains("x"), log.contains("y"))
    return Value(ImageValue(figure, width: width))
  }
}
