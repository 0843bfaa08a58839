import Arrays
import Blockwise
import Display
import FileFormats
import Geometry
import Language
import Storage
import TerminalText

extension ArrayValue {
  var brief: String { "\(dtype) \(axesText)" }
  var identity: String? {
    let content: (any ArraySource) = switch content {
    case .memory(let volume): volume
    case .view(let view): view
    case .expression(let expression): expression
    }
    return contentIdentity(of: content).map { "\(dtype) \(shapeText(shape)) \(gridText(grid)) of \($0)" }
  }
  var isBriefInText: Bool { true }

  /// "(z 6368, y 1600, x 12000)"
  var axesText: String { "(" + zip(grid.axes, shape).map { "\($0.name) \($1)" }.joined(separator: ", ") + ")" }

  func summary(_ style: DisplayStyle) -> String {
    let size = byteText(byteCount), title = (style.name.map { "\($0)  " } ?? "") + brief, head = "\(title)  \(residence)"
    var lines = Layout(style.width)
    let gap = min(style.width, 80) - head.columns - size.columns
    if gap >= 2 { lines.add(head + String(repeating: " ", count: gap) + size, [], indent: 2) } else { lines.add("", [title, residence, size], indent: 2, separator: "  ") }
    if shape.count <= 1, count <= 12, case .memory(let volume) = content { lines.add("  values  \(Self.listed(volume))", [], indent: 10); return lines.text }
    if grid.spatialRank > 0 {
      if grid.isKnown {
        let corner = "offset \(grid.offset.values.map(lengthText).joined(separator: ", ")) nm"
        lines.add("  voxel   ", [sizeText(grid.voxelSize), corner] + ((stored?.gridSource ?? file?.gridSource).map { ["from \($0)"] } ?? []), indent: 10)
        if let roi = try? roi() { lines.add("  roi     ", [worldText(roi)], indent: 10) }
      } else {
        lines.add("  voxel   unknown", [], indent: 10)
      }
    }
    if let stored {
      lines.add("  chunks  ", [chunkText(stored), stored.codecText, "\(stored.format)"], indent: 10, separator: "   ")
      if stored.isUnfinished { lines.add("  unfinished: what wrote it was stopped, or is at work; missing chunks read as the fill value", [], indent: 2) }
      if case .view(let view) = content, view.isWhole {
        let most = min(ShownSlice.chunkLimit, stored.chunkCount)
        lines.add("  values  ", ["not read: look(\(style.name ?? "a")) reads ≤ \(most) chunk\(most == 1 ? "" : "s"),", "stats(\(style.name ?? "a")) reads all"], indent: 10, separator: " ")
      }
    }
    if let file {
      lines.add("  chunks  ", [file.chunking?.shape.map(grouped).joined(separator: " × ") ?? "none", file.codecText, file.format], indent: 10, separator: "   ")
      if let remark = file.remark { lines.add("  \(remark)", [], indent: 2) }
    }
    if let remark { lines.add("  \(remark)", [], indent: 2) }
    return lines.text
  }

  /// "64³, 100 × 25 × 188 = 470,000" of a whole array, "64³ in shards 256³, touches 27 of 470,000" of a view.
  private func chunkText(_ stored: StoredArray) -> String {
    func text(_ shape: [Int]) -> String {
      let isCube = Set(shape).count == 1 && (2...3).contains(shape.count)
      return isCube ? "\(shape[0])\(shape.count == 2 ? "²" : "³")" : shape.map(grouped).joined(separator: " × ")
    }
    let size = text(stored.chunks) + (stored.shards.map { " in shards \(text($0))" } ?? ""), all = grouped(stored.chunkCount)
    guard case .view(let view) = content, !view.isWhole else { return "\(size), \(stored.chunkGrid.map(grouped).joined(separator: " × ")) = \(all)" }
    var touched = 1
    for walk in view.walks {
      let chunk = stored.chunks[walk.baseAxis], last = walk.begin + max(0, walk.count - 1) * walk.step
      let span = abs(last / chunk - walk.begin / chunk) + 1
      touched *= walk.count == 0 ? 0 : abs(walk.step) > chunk ? walk.count : span
    }
    return "\(size), touches \(grouped(touched)) of \(all)"
  }

  /// "in memory", "view on disk, read-only".
  var residence: String {
    switch content {
    case .memory: "in memory"
    case .expression: "not computed"
    case .view(let view):
      if let stored { (view.isWhole ? "on disk" : "view on disk") + (stored.mode == .edit ? ", editable" : ", read-only") }
      else if file != nil { (view.isWhole ? "on disk" : "view on disk") + ", read-only" }
      else { isOnDisk ? "view on disk, computed when read" : "computed when read" }
    }
  }

  private static func listed(_ volume: Volume) -> String {
    func texts<T: Element>(_: T.Type) -> [String] { ((try? volume.array.elements(T.self)) ?? []).map { Value(scalar: $0.scalar).shown() } }
    return "[" + texts(volume.dtype.type).joined(separator: ", ") + "]"
  }
}
