import Display
import Language

/// What a table knows beyond its rows: further fields, and lines below the rows where it is shown.
protocol TableDetails: Sendable {
  var fieldNames: [String] { get }
  func field(_ name: String) throws -> Value?
  func lines(_ style: Style) -> [String]
}

/// Rows with the same named columns; a row is a record, a column a list.
struct TableValue: ObjectValue {
  let columns: [String]
  /// All of one length.
  let values: [TableColumn]
  /// What is known beyond the rows; a table made from this one does not have it.
  var details: (any TableDetails)?

  var holdsValues: Bool { true }
  var heldValues: [Value] { values.flatMap(\.held) }

  init(columns: [String], values: [[Value]]) { self.init(columns: columns, made: values.map { TableColumn($0) }) }
  init(columns: [String], made values: [TableColumn]) { (self.columns, self.values) = (columns, values) }

  /// - Throws: a failure that names the first row whose keys differ from the first row's.
  init(rows: [Record]) throws {
    let columns = rows.first?.keys ?? []
    var values = [[Value]](repeating: [], count: columns.count)
    for (position, row) in rows.enumerated() {
      guard row.count == columns.count else { throw Self.ragged(position, row.keys, columns) }
      for (column, name) in columns.enumerated() {
        guard let value = row[name] else { throw Self.ragged(position, row.keys, columns) }
        values[column].append(value)
      }
    }
    self.init(columns: columns, values: values)
  }

  private static func ragged(_ position: Int, _ keys: [String], _ columns: [String]) -> Failure {
    Failure(.value, "row \(position) has other columns than row 0: \(keys.joined(separator: ", ")) and \(columns.joined(separator: ", "))")
  }

  var typeName: String { "table" }
  var fieldNames: [String] { columns + (details?.fieldNames ?? []) }
  var count: Int { values.first?.count ?? 0 }
  var identity: String? { "table " + zip(columns, values).map { name, column in "\(Value.quoted(name)): [" + column.map(\.identityText).joined(separator: ", ") + "]" }.joined(separator: " ") }
  var brief: String { "table of \(Words.count(count, "row"))" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    try columns.firstIndex(of: name).map { .list(values[$0].all) } ?? details?.field(name)
  }

  /// - Throws: a failure that lists the columns.
  func column(_ name: String, argument: String) throws -> [Value] {
    guard let position = columns.firstIndex(of: name) else {
      throw Failure(.key, "the table has no column `\(name)`", label: "columns: \(columns.joined(separator: ", "))", argument: argument)
    }
    return values[position].all
  }

  func row(_ position: Int) -> Record { Record(zip(columns, values.map { $0[position] })) }

  func picking(_ positions: [Int]) -> TableValue { TableValue(columns: columns, made: values.map { $0.picking(positions) }) }

  var elementCount: Int? { count }
  func element(at position: Int, _ context: CallContext) throws -> Value { .record(row(position)) }
  func axisLength(_ position: Int, name: String?, of total: Int) -> Int? { position == 0 && name == nil ? count : nil }

  func index(_ indices: [IndexArgument], _ context: CallContext) throws -> Value {
    guard indices.count == 1, let only = indices.first, only.axis == nil else { throw Failure(.index, "a table takes one index, the row") }
    switch only.selector {
    case .at(.string(let name)): return .list(try column(name, argument: ""))
    case .at(.list(let list)):
      let names = try list.map { value -> String in
        guard case .string(let name) = value else { throw Failure(.type, "a list in the index of a table must hold names of columns, not \(value.typePhrase)") }
        return name
      }
      return Value(TableValue(columns: names.uniqued, values: try names.uniqued.map { try column($0, argument: "") }))
    case .at(.int(let position)):
      guard position >= 0, position < count else { throw Failure(.index, "row \(position) of a table of \(count) rows") }
      return .record(row(position))
    case .slice(let from, let to, nil):
      let bounds = try [from ?? .int(0), to ?? .int(count)].map { value -> Int in
        guard case .int(let bound) = value, bound >= 0, bound <= count else { throw Failure(.index, "a table of \(count) rows has no rows up to \(value.shown())") }
        return bound
      }
      return Value(picking(Array(bounds[0]..<max(bounds[0], bounds[1]))))
    default: throw Failure(.index, "a table is indexed by a row number, a slice of rows, or a column name")
    }
  }

