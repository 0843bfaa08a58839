import Arrays
import Blockwise
import Language

extension Builtin {
  static let fold = Builtin(
    "fold",
    """
    (f: fn, merge: fn, inputs…: array, block: int|coord = nil, context: int|coord|length = 0, roi: roi = nil, pad: "reflect|symmetric|zero" = "reflect", workers: int = nil, retries=2) -> any
    """,
    "Calls a function for every block of its inputs and merges the results in block order: merge(merge(first, second), third) …; the reducing twin of blockwise.",
    details: ["`f` may return any value: a number, a list, a record, an array. The result is the same for any number of workers. Nothing is stored: it starts anew each time.", "Inputs may have different voxel sizes, as those of blockwise."],
    examples: [Example("fold(fn(b) = sum(b), fn(a, b) = a + b, ones((5, 5, 5)), block=2)", prints: "125.0")], searchTerms: ["reduce", "aggregate", "blockwise"],
    plan: { call in
      let (sources, options) = try call.blockwiseOptions(of: try call.function("f"))
      let stage = try BlockwiseStatement(sources, options: options, to: .memory) { volumes, _, _ in volumes[0].array }.plan().stages[0]
      let perVoxel = sources.map { Double($0.dtype.size) * Double($0.shape.reduce(1) { $0 * max(1, $1) }) }, all = max(1, perVoxel.reduce(0, +))
      var effect = Effect("fold \(options.name)", blocks: stage.tiling.count, memory: stage.bytesPerWorker)
      for (source, share) in zip(sources, perVoxel) { effect.reads += items(read: source, bytes: Int(clampingDouble: Double(stage.bytesRead) * share / all)) }
      effect.notes.append("blocks    \(stage.tiling.count) of \(shapeText(stage.tiling.blockShape))")
      call.record(effect)
      return .unknown
    }
  ) { call in
    let function = try call.function("f").frozen(), merge = try call.function("merge").frozen(), context = call.context
    let (sources, options) = try call.blockwiseOptions(of: function)
    return try Blockwise.fold(sources, options: options, mixed: true, initial: Value.nil, merge: { sum, part in
      sum = sum.isNil ? part : try context.invoke(merge, [sum, part])
    }, call.execution) { volumes, _, _ in
      let value = try context.invoke(function, volumes.map { Value(any: ArrayValue($0)) })
      if value.isNil { throw Failure(.type, "the function of `fold` must return something to merge, not nil") }
      return value
    }.result
  }
}
