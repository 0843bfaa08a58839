// The slice of an array that a picture shows: which voxels of which axes, in which chunks, and their values.

import Arrays
import Display
import Geometry
import Language

extension ArrayValue {
  /// What is read or computed chunk by chunk when it is looked at; nil for what lies in memory, or is computed from what does.
  var lazyView: SourceView? {
    switch content {
    case .memory: nil
    case .view(let view): view
    case .expression(let expression): expression.chunking == nil ? nil : SourceView(expression)
    }
  }

  /// The two axes that a picture shows: the last ones of space without the one that is cut.
  func shownAxes(cutting name: String) -> [Int] {
    let spatial = grid.spatialAxes
    if spatial.count >= 3 { return Array(spatial.filter { grid.axes[$0].name != name }.suffix(2)) }
    return Array((spatial.count >= 2 ? spatial : Array(shape.indices)).suffix(2))
  }
}

/// The 2D part of an array that is shown.
struct ShownSlice {
  private var index: [AxisIndex]
  private let channelAxis: Int?
  private(set) var position: String?
  private(set) var windowText: String?
  /// "25 of 4,700 chunks read"
  private(set) var chunksRead: String?

  /// Channels that are shown at most.
  static let channelLimit = 4
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
    (self.index, channelAxis) = (index, channel)
    if let view = array.lazyView { limit(array, view, shown: shown, isWhole: try call.bool("whole")) }
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

  /// Which channels are shown; none where there is no such axis.
  func channels(of array: ArrayValue, chosen channel: Int?, _ call: Call) throws -> [Int] {
    guard let axis = channelAxis else {
      if channel != nil { throw call.failure(.index, "the array has no channels", at: "channel") }
      return []
    }
    let count = array.shape[axis]
    if let channel {
      guard (0..<count).contains(channel) else { throw call.failure(.index, "channel \(channel) of \(count)", at: "channel") }
      return [channel]
    }
    return Array(0..<min(Self.channelLimit, count))
  }

  // MARK: Chunks

  /// Narrows a slice that would ask for too many chunks to a window in its middle, and says how many are read.
  private mutating func limit(_ array: ArrayValue, _ view: SourceView, shown: [Int], isWhole: Bool) {
    let (shape, axes) = (array.shape, array.grid.axes), chunks = view.base.chunking
    let axesOfChunks = shape.indices.map { axis in
      let base = view.walks[axis].baseAxis
      return ChunkAxis(view.walks[axis], chunk: chunks?.shape[base] ?? Self.window, origin: chunks?.origin[base] ?? 0)
    }
    let planes = channelAxis.map { axesOfChunks[$0].chunks(0, min(Self.channelLimit, shape[$0])) } ?? 1
    var read = shown.map { axesOfChunks[$0].chunks(0, shape[$0]) }
    func product(_ counts: [Int]) -> Int { Int(clampingDouble: counts.reduce(1.0) { $0 * Double($1) }) }
    if !isWhole, product(read + [planes]) > Self.chunkLimit {
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
      let total = product(shape.indices.map { axesOfChunks[$0].chunks(0, shape[$0]) })
      chunksRead = "\(grouped(product(read + [planes]))) of \(grouped(total)) \(total == 1 ? "chunk" : "chunks") read"
    }
  }

  // MARK: Reading

  /// A picture of each channel, all of them in one read: they may share chunks.
  func read(_ array: ArrayValue, channels: [Int], _ call: Call) throws -> [NDArray] {
    var index = index
    if let channelAxis { index[channelAxis] = channels.count == 1 ? .at(channels[0]) : .walk(begin: 0, step: 1, count: channels.count) }
    let values = try Self.read(index, of: array, call)
    guard channels.count > 1, let channelAxis else { return [values] }
    let position = index[..<channelAxis].count { if case .at = $0 { false } else { true } }
    return try channels.indices.map { try values.dropping(axis: position, at: $0).contiguous() }
  }

  /// The same part of the overlay, which has the array's axes of space.
  func matching(_ overlay: ArrayValue, _ array: ArrayValue, _ call: Call) throws -> NDArray {
    let axes = array.grid.axes.map(\.name), own = overlay.grid.axes.map(\.name)
    let expected = array.shape.indices.filter { $0 != channelAxis }
    guard own == expected.map({ axes[$0] }), overlay.shape == expected.map({ array.shape[$0] }) else {
      throw call.failure(.shape, "shapes do not match: \(array.axesText) and overlay \(overlay.axesText)", at: "overlay")
    }
    return try Self.read(expected.map { index[$0] }, of: overlay, call)
  }

  private static func read(_ index: [AxisIndex], of array: ArrayValue, _ call: Call) throws -> NDArray {
    let view = try index.view(of: SourceView(try array.source(call.execution)))
    return try view.read(try VoxelRoi(shape: view.shape), ReadContext(pool: call.execution.pool, cancellation: call.execution.cancellation))
  }
}
