// A dictionary of weights as torch.save writes it, in zip form, which torch.load(weights_only=True) opens: {name: tensor}, or {"model": {name: tensor}, "optimizer": {}}.
//
// The pickle is of protocol 2. Names that stand for the same array share a storage, as in DaCapo's own files.
// Layout: torch/serialization.py. Checked with torch.load: Tests/Program/weights.sh.

import Arrays
import Storage

enum TorchWriter {
  /// - Parameter weights: each array with all the names that it is to have.
  /// - Parameter isNested: under the key "model", as DaCapo reads it.
  /// - Throws: `StorageError`, `ArrayError`.
  static func write(_ weights: [(names: [String], array: NDArray)], isNested: Bool, _ path: String, sync: Bool) throws {
    var zip = try ZipWriter(path), pickle = Pickle()
    let stem = "archive"
    pickle.begin(isNested)
    // All first names, then all second ones, as a module lists its parts.
    for round in 0..<(weights.map(\.names.count).max() ?? 0) {
      for (index, weight) in weights.enumerated() where round < weight.names.count { pickle.tensor(weight.names[round], storage: index, weight.array.shape) }
    }
    pickle.end(isNested)
    try zip.add("\(stem)/data.pkl", pickle.bytes)
    try zip.add("\(stem)/byteorder", Array("little".utf8))
    for (index, weight) in weights.enumerated() {
      guard weight.array.dtype == .float32 else { throw NetworkError.dtype(expected: .float32, found: weight.array.dtype) }
      try weight.array.contiguous().withBytes { try zip.add("\(stem)/data/\(index)", $0) }
    }
    try zip.add("\(stem)/version", Array("3\n".utf8))
    try zip.finish(sync: sync)
  }

  private struct Pickle {
    var bytes: [UInt8] = []

    mutating func begin(_ isNested: Bool) {
      bytes += [0x80, 2]               // the protocol
      if isNested {
        bytes += [0x7D, 0x28]          // a dictionary, a mark
        text("model")
      }
      global("collections", "OrderedDict")
      bytes += [0x29, 0x52, 0x28]      // called without arguments, a mark
    }

    mutating func end(_ isNested: Bool) {
      bytes += [0x75]                  // its items
      if isNested {
        text("optimizer")
        bytes += [0x7D, 0x75]          // an empty dictionary, the items of the whole
      }
      bytes += [0x2E]                  // the end
    }

    mutating func tensor(_ name: String, storage: Int, _ shape: [Int]) {
      text(name)
      global("torch._utils", "_rebuild_tensor_v2")
      bytes += [0x28, 0x28]
      text("storage")
      global("torch", "FloatStorage")
      text(String(storage))
      text("cpu")
      int(shape.reduce(1, *))
      bytes += [0x74, 0x51]            // a tuple, the storage that it names
      int(0)
      tuple(shape)
      tuple(NDArray.packedStrides(shape))
      bytes += [0x89]                  // no gradient
      global("collections", "OrderedDict")
      bytes += [0x29, 0x52, 0x74, 0x52]
    }

    private mutating func tuple(_ values: [Int]) {
      bytes.append(0x28)
      for value in values { int(value) }
      bytes.append(0x74)
    }

    private mutating func int(_ value: Int) {
      if value < 1 << 31 { bytes.append(0x4A); little(value, 4) } else { bytes += [0x8A, 8]; little(value, 8) }
    }

    private mutating func text(_ text: String) {
      bytes.append(0x58)
      little(text.utf8.count, 4)
      bytes += text.utf8
    }

    private mutating func global(_ module: String, _ name: String) { bytes += Array("c\(module)\n\(name)\n".utf8) }
    private mutating func little(_ value: Int, _ size: Int) { for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) } }
  }
}
