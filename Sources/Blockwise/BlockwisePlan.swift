// What a blockwise statement will do, before it does anything: shown by a dry run, then executed.
//
// The plan's text holds, one `key = value` a line, everything that decides the output's bytes: inputs and their metadata, the function,
// region, tiling, padding, element type, seed, kernel level. Nothing else: not workers, times or hosts. Two runs with equal text give
// equal bytes, so the text stands beside the output and decides whether a run may be resumed; where it differs, the line that differs is
// the error message.

import Arrays
import Geometry

package struct BlockwisePlan: Sendable {
  package struct Input: Sendable {
    /// How a person knows it: a path, or "in memory".
    package var name: String
    /// Changes when its content may have changed: the hash of the plan that made it, or of its bytes in memory.
    package var identity: String
    package var dtype: DType
    package var shape: [Int]
    package var grid: Grid

    init(_ source: any ArraySource, _ identity: Identity) {
      (name, self.identity) = (identity.name, identity.text ?? Self.unknown)
      (dtype, shape, grid) = (source.dtype, source.shape, source.grid)
    }

    static let unknown = "unknown"
  }

  package struct Output: Sendable {
    package var path: String?
    /// nil in a dry run where only the function itself can tell.
    package var dtype: DType?
    package var shape: [Int]
    /// What is written as one: chunks, or shards of chunks.
    package var chunks: [Int]
    /// The chunks in a shard.
    package var inner: [Int]? = nil
    package var grid: Grid

    var dtypeText: String { dtype?.rawValue ?? "dtype of the function's result" }
    /// "(64, 64, 64)", or "(64, 64, 64) in shards of (256, 256, 256)".
    package var chunksText: String { inner.map { "\(shapeText($0)) in shards of \(shapeText(chunks))" } ?? shapeText(chunks) }
  }

  package struct StagePlan: Sendable {
    package var name: String
    package var tiling: Tiling
    /// Bytes of all reads (context read twice counts twice) and of all writes, uncompressed.
    package var bytesRead: Int
    package var bytesWritten: Int
    /// Bytes that one worker holds at a time, as far as is known before.
    package var bytesPerWorker: Int
    /// False where the tiling changes no byte of the output: it is then no part of the text, and may follow the memory at hand.
    package var decidesBytes = true
  }

  package var title: String
  package var inputs: [Input]
  package var output: Output
  package var stages: [StagePlan]
  /// All else that decides the bytes: the function's text, padding, connectivity, seed, kernel level, …
  package var parameters: [(key: String, value: String)]
  /// False in a dry run where some of that comes about only on the way, such as weights: the text and its hash are then not those of the run.
  package var isDecided = true

  package init(title: String, inputs: [Input], output: Output, stages: [StagePlan], parameters: [(key: String, value: String)]) {
    (self.title, self.inputs, self.output, self.stages, self.parameters) = (title, inputs, output, stages, parameters)
  }

  /// False where an input cannot say what it holds: what an earlier run wrote can then not be trusted.
  package var isResumable: Bool { isDecided && inputs.allSatisfy { $0.identity != Input.unknown } }

  /// The canonical text.
  package var text: String {
    var lines: [(String, String)] = [("plan", "1"), ("what", title)]
    for (number, input) in inputs.enumerated() {
      let key = "input \(number + 1)"
      lines += [(key, input.name), (key + " identity", input.identity), (key + " type", "\(input.dtype) \(shapeText(input.shape))"), (key + " grid", gridText(input.grid))]
    }
    lines += [("dtype", output.dtypeText), ("shape", shapeText(output.shape)), ("chunks", output.chunksText), ("grid", gridText(output.grid))]
    for stage in stages where stage.decidesBytes {
      let tiling = stage.tiling
      lines.append(("stage \(stage.name)", "region \(tiling.total) block \(shapeText(tiling.blockShape)) context \(shapeText(tiling.before)) \(shapeText(tiling.after)) \(tiling.fit)"))
    }
    lines += parameters.map { ($0.key, $0.value) }
    return lines.map { "\($0) = \(escaped($1))\n" }.joined()
  }

  /// Of the text: 16 hexadecimal digits.
  package var hash: String {
    var hash = StableHash()
    hash.add(text)
    return hash.text
  }

  package var hashValue64: UInt64 {
    var hash = StableHash()
    hash.add(text)
    return hash.value
  }

  /// For a dry run: what is read and written, in how many blocks, with how much memory.
  package func describe(workers: Int) -> String {
    var text = "\(title) → \(output.path ?? "memory")\n"
    for input in inputs { text += "  reads   \(input.name)  \(input.dtype) \(shapeText(input.shape))  \(byteText((try? NDArray.byteCount(input.dtype, input.shape)) ?? .max))\n" }
    text += "  writes  \(output.path ?? "memory")  \(output.dtypeText) \(shapeText(output.shape))  chunks \(output.chunksText)  \(byteText((try? NDArray.byteCount(output.dtype ?? .uint8, output.shape)) ?? .max))\n"
    for (number, stage) in stages.enumerated() {
      let tiling = stage.tiling
      text += "  stage \(number + 1) \(stage.name): \(tiling.count) blocks of \(shapeText(tiling.blockShape))"
      if (tiling.before + tiling.after).contains(where: { $0 > 0 }) { text += ", context \(shapeText(tiling.before))" + (tiling.after == tiling.before ? "" : " to \(shapeText(tiling.after))") }
      text += ", reads \(byteText(stage.bytesRead)), writes \(byteText(stage.bytesWritten))\n"
    }
    text += "  memory  about \(byteText(saturated(stages.map(\.bytesPerWorker).max() ?? 0, max(1, workers)))) with \(workers) \(workers == 1 ? "worker" : "workers")\n"
    return text + "  plan    \(hash)\n"
  }

  /// Why what `onDisk` made cannot be gone on with; nil where it can.
  static func refusal(of path: String, onDisk: String, here: String) -> BlockwiseError? {
    guard let (what, old, new) = difference(onDisk: onDisk, here: here) else { return nil }
    if let name = entries(here).first(where: { what == $0.key + " identity" }) { return .inputChanged(path: path, input: name.value, onDisk: old, here: new) }
    return .planDiffers(path: path, what: what, onDisk: old, here: new)
  }

  /// A line in which the two texts differ: the first, or the first that people can read.
  private static func difference(onDisk: String, here: String) -> (what: String, onDisk: String, here: String)? {
    let old = entries(onDisk), new = entries(here)
    let changed = new.filter { entry in old.first { $0.key == entry.key }?.value != entry.value }
    // an identity is a number: whatever else has changed says more
    if let (key, value) = changed.first(where: { !$0.key.hasSuffix(" identity") }) ?? changed.first {
      return (key, brief(old.first { $0.key == key }?.value ?? "nothing"), brief(value))
    }
    for (key, value) in old where !new.contains(where: { $0.key == key }) { return (key, brief(value), "nothing") }
    return onDisk == here ? nil : ("plan", "other", "this")
  }

  private static func entries(_ text: String) -> [(key: String, value: String)] {
    text.split(separator: "\n").map { line in
      guard let (left, right) = cut(line) else { return (String(line), "") }
      return (left, right)
    }
  }

  private static func cut(_ line: Substring) -> (String, String)? {
    var index = line.startIndex
    while index < line.endIndex {
      if line[index...].hasPrefix(" = ") { return (String(line[..<index]), String(line[line.index(index, offsetBy: 3)...])) }
      index = line.index(after: index)
    }
    return nil
  }

  private static func brief(_ value: String) -> String { value.count <= 80 ? value : value.prefix(77) + "…" }

  private func escaped(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\n": text += "\\n"
      case "\\": text += "\\\\"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

package func gridText(_ grid: Grid) -> String {
  let axes = grid.axes.map(\.name).joined(separator: " ")
  return grid.isKnown ? "\(axes) voxel \(exact(grid.voxelSize)) offset \(exact(grid.offset)) nm" : "\(axes) unknown voxel size"
}

private func exact(_ coordinate: WorldCoordinate) -> String {
  "(" + coordinate.values.map { $0.denominator == 1 ? "\($0.numerator)" : "\($0.numerator)/\($0.denominator)" }.joined(separator: ", ") + ")"
}
