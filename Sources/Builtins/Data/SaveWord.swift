import Arrays
import FileFormats
import Language
import Storage

extension Builtin {
  static let saveArray = Builtin(
    "save",
    """
    (a: array, path: string, chunks: coord|int = nil, shards: coord|int = nil, \(DiskLayout.codec(default: "\"blosc/zstd 5 + bitshuffle\"")), replace=false,
     fill: int|float|bool = 0, \(DiskLayout.format), \(DiskLayout.details)) -> array
    """,
    "Writes an array or expression, piece by piece in bounded memory, to a path in a .zarr or .n5 container, a .npy or a .tif; returns it on disk.",
    details: [
      "shards=256 keeps the chunks of 256³ voxels in one file (Zarr v3): fewer files, and one is written as a whole; at least one shard is in memory at a time.",
      "A .tif is a stack that ImageJ reads with axes and voxel size, a BigTIFF from 4 GB on; its codec is deflate, or raw.",
      "What is there already is replaced with replace=true only, in a container or as a file. Tables, pictures, texts and JSON, which are soon made again, replace a file of their name."
    ] + DiskLayout.help + ["Chunks that hold only `fill` are not stored."],
    streams: ["a"], effect: .writes("path"), plan: { call in
      let array = try call.array("a"), path = try call.string("path"), replace = try call.bool("replace")
      if let planned = try call.planWritten(array, "save", to: path, replace: replace) { return planned }
      return try call.planArray("save", at: path, try array.spec(call), reads: array.expression.sources, replace: replace)
    }
  ) { call in
    Value(try call.array("a").written(to: try call.string("path"), call))
  }
}

extension Call {
  /// Refuses a file that is there, and chunks that a file does not have.
  func checkFile(_ path: String) throws {
    if let given = ["chunks", "shards", "format", "order", "fill"].first(where: isGiven) { throw failure(.value, "`\(given)` is for Zarr and N5: \(path) has none", at: given) }
    guard let kind = Files.kind(path) else { return }
    guard kind == .file, try bool("replace") else { throw StorageError.exists(path: path, what: kind == .folder ? "a folder" : "a file") }
  }

  /// What a dry run knows of an array written as a file; nil for a path in a container.
  func planWritten(_ array: ArrayValue, _ title: String, to path: String, replace: Bool) throws -> Value? {
    guard try FileWriter.kind(of: path) != nil else { return nil }
    let value = Value(ArrayValue(try PlannedArray(path: path, array.dtype, array.shape, array.grid)))
    planFile(title, at: path, "\(array.dtype) \(shapeText(array.shape))", reads: array.expression.sources, replace: replace, promising: value)
    return value
  }
}
