// How words plan: what they record in a dry run, and the array that stands for their output.

import Arrays
import Blockwise
import Display
import Geometry
import Language
import Storage

extension Call {
  /// An array that would be written as a whole.
  ///
  /// - Parameter title: the word, with its name if it has one.
  func planArray(_ title: String, at path: String, _ spec: ArraySpec, reads: [any ArraySource] = [], replace: Bool) throws -> Value {
    let place = try Location(path).description, bytes = try NDArray.byteCount(spec.dtype, spec.shape)
    var effect = Effect(title, reads: reads.flatMap { items(read: $0) }, writes: [Effect.Item(place, "\(spec.dtype) \(shapeText(spec.shape))  \(byteText(bytes))", bytes: bytes)])
    if reads.contains(where: { pathsRead($0).contains(place) }) { effect.conflicts.append("\(place) is an input of this statement") } else { try effect.meet(in: place, replace: replace) }
    do throws(StorageError) { try spec.format?.require(at: try Location(path)) } catch { effect.conflicts.append(error.description) }
    record(effect)
    let value = Value(ArrayValue(try PlannedArray(path: place, spec.dtype, spec.shape, spec.grid, chunks: spec.chunks)))
    dryRun?.promise(value, at: place)
    return value
  }

  /// A file that would be written, whatever it holds.
  ///
  /// - Parameter replace: whether it may take the place of one that is there.
  func planFile(_ title: String, at path: String, _ detail: String = "", reads: [any ArraySource] = [], replace: Bool = true, promising value: Value = .unknown) {
    var effect = Effect(title, reads: reads.flatMap { items(read: $0) }, writes: [Effect.Item(path, detail, bytes: 0)])
    if reads.contains(where: { pathsRead($0).contains(path) }) { effect.conflicts.append("\(path) is an input of this statement") }
    else if let kind = (try? Location.kind(path)) ?? nil { effect.meet(path, kind == .folder ? "a folder" : "a file", canReplace: kind != .folder, replace: replace) }
    record(effect)
    dryRun?.promise(value, at: path)
  }

  /// Element types and leading axes of a function's results, found by calling it on inputs without values; nil where only values tell.
  ///
  /// - Parameter form: of the outputs; nil: what the function returns, one where that is unknown.
  func outcomes(of function: Function, _ statement: BlockwiseStatement, _ form: ResultForm?) throws -> (ResultForm, [BlockOutcome]) {
    let inputs = try zip(statement.inputs.sources, statement.firstShapes()).map { Value(ArrayValue(try PlannedArray($0.dtype, $1, $0.grid))) }
    let result = try context.invoke(function, inputs)
    var items: [Value] = []
    let form = form ?? (result.isUnknown ? .one : ResultForm(of: result, &items))
    return (form, (form.items(of: result) ?? [Value](repeating: .unknown, count: form.count)).enumerated().map { number, item in
      let target = statement.target(number)
      guard let array = item.object(as: ArrayValue.self) else { return BlockOutcome(dtype: target.known.dtype, leading: target.ids == .wide ? target.ids.leading : nil) }
      return BlockOutcome(dtype: target.known.dtype ?? array.dtype, leading: target.ids.leading + array.shape.dropLast(statement.tiling.rank))
    })
  }

  /// A blockwise plan: its effect, and its output.
  ///
  /// - Parameter sources: the inputs, in the order of `plan.inputs`.
  func planBlocks(_ plan: BlockwisePlan, _ sources: [any ArraySource], _ spec: OutputSpec, workers: Int?) throws -> Value { try planBlocks([plan], sources, [spec], workers: workers)[0] }

