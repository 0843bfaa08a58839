// How an output is laid out: its shape, chunks and shards, which blocks must be whole ones of, and the block that fits where none is named.

import Arrays
import Geometry
import Storage

/// What the plan says of an output; also checks that blocks and chunks fit.
func plannedOutput(_ spec: OutputSpec, grid: Grid, dtype: DType?, leading: [Int], _ tiling: Tiling) throws -> BlockwisePlan.Output {
  let spatial = tiling.total.shape.values, shape = leading + spatial
  func checked(_ lengths: [Int], _ what: String) throws -> [Int] {
    let lengths = lengths.count == shape.count ? Array(lengths.suffix(tiling.rank)) : lengths
    guard lengths.count == tiling.rank else { throw BlockwiseError.blockRank(what, expected: tiling.rank, found: lengths) }
    if lengths.contains(where: { $0 < 1 }) { throw BlockwiseError.emptyBlock(lengths) }
    return lengths
  }
  if let shards = try spec.shards.map({ try checked($0, "shards") }) {
    for axis in shards.indices where shards[axis] < spatial[axis] && tiling.blockShape[axis] % shards[axis] != 0 { throw BlockwiseError.notWholeShards(block: tiling.blockShape, shards: shards) }
    let whole = leading.map { max(1, $0) } + shards
    let inner = try spec.chunks.map { leading.map { max(1, $0) } + (try checked($0, "chunks")) } ?? ArraySpec.defaultChunks(shape, grid, in: whole)
    guard zip(whole, inner).allSatisfy({ $0 % $1 == 0 }) else { throw BlockwiseError.notWholeChunks(shards: shards, chunks: Array(inner.suffix(tiling.rank))) }
    return BlockwisePlan.Output(path: spec.path, dtype: dtype, shape: shape, chunks: whole, inner: inner, grid: grid)
  }
  var chunks = try checked(spec.chunks ?? tiling.blockShape, "chunks")
  chunks = zip(chunks, spatial).map { min($0, max(1, $1)) }
  for axis in chunks.indices where chunks[axis] < spatial[axis] && tiling.blockShape[axis] % chunks[axis] != 0 {
    throw BlockwiseError.notMultiple(block: tiling.blockShape, chunks: chunks)
  }
  return BlockwisePlan.Output(path: spec.path, dtype: dtype, shape: shape, chunks: leading.map { max(1, $0) } + chunks, grid: grid)
}

/// Their product; `Int.max` where that is larger.
package func saturated(_ a: Int, _ b: Int) -> Int {
  let (product, overflow) = a.multipliedReportingOverflow(by: b)
  return overflow ? .max : product
}

/// Their sum; `Int.max` where that is larger.
package func saturatedSum(_ a: Int, _ b: Int) -> Int {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? .max : sum
}

extension OutputSpec {
  /// The block of a statement that names none: the chunks of an output that exists, else `usual`, which is 64, or as many whole shards as reach it.
  /// A chunk that was cut to the array was `usual`.
  func usualBlock(over extent: [Int], _ usual: [Int]? = nil) -> [Int] {
    var usual = usual ?? [Int](repeating: 64, count: extent.count)
    if let shards, shards.count == usual.count, !shards.contains(where: { $0 < 1 }) { usual = zip(usual, shards).map { saturated(($0 - 1) / $1 + 1, $1) } }
    guard !replace, let chunks = path.flatMap({ try? StoredArray.open($0) })?.writeUnit.suffix(extent.count), chunks.count == extent.count else { return usual }
    return zip(zip(chunks, extent), usual).map { $0.0 >= $0.1 ? max($1, $0.0) : $0.0 }
  }
}
