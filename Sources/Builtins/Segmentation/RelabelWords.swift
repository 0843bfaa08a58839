// Words that look at all ids of a volume before they write any: in memory, or block by block with to="…".

import Arrays
import Blockwise
import Display
import Geometry
import Language
import Segmentation
import Storage

extension Builtin {
  static let relabel = Builtin(
    "relabel",
    """
    (labels: array, merge: table|list = nil, map: table|list = nil, compact: bool = nil, dtype: fn|string = nil, to: string = nil, block: int|coord = nil, shards: int|coord = nil,
     workers: int = nil, replace=false, wide=false) -> array
    """,
    "Gives objects new ids: merges those that belong together, and numbers them 1, 2, … without gaps in the order of their ids; attrs.objects counts them.",
    details: [
      "merge: pairs of ids, such as touching(…) gives: its columns a and b, or a list [[1, 2], …]. Pairs chain: whatever is connected by pairs becomes one object.",
      "map: new ids for old, as columns old and new or a list [[old, new], …]; other ids stay, and so does 0, which is no object. It comes before merge.",
      "compact=false keeps ids: an object has the smallest id of those merged; without it ids stay only where a map is given. dtype: of the result; unless said, uint32 for ids without gaps (uint64 from 2³² voxels on) and else uint64.",
      "wide=true takes ids of 128 bits, two channels of uint64 (high word, low word), as blockwise(…, ids=\"wide\") makes them, and numbers them 1, 2, … without gaps: ordinary ids, which can then be merged.",
      "to=\"c.zarr/name\" works block by block on volumes of any size; the result is the same.",
    ],
    examples: [
      Example("unique(relabel(stack(full(3, 7, dtype=uint64), cast(arange(3), uint64)), wide=true))", prints: "[1, 2, 3]"),
      Example("max(relabel(cast(10 * arange(3), uint32)))", prints: "2"), Example("unique(relabel(arange(5), merge=[[1, 2], [2, 4]]))", prints: "[0, 1, 2]"),
      Example("unique(relabel(arange(4), map=[[1, 9]]))", prints: "[0, 2, 3, 9]"),
    ],
    searchTerms: ["compact", "ids", "renumber", "merge"], streams: ["labels"],
    plan: { call in
      try planned(call, try relabelStatement(call))
    }
  ) { call in
    if !(try call.value("to")).isNil { return try relabelStatement(call).execute(call.execution).value }
    if try call.bool("wide") { return try relabelWide(call) }
    let volume = try call.labelVolume("labels"), packed = try volume.array.contiguous()
    let relabelling = try relabelling(call), dtype = try call.dtype("dtype") ?? relabelling.idType(voxels: packed.count), (map, objects) = try relabelling.renumbered(try sizes(packed, for: "relabel", call.execution).ids, call.execution)
    var labels = ArrayValue(try Volume(try IdLookup(map, dtype: dtype, call.execution).apply(to: packed, unmapped: .refuse, call.execution), volume.grid))
    labels.notes["objects"] = .int(objects)
    if relabelling.keepsObjects { labels.idBlocks = try call.array("labels").uniqueBlocks }
    return Value(labels)
  }

  private static func relabelling(_ call: Call) throws -> Relabelling {
    let map = try call.idPairs("map", columns: ("old", "new"))
    var known: [UInt64: UInt64] = [:]
    for (row, pair) in (map ?? []).enumerated() {
      if pair.a == 0, pair.b != 0 { throw call.failure(.value, "`map` gives a new id to 0, which is no object", at: "map", label: "row \(row) is 0, \(pair.b)", hint: "where(‹labels› == 0, \(pair.b), ‹labels›)") }
      if let other = known.updateValue(pair.b, forKey: pair.a), other != pair.b {
        throw call.failure(.value, "`map` has two new ids for \(pair.a): \(other) and \(pair.b)", at: "map", label: "row \(row) is \(pair.a), \(pair.b)")
      }
    }
    return Relabelling(merges: try call.idPairs("merge", columns: ("a", "b")) ?? [], map: map ?? [], isCompact: try call.optionalBool("compact") ?? (map == nil))
  }

  private static func relabelStatement(_ call: Call) throws -> IdMapStatement {
    if try call.bool("wide") { return try relabelWideStatement(call) }
    let source = try call.labelSource("labels")
    var options = BlockwiseOptions(name: "relabel", block: try call.block(rank: source.grid.rank))
    let relabelling = try relabelling(call), voxels = source.shape.reduce(1) { saturated($0, $1) }
    (options.workers, options.dtype) = (try call.workers(), try call.dtype("dtype") ?? relabelling.idType(voxels: voxels))
    return IdMapStatement(source, relabelling, options: options, to: try relabelling.keepsObjects ? call.outputKeepingBlocks(of: "labels") : call.output(rank: source.grid.rank))
  }

  static let removeSmall = Builtin(
    "remove_small", "(labels: array, size: int, to: string = nil, block: int|coord = nil, shards: int|coord = nil, workers: int = nil, replace=false) -> array",
    "Sets objects of fewer than `size` voxels to 0, sizes counted over the whole volume; the others keep their ids.",
    details: ["to=\"c.zarr/name\" works block by block on volumes of any size; the result is the same. A mask is one object: label it first."],
    examples: [Example("max(remove_small(label(arange(5) != 1), size=2))", prints: "2")], searchTerms: ["filter", "size"], streams: ["labels"],
    plan: { call in try planned(call, try removeSmallStatement(call)) }
  ) { call in
    if !(try call.value("to")).isNil { return try removeSmallStatement(call).execute(call.execution).value }
    let volume = try call.labelVolume("labels")
    let kept = try Segmentation.removeSmall(try volume.array.contiguous(), size: try call.int("size", in: 0...Int.max), call.execution)
    var labels = ArrayValue(try Volume(kept, volume.grid))
    labels.idBlocks = try call.array("labels").uniqueBlocks
    return Value(labels)
  }

