// How work on an output stands, read from its journal by whoever asks: takes no lock, changes nothing.
//
// While other processes do the blocks, what they have finished is in journals of their own (Elsewhere.swift): those count here too.

import Execution
import Geometry
import Storage

extension JournalFolder {
  /// What is known of an output that blocks made: progress of each stage, and the runs so far.
  package struct Status: Sendable {
    package struct Stage: Sendable {
      package var name: String
      package var finished: Int64 = 0
      package var total: Int64
      /// Of the last run: blocks that it found finished.
      package var skipped: Int64 = 0
      /// Blocks that failed in the last run and are not finished since, in their order.
      package var failed: [FailedBlock] = []
      /// By all runs that have ended: blocks, and seconds.
      package var done: Int64 = 0, seconds = 0.0
      /// nil where the plan does not say how blocks lie, or where there are none.
      package var map: BlockMap?

      /// Neither finished nor failed.
      package var missing: Int64 { max(0, total - finished - Int64(failed.count)) }
    }

    package struct FailedBlock: Sendable, Equatable {
      package var block: Int64
      /// What it would have written; nil where the record does not say.
      package var voxels: VoxelRoi?
      package var tries: Int
      package var error: String?
    }

    package var plan: String
    package var stages: [Stage]

    package var isComplete: Bool { stages.allSatisfy { $0.finished == $0.total } }
  }

  /// Reads the journal of an output, nil where there is none.
  ///
  /// - Parameter mapped: watched while every block is looked at for a map; nil makes none.
  /// - Throws: `BlockwiseError`, `StorageError`, `Cancelled`.
  package static func status(of output: String, mapped: Cancellation? = nil) throws -> Status? {
    guard case .plan(let text) = try look(at: output) else { return nil }
    let folder = path(of: output), runs = try runs(in: Files.join(folder, "runs"))
    let lines = text.split(separator: "\n"), stageLines = lines.filter { $0.hasPrefix("stage ") }
    let axes = lines.first { $0.hasPrefix("grid = ") }.map { Array($0.split(separator: " ").dropFirst(2).prefix { $0 != "voxel" && $0 != "unknown" }.map(String.init)) } ?? []
    var stages: [Status.Stage] = []
    for line in stageLines {
      guard let name = line.split(separator: " ").dropFirst().first.map(String.init) else { continue }
      let own = runs.filter { $0["stage"]?.string.map { $0 == name || $0.hasSuffix(": " + name) || stageLines.count == 1 } ?? false }
      stages.append(try stage(name, counts: counts(line), axes, own, in: folder, mapped))
    }
    return Status(plan: text, stages: stages)
  }

  private static func stage(_ name: String, counts: [Int]?, _ axes: [String], _ runs: [JSON], in folder: String, _ mapped: Cancellation?) throws -> Status.Stage {
    let whole = try JournalFile.standing(at: Files.join(folder, name + ".done"))
    let journals = try [whole].compactMap { $0 } + partNames(name, in: folder).compactMap { try JournalFile.standing(at: Files.join(folder, $0)) }
    var stage = Status.Stage(name: name, total: whole?.count ?? counts.flatMap(product) ?? 1)
    stage.finished = min(stage.total, journals.reduce(0) { $0 + $1.finished })
    stage.skipped = Int64(runs.last?["skipped"]?.int ?? 0)
    stage.done = runs.reduce(0) { $0 &+ Int64(max(0, $1["done"]?.int ?? 0)) }
    stage.seconds = runs.reduce(0) { $0 + ($1["seconds"]?.double ?? 0) }

    var failed: [Int64: Status.FailedBlock] = [:]
    for run in try (runs.last.map { [$0] } ?? []) + partReports(name, in: folder).flatMap({ try self.runs(in: $0) }) {
      for failure in run["failed"]?.array ?? [] {
        guard let block = failure["block"]?.int.map({ Int64($0) }), (0..<stage.total).contains(block), try !journals.contains(where: { try $0.covers(block) && $0.isFinished(block) }) else { continue }
        failed[block] = Status.FailedBlock(block: block, voxels: roi(failure), tries: failure["tries"]?.int ?? 1, error: failure["error"]?.string)
      }
    }
    stage.failed = failed.values.sorted { $0.block < $1.block }

    if let mapped, let counts, product(counts) == stage.total, var map = BlockMap(counts: counts, axes: Array(axes.suffix(counts.count))) {
      for journal in journals where journal.count == journal.part.count(of: stage.total) { try journal.forEachFinished(mapped) { map.finish($0) } }
      for failure in stage.failed { map.fail(failure.block) }
      stage.map = map
    }
    return stage
  }

  private static func roi(_ failure: JSON) -> VoxelRoi? {
    guard let offset = failure["offset"]?.ints, let shape = failure["shape"]?.ints, offset.count == shape.count else { return nil }
    return try? VoxelRoi(offset: Coordinate(offset), shape: Coordinate(shape))
  }

  private static func product(_ counts: [Int]) -> Int64? {
    let product = counts.reduce(1, saturated)
    return product == .max ? nil : Int64(product)
  }

  /// Blocks along each axis, from "… region [0:40, 0:30] block (8, 8) context (0, 0) (0, 0) shrink"; nil where the line does not say so.
  private static func counts(_ line: Substring) -> [Int]? {
    func list(after mark: String, until end: Character) -> [Substring]? {
      guard let begin = line.firstRange(of: mark)?.upperBound, let close = line[begin...].firstIndex(of: end) else { return nil }
      return line[begin..<close].split(separator: ",").map { $0.drop { $0 == " " } }
    }
    guard let region = list(after: " region [", until: "]"), let block = list(after: " block (", until: ")"), region.count == block.count, !block.isEmpty else { return nil }
    var counts: [Int] = []
    for (range, length) in zip(region, block) {
      let ends = range.split(separator: ":").compactMap { Int($0) }
      guard ends.count == 2, let length = Int(length), length > 0 else { return nil }
      let (extent, overflow) = ends[1].subtractingReportingOverflow(ends[0])
      guard !overflow, extent >= 0 else { return nil }
      counts.append(extent / length + (line.hasSuffix(" valid") || extent % length == 0 ? 0 : 1))
    }
    return counts
  }
}
