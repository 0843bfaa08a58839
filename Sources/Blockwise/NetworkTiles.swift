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
// Checked byte for byte against one pass over the whole: PredictTests.

import Geometry
import Networks

package struct NetworkTiles: Sendable, Equatable {
  /// Along the network's spatial axes, all.
  package let step: [Int]
  /// Voxels that an input has before and after its tile.
  package let before: [Int], after: [Int]
  package let input: [Int]
  /// Voxels of the network's output that are not used, at its begin.
  package let skipped: [Int]
  /// What one pass yields: a multiple of `step`.
  package let tile: [Int]

  /// The smallest tiles of at least `lengths`.
  ///
  /// - Throws: `BlockwiseError.model` for networks whose output has another voxel size or lies between voxels; `NetworkError`.
  package init(_ network: Network, atLeast lengths: [Int]) throws {
    guard let legal = network.legalSizes() else { throw NetworkError.noLegalSize(network: network.name) }
    let pitch = try network.geometry(forSpatial: legal.smallest).pitch
    guard pitch.allSatisfy({ $0 == .one }) else { throw BlockwiseError.model("\(network.name) changes the voxel size; prediction of such networks is not there yet") }
    let none = [Int](repeating: 0, count: network.spatialRank)
    let reach = network.pads ? try network.reach() : (before: none, after: none)
    var input = try network.inputShape(forOutput: lengths)
    // Same-padded networks lose nothing but may only use their inside; one more pass settles the size, since margins do not depend on it.
    while true {
      let geometry = try network.geometry(forSpatial: input)
      var before: [Int] = [], after: [Int] = [], skipped: [Int] = [], tile: [Int] = []
      for axis in input.indices {
        guard let cut = geometry.before[axis].int, let rest = geometry.after[axis].int else { throw BlockwiseError.model("the output of \(network.name) lies between the voxels of its input") }
        let skip = max(0, reach.before[axis] - cut), drop = max(0, reach.after[axis] - rest)
        before.append(cut + skip)
        skipped.append(skip)
        let usable = max(0, geometry.output[axis] - skip - drop) / legal.step[axis] * legal.step[axis]
        tile.append(usable)
        after.append(input[axis] - cut - skip - usable)
      }
      if let axis = tile.indices.first(where: { tile[$0] < max(lengths[$0], 1) }) {
        input[axis] += legal.step[axis]
        if input[axis] > 1 << 20 { throw BlockwiseError.model("\(network.name) has no input whose output is \(lengths)") }
        continue
      }
      (step, self.before, self.after, self.input, self.skipped, self.tile) = (legal.step, before, after, input, skipped, tile)
      return
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
  var pads: Bool { nodes.contains { $0.operation is Padding || ($0.operation as? Convolution)?.border == .same } }

  /// How far, in voxels of the input, an output voxel looks before and after its own place.
  ///
  /// - Throws: `BlockwiseError.model` for a layer that sees everything, `GeometryError`.
  func reach() throws -> (before: [Int], after: [Int]) {
    guard let legal = legalSizes() else { throw NetworkError.noLegalSize(network: name) }
    let extents = try extents(input: Extent(legal.smallest))
    var before: [Int] = [], after: [Int] = []
    for axis in (3 - spatialRank)..<3 {
      var places = [Placement()], reaches: [(low: Rational, high: Rational)] = [(.zero, .zero)]
      for (index, node) in nodes.enumerated() {
        let inputs = node.inputs.map { places[$0] }
        let place = try node.operation.place(inputs, lengths: node.inputs.map { extents[$0][axis] }, output: extents[index + 1][axis], axis: axis)
        guard let own = try node.operation.reach(pitch: inputs.first?.pitch ?? .one, output: place.pitch, axis: axis) else { throw BlockwiseError.model("\(node.operation.summary) looks at all of its input") }
        var low = Rational.zero, high = Rational.zero
        for (number, value) in node.inputs.enumerated() {
          // Tensors that are joined may lie a fraction of a voxel apart.
          let phase = try Self.phase(places[value], inputs[0])
          if number == 1 && node.operation is CropLike { continue }   // only its size is read
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
