// look: one slice of an array as a picture, with what a person wants to know beside it. Of an array on disk at most 27 chunks are read: the
// coarsest pyramid level that still fills the screen, or else the central window.

import Arrays
import Display
import Geometry
import Language
import Storage

extension Builtin {
  static let look = Builtin(
    "look",
    """
    (a: array|group, overlay: array|group = nil, axis="z", at: int|length = nil, colors: "auto|grey|labels|rgb" = "auto", channel: int = nil, low: number = nil, high: number = nil,
     width: int = nil, whole=false) -> image
    """,
    "Shows a slice, the middle one along `axis` unless `at` (a voxel, or a place in the world) says otherwise; labels in colours, `overlay` labels over grey values.",
    details: [
      "Of an array on disk at most 27 chunks are read: the coarsest pyramid level that fills the screen, else the central window, and the picture says which; whole=true reads the whole slice.",
      "Grey values span the 1st to the 99th percentile unless `low` and `high` say otherwise. Up to four channels stand beside each other; colors=\"rgb\" shows three as one.",
      "save(look(a), \"x.png\") keeps the picture.",
    ],
    examples: [Example("look(random((8, 32, 48)), axis=\"y\", at=3).height", prints: "8")],
    searchTerms: ["show", "view", "picture", "slice", "png", "image", "display"], streams: ["a"], needs: .parts
  ) { call in
    let begun = monotonicSeconds()
    let (array, level, overlay) = try shown(call)
    let cut = try Slice(array, call, fullSize: level?.full)
    let planes = try cut.planes(of: array, channel: try call.optionalInt("channel"), call)
    let slices = try cut.read(array, planes, call)
    let isLabels = try showsLabels(array, call)
    let window = try greyWindow(call)
    var image: Image
    if let overlay {
      image = try Picture.overlay(slices[0], try cut.matching(overlay, array, call), window: window)
    } else if try call.string("colors") == "rgb" {
      guard slices.count == 3 else { throw call.failure(.shape, "rgb needs three channels, found \(array.axesText)", at: "colors") }
      image = try Picture.composite(slices, window: window)
    } else {
      image = Image.beside(try slices.map { try isLabels ? Picture.labels($0) : Picture.grey($0, window: window) }, gap: max(1, slices[0].shape[1] / 40))
    }
    var facts = try isLabels ? labelFacts(slices[0]) : valueFacts(slices)
    facts.append("axes (\(array.grid.axes.map(\.name).joined(separator: ", ")))" + (array.grid.isKnown ? "   voxel \(sizeText(array.grid.voxelSize))" : ""))
    if let read = cut.chunksRead { facts.append("\(read) in \(duration(monotonicSeconds() - begun))") }
    return Value(ImageValue(image: image, caption: head(array, cut, level), facts: facts, width: try call.optionalInt("width")))
  }

  private static func showsLabels(_ array: ArrayValue, _ call: Call) throws -> Bool {
    let colors = try call.string("colors")
    return colors == "labels" || (colors == "auto" && [.uint32, .uint64, .int32, .int64].contains(array.dtype))
  }

  private static func greyWindow(_ call: Call) throws -> (Double, Double)? {
    let low = try call.optionalFloat("low"), high = try call.optionalFloat("high")
    if low == nil, high == nil { return nil }
    guard let low, let high, low < high else { throw call.failure(.argument, "a grey window needs `low` below `high`", at: low == nil ? "high" : "low") }
    return (low, high)
  }

  /// "uint8 (z 96, y 125, x 125)  view on disk, 1.4 MiB    z = 48 of 96    level 3 of 5"
  private static func head(_ array: ArrayValue, _ cut: Slice, _ level: Level?) -> [String] {
    var parts = ["\(array.brief)  \(array.residence), \(byteText(array.byteCount))"]
    if let position = cut.position { parts.append(position) }
    if let level { parts.append("level \(level.number) of \(level.count)") }
    if let window = cut.windowText { parts.append(window) }
    if let remark = array.remark { parts.append(remark) }
    return parts
  }

