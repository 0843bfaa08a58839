import Arrays
import Language
import Storage

extension Builtin {
  static let create = Builtin(
    "create",
    """
    (path: string, shape: coord|int = nil, dtype: fn|string = nil, like: array = nil, chunks: coord|int = nil, shards: coord|int = nil, axes: list = nil, voxel: coord|length = nil,
     offset: coord|length = nil, \(DiskLayout.codec(default: "\"blosc/zstd 5 + bitshuffle\"")), fill: int|float|bool = 0, replace=false,
     \(DiskLayout.format), \(DiskLayout.details)) -> array
    """,
    "Makes an array on disk, all fill value, and opens it for editing.",
    details: ["`like` gives whatever else is not said. `shards` (Zarr v3) keeps many chunks in one file."] + DiskLayout.help,
    searchTerms: ["new", "zarr", "n5"], effect: .writes("path"), plan: { call in
      try call.planArray("create", at: try call.string("path"), try arraySpec(call), replace: try call.bool("replace"))
    }
  ) { call in Value(ArrayValue(try StoredArray.create(try call.string("path"), try arraySpec(call), replace: try call.bool("replace")))) }

  /// What `create` is asked for.
  private static func arraySpec(_ call: Call) throws -> ArraySpec {
    let model = try call.optionalArray("like")
    guard let shape = try call.isGiven("shape") ? call.shape("shape") : model?.shape else {
      throw call.failure(.argument, "`create` needs a shape", hint: "create(path, shape=(64, 64, 64), dtype=uint8)   or   create(path, like=a)")
    }
    guard let dtype = try call.dtype("dtype") ?? model?.dtype else { throw call.failure(.argument, "`create` needs a dtype", hint: "dtype=uint8") }
    var grid = try call.newGrid(rank: shape.count)
    if let model, !grid.isKnown, model.shape.count == shape.count { grid = model.grid }
    let shards = try call.chunks("shards", shape)
    var chunks = model?.shape.count == shape.count ? model?.stored?.chunks : nil
    if let shards, let shown = chunks, !zip(shards, shown).allSatisfy({ $0 % $1 == 0 }) { chunks = nil }
    var spec = ArraySpec(
      dtype, shape, grid: grid, chunks: try call.chunks("chunks", shape) ?? chunks, shards: shards, fillValue: try call.value("fill").json, attributes: call.provenance())
    try call.layOut(&spec)
    return spec
  }
}
