import Arrays
import Execution
import Geometry
import Networks
import Storage

/// Predicts blocks on one thread, with an engine that others may use in between.
struct BlockPredictor {
  let model: Model
  let engine: SharedEngine
  let tiles: NetworkTiles
  let inputs: Inputs
  let pad: Pad
  let mirror: Bool
  let scaling: Scaling?
  let dtype: DType
  let leading: [Int]

  /// - Returns: `leading` axes and the block, of `dtype`.
  func predict(_ block: Block, _ context: ExecutionContext) throws -> NDArray {
    let write = block.writeRoi, rank = write.rank, planes = rank - tiles.input.count
    var result = try NDArray(dtype, leading + write.shape.values)
    for plane in 0..<(planes == 0 ? 1 : write.shape[0]) {
      try forEachTile(write, planes) { start in
        try context.cancellation.check()
        // What this tile gives to the block, in voxels of the output.
        var begin = write.offset.values, shape = write.shape.values
        if planes == 1 { (begin[0], shape[0]) = (write.offset[0] + plane, 1) }
        for axis in planes..<rank {
          let own = axis - planes, parts = tiles.scale[own]
          let low = max(begin[axis], start[own] * parts), high = min(begin[axis] + shape[axis], (start[own] + tiles.tile[own]) * parts)
          (begin[axis], shape[axis]) = (low, high - low)
        }
        let values = try values(tileAt: start, plane: planes == 1 ? begin[0] : nil, context)
        let inside = (planes..<rank).map { begin[$0] - start[$0 - planes] * tiles.scale[$0 - planes] + tiles.skipped[$0 - planes] }
        let channels = model.network.outChannels
        let part = try values.slice(offset: [0] + inside, shape: [channels] + shape[planes...]).contiguous().reshaped(leading + shape)
        try result.assign(try stored(part), at: leading.map { _ in 0 } + zip(begin, write.offset.values).map { $0 - $1 })
      }
    }
    return result
  }

  /// Begins of the tiles that cover a block, in voxels of the source along the network's axes.
  private func forEachTile(_ write: VoxelRoi, _ planes: Int, _ body: ([Int]) throws -> Void) throws {
    if write.isEmpty { return }
    let axes = tiles.tile.indices
    let first = axes.map { tiles.start(write.offset[$0 + planes] / tiles.scale[$0], axis: $0) }
    var start = first
    while true {
      try body(start)
      guard let axis = axes.reversed().first(where: { (start[$0] + tiles.tile[$0]) * tiles.scale[$0] < write.end[$0 + planes] }) else { return }
      start[axis] += tiles.tile[axis]
      for later in axes where later > axis { start[later] = first[later] }
    }
  }

  /// The network's activated output over one tile: (channel, space…).
  private func values(tileAt start: [Int], plane: Int?, _ context: ExecutionContext) throws -> NDArray {
    var offset = zip(start, tiles.before).map { $0 - $1 }, shape = tiles.input
    if let plane {
      offset.insert(plane, at: 0)
      shape.insert(1, at: 0)
    }
    let roi = try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(shape))
    let read = try inputs.read(roi, pad: pad, context)[0].array
    let seen = try model.normalised(try read.reshaped([1, model.network.inChannels] + tiles.input))
    var sum = try passed(seen, context)
    if mirror {
      let ways = 1 << tiles.input.count
      for way in 1..<ways {
        try context.cancellation.check()
        let axes = tiles.input.indices.filter { way >> $0 & 1 == 1 }.map { $0 + 2 }
        sum.add(try passed(try seen.flipped(axes), context).flipped(axes).contiguous())
      }
      sum.scale(by: 1 / Float(ways))
    }
    return try sum.reshaped(Array(sum.shape.dropFirst()))
  }

  private func passed(_ seen: NDArray, _ context: ExecutionContext) throws -> NDArray { try model.activated(try engine.forward(seen, model.parameters, context), pool: context.pool) }

  private func stored(_ values: NDArray) throws -> NDArray {
    guard let scaling else { return try values.cast(to: dtype) }
    return try scaling.encoded(values)
  }
}

extension NDArray {
  /// Of float32 arrays of one shape.
  fileprivate mutating func add(_ other: NDArray) {
    other.withElements(Float.self) { given in withMutableElements(Float.self) { sum in for at in sum.indices { sum[at] += given[at] } } }
  }

  fileprivate mutating func scale(by factor: Float) { withMutableElements(Float.self) { values in for at in values.indices { values[at] *= factor } } }
}

/// How predictions are kept in 8 bits: value = stored · scale + shift.
struct Scaling: Sendable, Equatable {
  let scale: Double
  let shift: Double

  /// nil for types that hold the values themselves.
  ///
  /// - Throws: `BlockwiseError.model` for other types, or where the activation bounds nothing.
  init?(_ activation: HeadActivation, _ dtype: DType) throws {
    if dtype == .float32 || dtype == .float16 { return nil }
    guard dtype == .uint8 else { throw BlockwiseError.model("predictions are float32, float16 or uint8, not \(dtype)") }
    switch activation {
    case .sigmoid, .softmax: (scale, shift) = (1.0 / 255, 0)
    case .tanh: (scale, shift) = (2.0 / 255, -1)
    case .none: throw BlockwiseError.model("uint8 needs values of a known range: this model has no activation; use float32")
    }
  }

  var json: JSON { ["scale": .double(scale), "shift": .double(shift)] }

  /// Nearest of the 256 steps.
  ///
  /// - Throws: `BlockwiseError.model` for NaN.
  func encoded(_ values: NDArray) throws -> NDArray {
    let source = try values.contiguous()
    var result = try NDArray(.uint8, values.shape, zeroed: false), nans = 0
    let gain = Float(1 / scale), base = Float(shift)
    source.withElements(Float.self) { input in
      result.withMutableElements(UInt8.self) { output in
        for at in input.indices {
          let value = ((input[at] - base) * gain).rounded(.toNearestOrEven)
          if value >= 0 { output[at] = value >= 255 ? 255 : UInt8(value) } else if value < 0 { output[at] = 0 } else { nans += 1 }
        }
      }
    }
    if nans > 0 { throw BlockwiseError.model("\(nans) of \(values.count) predicted values are NaN") }
    return result
  }
}
