import Arrays
import Geometry
import Language
import Storage

extension Builtin {
  static let copy = Builtin(
    "copy",
    """
    (from: array|group|string, to: string, chunks: coord|int = nil, shards: coord|int = nil, \(DiskLayout.codec(default: "nil")), replace=false, \(DiskLayout.format)) -> array|group
    """,
    "Copies an array, or a group with all that is in it, to a path; returns the copy.",
    details: [
      "Without `chunks`, `shards`, `codec` and `format` the files of what is on disk are copied as they are: missing chunks stay missing, attributes come along.",
      "Anything else is written anew, chunk by chunk, as `save` does.",
    ],
    searchTerms: ["duplicate", "cp", "rechunk"], streams: ["from"], effect: .writes("to"), plan: { call in
      let path = try call.string("to"), replace = try call.bool("replace")
      func unknown(_ from: String) throws -> Value {
        var effect = Effect("copy", reads: [Effect.Item(from)], writes: [Effect.Item(path)])
        try effect.meet(in: path, replace: replace)
        call.record(effect)
        call.dryRun?.promise(.unknown, at: path)
        return .unknown
      }
      switch try source(call) {
      case .nothingYet(let path): return try unknown(path)
      case .files(.group(let group)): return try unknown(group.path)
      case .files(.array(let stored)):
        return try call.planArray("copy", at: path, ArraySpec(stored.dtype, stored.shape, grid: stored.grid, chunks: stored.chunks), reads: [stored], replace: replace)
      case .array(let array): return try call.planArray("copy", at: path, try array.spec(call), reads: array.expression.sources, replace: replace)
      }
    }
  ) { call in
    let target = try call.string("to")
    switch try source(call) {
    case .files(let node):
      try node.copyFiles(to: target, replace: try call.bool("replace"), call.execution)
      let copy = try StoredNode.open(target)
      // what placed the array may stand in a group that stays behind, or in the words of the call that opened it
      if case .array(let from) = node, case .array(let to) = copy, from.grid != to.grid {
        try StoredArray.open(target, mode: .edit).setAttributes(to.placing(from.grid))
        return Value(try StoredNode.open(target))
      }
      return Value(copy)
    case .array(let array): return Value(try array.written(to: target, call))
    case .nothingYet(let path): throw StorageError.notFound(path: path, near: nil)
    }
  }

  private enum Source {
    /// Files that are copied as they are.
    case files(StoredNode)
    /// Values that are written anew.
    case array(ArrayValue)
    /// In a dry run: a path at which something will be.
    case nothingYet(String)
  }

  private static func source(_ call: Call) throws -> Source {
    let isPlain = !["chunks", "shards", "codec", "format"].contains(where: call.isGiven), node: StoredNode
    switch try call.value("from") {
    case .string(let path):
      let place = try Location(path).description
      if try Location.kind(place) == nil, let made = call.dryRun?.made(at: place) { return made.object(as: ArrayValue.self).map(Source.array) ?? .nothingYet(place) }
      node = try StoredNode.open(path)
    case let value:
      if let group = value.object(as: GroupValue.self) { node = .group(group.group); break }
      let array = try call.array("from")
      guard let stored = array.stored, case .view(let view) = array.content, view.isWhole else { return .array(array) }
      node = .array(stored)
    }
    if isPlain, try node.canCopyFiles(to: try call.string("to")) { return .files(node) }
    guard case .array(let stored) = node else {
      throw call.failure(
        .data, isPlain ? "a group can only be copied to a container of its own format" : "`chunks`, `shards`, `codec` and `format` change one array, not a group", at: "from", hint: "copy its arrays one by one")
    }
    return .array(ArrayValue(stored))
  }
}
