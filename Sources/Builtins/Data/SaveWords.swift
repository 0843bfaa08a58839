import Arrays
import Blockwise
import Display
import Execution
import FileFormats
import Geometry
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

  static let saveTable = Builtin(
    "save", "(t: table, path: string) -> nil", "Writes a table as CSV, in place of a file that is there.", effect: .writes("path"), plan: { call in call.planFile("save", at: try call.string("path"), "a table"); return .nil }
  ) { call in
    try Files.writeAtomically(CSV.write(try call.object("t", as: TableValue.self)), try call.writablePath("path"), sync: false)
    return .nil
  }

  static let saveImage = Builtin(
    "save", "(image: image, path: string) -> nil", "Writes a picture or plot as .png or .svg, in place of a file that is there.", effect: .writes("path"),
    plan: { call in call.planFile("save", at: try call.string("path"), "a picture"); return .nil }
  ) { call in
    let path = try call.string("path"), image = try call.object("image", as: ImageValue.self)
    let isSVG = path.hasSuffix(".svg")
    guard isSVG || path.hasSuffix(".png") else { throw call.failure(.value, "pictures are written as .png or .svg, not `\(path)`", at: "path") }
    try Files.writeAtomically(isSVG ? Array(image.svg.utf8) : image.image.png(), try call.writablePath("path"), sync: false)
    return .nil
  }

  static let saveText = Builtin(
    "save", "(text: string, path: string) -> nil", "Writes text to a file, in place of one that is there.",
    effect: .writes("path"), plan: { call in call.planFile("save", at: try call.string("path"), "text"); return .nil }
  ) { call in
    try Files.writeAtomically(Array(try call.string("text").utf8), try call.writablePath("path"), sync: false)
    return .nil
  }

  static let saveData = Builtin(
    "save", "(data: record|list|stats, path: string) -> nil", "Writes a record or list as JSON, in place of a file that is there.",
    details: ["Lengths, coords and other values that JSON lacks are written as the text that shows them."],
    effect: .writes("path"), plan: { call in call.planFile("save", at: try call.string("path"), "JSON"); return .nil }
  ) { call in
    let path = try call.writablePath("path")
    guard path.hasSuffix(".json") else { throw call.failure(.value, "records and lists are written as .json, not `\(path)`", at: "path", hint: "a list of records as a table: save(table(xs), \"x.csv\")") }
    var data = try call.value("data")
    if let stats = data.object(as: StatsValue.self) { data = .record(Record(try stats.fieldNames.map { ($0, try stats.field($0, call.context) ?? .nil) })) }
    try Files.writeAtomically(Array(data.json.pretty.utf8), path, sync: false)
    return .nil
  }

  static let readCSV = Builtin(
    "read_csv", "(path: string) -> table", "Reads a table: first row the headings, numbers as numbers, empty cells as nil.", searchTerms: ["load", "table"]
  ) { call in
    let path = try call.string("path")
    do { return Value(try CSV.read(String(decoding: try Files.read(path), as: UTF8.self))) } catch var failure as Failure {
      failure.message = "\(path): \(failure.message)"
      throw failure
    }
  }
}

