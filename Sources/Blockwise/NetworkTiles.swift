// How a network is laid over a block, so that the result is that of the whole volume, byte for byte.
//
//     read      ├──────margin──────┼──────────────── tile ────────────────┼──────margin──────┤     one input of the network
//     write                        ├──────────────────────────────────────┤                        multiple of `step`, begins at one
//     block                            ├───────────────────────────┤                               any place, any size
//
// Pooling makes a network see the phase of its input: it commutes with shifts by `step` (the product of its pooling factors) and no others.
// So tiles begin at multiples of `step`, counted in voxels of the source, never of the region or block: a voxel's value then
// depends on its place alone. The margin is what the network cuts off, or, with same-padded convolutions, what their zeros can reach:
// a voxel nearer to the edge of an input would see the padding. Both are exact sums over the layers.
// A network that sees all of its input (global pooling, normalisation over space) has one tile, which it was trained on, at multiples of the tile
// itself: a voxel's value depends on its place alone there too, but tiles show where they meet.
// Super-resolution: lengths are voxels of the input all the same; an output has `scale` voxels in each, and tiles begin where one begins.
// Checked byte for byte against one pass over the whole: PredictTests.

import Geometry
import Networks

package struct NetworkTiles: Sendable, Equatable {
  /// Along the network's spatial axes, all. Tiles begin at multiples of it.
  package let step: [Int]
  /// Voxels that an input has before and after its tile.
  package let before: [Int], after: [Int]
  package let input: [Int]
  /// Voxels of the network's output that are not used, at its begin.
  package let skipped: [Int]
  /// What one pass yields: a multiple of `step`.
  package let tile: [Int]
  /// Voxels of the output in one of the input, along each axis.
  package let scale: [Int]

  /// The smallest tiles of at least `lengths`.
  ///
  /// - Throws: `BlockwiseError.model` for networks whose output is coarser than the input or lies between voxels; `NetworkError`.
  package init(_ network: Network, atLeast lengths: [Int]) throws {
    guard let legal = network.legalSizes() else { throw NetworkError.noLegalSize(network: network.name) }
    let scale = try Self.scale(network, try network.geometry(forSpatial: legal.smallest))
    let none = [Int](repeating: 0, count: network.spatialRank)
    let reach = network.pads ? try network.reach() : (before: none, after: none)
    var input = try network.inputShape(forOutput: zip(lengths, scale).map(saturated))
    // Same-padded networks lose nothing but may only use their inside; one more pass settles the size, since margins do not depend on it.
    while true {
      let geometry = try network.geometry(forSpatial: input)
      var before: [Int] = [], after: [Int] = [], skipped: [Int] = [], tile: [Int] = []
      for axis in input.indices {
        let cut = try Self.cut(network, geometry, axis, scale[axis])
        let low = max(cut.before, reach.before[axis]), high = max(cut.after, reach.after[axis])
        before.append(low)
        skipped.append(low * scale[axis] - cut.fine)
        let usable = max(0, input[axis] - low - high) / legal.step[axis] * legal.step[axis]
        tile.append(usable)
        after.append(input[axis] - low - usable)
      }
      if let axis = tile.indices.first(where: { tile[$0] < max(lengths[$0], 1) }) {
        input[axis] += legal.step[axis]
        if input[axis] > 1 << 20 { throw BlockwiseError.model("\(network.name) has no input whose output is \(lengths)") }
        continue
      }
      (step, self.before, self.after, self.input, self.skipped, self.tile, self.scale) = (legal.step, before, after, input, skipped, tile, scale)
      return
    }
  }

  /// The one tile of a network that sees all of its input. Where zeros around it can reach, a voxel is not used, up to a quarter of the
  /// output on each side.
  ///
  /// - Parameter wish: the input it was trained on; a usual one where that does not fit.
  /// - Throws: `BlockwiseError.model` for networks whose output is coarser than the input or lies between voxels; `NetworkError`.
  package init(_ network: Network, trainedOn wish: [Int]) throws {
    input = (try? network.outputShape(forSpatial: wish)) == nil ? network.usualInput : wish
    let geometry = try network.geometry(forSpatial: input)
    scale = try Self.scale(network, geometry)
    let none = [Int](repeating: 0, count: network.spatialRank), reach = network.pads ? try network.reach() : (before: none, after: none)
    var before: [Int] = [], after: [Int] = [], skipped: [Int] = [], tile: [Int] = []
    for axis in input.indices {
      let cut = try Self.cut(network, geometry, axis, scale[axis]), most = (input[axis] - cut.before - cut.after) / 4
      let low = cut.before + min(most, max(0, reach.before[axis] - cut.before)), high = cut.after + min(most, max(0, reach.after[axis] - cut.after))
      before.append(low)
      skipped.append(low * scale[axis] - cut.fine)
      tile.append(input[axis] - low - high)
      after.append(high)
    }
    (step, self.before, self.after, self.skipped, self.tile) = (tile, before, after, skipped, tile)
  }

  /// Whole voxels of the input before and after the output that it does not cover, and voxels of the output before it.
  private static func cut(_ network: Network, _ geometry: NetworkGeometry, _ axis: Int, _ scale: Int) throws -> (before: Int, after: Int, fine: Int) {
    guard let fine = (try geometry.before[axis] * Rational(scale)).int else { throw BlockwiseError.model("the output of \(network.name) lies between the voxels of its input") }
    return (try geometry.before[axis].rounded(.up), try geometry.after[axis].rounded(.up), fine)
  }

  private static func scale(_ network: Network, _ geometry: NetworkGeometry) throws -> [Int] {
    try geometry.pitch.map { pitch in
      guard let scale = (try Rational.one / pitch).int else { throw BlockwiseError.model("an output voxel of \(network.name) is \(pitch) voxels of its input long; predicted can be what is as fine as the input or a whole number of times finer") }
      return scale
    }
  }

  /// The last multiple of `step` that is not after `voxel`.
  package func start(_ voxel: Int, axis: Int) -> Int {
    let rest = voxel % step[axis]
    return voxel - (rest < 0 ? rest + step[axis] : rest)
  }
}

