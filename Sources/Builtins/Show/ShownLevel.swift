// Which array of a pyramid a picture is made of.

import Arrays
import Display
import Geometry
import Language
import Storage

/// A level of a multiscale group that stands for the array asked for.
struct ShownLevel {
  /// 1 is the finest.
  var number: Int, count: Int
  /// The shape of the array that was asked for.
  var full: [Int]

  /// The array to show, of which level it is, and what lies over it. Of a multiscale group, or of one of its levels, the coarsest level that fills
  /// the screen stands for it, among those that fit the overlay; the finest, or the array itself, where the whole slice is wanted.
  static func chosen(_ call: Call) throws -> (ArrayValue, ShownLevel?, ArrayValue?) {
    let overlays = try candidates("overlay", call), whole = try call.bool("whole")
    var levels: [StoredArray], first = 0
    if try call.value("a").object(as: GroupValue.self) != nil {
      levels = try candidates("a", call).compactMap(\.stored)
    } else {
      let array = try call.array("a")
      // the overlay of an array is as the array is
      if let overlay = overlays.first(where: { fits($0, array) }) ?? overlays.first { return (array, nil, overlay) }
      guard let stored = array.stored, case .view(let view) = array.content, view.isWhole, !whole else { return (array, nil, nil) }
      guard let parent = try? StoredNode.open(Files.parent(stored.path)), case .group(let group) = parent, let found = try? group.levels(),
        let own = found.firstIndex(where: { $0.path == stored.path }), stored.grid == found[own].grid
      else { return (array, nil, nil) }
      (levels, first) = (found, own)
    }
    func result(_ number: Int, _ array: ArrayValue) -> (ArrayValue, ShownLevel?, ArrayValue?) {
      (array, levels.count > 1 ? ShownLevel(number: number + 1, count: levels.count, full: levels[first].shape) : nil, overlays.first { fits($0, array) })
    }
    let style = call.host.style, axis = try call.string("axis")
    let columns = max(16, min(style.width, try call.optionalInt("width") ?? style.width))
    var finest: (ArrayValue, ShownLevel?, ArrayValue?)?
    for number in stride(from: levels.count - 1, through: first, by: -1) {
      let array = ArrayValue(levels[number])
      if !overlays.isEmpty, !overlays.contains(where: { fits($0, array) }) { continue }
      finest = result(number, array)
      let cut = array.shownAxes(cutting: axis)
      // a picture of the terminal has two pixels a cell, 20 cells high
      if !whole, cut.count == 2, array.shape[cut[1]] >= columns || array.shape[cut[0]] >= 40 { break }
    }
    if let finest { return finest }
    let texts = levels.map { "\(Files.name($0.path)) \(ArrayValue($0).axesText)" }.joined(separator: ", ")
    throw call.failure(.shape, "no level has the shape of the overlay, \(overlays.first?.axesText ?? "none"): \(texts)", at: "overlay")
  }

  /// An array, or the levels of a group; none where it is nil.
  private static func candidates(_ argument: String, _ call: Call) throws -> [ArrayValue] {
    if try call.value(argument).isNil { return [] }
    guard let group = try call.value(argument).object(as: GroupValue.self) else { return [try call.array(argument)] }
    guard let levels = try group.levels(), !levels.isEmpty else {
      throw call.failure(.type, "`\(group.group.path)` is a group without levels: it holds \(try group.group.children().map(\.name).prefix(6).joined(separator: ", "))", at: argument, hint: try group.firstChild())
    }
    return levels.map { ArrayValue($0) }
  }

  /// Whether labels lie voxel on voxel over an array, channels apart.
  private static func fits(_ overlay: ArrayValue, _ array: ArrayValue) -> Bool {
    func spatial(_ array: ArrayValue) -> [Int] { array.grid.spatialAxes.map { array.shape[$0] } }
    let places = overlay.grid.isKnown && array.grid.isKnown ? overlay.grid.voxelSize == array.grid.voxelSize : true
    return spatial(overlay) == spatial(array) && places
  }
}
