import Arrays
import Execution
import Geometry

/// What can go wrong before, between and in blocks.
package enum BlockwiseError: Error, Equatable, Sendable {
  case blockRank(String, expected: Int, found: [Int])
  case emptyBlock([Int])
  case negativeContext([Int])
  case tooManyBlocks(total: VoxelRoi, block: [Int])
  case tooFar(total: VoxelRoi, context: [Int])
  case noSuchBlock(Int64, count: Int64)
  case notMultiple(block: [Int], chunks: [Int])
  case notWholeShards(block: [Int], shards: [Int])
  case notWholeChunks(shards: [Int], chunks: [Int])

  case noInputs
  case emptySource(shape: [Int])
  case roisDiffer(first: String, other: String, input: Int)
  case voxelSizesDiffer(first: String, other: String, input: Int)
  /// - Parameter fraction: of a voxel of the input. - Parameter isScaled: it has other voxels than blocks have.
  case offGrid(axis: String, fraction: Double, input: Int, isScaled: Bool)
  case voxelsCut(block: [Int], larger: [Int], voxel: String, own: String, input: Int)
  case unknownVoxel(input: Int)
  case outside(roi: String, of: String)
  case budget(what: String, bytes: Int, budget: Int)
  /// For files that are needed while something runs.
  case noRoom(folder: String, bytes: Int, free: Int)

  case kernelShape(found: [Int], block: [Int], read: [Int])
  case kernelDType(expected: DType, found: DType)
  case tooManyIds(block: Int64, largest: UInt64, blocks: Int64)
  case notAMask(DType)

  case outputExists(path: String)
  case outputIsInput(path: String)
  case outputsMeet(String, String)
  case resultCount(expected: Int, found: Int)
  case planDiffers(path: String, what: String, onDisk: String, here: String)
  /// Only what an input holds is another.
  case inputChanged(path: String, input: String, onDisk: String, here: String)
  case outputDiffers(path: String, what: String, onDisk: String, here: String)
  case inputIncomplete(path: String, done: Int64, total: Int64)
  case journalDamaged(path: String, reason: String)
  case busy(path: String)
  case system(operation: String, path: String, reason: String)

  case interrupted(done: Int64, total: Int64, path: String?)
  case blocksFailed(Report, path: String?)

  case model(String)
}

extension BlockwiseError: LastingError {
  package var isLasting: Bool {
    switch self {
    case .kernelShape, .kernelDType, .resultCount, .tooManyIds, .notAMask: true
    default: false
    }
  }
}

