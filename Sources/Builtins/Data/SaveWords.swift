import Arrays
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
    let dtype = array.dtype
    let out = try StoredArray.create(
      path,
      ArraySpec(
        dtype, array.shape, grid: array.grid, chunks: try call.chunks("chunks", array.shape) ?? array.stored.flatMap { $0.shape.count == array.shape.count ? $0.chunks : nil },
        codec: try Codec(text: try call.string("codec"))),
      replace: try call.bool("replace"))
    try array.stream(to: out, call.execution)
    return Value(ArrayValue(try StoredArray.open(path)))
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
  /// Writes every chunk of `out`, which has this array's shape and dtype, reading and computing only what the chunk needs.
  func stream(to out: StoredArray, _ execution: ExecutionContext) throws {
    let context = ReadContext(pool: execution.pool, cancellation: execution.cancellation)
    switch content {
    case .memory(let volume): try out.write(volume.array, context)
    case .expression(let expression): try expression.forEachBlock(chunks: Chunking(shape: out.chunks), label: "save", execution) { roi, block in try out.write(block, at: roi.offset.values, ReadContext()) }
    case .view(let view):
      // Slabs of whole chunks along the first axis: each chunk is written once, and memory stays below a few of them.
      let slab = max(1, out.chunks.first ?? 1), length = view.shape.first ?? 0
      for begin in stride(from: 0, to: length, by: slab) {
        try execution.cancellation.check()
        var offset = [Int](repeating: 0, count: view.shape.count), box = view.shape
        (offset[0], box[0]) = (begin, min(slab, length - begin))
        try out.write(try view.read(try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box)), context), at: offset, context)
        execution.progress.report(.init("save", done: Int64(begin + box[0]), total: Int64(length), unit: "planes"))
      }
      execution.progress.finish("save")
    }
  }
}
