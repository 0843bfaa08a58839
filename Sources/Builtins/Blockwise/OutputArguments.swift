// What blockwise statements share: where results go, how kernels are named in plans, what failures look like.

import Arrays
import Blockwise
import Geometry
import Language
import Storage

extension Call {
  /// `to`, `chunks`, `shards`, `replace`, `resume` as an output.
  func output(rank: Int) throws -> OutputSpec { try output(rank: rank, to: try optionalString("to")) }

  func output(rank: Int, to path: String?) throws -> OutputSpec {
    var spec = OutputSpec(
      path: path, chunks: isKnown("chunks") ? try optionalVoxels("chunks", rank: rank)?.values : nil,
      shards: isKnown("shards") ? try optionalVoxels("shards", rank: rank)?.values : nil, attributes: provenance(),
      resume: isKnown("resume") ? try bool("resume") : true, replace: try bool("replace"))
    if spec.shards != nil, spec.path == nil { throw failure(.argument, "`shards` are of an array on disk", at: "shards", hint: "to=\"out.zarr/name\"") }
    spec.elsewhere = try elsewhere()
    return spec
  }

  func isKnown(_ argument: String) -> Bool { builtin.signature.parameters.contains { $0.name == argument } }

  /// The block size, checked.
  func block(rank: Int) throws -> [Int]? {
    guard let block = try optionalVoxels("block", rank: rank)?.values else { return nil }
    guard block.allSatisfy({ $0 >= 1 }) else { throw failure(.value, "`block` must be at least 1 on each axis", at: "block") }
    return block
  }

  func workers() throws -> Int? {
    guard let workers = try optionalInt("workers") else { return isKnown("on") ? try engine().threads : nil }
    guard (1...1024).contains(workers) else { throw failure(.value, "`workers` must be from 1 to 1024, not \(workers)", at: "workers") }
    return workers
  }

  /// What lies outside of an array.
  func pad() throws -> Pad {
    switch try string("pad") {
    case "zero": .constant(0)
    case "symmetric": .symmetric
    default: .reflect
    }
  }

  /// What words that call a function for every block share: the inputs, and `block`, `context`, `roi`, `pad`, `workers`, `retries`, checked; nothing is read.
  func blockwiseOptions(of function: Function) throws -> ([any ArraySource], BlockwiseOptions) {
    let arrays = try rest.enumerated().map { position, value in
      guard let array = value.object(as: ArrayValue.self) else { throw failure(.type, "input \(position + 1) must be an array, not \(value.typePhrase)", at: "inputs") }
      return array
    }
    guard let first = arrays.first else { throw failure(.argument, "`\(builtin.name)` needs at least one array to go over") }
    var grid = first.grid
    let voxel = isKnown("voxel") ? try optionalWorld("voxel", rank: grid.spatialRank) : nil
    if let voxel {
      guard grid.isKnown else { throw failure(.units, "`voxel` is a length, but the first array's voxel size is unknown", at: "voxel", hint: "open(path, voxel=(8, 8, 8)nm) says it") }
      grid = try Grid(axes: grid.axes, voxelSize: voxel, offset: grid.offset)
    }
    let context = try sizeInVoxels("context", grid).map { Int(clamping: Int64.nearest($0.rounded(.up))) }
    var options = BlockwiseOptions(name: function.name.isEmpty ? "fn" : function.name, block: try block(rank: grid.spatialRank), context: context)
    options.voxel = voxel
    options.roi = try optionalRoi("roi", on: first.grid)
    options.pad = try pad()
    options.workers = try workers()
    options.retries = try int("retries", in: 0...100)
    return (try arrays.map { try $0.source(execution) }, options)
  }

  /// The box, for an array with this grid; nil where none is asked for.
  ///
  /// - Throws: E4 where one is in nanometres and the other in voxels.
  func optionalRoi(_ name: String, on grid: Grid) throws -> WorldRoi? {
    guard let roi = try optionalObject(name, as: RoiValue.self) else { return nil }
    do { return try roi.roi(on: grid) } catch var failure as Failure {
      failure.argument = name
      throw failure
    }
  }
}

extension BlockwiseResult {
  /// The output as a value.
  var value: Value { Value(ArrayValue(output)) }
}

extension BlockwiseError: FailureConvertible {
  package var failure: Failure {
    switch self {
    case .blocksFailed(let report, let path): report.failure(path)
    case .notAMask: Failure(.type, description, hint: hint)
    case .budget: Failure(.memory, description, hint: hint)
    default: Failure(isInterruption ? .interrupted : .data, description, hint: hint)
    }
  }
}

extension Report {
  /// E7: the place and the words of the first failed block, what is kept, and what to do.
  func failure(_ path: String?) -> Failure {
    guard let first = failed.first else { return Failure(.block, failureText, hint: "run the same line again to do what is missing") }
    var cause = Failure(first.cause)
    if let voxel = cause.voxel, first.readOffset.count <= voxel.count {
      let shift = [Int](repeating: 0, count: voxel.count - first.readOffset.count) + first.readOffset
      cause.message = cause.message.replacingLast(voxelText(voxel, cause.voxelAxes), voxelText(zip(voxel, shift).map { $0 &+ $1 }, []))
    }
    var failure = cause.under(.block, failureHead)
    let kept = done + skipped
    if path != nil, kept > 0 { failure.notes = ["\(Words.count(Int(clamping: kept), "block")) \(kept == 1 ? "is" : "are") kept; run the same line again to retry only what is missing"] }
    failure.hint = "look(‹inputs›[_err.failed[0]])     dcs --serial stops at the first failure"
    failure.failed = failed.map { $0.world.map { Value(RoiValue(roi: $0, grid: nil)) } ?? .nil }
    return failure
  }
}

extension String {
  /// With the last occurrence of a text replaced.
  fileprivate func replacingLast(_ old: String, _ new: String) -> String {
    guard !old.isEmpty, let range = ranges(of: old).last else { return self }
    return String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
  }
}

extension StorageError: FailureConvertible {
  package var failure: Failure {
    if case .remote(_, .stopped) = self { return Failure(.interrupted, "interrupted") }
    return Failure(.data, description, hint: hint)
  }
}
