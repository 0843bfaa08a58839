import Arrays
import FileFormats
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
      "Anything else is written anew, piece by piece, as `save` does: from and to TIFF, .npy, Zarr and N5, out of HDF5, .npz and folders of pictures.",
      "So is a group that changes its format or layout, array by array: attributes come along, and what places the arrays and lists the levels is said as the new format says it.",
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
      case .files(.group(let group)), .group(let group): return try unknown(group.path)
      case .files(.array(let stored)) where try FileWriter.kind(of: path) == nil:
        return try call.planArray("copy", at: path, ArraySpec(stored.dtype, stored.shape, grid: stored.grid, chunks: stored.chunks), reads: [stored], replace: replace)
      case .files(.array(let stored)):
        return try call.planWritten(ArrayValue(stored), "copy", to: path, replace: replace) ?? .unknown
      case .array(let array):
        if let planned = try call.planWritten(array, "copy", to: path, replace: replace) { return planned }
        return try call.planArray("copy", at: path, try array.spec(call), reads: array.expression.sources, replace: replace)
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
    case .array(let array): return Value(try array.written(to: target, call, attributes: array.wholeStored?.portableAttributes ?? .emptyObject))
    case .group(let group): return Value(try call.copyArrays(of: group, to: target))
    case .nothingYet(let path): throw StorageError.notFound(path: path, near: nil)
    }
  }

  private enum Source {
    /// Files that are copied as they are.
    case files(StoredNode)
    /// Values that are written anew.
    case array(ArrayValue)
    /// Its arrays are written anew.
    case group(StoredGroup)
    /// In a dry run: a path at which something will be.
    case nothingYet(String)
  }

  /// A group in a file is copied array by array.
  private static func one(of group: any FileGroup, _ call: Call) throws -> Failure {
    let first = try group.children().first { $0.problem == nil }?.name ?? "name"
    return call.failure(.data, "`\(group.path)` is a group in a file: its arrays are copied one by one", at: "from", hint: "copy(\(Value.quoted(Files.join(group.path, first))), \"out.zarr/\(first)\")")
  }

  private static func source(_ call: Call) throws -> Source {
    let isPlain = !["chunks", "shards", "codec", "format"].contains(where: call.isGiven), node: StoredNode
    switch try call.value("from") {
    case .string(let path):
      let place = try Location(path).description
      if try Location.kind(place) == nil, let made = call.dryRun?.made(at: place) { return made.object(as: ArrayValue.self).map(Source.array) ?? .nothingYet(place) }
      switch try FileFormats.open(path) {
      case .array(let file): return .array(ArrayValue(file))
      case .group(let group): throw try one(of: group, call)
      case nil: node = try StoredNode.open(path)
      }
    case let value:
      if let group = value.object(as: GroupValue.self) { node = .group(group.group); break }
      if let group = value.object(as: FileGroupValue.self) { throw try one(of: group.group, call) }
      let array = try call.array("from")
      guard let stored = array.wholeStored, stored.declared.isEmpty else { return .array(array) }
      node = .array(stored)
    }
    let to = try call.string("to"), isToFile = try FileWriter.kind(of: to) != nil
    if isToFile, case .array(let stored) = node { return .array(ArrayValue(stored)) }
    if isPlain, !isToFile, try node.canCopyFiles(to: to) { return .files(node) }
    switch node {
    case .array(let stored): return .array(ArrayValue(stored))
    case .group(let group) where isToFile: throw call.failure(.data, "`\(group.path)` is a group, `\(to)` holds one array", at: "from", hint: try GroupValue(group: group).firstChild().map { "copy(\($0), \(Value.quoted(to)))" })
    case .group(let group): return .group(group)
    }
  }
}