  private static func removeSmallStatement(_ call: Call) throws -> IdMapStatement {
    let source = try call.labelSource("labels"), limit = try call.int("size", in: 0...Int.max)
    var options = BlockwiseOptions(name: "remove_small", parameters: [("size", "\(limit)")], block: try call.block(rank: source.grid.rank))
    (options.workers, options.dtype) = (try call.workers(), source.dtype)
    return IdMapStatement(source, options: options, to: try call.outputKeepingBlocks(of: "labels")) { entries, _ in
      (entries.map { IdPair($0.id, $0.count < limit ? 0 : $0.id) }, entries.count)
    }
  }

  static let sizeOf = Builtin(
    "size_of", "(labels: array, to: string = nil, block: int|coord = nil, shards: int|coord = nil, workers: int = nil, replace=false) -> array",
    "The number of voxels of the object at each voxel, counted over the whole volume; 0 on background; uint32, of volumes of 2³² voxels and more uint64.",
    details: ["to=\"c.zarr/name\" works block by block on volumes of any size; the result is the same."],
    examples: [Example("max(size_of(label(arange(5) != 1)))", prints: "3")], searchTerms: ["volume", "count"], streams: ["labels"],
    plan: { call in try planned(call, try sizeOfStatement(call)) }
  ) { call in
    if !(try call.value("to")).isNil { return try sizeOfStatement(call).execute(call.execution).value }
    let volume = try call.labelVolume("labels")
    return Value(ArrayValue(try Volume(try Segmentation.sizeOf(try volume.array.contiguous(), call.execution), volume.grid)))
  }

  private static func sizeOfStatement(_ call: Call) throws -> IdMapStatement {
    let source = try call.labelSource("labels")
    var options = BlockwiseOptions(name: "size_of", block: try call.block(rank: source.grid.rank))
    (options.workers, options.dtype) = (try call.workers(), idType(voxels: source.shape.reduce(1) { saturated($0, $1) }))
    return IdMapStatement(source, options: options, to: try call.output(rank: source.grid.rank)) { entries, _ in
      (entries.map { IdPair($0.id, $0.id == 0 ? 0 : UInt64($0.count)) }, entries.count)
    }
  }

  /// The effect of a statement of two passes; nil without `to`.
  private static func planned(_ call: Call, _ statement: @autoclosure () throws -> IdMapStatement) throws -> Value? {
    if try call.value("to").isNil { return nil }
    let statement = try statement()
    return try call.planBlocks(try statement.plan(), [statement.source], try call.output(rank: statement.source.grid.spatialRank), workers: try call.workers())
  }
}

extension Call {
  /// A label volume that blocks can be read from: axes of space only, bool or integers.
  func labelSource(_ name: String) throws -> any ArraySource {
    let array = try array(name)
    guard array.grid.spatialRank == array.grid.rank, array.grid.rank >= 1 else { throw failure(.shape, "`\(builtin.name)` needs axes of space only, found \(array.axesText)", at: name, hint: array.isWide && isKnown("wide") ? "wide=true where these are ids of two words" : nil) }
    guard !array.dtype.isFloat else { throw failure(.type, "labels must be ints, not \(array.dtype)", at: name, hint: "cast(a, uint64) where they are whole numbers") }
    return try array.source(execution)
  }

  /// A label volume in memory, of any axes.
  func labelVolume(_ name: String) throws -> Volume {
    let array = try array(name)
    guard !array.dtype.isFloat else { throw failure(.type, "labels must be ints, not \(array.dtype)", at: name, hint: "cast(a, uint64) where they are whole numbers") }
    return try volume(name)
  }

  /// Pairs of ids: two columns of a table, or a list of pairs; nil where nil.
  func idPairs(_ name: String, columns: (String, String)) throws -> [IdPair]? {
    func id(_ value: Value, _ row: Int) throws -> UInt64 {
      if let whole = value.integer, let id = UInt64(exactly: whole) { return id }
      throw failure(.value, "`\(name)` must hold ids, ints of 0 or more", at: name, label: "row \(row) has \(value.shown())")
    }
    switch try value(name) {
    case .nil: return nil
    case .list(let rows):
      return try rows.enumerated().map { row, pair in
        switch pair {
        case .list(let two) where two.count == 2: return IdPair(try id(two[0], row), try id(two[1], row))
        case .voxelCoordinate(let two) where two.rank == 2 && two.values.allSatisfy({ $0 >= 0 }): return IdPair(UInt64(two[0]), UInt64(two[1]))
        case .record(let record):
          if let a = record[columns.0], let b = record[columns.1] { return IdPair(try id(a, row), try id(b, row)) }
        default: break
        }
        throw failure(.value, "`\(name)` must hold pairs of ids", at: name, label: "entry \(row) is \(pair.shown())", hint: "\(name)=[[1, 2], [2, 4]]")
      }
    default:
      let table = try object(name, as: TableValue.self)
      let first = try table.column(columns.0, argument: name), second = try table.column(columns.1, argument: name)
      return try first.indices.map { IdPair(try id(first[$0], $0), try id(second[$0], $0)) }
    }
  }
}
