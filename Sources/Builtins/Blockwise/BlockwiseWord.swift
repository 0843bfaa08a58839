import Arrays
import Blockwise
import CKernels
import Geometry
import Language

extension Builtin {
  static let blockwise = Builtin(
    "blockwise",
    """
    (f: fn, inputs…: array, to: string = nil, block: int|coord = nil, context: int|coord|length = 0, roi: roi = nil, dtype: fn|string = nil,
     chunks: int|coord = nil, pad: "reflect|zero" = "reflect", ids: "unique" = nil, workers: int = nil, retries=2, resume=true, replace=false, on: context = nil) -> array
    """,
    "Calls a function for every block of its inputs and joins the results.",
    details: [
      "The function gets each input at the block grown by `context`, padded at the edges, and returns the block with or without that context.",
      "ids=\"unique\" makes the labels of each block its own (uint64). Interrupted work goes on where it stopped when the same line runs again.",
    ],
    examples: [Example("sum(blockwise(fn(b) = b + 1, zeros((5, 5, 5)), block=2))", prints: "125.0")], searchTerms: ["map", "chunks", "parallel"],
    plan: { call in
      let statement = try statement(call)
      let (dtype, leading) = try call.outcome(of: try call.function("f"), statement)
      return try call.planBlocks(try statement.plan(dtype: dtype, leading: leading), statement.inputs.sources, statement.spec, workers: try call.workers())
    }
  ) { call in
    let statement = try statement(call)
    var array = ArrayValue(try statement.execute(call.execution).output)
    if statement.options.uniqueIds { array.notes["unique_blocks"] = .list(statement.tiling.blockShape.map { .int($0) }) }
    return Value(array)
  }

  /// What `blockwise` is asked for, checked; nothing is read.
  private static func statement(_ call: Call) throws -> BlockwiseStatement {
    let arrays = try call.rest.enumerated().map { position, value in
      guard let array = value.object(as: ArrayValue.self) else { throw call.failure(.type, "input \(position + 1) must be an array, not \(value.typePhrase)", at: "inputs") }
      return array
    }
    guard let first = arrays.first else { throw call.failure(.argument, "`blockwise` needs at least one array after the function") }
    let sources = try arrays.map { try $0.source(call.execution) }, rank = first.grid.spatialRank
    let function = try call.function("f").frozen()
    var options = BlockwiseOptions(
      name: function.name.isEmpty ? "fn" : function.name, parameters: [("function", function.identityText), ("seed", "\(call.context.seed)"), ("version", call.host.version), ("kernels", String(cString: dcs_kernel_level()))],
      block: try call.block(rank: rank), context: try call.sizeInVoxels("context", first.grid).map { Int(clamping: Int64.nearest($0.rounded(.up))) })
    options.roi = try call.optionalRoi("roi")
    options.pad = try call.string("pad") == "zero" ? .constant(0) : .reflect
    options.dtype = try call.dtype("dtype")
    options.uniqueIds = try call.optionalString("ids") == "unique"
    options.workers = try call.workers()
    options.retries = try call.int("retries", in: 0...100)
    let context = call.context, dtype = options.dtype
    return try BlockwiseStatement(sources, options: options, to: try call.output(rank: rank)) { volumes, _, execution in
      let result = try context.invoke(function, volumes.map { Value(ArrayValue($0)) })
      guard let array = result.object(as: ArrayValue.self) else {
        throw Failure(.type, "the function of `blockwise` must return an array, not \(result.typePhrase)")
      }
      let values = try array.volume(execution).array
      return try dtype.map { try values.cast(to: $0) } ?? values
    }
  }

  static let status = Builtin(
    "status", "(a: array|string) -> table", "How blockwise work on an output stands, one row a stage: blocks, done, skipped, failed, seconds; from its journal, not from the output.",
    details: ["done: blocks finished so far. skipped and failed: of the last run. seconds: of all runs."], searchTerms: ["progress", "journal"]
  ) { call in
    let path: String
    if case .string(let text) = try call.value("a") {
      if call.dryRun?.made(at: text) != nil { throw UnknownInside() }
      path = text
    } else {
      let array = try call.array("a")
      if array.planned != nil { throw UnknownInside() }
      guard let stored = array.stored else { throw call.failure(.value, "the array is in memory: it has no journal", at: "a") }
      path = stored.path
    }
    guard let status = try JournalFolder.status(of: path) else { throw call.failure(.value, "`\(path)` was not written by blocks: it has no journal", at: "a") }
    return Value(try TableValue(rows: status.stages.map { stage in
      let runs = status.runs.filter { $0["stage"]?.string.map { $0 == stage.name || $0.hasSuffix(": " + stage.name) || status.stages.count == 1 } ?? false }
      return Record([
        ("stage", .string(stage.name)), ("blocks", .int(Int(clamping: stage.total))), ("done", .int(Int(clamping: stage.finished))), ("skipped", .int(runs.last?["skipped"]?.int ?? 0)),
        ("failed", .int(runs.last?["failures"]?.int ?? 0)), ("seconds", .float(runs.reduce(0) { $0 + ($1["seconds"]?.double ?? 0) })),
      ])
    }))
  }
}