extension BlockwiseError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .blockRank(let name, let expected, let found): "\(name) \(shapeText(found)) has \(found.count) axes, the region has \(expected)"
    case .emptyBlock(let block): "a block needs at least 1 voxel on each axis, found \(shapeText(block))"
    case .negativeContext(let context): "a context cannot be negative, found \(shapeText(context))"
    case .tooManyBlocks(let total, let block): "\(shapeText(total.shape.values)) voxels in blocks of \(shapeText(block)) are more than 2^63 blocks"
    case .tooFar(let total, let context): "\(total) with a context of \(shapeText(context)) leaves 64-bit coordinates"
    case .noSuchBlock(let index, let count): "there is no block \(index), only 0 to \(count - 1)"
    case .notMultiple(let block, let chunks): "blocks of \(shapeText(block)) are not a multiple of the chunks \(shapeText(chunks)): two workers would share a chunk"
    case .notWholeShards(let block, let shards): "blocks of \(shapeText(block)) are not whole shards of \(shapeText(shards)): two workers would write one file"
    case .notWholeChunks(let shards, let chunks): "shards of \(shapeText(shards)) are not whole chunks of \(shapeText(chunks))"
    case .noInputs: "nothing to read: expected at least one input"
    case .emptySource(let shape): "cannot read around the edges of an empty array, shape \(shapeText(shape))"
    case .roisDiffer(let first, let other, let input): "inputs cover different regions: input 1 \(first), input \(input + 1) \(other)"
    case .voxelSizesDiffer(let first, let other, let input): "voxel sizes differ: input 1 \(first) nm, input \(input + 1) \(other) nm"
    case .offGrid(let axis, let fraction, let input, let isScaled): "input \(input + 1) lies \(text(fraction)) voxel off the \(isScaled ? "region's begin" : "grid of input 1") along \(axis)"
    case .voxelsCut(let block, _, let voxel, let own, let input): "blocks of \(shapeText(block)) voxels of \(own) nm would cut voxels of input \(input + 1), \(voxel) nm"
    case .unknownVoxel(let input): "the voxel size of input \(input + 1) is unknown: there is nothing to compare another one with"
    case .outside(let roi, let whole): "the region \(roi) is not inside \(whole)"
    case .budget(let what, let bytes, let budget): "\(what) would hold \(byteText(bytes)) in memory (budget \(byteText(budget)))"
    case .noRoom(let folder, let bytes, let free): "this needs \(byteText(bytes)) in \(folder) while it runs; \(byteText(free)) are free"
    case .kernelShape(let found, let block, let read): "the function returned shape \(shapeText(found)); expected the block \(shapeText(block)) or block and context \(shapeText(read))"
    case .kernelDType(let expected, let found): "the function returned \(found), the output is \(expected)"
    case .tooManyIds(let block, let largest, let blocks): "block \(block) has id \(largest): too large to stay unique over \(blocks) blocks in 64 bits; ids=\"wide\" has room for it"
    case .notAMask(let dtype): "expected a mask (bool or integers), found \(dtype)"
    case .outputExists(let path): "\(path) exists and was not made by this statement"
    case .outputIsInput(let path): "\(path) is an input of this statement and cannot be replaced by it"
    case .outputsMeet(let a, let b): a == b ? "two outputs have one place: \(a)" : "one output lies in the other: \(a) and \(b)"
    case .resultCount(let expected, let found): "the function returned \(found) \(found == 1 ? "array" : "arrays") for \(expected) \(expected == 1 ? "output" : "outputs")"
    case .planDiffers(let path, let what, let onDisk, let here): "\(path) exists with another plan: \(what) on disk \(onDisk), here \(here)"
    case .inputChanged(let path, let input, let onDisk, let here): "\(path) was made from other voxels: its input \(input) was \(onDisk) then, and is \(here) now"
    case .outputDiffers(let path, let what, let onDisk, let here): "\(path) does not fit: \(what) on disk \(onDisk), here \(here)"
    case .inputIncomplete(let path, let done, let total): "the input \(path) is unfinished: \(grouped(done)) of \(grouped(total)) blocks are written"
    case .journalDamaged(let path, let reason): "the journal \(path) is damaged: \(reason)"
    case .busy(let path): "another process is writing \(path)"
    case .system(let operation, let path, let reason): "cannot \(operation) \(path): \(reason)"
    case .interrupted(let done, let total, let path): "interrupted after \(grouped(done)) of \(grouped(total)) blocks" + (path == nil ? "" : "; the finished ones are kept")
    case .blocksFailed(let report, _): report.failureText
    case .model(let reason): reason
    }
  }

  /// Something that can be pasted or done.
  package var hint: String? {
    switch self {
    case .roisDiffer: "name the region: roi=a.roi & b.roi"
    case .outside: "roi=r & a.roi clips it by intention"
    case .offGrid(_, _, _, let isScaled): isScaled ? "roi=snap(a.roi & b.roi, b, how=\"inward\")" : nil
    case .voxelsCut(_, let larger, _, _, _): "block=\(shapeText(larger))"
    case .outputExists, .planDiffers, .inputChanged, .outputDiffers: "replace=true starts it anew"
    case .inputIncomplete: "run the statement that makes it again: it continues where it stopped"
    case .journalDamaged: "replace=true starts the output anew"
    case .noRoom: "TMPDIR=/a/roomy/folder dcs …"
    case .interrupted(_, _, let path): path == nil ? nil : "run the same line again to continue"
    case .blocksFailed(_, let path): path == nil ? nil : "the other blocks are kept; run the same line again to retry only what is missing"
    case .notMultiple(let block, let chunks), .notWholeShards(let block, let chunks): "block=\(shapeText(zip(block, chunks).map { b, c in c < 1 ? b : max(1, (b + c - 1) / c) * c }))"
    default: nil
    }
  }

  /// True where work was stopped on request, not by a fault.
  package var isInterruption: Bool {
    if case .interrupted = self { return true }
    return false
  }

  private func text(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}