  /// The plans of one statement's outputs: their effect, and the outputs.
  func planBlocks(_ plans: [BlockwisePlan], _ sources: [any ArraySource], _ specs: [OutputSpec], workers: Int?) throws -> [Value] {
    let plan = plans[0], places = try specs.map { try $0.path.map { try Location($0).description } }
    let perVoxel = sources.map { source in source.shape.indices.reduce(source.dtype.size) { $1 < source.shape.count - source.grid.spatialRank ? $0 * source.shape[$1] : $0 } }
    let read = plan.stages.reduce(0.0) { $0 + Double($1.bytesRead) }, weight = Double(max(1, perVoxel.reduce(0, +)))
    // "blockwise clean"; "blockwise fn" where the function has no name; "label", not "label label"
    let words = plan.title.split(separator: " ", omittingEmptySubsequences: false)
    var effect = Effect(words.count == 2 && words[0] == words[1] ? String(words[0]) : words.last == "" ? plan.title + "fn" : plan.title)
    for (source, voxel) in zip(sources, perVoxel) { effect.reads += items(read: source, bytes: Int(clampingDouble: read * Double(voxel) / weight)) }
    for (place, plan) in zip(places, plans) {
      let output = plan.output, written = (try? NDArray.byteCount(output.dtype ?? .uint8, output.shape)) ?? .max
      let what = "\(output.dtype.map { "\($0)" } ?? "type of the function's result,") \(shapeText(output.shape)), chunks \(output.chunksText)"
      if let place { effect.writes.append(Effect.Item(place, what + (output.dtype == nil ? "" : "  \(byteText(written))"), bytes: output.dtype == nil ? nil : written)) }
      else { effect.notes.append("result    in memory, \(what)") }
    }
    for stage in plan.stages {
      let tiling = stage.tiling, hasContext = (tiling.before + tiling.after).contains { $0 > 0 }
      effect.notes.append(
        "\(plan.stages.count == 1 ? "blocks" : stage.name)".padded(10) + "\(grouped(Int(clamping: tiling.count))) of \(shapeText(tiling.blockShape))"
          + (hasContext ? ", context \(shapeText(tiling.before))" : "") + ", plan " + (plan.isDecided ? plans.map(\.hash).joined(separator: ", plan ") : "known after training"))
    }
    if isKnown("on"), case let engine = try engine(), !engine.isHere { effect.notes.append("on        \(engine.text), \(max(1, min(engine.workers, Int(clamping: plan.stages[0].tiling.count)))) tasks") }
    effect.blocks = plan.stages.reduce(0) { $0 + $1.tiling.count }
    let threads = workers ?? execution.pool.threads
    let perWorker = plans.reduce(0) { saturatedSum($0, $1.stages.map(\.bytesPerWorker).max() ?? 0) }
    effect.memory = min(execution.memoryBudget, saturated(perWorker, max(1, threads)))
    let before = effect
    let existing = try zip(zip(places, specs), plans).enumerated().map { number, output -> StoredArray? in
      let ((place, spec), plan) = output
      guard let place else { return nil }
      if number == 0 { return try existingOutput(place, plan, sources, spec, &effect) }
      var own = before   // what is left to be read and written is told by the first
      own.notes = []
      let array = try existingOutput(place, plan, sources, spec, &own)
      effect.conflicts += own.conflicts
      effect.notes += own.notes.filter { !$0.hasPrefix("exists    goes on: ") }
      return array
    }
    record(effect)
    return try zip(plans, zip(places, existing)).map { plan, there in
      let (place, existing) = there, output = plan.output, value: Value
      if let existing { value = Value(ArrayValue(existing.metadataOnly)) }
      else if let dtype = output.dtype {
        value = Value(ArrayValue(try PlannedArray(path: place, dtype, output.shape, output.grid, chunks: place == nil ? nil : output.inner ?? output.chunks, origin: plan.isResumable ? "plan \(plan.hash)" : nil)))
      } else { value = .unknown }
      if let place { dryRun?.promise(value, at: place) }
      return value
    }
  }

  /// What the real run would make of what is there: go on, start anew, or refuse.
  private func existingOutput(_ place: String, _ plan: BlockwisePlan, _ sources: [any ArraySource], _ spec: OutputSpec, _ effect: inout Effect) throws -> StoredArray? {
    if sources.flatMap(pathsRead).contains(where: { $0 == place || $0.hasPrefix(place + "/") }) {
      effect.conflicts.append("\(place) is an input of this statement")
      return nil
    }
    switch try JournalFolder.look(at: place) {
    case .nothing: return nil
    case _ where spec.replace: effect.notes.append("replaces what is there")
    case .foreign: effect.conflicts.append("\(place) exists and was not made by this statement; replace=true starts it anew")
    case .plan where !spec.resume: effect.conflicts.append("\(place) exists; replace=true starts it anew")
    case .plan where plan.output.dtype == nil || !plan.isResumable: effect.notes.append("exists    goes on if the same statement made it, else refuses")
    case .plan(let text) where text == plan.text:
      let stages = try JournalFolder.status(of: place)?.stages ?? []
      let done = stages.reduce(0) { $0 + $1.finished }, total = stages.reduce(0) { $0 + $1.total }
      effect.notes.append("exists    goes on: \(grouped(Int(clamping: done))) of \(grouped(Int(clamping: total))) blocks are done")
      // what is done is neither read nor written again; of what is missing, edges apart, blocks are alike
      let missing = total > 0 ? Double(total - done) / Double(total) : 0
      func left(_ item: Effect.Item) -> Effect.Item {
        let bytes = item.bytes.map { Int(clampingDouble: Double($0) * missing) }
        return Effect.Item(item.path, bytes.map { "\(item.detail), of which \(byteText($0))" } ?? item.detail, bytes: bytes)
      }
      (effect.reads, effect.writes, effect.blocks) = (effect.reads.map(left), effect.writes.map(left), total - done)
      return try? StoredArray.open(place)
    case .plan: effect.conflicts.append("\(place) exists with another plan; replace=true starts it anew")
    }
    return nil
  }
}

extension Effect {
  /// Notes what is at a path in a container that would be written.
  mutating func meet(in path: String, replace: Bool) throws {
    if let occupant = try StoredArray.occupant(of: try Location(path)) { meet(path, occupant.what, canReplace: occupant.isArray, replace: replace) }
  }

  /// What is at a path is replaced, or in the way.
  fileprivate mutating func meet(_ path: String, _ what: String, canReplace: Bool, replace: Bool) {
    if !canReplace { conflicts.append("\(path) exists already (\(what))") }
    else if replace { notes.append("replaces what is there") }
    else { conflicts.append("\(path) exists; replace=true starts it anew") }
  }
}

extension Int {
  /// The nearest integer, at the ends of the range for what lies beyond.
  init(clampingDouble value: Double) { self = value >= 9.2e18 ? .max : value <= -9.2e18 ? .min : Int(value) }
}

extension String {
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