  private static func valueFacts(_ slices: [NDArray]) throws -> [String] {
    let values = try slices.flatMap { try $0.asDoubles() }, sorted = values.filter { !$0.isNaN }.sorted()
    guard let first = sorted.first, let last = sorted.last else { return ["every value is NaN"] }
    if slices[0].dtype == .bool {
      let share = Double(sorted.count { $0 > 0 }) / Double(sorted.count)
      return ["true \(fixed(100 * share, 1)) %"]
    }
    let at = { (percent: Int) in compact(sorted[min(sorted.count - 1, sorted.count * percent / 100)]) }
    var lines = ["min \(compact(first))  p1 \(at(1))  median \(at(50))  p99 \(at(99))  max \(compact(last))"]
    let finite = sorted.filter(\.isFinite)
    if let low = finite.first, let high = finite.last, low < high {
      var counts = [Double](repeating: 0, count: 16)
      for value in finite { counts[bin(value, low, high, of: counts.count)] += 1 }
      // roots, so that a peak does not flatten the rest
      lines.append("\(sparkline(counts.map { $0.squareRoot() }))   \(compact(low)) → \(compact(high))")
    }
    let nan = values.count - sorted.count, infinite = sorted.count - finite.count
    if nan + infinite > 0 { lines.append("\(grouped(nan)) NaN  \(grouped(infinite)) infinite") }
    return lines
  }

  private static func labelFacts(_ slice: NDArray) throws -> [String] {
    var sizes: [UInt64: Int] = [:]
    for id in try Picture.identifiers(slice) where id != 0 { sizes[id, default: 0] += 1 }
    let total = slice.shape[0] * slice.shape[1]
    guard let largest = sizes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return ["no label but 0"] }
    let share = total > 0 ? 100 * Double(sizes.values.reduce(0, +)) / Double(total) : 0
    return ["\(grouped(sizes.count)) \(sizes.count == 1 ? "label" : "labels") on \(fixed(share, 1)) %", "largest \(largest.key), \(grouped(largest.value)) voxels"]
  }
}

// MARK: Pyramids

/// A level of a multiscale group that stands for the array asked for.
private struct Level {
  /// 1 is the finest.
  var number: Int, count: Int
  /// Of the array that was asked for.
  var full: [Int]
}

