import Language

/// A column of a table: its values, or how each is made when it is looked at, so that a table of millions of objects holds what is known of them and no more.
struct TableColumn: RandomAccessCollection, Sendable {
  private enum Content {
    case listed([Value])
    case made(count: Int, @Sendable (Int) -> Value)
  }

  private let content: Content

  init(_ values: [Value]) { content = .listed(values) }

  /// - Parameter value: of a row; numbers, texts and rois only.
  init(count: Int, value: @escaping @Sendable (Int) -> Value) { content = .made(count: count, value) }

  var startIndex: Int { 0 }

  var endIndex: Int {
    switch content {
    case .listed(let values): values.count
    case .made(let count, _): count
    }
  }

  subscript(row: Int) -> Value {
    switch content {
    case .listed(let values): values[row]
    case .made(_, let value): value(row)
    }
  }

  /// What is held already.
  var held: [Value] {
    switch content {
    case .listed(let values): values
    case .made: []
    }
  }

  var all: [Value] {
    switch content {
    case .listed(let values): values
    case .made: Array(self)
    }
  }

  /// The rows of these numbers.
  func picking(_ rows: [Int]) -> TableColumn {
    switch content {
    case .listed(let values): TableColumn(rows.map { values[$0] })
    case .made(_, let value): TableColumn(count: rows.count) { value(rows[$0]) }
    }
  }
}