extension Network {
  /// Whether it adds zeros anywhere; if not, all that it returns comes from its input alone.
  var pads: Bool { nodes.contains { $0.operation.inventsBorder || ($0.operation as? Convolution)?.border == .same } }

  /// How far, in voxels of the input, an output voxel looks before and after its own place; layers that look at all of it do not count.
  ///
  /// - Throws: `NetworkError.noLegalSize`, `GeometryError`.
  func reach() throws -> (before: [Int], after: [Int]) {
    guard let legal = legalSizes() else { throw NetworkError.noLegalSize(network: name) }
    let extents = try extents(input: Extent(legal.smallest))
    var before: [Int] = [], after: [Int] = []
    for axis in (3 - spatialRank)..<3 {
      var places = [Placement()], reaches: [(low: Rational, high: Rational)] = [(.zero, .zero)]
      for (index, node) in nodes.enumerated() {
        let inputs = node.inputs.map { places[$0] }
        let place = try node.operation.place(inputs, lengths: node.inputs.map { extents[$0][axis] }, output: extents[index + 1][axis], axis: axis)
        let own = try node.operation.reach(pitch: inputs.first?.pitch ?? .one, output: place.pitch, axis: axis) ?? .zero
        var low = Rational.zero, high = Rational.zero
        for (number, value) in node.inputs.enumerated() {
          // Tensors that are joined may lie a fraction of a voxel apart.
          let phase = try Self.phase(places[value], inputs[0])
          if number == 1 && (node.operation is CropLike || node.operation is PadLike) { continue }   // only its size is read
          low = max(low, try reaches[value].low + phase)
          high = max(high, try reaches[value].high + phase)
        }
        places.append(place)
        reaches.append((try low + own, try high + own))
      }
      before.append(try reaches[output].low.rounded(.up))
      after.append(try reaches[output].high.rounded(.up))
    }
    return (before, after)
  }

  /// The distance of two lattices, below one pitch.
  private static func phase(_ a: Placement, _ b: Placement) throws -> Rational {
    let distance = try (try a.origin - b.origin) / a.pitch
    let rest = try distance - Rational(try distance.rounded(.nearest))
    return try (rest < .zero ? -rest : rest) * a.pitch
  }
}
