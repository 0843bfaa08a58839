import Arrays
import Blockwise
import Language

extension Builtin {
  static let fold = Builtin(
    "fold",
    """
    (f: fn, merge: fn, inputs…: array, block: int|coord = nil, context: int|coord|length = 0, roi: roi = nil, pad: "reflect|zero" = "reflect", workers: int = nil, retries=2) -> any
    """,
    "Calls a function for every block of its inputs and merges the results in block order: merge(merge(first, second), third) …; the reducing twin of blockwise.",
    details: ["`f` may return any value: a number, a list, a record, an array. The result is the same for any number of workers. Nothing is stored: it starts anew each time."],
    examples: [Example("fold(fn(b) = sum(b), fn(a, b) = a + b, ones((5, 5, 5)), block=2)", prints: "125.0")], searchTerms: ["reduce", "aggregate", "blockwise"],
    plan: { call in
      let (sources, options) = try folding(call)
      let stage = try BlockwiseStatement(sources, options: options, to: .memory) { volumes, _, _ in volumes[0].array }.plan().stages[0]
      let perVoxel = sources.map { Double($0.dtype.size) * Double($0.shape.reduce(1) { $0 * max(1, $1) }) }, all = max(1, perVoxel.reduce(0, +))
      var effect = Effect("fold \(options.name)", blocks: stage.tiling.count, memory: stage.bytesPerWorker)
      for (source, share) in zip(sources, perVoxel) { effect.reads += items(read: source, bytes: Int(clampingDouble: Double(stage.bytesRead) * share / all)) }
      effect.notes.append("blocks    \(stage.tiling.count) of \(shapeText(stage.tiling.blockShape))")
      call.record(effect)
      return .unknown
    }
  ) { call in
    let (sources, options) = try folding(call)
    let function = try call.function("f").frozen(), merge = try call.function("merge").frozen(), context = call.context
    return try Blockwise.fold(sources, options: options, initial: Value.nil, merge: { sum, part in
      sum = sum.isNil ? part : try context.invoke(merge, [sum, part])
    }, call.execution) { volumes, _, _ in
      let value = try context.invoke(function, volumes.map { Value(ArrayValue($0)) })
      if value.isNil { throw Failure(.type, "the function of `fold` must return something to merge, not nil") }
      return value
    }.result
  }

  private static func folding(_ call: Call) throws -> ([any ArraySource], BlockwiseOptions) {
    let arrays = try call.rest.enumerated().map { position, value in
      guard let array = value.object(as: ArrayValue.self) else { throw call.failure(.type, "input \(position + 1) must be an array, not \(value.typePhrase)", at: "inputs") }
      return array
    }
    guard let first = arrays.first else { throw call.failure(.argument, "`fold` needs at least one array after the functions") }
    let rank = first.grid.spatialRank
    var options = BlockwiseOptions(
      name: try call.function("f").name, block: try call.block(rank: rank), context: try call.sizeInVoxels("context", first.grid).map { Int(clamping: Int64.nearest($0.rounded(.up))) })
    options.roi = try call.optionalRoi("roi")
    options.pad = try call.string("pad") == "zero" ? .constant(0) : .reflect
    options.workers = try call.workers()
    options.retries = try call.int("retries", in: 0...100)
    return (try arrays.map { try $0.source(call.execution) }, options)
  }
}
