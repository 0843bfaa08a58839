import Arrays
import Blockwise
import Display
import Execution
import Geometry
import Language
import Storage

extension Builtin {
  static let saveArray = Builtin(
    "save", "(a: array, path: string, chunks: coord|int = nil, codec=\"blosc/zstd 5 + bitshuffle\", replace=false) -> array",
    "Writes an array or expression, chunk by chunk in bounded memory, to a path in a .zarr or .n5 container or to a .npy file; returns it on disk.",
    streams: ["a"], effect: .writes("path"), plan: { call in
      let array = try call.array("a"), path = try call.string("path")
      if path.hasSuffix(".npy") { call.planFile("save", at: path, "\(array.dtype) \(shapeText(array.shape))"); return Value(array) }
      return try call.planArray(
        "save", at: path, array.dtype, array.shape, array.grid, chunks: try call.chunks("chunks", array.shape), reads: array.expression.sources, replace: try call.bool("replace"))
    }
  ) { call in
    let array = try call.array("a"), path = try call.string("path")
    if path.hasSuffix(".npy") {
      try Npy.write(try array.volume(call.execution).array, path)
      return Value(array)
    }
    return Value(try array.written(
      to: path, chunks: try call.chunks("chunks", array.shape), codec: try call.string("codec"), replace: try call.bool("replace"), call))
  }

  static let saveTable = Builtin(
    "save", "(t: table, path: string) -> nil", "Writes a table as CSV.", effect: .writes("path"), plan: { call in call.planFile("save", at: try call.string("path"), "a table"); return .nil }
  ) { call in
    try Files.writeAtomically(CSV.write(try call.object("t", as: TableValue.self)), try call.writablePath("path"), sync: false)
    return .nil
  }

  static let saveImage = Builtin(
    "save", "(image: image, path: string) -> nil", "Writes a picture or plot as .png or .svg.", effect: .writes("path"),
    plan: { call in call.planFile("save", at: try call.string("path"), "a picture"); return .nil }
  ) { call in
    let path = try call.string("path"), image = try call.object("image", as: ImageValue.self)
    let isSVG = path.hasSuffix(".svg")
    guard isSVG || path.hasSuffix(".png") else { throw call.failure(.value, "pictures are written as .png or .svg, not `\(path)`", at: "path") }
    try Files.writeAtomically(isSVG ? Array(image.svg.utf8) : image.image.png(), try call.writablePath("path"), sync: false)
    return .nil
  }

  static let saveText = Builtin(
    "save", "(text: string, path: string) -> nil", "Writes text to a file.",
    effect: .writes("path"), plan: { call in call.planFile("save", at: try call.string("path"), "text"); return .nil }
  ) { call in
    try Files.writeAtomically(Array(try call.string("text").utf8), try call.writablePath("path"), sync: false)
    return .nil
  }

  static let saveData = Builtin(
    "save", "(data: record|list|stats, path: string) -> nil", "Writes a record or list as JSON.",
    details: ["Lengths, coords and other values that JSON lacks are written as the text that shows them."],
    effect: .writes("path"), plan: { call in call.planFile("save", at: try call.string("path"), "JSON"); return .nil }
  ) { call in
    let path = try call.writablePath("path")
    guard path.hasSuffix(".json") else { throw call.failure(.value, "records and lists are written as .json, not `\(path)`", at: "path", hint: "a list of records as a table: save(table(xs), \"x.csv\")") }
    var data = try call.value("data")
    if let stats = data.object(as: StatsValue.self) { data = .record(Record(try stats.fieldNames.map { ($0, try stats.field($0, call.context) ?? .nil) })) }
    try Files.writeAtomically(Array(((data.json ?? .null).pretty).utf8), path, sync: false)
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
    if !folder.isEmpty { try Files.makeFolders(folder) }
    return path
  }
}

extension ArrayValue {
  /// This array at a path in a container, written chunk by chunk in bounded memory.
  ///
  /// - Parameter chunks: nil keeps those of what is shown, else those of new arrays.
  /// - Parameter codec: nil is the codec of new arrays.
  func written(to path: String, chunks: [Int]?, codec: String?, replace: Bool, _ call: Call) throws -> ArrayValue {
    // what it reads must outlive the writing
    let place = Files.absolute(path)
    if let input = storedArrays(of: expression).first(where: { Files.absolute($0.path) == place }) {
      throw call.failure(.data, "`\(input.path)` is read by this statement and cannot be replaced by it", hint: "save to another path")
    }
    let spec = ArraySpec(
      dtype, shape, grid: grid, chunks: chunks ?? stored.flatMap { $0.shape.count == shape.count ? zip($0.chunks, shape).map { max(1, min($0, $1)) } : nil },
      codec: try codec.map { try Codec(text: $0) } ?? .standard)
    try stream(to: try StoredArray.create(path, spec, replace: replace), call.execution)
    return ArrayValue(try StoredArray.open(path))
  }

  /// Writes every chunk of `out`, which has this array's shape and dtype, reading and computing only what the chunk needs.
  private func stream(to out: StoredArray, _ execution: ExecutionContext) throws {
    if case .memory(let volume) = content { try out.write(volume.array, execution.reading); return }
    try naming(grid.axes) {
      try expression.forEachBlock(chunks: Chunking(shape: out.chunks), label: "save", execution) { roi, block in try out.write(block, at: roi.offset.values, ReadContext()) }
    }
  }
}
