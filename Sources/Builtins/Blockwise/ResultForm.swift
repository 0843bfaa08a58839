// Whether a function over blocks makes one array, a list of arrays or a record of them; `to` and what is said of each output have the same form.

import Arrays
import Blockwise
import Language

enum ResultForm: Equatable, Sendable {
  case one
  case list(Int)
  case record([String])

  /// The form of a value, and what stands in it: of a list or record its items, of others itself.
  init(of value: Value, _ items: inout [Value]) {
    switch value {
    case .list(let list):
      self = .list(list.count)
      items = list
    case .record(let record):
      self = .record(record.keys)
      items = record.values
    default:
      self = .one
      items = [value]
    }
  }

  var count: Int {
    switch self {
    case .one: 1
    case .list(let count): count
    case .record(let keys): keys.count
    }
  }

  /// "an array", "a list of 2", "a record of x, y".
  var text: String {
    switch self {
    case .one: "an array"
    case .list(let count): "a list of \(count)"
    case .record(let keys): "a record of \(keys.joined(separator: ", "))"
    }
  }

  func value(_ items: [Value]) -> Value {
    switch self {
    case .one: items[0]
    case .list: .list(items)
    case .record(let keys): .record(Record(zip(keys, items)))
    }
  }

  /// What stands in a value of this form, in this order; nil for another form.
  func items(of value: Value) -> [Value]? {
    switch (self, value) {
    case (.one, .list), (.one, .record): nil
    case (.one, _): [value]
    case (.list(let count), .list(let list)): list.count == count ? list : nil
    case (.record(let keys), .record(let record)): record.count == keys.count && keys.allSatisfy { record[$0] != nil } ? keys.compactMap { record[$0] } : nil
    default: nil
    }
  }
}

extension Call {
  /// Where each output goes, and in which form; in memory the form may be known only when the function has run.
  func outputPlaces() throws -> (form: ResultForm?, paths: [String?]) {
    let given = try value("to")
    if given.isNil {
      var items: [Value] = []
      for name in ["dtype", "ids"] where isKnown(name) {
        let form = ResultForm(of: try value(name), &items)
        if form != .one { return (form, items.map { _ in nil }) }
      }
      return (nil, [nil])
    }
    var items: [Value] = []
    let form = ResultForm(of: given, &items)
    guard !items.isEmpty else { throw failure(.value, "`to` names no place", at: "to") }
    return (form, try items.map {
      guard case .string(let path) = $0 else { throw failure(.type, "`to` must hold paths, not \($0.typePhrase)", at: "to") }
      return path
    })
  }

  /// The outputs that are asked for: `dtype` and `ids` are one for all, or one for each in the form of `to`.
  func targets(rank: Int) throws -> (form: ResultForm?, targets: [BlockTarget]) {
    let (form, paths) = try outputPlaces()
    func each(_ name: String) throws -> [Value] {
      var items: [Value] = []
      let given = try value(name), own = ResultForm(of: given, &items)
      if own == .one { return paths.map { _ in given } }
      guard let form, let found = form.items(of: given) else { throw failure(.argument, "`\(name)` is \(own.text), `to` is for \((form ?? .one).text)", at: name) }
      return found
    }
    let dtypes = try each("dtype").map { try dtype($0, "dtype") }
    let ids = try each("ids").map { value -> Ids in
      if value.isNil { return .given }
      guard case .string(let word) = value, let ids = Ids(rawValue: word), ids != .given else { throw failure(.value, "`ids` must be \"unique\" or \"wide\", not \(value.shown())", at: "ids") }
      return ids
    }
    return (form, try zip(paths, zip(dtypes, ids)).map { BlockTarget(try output(rank: rank, to: $0), dtype: $1.0, ids: $1.1) })
  }
}
