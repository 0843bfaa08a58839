// How an array lies on disk, chunk by chunk.

import Arrays
import Execution
import Geometry
import Language
import Storage
import Synchronization

extension Builtin {
  static let chunks = Builtin(
    "chunks", "(a: array, verify=false) -> table", "The chunks of an array on disk: index, roi, state (stored, missing, unreadable), bytes, and ratio, the values' bytes for each stored byte.",
    details: ["Looks at the sizes of files only, and at the indices of shards; verify=true decodes each stored chunk. A missing chunk is all fill value; its ratio is nil."],
    searchTerms: ["verify", "missing", "corrupt", "compression"]
  ) { call in
    let stored = try call.stored("a"), verify = try call.bool("verify"), execution = call.execution, limit = 5_000_000
    guard stored.chunkCount <= limit else {
      throw call.failure(.value, "\(Words.grouped(stored.chunkCount)) chunks are too many for a table, at most \(Words.grouped(limit))", at: "a")
    }
    let states = try ChunkState.all(of: stored, verify: verify, execution)
    var columns = [[Value]](repeating: [], count: 5)
    for (position, state) in states.enumerated() {
      let index = stored.chunkIndex(position), box = try stored.chunkRoi(index)
      let whole = box.shape.values.reduce(stored.dtype.size, *), spatial = stored.grid.spatialAxes
      let roi = try stored.grid.world(try VoxelRoi(offset: Coordinate(spatial.map { box.offset[$0] }), shape: Coordinate(spatial.map { box.shape[$0] })))
      columns[0].append(.voxelCoordinate(Coordinate(index)))
      columns[1].append(Value(RoiValue(roi: roi, grid: stored.grid)))
      columns[2].append(.string(state.name))
      columns[3].append(.int(state.bytes))
      columns[4].append(state.name == "stored" && state.bytes > 0 ? .float(Double(whole) / Double(state.bytes)) : .nil)
    }
    return Value(TableValue(columns: ["index", "roi", "state", "bytes", "ratio"], values: columns))
  }

  static let chunk = Builtin(
    "chunk", "(a: array, index: coord|int) -> array", "One chunk of an array on disk, as a view: what of it lies inside the array.", searchTerms: ["block"], needs: .parts
  ) { call in
    let stored = try call.stored("a"), counts = stored.chunkGrid, index = try call.voxels("index", rank: stored.shape.count).values
    for (axis, at) in index.enumerated() where at < 0 || at >= counts[axis] {
      throw call.failure(.index, "there is no chunk \(shapeText(index)): \(stored.grid.axes[axis].name) has \(Words.count(counts[axis], "chunk"))", at: "index")
    }
    let box = try stored.chunkRoi(index)
    return Value(ArrayValue(try index.indices.reduce(SourceView(stored)) { view, axis in
      try view.walking(axis: axis, begin: box.offset[axis], step: 1, count: box.shape[axis])
    }))
  }
}

/// What is known of one chunk.
private struct ChunkState {
  var name = "missing", bytes = 0

  /// One a chunk, in raster order; decoded on all threads.
  static func all(of stored: StoredArray, verify: Bool, _ execution: ExecutionContext) throws -> [ChunkState] {
    let count = stored.chunkCount, run = 256, runs = (count + run - 1) / run
    let parts = Mutex([[ChunkState]](repeating: [], count: runs))
    let done = Atomic<Int>(0)
    try execution.pool.forEach(runs) { part, _ in
      var states: [ChunkState] = []
      for position in part * run..<min(count, (part + 1) * run) {
        try execution.cancellation.check()
        states.append(try look(stored, stored.chunkIndex(position), verify))
        let number = done.add(1, ordering: .relaxed).newValue
        if verify { execution.progress.report(ProgressUpdate("chunks", done: Int64(number), total: Int64(count), unit: "chunks")) }
      }
      parts.withLock { $0[part] = states }
    }
    if verify { execution.progress.finish("chunks") }
    return parts.withLock { $0.flatMap { $0 } }
  }

  private static func look(_ stored: StoredArray, _ index: [Int], _ verify: Bool) throws -> ChunkState {
    var found: Int?
    do {
      found = try stored.storedBytes(ofChunk: index)
      if verify, found != nil { _ = try stored.verifyChunk(index) }
    } catch let error as StorageError {
      switch error {
      case .corruptChunk, .permission, .system: return ChunkState(name: "unreadable", bytes: found ?? 0)
      default: throw error
      }
    }
    return found.map { ChunkState(name: "stored", bytes: $0) } ?? ChunkState()
  }
}

extension Call {
  /// An argument that must be all of an array on disk.
  func stored(_ name: String) throws -> StoredArray {
    let array = try array(name)
    if let file = array.file { throw failure(.data, "`\(name)` must be an array in a Zarr or N5 container; \(file.path) is \(file.format)", at: name) }
    guard let stored = array.wholeStored else { throw failure(.data, "`\(name)` must be a whole array on disk, not \(array.isOnDisk ? "a view of one" : "one \(array.residence)")", at: name) }
    return stored
  }
}

extension StoredArray {
  /// The index of a chunk by its place in raster order.
  func chunkIndex(_ position: Int) -> [Int] {
    var rest = position, index = chunkGrid
    for axis in index.indices.reversed() { (rest, index[axis]) = (rest / max(1, index[axis]), rest % max(1, index[axis])) }
    return index
  }
}