  func equals(_ other: any ObjectValue) -> Bool {
    guard let other = other as? TableValue, other.columns == columns, other.count == count else { return false }
    return zip(values, other.values).allSatisfy { zip($0, $1).allSatisfy { $0.shown() == $1.shown() } }
  }

  func summary(_ style: DisplayStyle) -> String {
    if columns.isEmpty { return "(empty table)" }
    let shown = min(count, style.rows), paint = Style(width: style.width, color: style.color)
    let rows = TextTable(headings: columns, rows: cells(shown), numeric: rightColumns, hidden: count - shown).rendered(paint)
    return ([rows] + (details?.lines(paint) ?? [])).joined(separator: "\n")
  }

  /// The first rows as text, numbers of a column with the same decimals.
  func cells(_ shown: Int) -> [[String]] {
    let cells = values.map { column in column.isNumeric ? Self.numbers(Array(column.prefix(shown))) : column.prefix(shown).map(\.cellText) }
    return (0..<shown).map { row in cells.map { $0[row] } }
  }

  /// Columns of numbers and quantities.
  var rightColumns: [Bool] { values.map { column in column.isNumeric || (column.contains { $0.isQuantity } && column.allSatisfy { $0.isQuantity || $0.isNil }) } }

  /// Rows of tables with the same columns, one after the other.
  func binary(_ operation: BinaryOperator, _ other: Value, selfIsLeft: Bool, _ context: CallContext) throws -> Value? {
    guard operation == .add, let other = other.object(as: TableValue.self) else { return nil }
    let (left, right) = selfIsLeft ? (self, other) : (other, self)
    if left.columns.isEmpty { return Value(right) }
    if right.columns.isEmpty { return Value(left) }
    guard Set(left.columns) == Set(right.columns) else {
      throw Failure(.shape, "the tables have other columns: \(left.columns.joined(separator: ", ")) and \(right.columns.joined(separator: ", "))")
    }
    return Value(TableValue(columns: left.columns, values: try left.columns.map { try left.column($0, argument: "") + right.column($0, argument: "") }))
  }

  /// Numbers of one column with the same decimals: as many as three significant digits of its smallest entry need, at most 4.
  private static func numbers(_ column: [Value]) -> [String] {
    let doubles = column.compactMap { value -> Double? in if case .float(let x) = value, x.isFinite { x } else { nil } }
    let largest = doubles.map(\.magnitude).max() ?? 0
    if largest >= 1e6 || (largest > 0 && largest < 1e-3) {
      return column.map { if case .float(let x) = $0 { compact(x) } else { $0.isNil ? "" : whole($0) } }
    }
    let decimals = largest >= 1000 ? 1 : largest >= 10 ? 2 : 4
    return column.map { if case .float(let x) = $0 { fixed(x, decimals) } else { $0.isNil ? "" : whole($0) } }
  }

  private static func whole(_ value: Value) -> String { if case .int(let x) = value { grouped(x) } else { value.shown() } }
}

extension Value {
  /// A number with a unit, which stands right in its column.
  fileprivate var isQuantity: Bool {
    switch self {
    case .length, .duration, .bytes: true
    default: false
    }
  }
}

extension Collection<Value> {
  /// Numbers, and nil between them.
  fileprivate var isNumeric: Bool { contains { $0.number != nil } && allSatisfy { $0.number != nil || $0.isNil } }
}

/// A table split by the values of some columns: what `group` gives to `count`, `mean` and their kin.
struct GroupedTable: ObjectValue {
  let table: TableValue
  let keys: [String]
  /// Row positions of each group, groups in the order of their first row.
  let groups: [[Int]]

  var typeName: String { "groups" }
  var fieldNames: [String] { [] }
  func field(_ name: String, _ context: CallContext) throws -> Value? { nil }
  func summary(_ style: DisplayStyle) -> String {
    "\(grouped(groups.count)) groups by \(keys.joined(separator: ", ")) of \(grouped(table.count)) rows: use count(), mean(\"column\"), …"
  }

  /// One row a group: its keys, then one column made from its rows.
  func reduced(_ name: String, _ combine: ([Int]) throws -> Value) throws -> TableValue {
    var values = keys.map { key in groups.map { group in (try? table.column(key, argument: "by"))?[group[0]] ?? .nil } }
    values.append(try groups.map(combine))
    return TableValue(columns: keys + [name], values: values)
  }
}
