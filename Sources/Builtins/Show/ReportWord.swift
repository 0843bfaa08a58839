// report: values, one below the other, as one page of HTML.

import Display
import Language
import Storage

extension Builtin {
  static let report = Builtin(
    "report", "(path: string, items…, title: string = \"Report\", facts: record = nil) -> nil", "Writes one self-contained HTML page of its arguments: text, tables, plots, pictures, records, or lists of them.",
    details: [
      "Of a text, lines that start with \"# \" or \"## \" are headings and those with \"- \" a list; an empty line ends a paragraph. Plots are drawn as SVG, pictures kept as PNG inside the page. Of a table the first 2,000 rows are shown.",
      "A list of plots and pictures alone stands in a row. A record of `caption` and `picture` is a picture with other words below it. facts: a few values in large type below the title.",
    ],
    examples: [Example("report(env(\"TMPDIR\", \"/tmp\") + \"/dcs-report-example.html\", \"# Scores\", table([{name: \"a\", f1: 0.9}]), plot([1, 4, 9]), title=\"Example\")")],
    searchTerms: ["html", "page", "web", "document"], effect: .writes("path"), plan: { call in call.planFile("report", at: try call.string("path"), "a page"); return .nil }
  ) { call in
    let path = try call.string("path")
    guard path.hasSuffix(".html") || path.hasSuffix(".htm") else { throw call.failure(.value, "a report is written as .html, not `\(path)`", at: "path") }
    var page = HTMLPage(title: try call.string("title"))
    if let facts = try call.optionalRecord("facts") { page.facts(facts.fields.map { ($0.key, $0.value.cellText) }) }
    for item in call.rest { try page.add(item, call, depth: 0) }
    try Files.writeAtomically(page.html(footer: "Made by dcs \(call.host.version)."), try call.writablePath("path"), sync: false)
    return .nil
  }
}

extension HTMLPage {
  fileprivate mutating func add(_ value: Value, _ call: Call, depth: Int) throws {
    try call.execution.cancellation.check()
    switch value {
    case .nil: return
    case .string(let text): add(text)
    case .list(let values) where depth < 10 && values.count > 1 && values.allSatisfy(\.isPicture):
      try row { page in for value in values { try page.add(value, call, depth: depth + 1) } }
    case .record(let record) where value.isPicture:
      if let image = record["picture"]?.object(as: ImageValue.self) { picture(image.image, caption: (record["caption"]?.cellText).map { [$0] } ?? []) }
    case .list(let values) where depth < 10 && values.contains { $0.isItem }: for value in values { try add(value, call, depth: depth + 1) }
    case .record(let record):
      table(headings: ["name", "value"], rows: record.fields.map { [$0.key, $0.value.cellText] }, right: [false, false])
    default:
      if let rows = value.object(as: TableValue.self) {
        let shown = min(rows.count, 2000)
        table(headings: rows.columns, rows: rows.cells(shown), right: rows.rightColumns, note: shown < rows.count ? "… \(grouped(rows.count - shown)) more rows" : nil)
      } else if let image = value.object(as: ImageValue.self) {
        switch image.content {
        case .figure(let plot): figure(plot)
        case .cells(let cells): picture(cells.image(), caption: [])
        case .pixels(let pixels): picture(pixels, caption: image.caption + image.facts.filter { !$0.contains(" read in ") })
        }
      } else { preformatted(value.shown(DisplayStyle(width: 100))) }
    }
  }

  /// Headings, lists and paragraphs.
  private mutating func add(_ text: String) {
    var lines: [String] = [], items: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) + [""] {
      let isItem = line.hasPrefix("- ")
      if !items.isEmpty, !isItem { list(items); items = [] }
      if !lines.isEmpty, isItem || line.isEmpty || line.hasPrefix("# ") || line.hasPrefix("## ") { paragraph(lines.joined(separator: " ")); lines = [] }
      if isItem { items.append(String(line.dropFirst(2))) }
      else if line.hasPrefix("# ") { heading(String(line.dropFirst(2))) }
      else if line.hasPrefix("## ") { heading(String(line.dropFirst(3)), level: 3) }
      else if !line.allSatisfy(\.isWhitespace) { lines.append(line) }
    }
  }
}

extension Value {
  /// A picture or a plot, by itself or with a caption.
  fileprivate var isPicture: Bool {
    if case .record(let record) = self { return record.count == 2 && record["caption"] != nil && record["picture"]?.object(as: ImageValue.self) != nil }
    return object(as: ImageValue.self) != nil
  }

  /// What stands on its own in a report; lists of plain numbers are shown as one value.
  fileprivate var isItem: Bool {
    switch self {
    case .string, .record, .list: true
    case .object: true
    default: false
    }
  }

  /// In a cell: text as it is, on one line.
  var cellText: String {
    switch self {
    case .nil: ""
    case .string(let text): text.split(whereSeparator: \.isNewline).joined(separator: " ")
    case .object(let box): box.object.brief
    default: written()
    }
  }
}
