// Writing arrays as files of other programs, in bounded memory: slab after slab, in the order of the file.

import Arrays
import Execution
import Geometry
import Storage

package enum FileWriter {
  package enum Kind: Sendable {
    case npy, tiff
  }

  /// What a path would be written as; nil for a path in a container.
  ///
  /// - Throws: `StorageError.unsupported` for formats that are read only.
  package static func kind(of path: String) throws(StorageError) -> Kind? {
    if FileFormats.isInContainer(path) { return nil }
    let name = path.lowercased()
    if name.hasSuffix(".npy") { return .npy }
    if name.hasSuffix(".tif") || name.hasSuffix(".tiff") { return .tiff }
    for (suffix, format) in [(".h5", "HDF5"), (".hdf5", "HDF5"), (".npz", ".npz"), (".png", "a stack of PNG pictures")] where name.hasSuffix(suffix) || name.contains(suffix + "/") {
      throw .unsupported(path: path, feature: "writing \(format)")
    }
    return nil
  }

  /// Writes all of an expression, in place of a file that is there. Holds a slab in memory, twice for TIFF.
  ///
  /// - Parameter codec: of TIFF: "deflate", "deflate 9", "raw"; nil is deflate. A .npy has none.
  /// - Throws: `StorageError`; what reading throws. The old file is then untouched.
  package static func write(_ expression: ArrayExpression, to path: String, as kind: Kind, codec: String?, _ context: ExecutionContext) throws {
    switch kind {
    case .npy:
      if let codec, codec != "raw" { throw StorageError.unsupported(path: path, feature: "the codec \(codec) in a .npy") }
      let file = try PartialFile(path)
      try file.write(Npy.header(expression.dtype, expression.shape))
      let slab = slab(expression.shape, chunk: expression.chunking?.shape, elementSize: expression.dtype.size, context)
      try expression.forEachSlab(chunks: slab, bytes: 1, label: "save", context) { _, block in
        try block.withBytes { try file.write($0) }
      }
      try file.finish()
    case .tiff: try TiffWriter(expression, path, codec: codec).write(context)
    }
  }

  /// The shape of pieces in C order, each read at once: 1 long on the first axes, whole on the last, and on the one between whole chunks of the
  /// source, so that none is decoded twice. About 64 MiB; up to a quarter of the memory budget where a layer of chunks takes that much.
  static func slab(_ shape: [Int], chunk: [Int]?, elementSize: Int, _ context: ExecutionContext) -> [Int] {
    let usual = max(1 << 16, min(64 << 20, context.memoryBudget / 16)), most = max(usual, context.memoryBudget / 4)
    var slab = [Int](repeating: 1, count: shape.count), bytes = elementSize
    for axis in shape.indices.reversed() {
      let whole = bytes.multipliedReportingOverflow(by: max(1, shape[axis]))
      if !whole.overflow, whole.partialValue <= usual {
        slab[axis] = max(1, shape[axis])
        bytes = whole.partialValue
        continue
      }
      let stored = max(1, min(chunk?[axis] ?? 1, shape[axis])), fits = max(1, usual / bytes)
      slab[axis] = fits >= stored ? fits / stored * stored : max(fits, min(stored, most / bytes))
      break
    }
    return slab
  }
}
