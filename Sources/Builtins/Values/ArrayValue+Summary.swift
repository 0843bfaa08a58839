import Arrays
import Display
import Geometry
import Language
import Storage

extension ArrayValue {
  var brief: String { "\(dtype) \(axesText)" }

  /// "(z 6368, y 1600, x 12000)"
  var axesText: String { "(" + zip(grid.axes, shape).map { "\($0.name) \($1)" }.joined(separator: ", ") + ")" }

  func summary(_ style: DisplayStyle) -> String {
    let residence = residence
    var head = "\(dtype) \(axesText)  \(residence)"
    let size = byteText(byteCount)
    head += String(repeating: " ", count: max(2, min(style.width, 80) - columns(head) - columns(size))) + size
    var lines = [head]
    if shape.count <= 1, count <= 12, case .memory(let volume) = content { lines.append("  values  \(Self.listed(volume))"); return lines.joined(separator: "\n") }
    if grid.isKnown, grid.spatialRank > 0 {
      lines.append("  voxel   \(sizeText(grid.voxelSize))    offset \(grid.offset.values.map(\.description).joined(separator: ", ")) nm" + (stored?.gridSource.map { "    from \($0)" } ?? ""))
      if let roi = try? roi() { lines.append("  roi     \(worldText(roi))") }
    } else {
      lines.append("  voxel   unknown")
    }
    if let stored {
      let grid = zip(stored.shape, stored.chunks).map { ($0 + $1 - 1) / $1 }
      lines.append(
        "  chunks  \(stored.chunks.map(String.init).joined(separator: " × ")), \(grid.map(String.init).joined(separator: " × ")) = \(grouped(grid.reduce(1, *)))   \(stored.codecText)   \(stored.format)")
      lines.append("  values  not read: look(a) reads a few chunks, stats(a) reads all")
    }
    if let remark { lines.append("  \(remark)") }
    return lines.joined(separator: "\n")
  }

  /// "in memory", "view on disk, read-only".
  var residence: String {
    switch content {
    case .memory: "in memory"
    case .expression: "not computed"
    case .view(let view):
      if let planned { planned.path.map { "planned, \($0)" } ?? "planned, in memory" } else if let stored { (view.isWhole ? "on disk" : "view on disk") + (stored.mode == .edit ? ", editable" : ", read-only") } else { "computed when read" }
    }
  }

  private static func listed(_ volume: Volume) -> String {
    func texts<T: Element>(_: T.Type) -> [String] { ((try? volume.array.elements(T.self)) ?? []).map { Value(scalar: $0.scalar).shown() } }
    return "[" + texts(volume.dtype.type).joined(separator: ", ") + "]"
  }
}
