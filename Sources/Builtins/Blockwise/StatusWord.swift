// status: how blockwise work stands, as a table of its stages and a map of its blocks.

import Blockwise
import Display
import Geometry
import Language

extension Builtin {
  static let status = Builtin(
    "status", "(a: array|string) -> table",
    "How blockwise work on an output stands, one row a stage, and a map of its blocks: which are done, which failed, which are open; from its journal, while it runs too.",
    details: [
      "done and missing: blocks finished so far, and those neither finished nor failed. skipped and failed: of the last run. seconds: of all runs that have ended; rate: blocks a second in them; per_block: the reverse.",
      "status(a).picture is the map, save(status(a).picture, \"x.png\") keeps it: a cell is a column of blocks seen along the first axis, red where one of them failed. "
        + "status(a).failures lists the blocks that failed: place, tries, error.",
    ],
    examples: [Example("try status(\"out.zarr/labels\") else \"nothing was begun\"", prints: "\"nothing was begun\"")],
    searchTerms: ["progress", "journal", "failed blocks", "map"]
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
    guard let status = try JournalFolder.status(of: path, mapped: call.execution.cancellation) else { throw call.failure(.value, "`\(path)` was not written by blocks: it has no journal", at: "a") }
    var table = try TableValue(rows: status.stages.map { stage in
      let isTimed = stage.done > 0 && stage.seconds > 0, seconds = stage.seconds / Double(max(1, stage.done))
      return Record([
        ("stage", .string(stage.name)), ("blocks", .int(Int(stage.total))), ("done", .int(Int(stage.finished))), ("skipped", .int(Int(stage.skipped))), ("failed", .int(stage.failed.count)),
        ("missing", .int(Int(stage.missing))), ("seconds", .float(stage.seconds)), ("rate", isTimed ? .float(Double(stage.done) / stage.seconds) : .nil),
        ("per_block", isTimed ? Rational((seconds * 1e6).rounded() / 1e6).map { .duration($0) } ?? .nil : .nil),
      ])
    })
    table.details = StatusDetails(status: status, path: path)
    return Value(table)
  }
}

private struct StatusDetails: TableDetails {
  let status: JournalFolder.Status
  let path: String

  var fieldNames: [String] { ["failures", "picture"] }

  func field(_ name: String) throws -> Value? {
    switch name {
    case "picture":
      let maps = maps
      guard !maps.isEmpty else { throw Failure(.value, "`\(path)` has no blocks to draw") }
      return Value(ImageValue(cells: CellPage(maps)))
    case "failures":
      let all = status.stages.flatMap { stage in stage.failed.map { (stage.name, $0) } }
      return Value(TableValue(columns: ["stage", "block", "offset", "shape", "tries", "error"], values: [
        all.map { .string($0.0) }, all.map { .int(Int($0.1.block)) }, all.map { $0.1.voxels.map { .voxelCoordinate($0.offset) } ?? .nil },
        all.map { $0.1.voxels.map { .voxelCoordinate($0.shape) } ?? .nil }, all.map { .int($0.1.tries) }, all.map { $0.1.error.map { .string($0) } ?? .nil },
      ]))
    default: return nil
    }
  }

  /// The map and the first errors, while anything is left to do.
  func lines(_ style: Style) -> [String] {
    if status.isComplete { return [] }
    let maps = maps, failed = status.stages.flatMap(\.failed)
    var lines = maps.isEmpty ? [] : ["", CellPage(maps).text(style)]
    for failure in failed.prefix(3) {
      let place = failure.voxels.map { ", voxels \($0)" } ?? "", error = failure.error.map { ": " + $0.split(whereSeparator: \.isNewline).joined(separator: " ") } ?? ""
      lines.append(fit("  block \(failure.block)\(place)\(error)", style.width).trimmedEnd)
    }
    if failed.count > 3 { lines.append(style.dim("  … \(failed.count - 3) more in .failures")) }
    return lines
  }

  private var maps: [CellMap] {
    status.stages.compactMap { stage in
      guard let map = stage.map else { return nil }
      return CellMap(title: title(stage.name, map), rows: (0..<map.rows).map { row in
        (0..<map.columns).map { column in
          if map.hasFailed(row, column) { return .failed }
          let share = map.shareFinished(row, column)
          return share < 1 ? .open(share) : .done
        }
      })
    }
  }

  /// "labels: 40 × 30 blocks along y and x, 12 deep along z"
  private func title(_ stage: String, _ map: BlockMap) -> String {
    let plane = map.counts.suffix(2), names = map.axes.suffix(2), behind = map.axes.dropLast(2)
    var title = "\(stage): \(plane.map { grouped($0) }.joined(separator: " × ")) \(plane.allSatisfy { $0 == 1 } ? "block" : "blocks") along \(names.joined(separator: " and "))"
    if map.depth > 1 { title += ", \(grouped(map.depth)) deep along \(behind.joined(separator: " and "))" }
    return title + (map.step > 1 ? "; a cell is \(map.step) × \(map.step) of them" : "")
  }
}
