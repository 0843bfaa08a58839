// An array or expression written to a path, piece by piece.

import Arrays
import Blockwise
import Execution
import FileFormats
import Language
import Storage

/// The pieces in which a source that is cut into planes is best written as `chunks`, which blocks of such chunks would decode many times: as many
/// planes as a chunk is thick, whole or at least as wide as a chunk of the source, in a quarter of the memory budget at most; nil where blocks do as well.
private func slab(of shape: [Int], stored: [Int]?, writing chunks: [Int], elementSize: Int, _ execution: ExecutionContext) -> [Int]? {
  guard let stored, stored.count == chunks.count, chunks.count >= 2 else { return nil }
  // wider than a chunk written along some axis, and thinner along one before it
  guard let wide = chunks.indices.last(where: { stored[$0] > chunks[$0] }), let thin = chunks.indices.first(where: { stored[$0] < chunks[$0] }), thin < wide else { return nil }
  var slab = zip(chunks, shape).map { max(1, min($0, $1)) }
  var bytes = elementSize
  for length in slab { bytes = bytes.multipliedReportingOverflow(by: length).partialValue }
  let room = max(bytes, execution.memoryBudget / 4), usual = max(bytes, min(128 << 20, execution.memoryBudget / 16))
  for axis in slab.indices.reversed() where axis > thin {
    let chunk = slab[axis], others = max(1, bytes / chunk)
    let cover: Int = max(stored[axis], usual / others), whole: Int = (cover + chunk - 1) / chunk * chunk, fits: Int = room / others / chunk * chunk
    slab[axis] = min(shape[axis], max(chunk, min(whole, fits)))
    bytes = others * slab[axis]
  }
  return slab
}

extension ArrayValue {
  /// What `save` and `copy` make of it: `chunks` that are not given are those of what it shows, else those of new arrays; so is the codec.
  ///
  /// - Parameter attributes: beside those that say how it was made.
  func spec(_ call: Call, attributes: JSON = .emptyObject) throws -> ArraySpec {
    let shown = stored?.chunks ?? planned?.chunks, made = attributes.merging(call.provenance(inputs: pathsOnDisk(of: expression)))
    var chunks = shown.flatMap { $0.count == shape.count ? zip($0, shape).map { max(1, min($0, $1)) } : nil }
    let shards = call.isKnown("shards") ? try call.chunks("shards", shape) : nil
    if let shards, let shown = chunks, !zip(shards, shown).allSatisfy({ $0 % $1 == 0 }) { chunks = nil }
    var spec = ArraySpec(
      dtype, shape, grid: grid, chunks: try call.chunks("chunks", shape) ?? chunks, shards: shards, fillValue: call.isGiven("fill") ? try call.value("fill").json : 0,
      attributes: uniqueBlocks?.marked(made) ?? made)
    try call.layOut(&spec)
    return spec
  }

  /// This array at a path in a container or as a file, written piece by piece in bounded memory, as `chunks`, `codec` and `replace` of the call say.
  ///
  /// An array in a container says of itself that it is unfinished until its last chunk is there.
  /// - Parameter format: nil: what the call says, else that of the container.
  /// - Parameter replace: nil: as the call says.
  func written(to path: String, _ call: Call, format: Storage.Format? = nil, attributes: JSON = .emptyObject, replace: Bool? = nil) throws -> ArrayValue {
    // what it reads must outlive the writing
    let place = Files.absolute(path)
    if let input = pathsOnDisk(of: expression).first(where: { Files.absolute($0) == place }) {
      throw call.failure(.data, "`\(input)` is read by this statement and cannot be replaced by it", hint: "save to another path")
    }
    if let kind = try FileWriter.kind(of: path) {
      try call.checkFile(path)
      try naming(grid.axes) { try FileWriter.write(expression, to: path, as: kind, codec: call.isGiven("codec") ? try call.optionalString("codec") : nil, call.execution) }
      guard case .array(let file)? = try FileFormats.open(path) else { throw StorageError.notFound(path: path, near: nil) }
      return ArrayValue(file)
    }
    var spec = try spec(call, attributes: attributes)
    if let format { spec.format = format }
    let provenance = spec.attributes
    spec.attributes = provenance.unfinished
    let out = try StoredArray.create(path, spec, replace: try replace ?? call.bool("replace"), sums: true)
    try stream(to: out, call.execution)
    try out.setAttributes(provenance.finished(out))
    return ArrayValue(try StoredArray.open(path))
  }

  /// Writes every chunk of `out`, which has this array's shape and dtype, reading and computing only what the chunk needs.
  private func stream(to out: StoredArray, _ execution: ExecutionContext) throws {
    if case .memory(let volume) = content { try out.write(volume.array, execution.reading); return }
    let expression = expression
    try naming(grid.axes) {
      if let slab = slab(of: shape, stored: expression.chunking?.shape, writing: out.writeUnit, elementSize: dtype.size, execution) {
        try expression.forEachSlab(chunks: slab, bytes: 1, label: "save", execution) { roi, block in try out.write(block, at: roi.offset.values, execution.reading) }
        return
      }
      try expression.forEachBlock(chunks: Chunking(shape: out.writeUnit), label: "save", execution) { roi, block in try out.write(block, at: roi.offset.values, ReadContext()) }
    }
  }
}
