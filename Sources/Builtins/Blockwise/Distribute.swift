// Blockwise statements on other processes: `on=` anything but local().
//
// The call is written down as a script of its own (what its function captured included), in a folder of jobs; every task of the array
// runs `dcs worker PLAN --shard K/N`, which is that script with the blocks of one shard (Blockwise/Elsewhere.swift).
// Inputs in memory are stored beside the plan, models as weight files. The folder is removed when all blocks are done.

import Arrays
import Blockwise
import CKernels
import Compute
import Execution
import FileFormats
import Geometry
import Language
import Networks
import Storage

extension Call {
  /// How the blocks of this call are done by others; nil: here.
  func elsewhere() throws -> Elsewhere? {
    guard isKnown("on") else { return nil }
    let engine = try engine()
    if engine.isHere { return nil }
    guard let output = try outputPlaces().paths[0] else {
      throw failure(.argument, "work on \(engine.text) needs a place that all processes see", at: "on", hint: "to=\"out.zarr/name\"")
    }
    let call = self
    return Elsewhere { work, execution in
      let tasks = max(1, min(engine.workers, Int(clamping: work.missing)))
      let name = "\(call.builtin.name)-" + Files.name(output).filter { $0.isLetter || $0.isNumber || $0 == "_" }
      let folder = try Builtin.newFolder("jobs", name)
      let plan = Files.join(folder, "plan.dcs")
      try Files.writeAtomically(try call.workerScript(work.plan, folder), plan, sync: false)
      let threads = engine.threadsPerTask ?? max(1, execution.pool.threads / tasks)
      let words = [call.host.executable, "--quiet", "--jobs", "\(threads)"] + (execution.stopsAtFirstFailure ? ["--serial"] : []) + ["worker", plan, "--shard", Job.taskWord + "/\(tasks)"]
      let job = try Job.submit(words, name: Files.name(folder), to: folder, on: engine, tasks: tasks, now: call.host.now(), execution.cancellation)
      try call.watch(job, work, execution)
      let bad = zip(0..., job.taskCodes(tasks)).filter { $1 != 0 && $1 != 3 }
      if bad.isEmpty, job.exitCodes.allSatisfy({ $0 == 0 }), job.exitCodes.count == tasks { try Files.removeTree(folder) }
      return bad.map { task, code in "task \(task) of \(tasks) " + (code.map { "ended with code \($0)" } ?? "was lost") + ", see \(job.log).\(task)" }
    }
  }

  /// Waits for the tasks; Ctrl-C stops them.
  private func watch(_ job: Job, _ work: Elsewhere.Work, _ execution: ExecutionContext) throws {
    let label = "\(builtin.name) on \(job.engine.name) \(job.identifier)"
    defer { execution.progress.finish(label) }
    var isStopping = 0.0
    /// Ctrl-C ends a question to the engine as well, but for those that follow it.
    func hasEnded() throws -> Bool {
      do { return try job.state(now: host.now(), Shell.Limits(execution.cancellation, isUrgent: isStopping > 0)).hasEnded } catch is Cancelled { return false }
    }
    while !(try hasEnded()) {
      execution.progress.report(ProgressUpdate(label, done: min(work.missing, work.finished()), total: work.missing, unit: "blocks", note: ""))
      if execution.cancellation.isCancelled {
        if isStopping == 0 {
          isStopping = host.now()
          try job.cancel(execution.cancellation)
        } else if host.now() - isStopping > 10 { try job.cancel(execution.cancellation); return }
      }
      Pause.sleep(job.engine.isThisMachine ? 0.05 : 0.5)
    }
  }

  /// The call as a script.
  private func workerScript(_ hash: String, _ folder: String) throws -> String {
    var writer = TravelWriter { try travelling($0, folder, &$1) }
    var words: [String] = []
    for parameter in builtin.signature.parameters where !["on", "workers", "replace", "resume"].contains(parameter.name) {
      if parameter.isVariadic { for (position, value) in rest.enumerated() { words.append(try writer.expression(value, "input \(position + 1)")) } } else if isGiven(parameter.name) {
        // an element type is a builtin of that name
        let value = try value(parameter.name)
        let text = try value.object(as: BestValue.self).map { try weights($0.model(), folder) } ?? writer.expression(value, parameter.name)
        words.append(parameter.defaultValue == nil ? text : "\(parameter.name)=\(text)")
      }
    }
    return """
      # What `dcs worker` runs a shard of: written by \(builtin.name), removed when it is done.
      # plan \(hash)
      # made by \(WorkerPlan.maker(host))
      seed(\(context.seed))
      \(writer.preamble)\(builtin.name)(\(words.joined(separator: ", ")))

      """
  }

