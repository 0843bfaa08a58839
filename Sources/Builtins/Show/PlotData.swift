// What a plot is made of: a table, and which of its columns go where.

import Display
import Language

/// The columns of a plot.
struct PlotData {
  let call: Call
  let table: TableValue
  let kind: Figure.Kind?
  let x: String?, y: [String], by: String?
  /// x is the position of a row.
  let isList: Bool

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
  static func rows(_ call: Call) throws -> (TableValue, isList: Bool) {
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

  static func isHistogram(_ table: TableValue) -> Bool { ["from", "to", "count"].allSatisfy(table.columns.contains) }
}