extension Builtin {
  /// The array to show, of which level it is, and what lies over it. Of a multiscale group, or of one of its levels, the coarsest level that fills
  /// the screen stands for it, among those that fit the overlay; the finest, or the array itself, where the whole slice is wanted.
  private static func shown(_ call: Call) throws -> (ArrayValue, Level?, ArrayValue?) {
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
    func result(_ number: Int, _ array: ArrayValue) -> (ArrayValue, Level?, ArrayValue?) {
      (array, levels.count > 1 ? Level(number: number + 1, count: levels.count, full: levels[first].shape) : nil, overlays.first { fits($0, array) })
    }
    let style = call.host.style, axis = try call.string("axis")
    let columns = max(16, min(style.width, try call.optionalInt("width") ?? style.width))
    var finest: (ArrayValue, Level?, ArrayValue?)?
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

// MARK: Slices

extension ArrayValue {
  /// What is read or computed chunk by chunk when it is looked at; nil for what lies in memory, or is computed from what does.
  fileprivate var lazyView: SourceView? {
    switch content {
    case .memory: nil
    case .view(let view): view
    case .expression(let expression): expression.chunking == nil ? nil : SourceView(expression)
    }
  }

  /// The two axes that a picture shows: the last ones of space without the one that is cut.
  fileprivate func shownAxes(cutting name: String) -> [Int] {
    let spatial = grid.spatialAxes
    if spatial.count >= 3 { return Array(spatial.filter { grid.axes[$0].name != name }.suffix(2)) }
    return Array((spatial.count >= 2 ? spatial : Array(shape.indices)).suffix(2))
  }
}

/// Which chunks of the base an axis of a view walks over.
private struct ChunkAxis {
  private(set) var walk: SourceView.Walk, chunk: Int

  /// - Parameter origin: where a chunk of the base begins.
  init(_ walk: SourceView.Walk, chunk: Int, origin: Int) {
    (self.walk, self.chunk) = (walk, max(1, chunk))
    // counted from the begin of a chunk that lies before all voxels
    self.walk.begin += (self.chunk - origin % self.chunk) % self.chunk
  }

  /// How many chunks hold the voxels `begin ..< end` of the view; all between the first and the last are read.
  func chunks(_ begin: Int, _ end: Int) -> Int {
    if end <= begin { return 0 }
    let first = walk.begin + begin * walk.step, last = walk.begin + (end - 1) * walk.step
    return max(first, last) / chunk - min(first, last) / chunk + 1
  }

  /// The voxels of the view in the `count` chunks in its middle.
  func middle(_ count: Int) -> (begin: Int, end: Int) {
    let ends = [walk.begin, walk.begin + max(0, walk.count - 1) * walk.step]
    let low = (ends.min() ?? 0) / chunk, high = (ends.max() ?? 0) / chunk
    let first = low + (high - low + 1 - count) / 2
    // base voxels first·chunk ..< (first + count)·chunk, in steps of the view
    let from = first * chunk, to = (first + count) * chunk, size = abs(walk.step)
    func up(_ distance: Int) -> Int { max(0, min(walk.count, (max(0, distance) + size - 1) / size)) }
    return walk.step > 0 ? (up(from - walk.begin), up(to - walk.begin)) : (up(walk.begin - to + 1), up(walk.begin - from + 1))
  }
}

/// The 2D part of an array that is shown.
private struct Slice {
  private let index: [AxisIndex]
  private let channelAxis: Int?
  private(set) var position: String?
  private(set) var windowText: String?
  /// "25 of 4,700 chunks read"
  private(set) var chunksRead: String?

  /// Chunks that are read at most.
  static let chunkLimit = 27
  /// Voxels an axis of the window into something that is computed when it is read.
  static let window = 256

  /// - Parameter fullSize: the shape that `at` counts in, where a coarser level stands for it.
  init(_ array: ArrayValue, _ call: Call, fullSize: [Int]?) throws {
    let (shape, axes) = (array.shape, array.grid.axes), name = try call.string("axis")
    guard shape.count >= 2, !shape.contains(0) else { throw call.failure(.shape, "`look` needs at least two axes with voxels, found \(array.axesText)", at: "a") }
    let spatial = array.grid.spatialAxes, cut = spatial.count >= 3 ? axes.firstIndex { $0.name == name } : nil
    if spatial.count >= 3, cut.map({ !spatial.contains($0) }) ?? true {
      throw call.failure(.value, "`axis` must be one of \(Words.either(spatial.map { axes[$0].name })), not `\(name)`", at: "axis")
    }
    if cut == nil, try !call.value("at").isNil { throw call.failure(.value, "`at` needs an axis to cut: the array has only the two that are shown", at: "at") }
    let shown = array.shownAxes(cutting: name)
    var index = [AxisIndex](repeating: .all, count: shape.count), positions: [String] = [], channel: Int?
    for axis in shape.indices where !shown.contains(axis) {
      if axes[axis].kind == .channel, channel == nil { channel = axis; continue }
      let chosen = axis == cut ? try Self.place(array, axis, full: fullSize?[axis], call) : axes[axis].kind == .space ? shape[axis] / 2 : 0
      index[axis] = .at(chosen)
      positions.append("\(axes[axis].name) = \(grouped(chosen)) of \(grouped(shape[axis]))")
    }
    if !positions.isEmpty { position = positions.joined(separator: ", ") }
    if let view = array.lazyView {
      let chunks = view.base.chunking
      let axesOfChunks = shape.indices.map { axis in
        let base = view.walks[axis].baseAxis
        return ChunkAxis(view.walks[axis], chunk: chunks?.shape[base] ?? Self.window, origin: chunks?.origin[base] ?? 0)
      }
      let planes = channel.map { axesOfChunks[$0].chunks(0, min(4, shape[$0])) } ?? 1
      var read = shown.map { axesOfChunks[$0].chunks(0, shape[$0]) }
      if !(try call.bool("whole")), read[0] * read[1] * planes > Self.chunkLimit {
        let all = read, room = max(1, Self.chunkLimit / planes), side = max(1, Int(Double(room).squareRoot()))
        // as square as the chunks allow
        read[0] = min(all[0], max(side, room / max(1, min(all[1], side))))
        read[1] = min(all[1], max(1, room / read[0]))
        for (place, axis) in shown.enumerated() where read[place] < all[place] {
          let (begin, end) = axesOfChunks[axis].middle(read[place])
          index[axis] = .walk(begin: begin, step: 1, count: end - begin)
        }
        windowText = "central window " + shown.map { axis in
          if case .walk(let begin, _, let count) = index[axis] { "\(axes[axis].name) \(grouped(begin)):\(grouped(begin + count))" } else { "\(axes[axis].name) all" }
        }.joined(separator: ", ")
      }
      if array.stored != nil {
        let total = shape.indices.map { axesOfChunks[$0].chunks(0, shape[$0]) }.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        chunksRead = "\(grouped(read[0] * read[1] * planes)) of \(grouped(total)) \(total == 1 ? "chunk" : "chunks") read"
      }
    }
    (self.index, channelAxis) = (index, channel)
  }

  /// The voxel on the axis that is cut.
  private static func place(_ array: ArrayValue, _ axis: Int, full: Int?, _ call: Call) throws -> Int {
    let length = array.shape[axis], total = full ?? length, name = array.grid.axes[axis].name
    switch try call.value("at") {
    case .nil: return length / 2
    case .length(let place):
      guard array.grid.isKnown, let position = array.grid.spatialAxes.firstIndex(of: axis) else {
        throw call.failure(.units, "`at` is a length, but the array's voxel size is unknown", at: "at", hint: "at=\(length / 2)")
      }
      let voxel = try ((try place - array.grid.offset[position]) / array.grid.voxelSize[position]).rounded(.down)
      guard (0..<length).contains(voxel) else {
        throw call.failure(.index, "\(name) = \(Value.lengthText(place)) lies outside the array: \(name) covers \(Value.length(array.grid.offset[position]).shown()) to \(Value.length(try array.grid.offset[position] + (try array.grid.voxelSize[position] * Rational(length))).shown())", at: "at")
      }
      return voxel
    default:
      let voxel = try call.int("at")
      guard (0..<total).contains(voxel) else { throw call.failure(.index, "\(name) = \(voxel) lies outside the array: \(name) has \(total) voxels", at: "at") }
      return total == length ? voxel : min(length - 1, Int(Int128(voxel) * Int128(length) / Int128(total)))
    }
  }

  /// Which channels are shown; [nil] where there are none.
  func planes(of array: ArrayValue, channel: Int?, _ call: Call) throws -> [Int?] {
    guard let axis = channelAxis else {
      if channel != nil { throw call.failure(.index, "the array has no channels", at: "channel") }
      return [nil]
    }
    let count = array.shape[axis]
    if let channel {
      guard (0..<count).contains(channel) else { throw call.failure(.index, "channel \(channel) of \(count)", at: "channel") }
      return [channel]
    }
    return (0..<min(4, count)).map { $0 }
  }

  /// A picture of each channel, all of them in one read: they may share chunks.
  func read(_ array: ArrayValue, _ channels: [Int?], _ call: Call) throws -> [NDArray] {
    var view = SourceView(try array.source(call.execution)), position = channelAxis
    for axis in index.indices.reversed() {
      if axis == channelAxis {
        view = channels.count == 1 ? try view.dropping(axis: axis, at: channels[0] ?? 0) : try view.walking(axis: axis, begin: 0, step: 1, count: channels.count)
        continue
      }
      switch index[axis] {
      case .all: continue
      case .at(let at):
        view = try view.dropping(axis: axis, at: at)
        if let channelAxis, axis < channelAxis { position = position.map { $0 - 1 } }
      case .walk(let begin, let step, let count): view = try view.walking(axis: axis, begin: begin, step: step, count: count)
      }
    }
    let values = try view.read(try VoxelRoi(shape: view.shape), ReadContext(pool: call.execution.pool, cancellation: call.execution.cancellation))
    guard channels.count > 1, let position else { return [values] }
    return try channels.indices.map { try values.dropping(axis: position, at: $0).contiguous() }
  }

  /// The same part of the overlay, which has the array's axes of space.
  func matching(_ overlay: ArrayValue, _ array: ArrayValue, _ call: Call) throws -> NDArray {
    let axes = array.grid.axes.map(\.name), own = overlay.grid.axes.map(\.name)
    let expected = array.shape.indices.filter { $0 != channelAxis }
    guard own == expected.map({ axes[$0] }), overlay.shape == expected.map({ array.shape[$0] }) else {
      throw call.failure(.shape, "shapes do not match: \(array.axesText) and overlay \(overlay.axesText)", at: "overlay")
    }
    var view = SourceView(try overlay.source(call.execution))
    for (position, axis) in expected.enumerated().reversed() {
      switch index[axis] {
      case .all: continue
      case .at(let at): view = try view.dropping(axis: position, at: at)
      case .walk(let begin, let step, let count): view = try view.walking(axis: position, begin: begin, step: step, count: count)
      }
    }
    return try view.read(try VoxelRoi(shape: view.shape), ReadContext(pool: call.execution.pool, cancellation: call.execution.cancellation))
  }
}
