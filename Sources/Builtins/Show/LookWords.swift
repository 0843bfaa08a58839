import Arrays
import Display
import Geometry
import Language

extension Builtin {
  static let look = Builtin(
    "look",
    "(a: array, overlay: array = nil, axis=\"z\", at: int = nil, colors: \"auto|grey|labels\" = \"auto\", width: int = nil, whole=false) -> image",
    "Shows a slice, the middle one along `axis` unless `at` says otherwise; labels in colours, `overlay` labels over grey values.",
    details: ["Large arrays show their central window, at most 27 chunks, unless whole=true reads the whole slice. save(look(a), \"x.png\") keeps it."],
    searchTerms: ["show", "view", "picture", "slice", "png"]
  ) { call in
    let array = try call.array("a")
    let cut = try Slice(array, axis: try call.string("axis"), at: try call.optionalInt("at"), whole: try call.bool("whole"), call)
    let raw = try cut.read(array, call)
    let image: Image
    if let overlay = try call.optionalArray("overlay") {
      guard overlay.shape == array.shape else { throw call.failure(.shape, "shapes do not match: \(array.axesText) and overlay \(overlay.axesText)", at: "overlay") }
      image = try Picture.overlay(raw, try cut.read(overlay, call))
    } else {
      let colors = try call.string("colors")
      let isLabels = colors == "labels" || (colors == "auto" && [.uint32, .uint64, .int32, .int64].contains(array.dtype))
      image = try isLabels ? Picture.labels(raw) : Picture.grey(raw)
    }
    return Value(ImageValue(image: image, caption: try caption(array, cut, raw), width: try call.optionalInt("width")))
  }

  private static func caption(_ array: ArrayValue, _ cut: Slice, _ raw: NDArray) throws -> [String] {
    let stats = try Stats(raw)
    var head = "\(array.brief)"
    if let position = cut.position { head += "    \(position)" }
    if cut.isWindow { head += "    central window" }
    var tail = "  min \(compact(stats.min))  median \(compact(stats.median))  max \(compact(stats.max))"
    if stats.nan > 0 { tail += "  \(grouped(stats.nan)) NaN" }
    if array.grid.isKnown { tail += "   voxel \(sizeText(array.grid.voxelSize))" }
    return [head, tail]
  }
}

/// The 2D part of an array that is shown.
private struct Slice {
  private let index: [AxisIndex]
  private(set) var position: String?
  private(set) var isWindow = false

  /// Voxels an axis of the window that is read from a large array.
  static let window = 192

  init(_ array: ArrayValue, axis name: String, at: Int?, whole: Bool, _ call: Call) throws {
    let (shape, axes) = (array.shape, array.grid.axes)
    guard shape.count >= 2, !shape.contains(0) else { throw call.failure(.shape, "`look` needs at least two axes with voxels, found \(array.axesText)", at: "a") }
    var index = [AxisIndex](repeating: .all, count: shape.count)
    let spatial = array.grid.spatialAxes
    // Two axes are shown: the last ones of space, or all but the one that is cut.
    let cut = spatial.count >= 3 ? axes.firstIndex { $0.name == name } : nil
    if spatial.count >= 3, cut == nil { throw call.failure(.value, "the array has no axis `\(name)`", at: "axis", label: "axes: \(axes.map(\.name).joined(separator: ", "))") }
    let shown = (spatial.count >= 2 ? spatial.filter { $0 != cut } : Array(shape.indices)).suffix(2)
    var positions: [String] = []
    for axis in shape.indices where !shown.contains(axis) {
      let middle = array.grid.axes[axis].kind == .space ? shape[axis] / 2 : 0
      let chosen = axis == cut ? at ?? middle : middle
      guard chosen >= 0, chosen < shape[axis] else { throw call.failure(.index, "\(axes[axis].name) = \(chosen) lies outside the array: \(axes[axis].name) has \(shape[axis]) voxels", at: "at") }
      index[axis] = .at(chosen)
      positions.append("\(axes[axis].name) = \(chosen) of \(shape[axis])")
    }
    if !positions.isEmpty { position = positions.joined(separator: ", ") }
    if !whole, case .view = array.content {
      for axis in shown where shape[axis] > 4 * Self.window {
        index[axis] = .walk(begin: (shape[axis] - Self.window) / 2, step: 1, count: Self.window)
        isWindow = true
      }
    }
    self.index = index
  }

  func read(_ array: ArrayValue, _ call: Call) throws -> NDArray {
    var view = SourceView(try array.source(call.execution))
    for axis in index.indices.reversed() {
      switch index[axis] {
      case .all: continue
      case .at(let at): view = try view.dropping(axis: axis, at: at)
      case .walk(let begin, let step, let count): view = try view.walking(axis: axis, begin: begin, step: step, count: count)
      }
    }
    return try view.read(try VoxelRoi(shape: view.shape), ReadContext(pool: call.execution.pool, cancellation: call.execution.cancellation))
  }
}

/// What the caption says of the values shown.
private struct Stats {
  var min = Double.nan, median = Double.nan, max = Double.nan, nan = 0

  init(_ array: NDArray) throws {
    let packed = try array.contiguous()
    func doubles<T: Element>(_: T.Type) -> [Double] { packed.withElements(T.self) { $0.map(\.double) } }
    let values = doubles(packed.dtype.type)
    let sorted = values.filter { !$0.isNaN }.sorted()
    nan = values.count - sorted.count
    guard let first = sorted.first, let last = sorted.last else { return }
    (min, median, max) = (first, sorted[sorted.count / 2], last)
  }
}