extension Call {
  /// A path to be written, the folders above it made.
  func writablePath(_ argument: String) throws -> String {
    let path = try string(argument), folder = Files.parent(path)
    if Address.isRemote(path) { throw failure(.data, "`\(path)` is an address: only arrays and groups are written there", at: argument, hint: "save it to a file") }
    if !folder.isEmpty { try Files.makeFolders(folder) }
    return path
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

/// The pieces in which a source that is cut into planes is best written as `chunks`, which blocks of such chunks would decode many times: as many
/// planes as a chunk is thick, whole or at least as wide as a chunk of the source, in a quarter of the memory budget at most; nil where blocks do as well.
private func slab(of shape: [Int], stored: [Int]?, writing chunks: [Int], elementSize: Int, _ execution: ExecutionContext) -> [Int]? {
  guard let stored, stored.count == chunks.count, chunks.count >= 2 else { return nil }
  // wider than a chunk written along some axis, and thinner along one before it
  guard let wide = chunks.indices.last(where: { stored[$0] > chunks[$0] }), let thin = chunks.indices.first(where: { stored[$0] < chunks[$0] }), thin < wide else { return nil }
  var slab = zip(chunks, shape).map { max(1, min($0, $1)) }
  var bytes = elementSize
  for length in slab { bytes = bytes.multipliedReportingOverflow(by: length).partialValue }
  let room = max(bytes, execution.memoryBudget / 4), usual = max(bytes, min(128 << 20, execution.memoryBudget / 16))
  for axis in slab.indices.reversed() where axis > thin {
    let chunk = slab[axis], others = max(1, bytes / chunk)
    let cover: Int = max(stored[axis], usual / others), whole: Int = (cover + chunk - 1) / chunk * chunk, fits: Int = room / others / chunk * chunk
    slab[axis] = min(shape[axis], max(chunk, min(whole, fits)))
    bytes = others * slab[axis]
  }
  return slab
}

extension ArrayValue {
  /// What `save` and `copy` make of it: `chunks` that are not given are those of what it shows, else those of new arrays; so is the codec.
  ///
  /// - Parameter attributes: beside those that say how it was made.
  func spec(_ call: Call, attributes: JSON = .emptyObject) throws -> ArraySpec {
    let shown = stored?.chunks ?? planned?.chunks, made = attributes.merging(call.provenance(inputs: pathsOnDisk(of: expression)))
    var chunks = shown.flatMap { $0.count == shape.count ? zip($0, shape).map { max(1, min($0, $1)) } : nil }
    let shards = call.isKnown("shards") ? try call.chunks("shards", shape) : nil
    if let shards, let shown = chunks, !zip(shards, shown).allSatisfy({ $0 % $1 == 0 }) { chunks = nil }
    var spec = ArraySpec(
      dtype, shape, grid: grid, chunks: try call.chunks("chunks", shape) ?? chunks, shards: shards, fillValue: call.isGiven("fill") ? try call.value("fill").json : 0,
      attributes: uniqueBlocks?.marked(made) ?? made)
    try call.layOut(&spec)
    return spec
  }

  /// This array at a path in a container or as a file, written piece by piece in bounded memory, as `chunks`, `codec` and `replace` of the call say.
  ///
  /// - Parameter format: nil: what the call says, else that of the container.
  func written(to path: String, _ call: Call, format: Storage.Format? = nil, attributes: JSON = .emptyObject) throws -> ArrayValue {
    // what it reads must outlive the writing
    let place = Files.absolute(path)
    if let input = pathsOnDisk(of: expression).first(where: { Files.absolute($0) == place }) {
      throw call.failure(.data, "`\(input)` is read by this statement and cannot be replaced by it", hint: "save to another path")
    }
    if let kind = try FileWriter.kind(of: path) {
      try call.checkFile(path)
      try naming(grid.axes) { try FileWriter.write(expression, to: path, as: kind, codec: call.isGiven("codec") ? try call.optionalString("codec") : nil, call.execution) }
      guard case .array(let file)? = try FileFormats.open(path) else { throw StorageError.notFound(path: path, near: nil) }
      return ArrayValue(file)
    }
    var spec = try spec(call, attributes: attributes)
    if let format { spec.format = format }
    try stream(to: try StoredArray.create(path, spec, replace: try call.bool("replace")), call.execution)
    return ArrayValue(try StoredArray.open(path))
  }

  /// Writes every chunk of `out`, which has this array's shape and dtype, reading and computing only what the chunk needs.
  private func stream(to out: StoredArray, _ execution: ExecutionContext) throws {
    if case .memory(let volume) = content { try out.write(volume.array, execution.reading); return }
    let expression = expression
    try naming(grid.axes) {
      if let slab = slab(of: shape, stored: expression.chunking?.shape, writing: out.writeUnit, elementSize: dtype.size, execution) {
        try expression.forEachSlab(chunks: slab, bytes: 1, label: "save", execution) { roi, block in try out.write(block, at: roi.offset.values, execution.reading) }
        return
      }
      try expression.forEachBlock(chunks: Chunking(shape: out.writeUnit), label: "save", execution) { roi, block in try out.write(block, at: roi.offset.values, ReadContext()) }
    }
  }
}
