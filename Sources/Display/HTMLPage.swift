/// One self-contained page of HTML: headings, text, tables, drawings as SVG, pictures as data. No script, no style or font from elsewhere, no date,
/// so that equal contents give equal bytes.
package struct HTMLPage: Sendable {
  private let title: String
  private var body = ""

  package init(title: String) { self.title = title }

  package mutating func heading(_ text: String, level: Int = 2) { body += "<h\(level)>\(markupText(text))</h\(level)>\n" }
  package mutating func paragraph(_ text: String) { body += "<p>\(markupText(text))</p>\n" }
  package mutating func list(_ items: [String]) { body += "<ul>\n" + items.map { "<li>\(markupText($0))</li>\n" }.joined() + "</ul>\n" }
  /// Text as it stands, line by line.
  package mutating func preformatted(_ text: String) { body += "<pre>\(markupText(text))</pre>\n" }

  /// - Parameters:
  ///   - right: columns whose cells stand right, because they hold numbers.
  ///   - note: what was left out.
  package mutating func table(headings: [String], rows: [[String]], right: [Bool], note: String? = nil) {
    let mark = { (column: Int) in right.indices.contains(column) && right[column] ? " class=\"number\"" : "" }
    body += "<div class=\"wide\"><table>\n<thead><tr>" + headings.enumerated().map { "<th\(mark($0.offset))>\(markupText($0.element))</th>" }.joined() + "</tr></thead>\n<tbody>\n"
    for row in rows { body += "<tr>" + row.enumerated().map { "<td\(mark($0.offset))>\(markupText($0.element))</td>" }.joined() + "</tr>\n" }
    body += "</tbody>\n</table></div>\n"
    if let note { body += "<p class=\"note\">\(markupText(note))</p>\n" }
  }

  package mutating func figure(_ figure: Figure) { body += "<figure>\n\(figure.svg())</figure>\n" }

  /// A few facts in large type, beside each other.
  package mutating func facts(_ facts: [(name: String, value: String)]) {
    body += "<dl class=\"facts\">\n" + facts.map { "<div><dt>\(markupText($0.name))</dt><dd>\(markupText($0.value))</dd></div>\n" }.joined() + "</dl>\n"
  }

  /// What `add` adds stands beside each other as far as there is room.
  package mutating func row(_ add: (inout HTMLPage) throws -> Void) rethrows {
    body += "<div class=\"row\">\n"
    try add(&self)
    body += "</div>\n"
  }

  /// Small pictures are shown larger, their pixels sharp.
  package mutating func picture(_ image: Image, caption: [String]) {
    let text = caption.joined(separator: "  ")
    let zoom = max(1, min(6, 480 / max(1, image.width)))
    body += "<figure>\n<img src=\"\(image.dataURI)\" width=\"\(image.width * zoom)\" height=\"\(image.height * zoom)\" alt=\"\(markupText(text.isEmpty ? "picture" : text))\">\n"
    if !text.isEmpty { body += "<figcaption>\(caption.map { markupText($0) }.joined(separator: "<br>"))</figcaption>\n" }
    body += "</figure>\n"
  }

  package func html(footer: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(markupText(title))</title>
    <style>
    :root { color-scheme: light; }
    body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 1.5rem 4rem; background: #fff; color: #24292f; font: 16px/1.55 Inter, "Helvetica Neue", Helvetica, Arial, sans-serif; }
    h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1.5rem; letter-spacing: -0.01em; }
    h2 { font-size: 1.3rem; margin: 2.5rem 0 0.75rem; }
    h3 { font-size: 1.05rem; margin: 2rem 0 0.5rem; }
    p, ul { max-width: 44rem; }
    .wide { overflow-x: auto; margin: 1.25rem 0; }
    td { max-width: 40rem; overflow-wrap: anywhere; }
    table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
    th { text-align: left; font-weight: 600; border-bottom: 2px solid #8c959f; }
    th, td { padding: 0.35rem 1.1rem 0.35rem 0; vertical-align: top; }
    th, .number { white-space: nowrap; }
    td { border-bottom: 1px solid #e6e8eb; }
    .number { text-align: right; }
    tbody tr:hover { background: #f6f8fa; }
    figure { margin: 1.5rem 0; }
    figure svg, figure img { max-width: 100%; height: auto; }
    figure img { image-rendering: pixelated; }
    .row { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.5rem 0; }
    .row figure { flex: 1 1 13rem; max-width: 30rem; margin: 0; min-width: 0; }
    .row figure:has(svg) { flex-basis: 24rem; max-width: max(24rem, calc(50% - 0.5rem)); }
    .row figure svg, .row figure img { width: 100%; height: auto; display: block; border-radius: 4px; }
    .row figcaption { padding-top: 0.35rem; line-height: 1.35; }
    .facts { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1.5rem 0; }
    .facts div { flex: 1 1 8rem; max-width: 15rem; padding: 0.8rem 1rem; background: #f6f8fa; border-radius: 8px; min-width: 0; }
    .facts dt { color: #57606a; font-size: 0.85rem; }
    .facts dd { margin: 0.1rem 0 0; font-size: 1.15rem; font-weight: 600; line-height: 1.3; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
    figcaption, .note, footer { color: #57606a; font-size: 0.88rem; }
    pre { background: #f6f8fa; padding: 0.9rem 1.1rem; overflow-x: auto; font: 13.5px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; border-radius: 6px; }
    footer { margin-top: 3.5rem; border-top: 1px solid #e6e8eb; padding-top: 0.75rem; }
    @media print { body { max-width: none; padding: 0; } figure, tr { break-inside: avoid; } }
    </style>
    </head>
    <body>
    <h1>\(markupText(title))</h1>
    \(body)<footer>\(markupText(footer))</footer>
    </body>
    </html>

    """
  }
}
