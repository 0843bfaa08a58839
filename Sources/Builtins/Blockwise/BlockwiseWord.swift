import Arrays
import Blockwise
import CKernels
import Geometry
import Language
import Synchronization

extension Builtin {
  static let blockwise = Builtin(
    "blockwise",
    """
    (f: fn, inputs…: array, to: string|list|record = nil, block: int|coord = nil, context: int|coord|length = 0, roi: roi = nil, voxel: length|coord = nil, dtype: fn|string|list|record = nil,
     chunks: int|coord = nil, shards: int|coord = nil, pad: "reflect|symmetric|zero" = "reflect", ids: "unique|wide"|list|record = nil, workers: int = nil, retries=2, resume=true, replace=false,
     on: context = nil) -> array|list|record
    """,
    "Calls a function for every block of its inputs and joins the results.",
    details: [
      "The function gets each input at the block grown by `context`, padded at the edges, and returns the block with or without that context.",
      "It may return a list or record of arrays; `to` is then a list or record of places, and so is the result. `dtype` and `ids` may be one for each. A block is done when it is in all of them.",
      "Inputs of other voxel sizes are seen in the same box of the world, in whole voxels of their own: blocks must not cut them, and the context is rounded up. "
        + "`block`, `context` and the result are in voxels of the first input, or of size `voxel`.",
      "ids=\"unique\" makes the labels of each block its own (uint64): the block's number in the high bits. ids=\"wide\" has room for any label and any number of blocks: two channels of uint64, high word and low; "
        + "relabel(…, wide=true) makes ordinary ids of them.",
      "pad=\"symmetric\" shows at the edges of the array what filters see there, so that blockwise of a filter equals the filter to the last voxel.",
      "Interrupted work goes on where it stopped when the same line runs again.",
      "shards=256 keeps the chunks of 256³ voxels in one file (Zarr v3); blocks are then whole shards.",
    ],
    examples: [
      Example("sum(blockwise(fn(b) = b + 1, zeros((5, 5, 5)), block=2))", prints: "125.0"),
      Example("map(blockwise(fn(b) = [b > 3, -b], arange(8), block=2), sum)", prints: "[4, -28]"),
      Example("sum(blockwise(fn(b, m) = where(resample(m, like=b, method=\"nearest\") > 0, b, 0), ones((8, 8), voxel=4nm), ones((4, 4), uint8, voxel=8nm), block=4))", prints: "64.0"),
    ], searchTerms: ["map", "chunks", "parallel"],
    plan: { call in
      let (statement, form, _) = try statement(call)
      let (form2, outcomes) = try call.outcomes(of: try call.function("f"), statement, form)
      let values = try call.planBlocks(try statement.plans(outcomes), statement.inputs.sources, outcomes.indices.map { statement.target($0).spec }, workers: try call.workers())
      return form2.value(values)
    }
  ) { call in
    let (statement, given, found) = try statement(call)
    let outputs = try statement.execute(call.execution).outputs
    let form = given ?? found.known ?? .one
    return form.value(outputs.enumerated().map { number, output in
      var array = ArrayValue(output)
      let ids = statement.target(number).ids
      if ids != .given { array.idBlocks = IdBlocks(ids.leading + statement.tiling.blockShape) }
      return Value(array)
    })
  }

  /// What `blockwise` is asked for, checked; nothing is read. The form is that of `to`; without `to` it is known when the function has run.
  private static func statement(_ call: Call) throws -> (BlockwiseStatement, given: ResultForm?, found: FoundForm) {
    let function = try call.function("f").frozen()
    let (sources, shared) = try call.blockwiseOptions(of: function)
    var options = shared
    // what a function captured decides the bytes; where nothing goes on later, nobody asks
    options.parameters = [("function", try call.value("to").isNil ? function.name : function.identityText), ("seed", "\(call.context.seed)"), ("version", call.host.version), ("kernels", String(cString: dcs_kernel_level()))]
    let (given, targets) = try call.targets(rank: sources[0].grid.spatialRank)
    let context = call.context, found = FoundForm()
    let statement = try BlockwiseStatement(sources, options: options, to: targets) { volumes, _, execution in
      let result = try context.invoke(function, volumes.map { Value(any: ArrayValue($0)) })
      let form = given ?? found.settled(result)
      guard let items = form.items(of: result) else {
        var items: [Value] = []
        let own = ResultForm(of: result, &items)
        throw Failure(.type, "the function of `blockwise` must return \(form.text)\(given == nil ? " as it did before" : form == .one ? "" : ", as `to` is"), not \(own == .one ? result.typePhrase : own.text)")
      }
      return try items.enumerated().map { number, item in
        guard let array = item.object(as: ArrayValue.self) else { throw Failure(.type, "the function of `blockwise` must return \(form == .one ? "an array" : "arrays"), not \(item.typePhrase)") }
        let values = try array.volume(execution).array
        return try targets[min(number, targets.count - 1)].dtype.map { try values.cast(to: $0) } ?? values
      }
    }
    return (statement, given, found)
  }
}

/// The form of what a function returned first.
private final class FoundForm: Sendable {
  private let form = Mutex<ResultForm?>(nil)

  var known: ResultForm? { form.withLock { $0 } }

  /// What it is from now on: that of `value` if nothing was there.
  func settled(_ value: Value) -> ResultForm {
    var items: [Value] = []
    let own = ResultForm(of: value, &items)
    return form.withLock { known in
      known = known ?? own
      return known ?? own
    }
  }
}
