import Arrays
import Geometry
import Language
import Storage

extension Builtin {
  static let copy = Builtin(
    "copy", "(from: array|group|string, to: string, chunks: coord|int = nil, codec: string = nil, replace=false) -> array|group",
    "Copies an array, or a group with all that is in it, to a path; returns the copy.",
    details: [
      "Without `chunks` and `codec` the files of what is on disk are copied as they are: missing chunks stay missing, attributes come along.",
      "Anything else is written anew, chunk by chunk, as `save` does.",
    ],
    searchTerms: ["duplicate", "cp", "rechunk"], streams: ["from"], effect: .writes("to"), plan: { call in
      let path = try call.string("to")
      guard let array = try call.value("from").object(as: ArrayValue.self) else { call.planFile("copy", at: path, "the files of a group", replaces: false); return .unknown }
      return try call.planArray(
        "copy", at: path, array.dtype, array.shape, array.grid, chunks: try call.chunks("chunks", array.shape), reads: array.expression.sources, replace: try call.bool("replace"))
    }
  ) { call in
    let target = try call.string("to"), replace = try call.bool("replace"), isPlain = !call.isGiven("chunks") && !call.isGiven("codec")
    let node: StoredNode
    switch try call.value("from") {
    case .string(let path): node = try StoredNode.open(path)
    case let value:
      if let group = value.object(as: GroupValue.self) { node = .group(group.group); break }
      let array = try call.array("from")
      guard let stored = array.stored, case .view(let view) = array.content, view.isWhole else { return try written(array, target, call) }
      node = .array(stored)
    }
    if isPlain, try node.canCopyFiles(to: target) {
      try node.copyFiles(to: target, replace: replace, call.execution)
      return Value(try StoredNode.open(target))
    }
    guard case .array(let stored) = node else {
      throw call.failure(
        .data, isPlain ? "a group can only be copied to a container of its own format" : "`chunks` and `codec` change one array, not a group", at: "from", hint: "copy its arrays one by one")
    }
    return try written(ArrayValue(stored), target, call)
  }

  private static func written(_ array: ArrayValue, _ path: String, _ call: Call) throws -> Value {
    Value(try array.written(to: path, chunks: try call.chunks("chunks", array.shape), codec: try call.optionalString("codec"), replace: try call.bool("replace"), call))
  }
}
