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
     chunks: int|coord = nil, shards: int|coord = nil, pad: "reflect|symmetric|zero" = "reflect", ids: "unique|wide" = nil, workers: int = nil, retries=2, resume=true, replace=false, on: context = nil) -> array
    """,
    "Calls a function for every block of its inputs and joins the results.",
    details: [
      "The function gets each input at the block grown by `context`, padded at the edges, and returns the block with or without that context.",
      "ids=\"unique\" makes the labels of each block its own (uint64): the block's number in the high bits. ids=\"wide\" has room for any label and any number of blocks: two channels of uint64, high word and low; "
        + "relabel(…, wide=true) makes ordinary ids of them.",
      "pad=\"symmetric\" shows at the edges of the array what filters see there, so that blockwise of a filter equals the filter to the last voxel.",
      "Interrupted work goes on where it stopped when the same line runs again.",
      "shards=256 keeps the chunks of 256³ voxels in one file (Zarr v3); blocks are then whole shards.",
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
    if statement.options.ids != .given { array.idBlocks = IdBlocks(statement.options.ids.leading + statement.tiling.blockShape) }
    return Value(array)
  }

  /// What `blockwise` is asked for, checked; nothing is read.
  private static func statement(_ call: Call) throws -> BlockwiseStatement {
    let function = try call.function("f").frozen()
    let (sources, shared) = try call.blockwiseOptions(of: function)
    var options = shared
    // what a function captured decides the bytes; where nothing goes on later, nobody asks
    options.parameters = [("function", try call.value("to").isNil ? function.name : function.identityText), ("seed", "\(call.context.seed)"), ("version", call.host.version), ("kernels", String(cString: dcs_kernel_level()))]
    options.dtype = try call.dtype("dtype")
    options.ids = try call.optionalString("ids").flatMap(Ids.init(rawValue:)) ?? .given
    let context = call.context, dtype = options.dtype
    return try BlockwiseStatement(sources, options: options, to: try call.output(rank: sources[0].grid.spatialRank)) { volumes, _, execution in
      let result = try context.invoke(function, volumes.map { Value(ArrayValue($0)) })
      guard let array = result.object(as: ArrayValue.self) else {
        throw Failure(.type, "the function of `blockwise` must return an array, not \(result.typePhrase)")
      }
      let values = try array.volume(execution).array
      return try dtype.map { try values.cast(to: $0) } ?? values
    }
  }
}
