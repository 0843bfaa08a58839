import Arrays
import Geometry
import Language

extension Builtin {
  static let binarize = Builtin(
    "binarize", "(labels: array, ids: int|list|record = nil) -> array",
    "Marks voxels of an object: any that is not 0, or those with one of some ids; a record of classes gives a channel each, in its order.",
    examples: [
      Example("sum(binarize(arange(4)))", prints: "3"), Example("sum(binarize(arange(4), [2, 3]))", prints: "2"),
      Example("binarize(zeros((2, 2), uint8), {mito: [3, 4], er: []}).shape", prints: "(2, 2, 2)"),
    ],
    searchTerms: ["mask", "classes", "isin"], streams: ["labels"]
  ) { call in
    let array = try call.array("labels"), labels = array.expression
    guard !array.dtype.isFloat else { throw call.failure(.type, "labels are ints, not \(array.dtype)", at: "labels") }
    func mask(_ ids: [Value]) throws -> ArrayExpression {
      if ids.isEmpty { return try ArrayExpression.compare(.notEqual, labels, ArrayExpression(.int(0))) }
      guard ids.count <= 1000 else { throw call.failure(.value, "`ids` has \(Words.grouped(ids.count)) entries, at most 1,000 are taken", at: "ids") }
      return try ids.map { id in
        guard let id = id.integer else { throw call.failure(.type, "ids are ints, not \(id.typePhrase)", at: "ids") }
        return try ArrayExpression.compare(.equal, labels, ArrayExpression(.int(id)))
      }.balanced { try ArrayExpression.logic(.or, $0, $1) } ?? labels
    }
    switch try call.value("ids") {
    case .nil: return Value(ArrayValue(try mask([])))
    case .list(let ids) where ids.isEmpty: return Value(ArrayValue(try ArrayExpression.compare(.notEqual, labels, labels)))
    case .list(let ids): return Value(ArrayValue(try mask(ids)))
    case .record(let classes):
      guard classes.count > 0 else { throw call.failure(.value, "`ids` names no class", at: "ids") }
      guard !array.grid.axes.contains(where: { $0.name == "c" }) else { throw call.failure(.shape, "the labels have channels already", at: "labels") }
      let masks = try classes.fields.map { field in
        guard case .list(let ids) = field.value else { throw call.failure(.type, "the ids of `\(field.key)` must be a list, not \(field.value.typePhrase)", at: "ids") }
        return try mask(ids)
      }
      return Value(ArrayValue(try ArrayExpression.joined(masks, along: 0, isStack: true, grid: try array.grid.stacked(under: .c))))
    case let only: return Value(ArrayValue(try mask([only])))
    }
  }
}

extension Array {
  /// All elements combined pair by pair, so that what comes out is as shallow as can be; nil of nothing.
  fileprivate func balanced(_ combine: (Element, Element) throws -> Element) rethrows -> Element? {
    var level = self
    while level.count > 1 {
      level = try stride(from: 0, to: level.count, by: 2).map { $0 + 1 < level.count ? try combine(level[$0], level[$0 + 1]) : level[$0] }
    }
    return level.first
  }
}
