// Ids of two words as the language has them: two channels of uint64, of which relabel(…, wide=true) makes ordinary ids.

import Arrays
import Blockwise
import Language
import Segmentation

extension ArrayValue {
  /// Whether it may hold ids of two words: (c 2, space…) uint64.
  var isWide: Bool { dtype == .uint64 && shape.first == 2 && grid.rank == grid.spatialRank + 1 && grid.axes.first?.kind != .space && grid.spatialRank >= 1 }
}

extension Builtin {
  static func relabelWide(_ call: Call) throws -> Value {
    let array = try call.wideIds(), volume = try array.volume(call.execution), space = try volume.grid.dropping(axis: 0)
    let ids = try wideIds(volume.array, for: "relabel", call.execution), dtype = try call.dtype("dtype") ?? idType(voxels: volume.array.count / 2)
    var labels = ArrayValue(try Volume(try WideNumbers(ids, dtype: dtype, for: "relabel", call.execution).apply(to: volume.array, call.execution), space))
    labels.notes["objects"] = .int(ids.count)
    labels.idBlocks = array.uniqueBlocks?.ofSpace
    return Value(labels)
  }

  static func relabelWideStatement(_ call: Call) throws -> IdMapStatement {
    let array = try call.wideIds(), source = try array.source(call.execution), rank = source.grid.spatialRank
    var options = BlockwiseOptions(name: "relabel", block: try call.block(rank: rank)), spec = try call.output(rank: rank)
    (options.workers, options.dtype) = (try call.workers(), try call.dtype("dtype") ?? idType(voxels: source.shape.dropFirst().reduce(1) { saturated($0, $1) }))
    if let blocks = array.uniqueBlocks { spec.attributes = blocks.ofSpace.marked(spec.attributes) }
    return IdMapStatement(wide: source, options: options, to: spec)
  }
}

extension Call {
  /// The wide ids that `relabel` is given, without what is for ordinary ones.
  fileprivate func wideIds() throws -> ArrayValue {
    let array = try array("labels")
    for other in ["merge", "map", "compact"] {
      let value = try value(other)
      if value.isNil { continue }
      if case .bool(true) = value { continue }
      throw failure(.argument, "wide ids are numbered anew, `\(other)` is for ordinary ones", at: other, hint: "relabel(relabel(‹labels›, wide=true), \(other)=…)")
    }
    guard array.isWide else { throw failure(.type, "wide ids are two channels of uint64, (c 2, space…), not \(array.brief)", at: "labels", hint: "stack(‹high›, ‹low›)") }
    return array
  }
}