  /// Objects as expressions that another process can evaluate.
  private func travelling(_ object: any ObjectValue, _ folder: String, _ writer: inout TravelWriter) throws -> String? {
    switch object {
    case let array as ArrayValue:
      if case .view(let view) = array.content, let opened = array.reopened { return view.isWhole ? opened : view.indices.map { "\(opened)[\($0)]" } }
      let volume = try array.volume(execution), path = Files.join(folder, "data.zarr/" + Files.name(try Builtin.newFolder(folder, "input")))
      let copy = try StoredArray.create(path, ArraySpec(volume.dtype, volume.shape, grid: volume.grid))
      try copy.write(volume.array, ReadContext(pool: execution.pool, cancellation: execution.cancellation))
      return "open(\(Value.quoted(path)))"
    case let model as ModelValue:
      guard case .trained(let trained) = model.kind else { return nil }
      return try weights(trained, folder)
    case let task as TaskValue: return try task.travelling(&writer)
    case let best as BestValue:
      // a function looks at its fields: what they are now, whatever the run becomes. Of a run that was opened without its task nobody can make one
      let fields = try best.fieldNames.filter { $0 != "task" || !best.run.settings.task.lacksFunctions }.compactMap { name in try best.field(name, context).map { (name, $0) } }
      return try writer.expression(.record(Record(fields)), "best")
    default: return object.expression
    }
  }

  private func weights(_ model: Model, _ folder: String) throws -> String {
    let path = Files.join(try Builtin.newFolder(folder, "model"), "model.dcmodel")
    try model.save(path)
    return "load_model(\(Value.quoted(path)))"
  }
}

/// The head of a worker's script.
package enum WorkerPlan {
  /// What must be equal in all processes for equal bytes.
  static func maker(_ host: any Host) -> String { "dcs \(host.version), kernels \(String(cString: dcs_kernel_level()))" }

  /// The hash of the plan that a script is a worker of.
  ///
  /// - Throws: a failure for another version or another level of kernels, whose bytes could differ.
  package static func hash(of script: String, _ host: any Host) throws -> String {
    func line(_ start: String) throws -> String {
      guard let line = script.split(separator: "\n").first(where: { $0.hasPrefix(start) }) else { throw Failure(.value, "this is no plan for a worker: it has no line \"\(start)…\"") }
      return String(line.dropFirst(start.count))
    }
    let made = try line("# made by ")
    guard made == maker(host) else { throw Failure(.failed, "the plan was made by \(made); this is \(maker(host)): their bytes could differ") }
    return try line("# plan ")
  }
}

extension ArrayValue {
  /// The call of `open` that gives what it shows of a container or a file; nil for other arrays.
  fileprivate var reopened: String? {
    guard let path = stored?.path ?? file?.path, let declared = stored?.declared ?? file?.declared else { return nil }
    var arguments = [Value.quoted(path)]
    func text(_ place: WorldCoordinate) -> String? { Value.worldCoordinate(place).source() }
    if let size = declared.voxelSize.flatMap(text) { arguments.append("voxel=" + size) }
    if let offset = declared.offset.flatMap(text) { arguments.append("offset=" + offset) }
    if let axes = declared.axes { arguments.append("axes=[" + axes.map { Value.quoted($0.name) }.joined(separator: ", ") + "]") }
    return "open(\(arguments.joined(separator: ", ")))"
  }
}

extension SourceView {
  /// What stands between `[` and `]` to see this of the base; nil for views that are turned.
  fileprivate var indices: String? {
    guard walks.map(\.baseAxis) == walks.map(\.baseAxis).sorted() else { return nil }
    var texts = [String](repeating: "", count: base.shape.count)
    for (axis, index) in fixed { texts[axis] = "\(index)" }
    for walk in walks {
      guard walk.step > 0, walk.count > 0 else { return nil }
      let end = walk.begin + (walk.count - 1) * walk.step + 1
      texts[walk.baseAxis] = "\(walk.begin):\(end)" + (walk.step == 1 ? "" : ":\(walk.step)")
    }
    return texts.joined(separator: ", ")
  }
}
