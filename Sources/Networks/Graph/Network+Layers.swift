// What a network is made of, for people: facts about each layer at one input size, and the levels of a network that goes down and up again.

import Geometry

/// A layer at one input size.
package struct LayerFacts: Sendable {
  package let name: String
  /// "conv 3×3×3".
  package let operation: String
  package let channels: Int
  /// Lengths along the network's spatial axes.
  package let shape: [Int]
  package let parameters: Int
  /// Floating-point operations of one forward pass.
  package let work: Double
  /// Of its output; 0 if it is a view of what others made.
  package let bytes: Int
  /// Input voxels an output voxel, one a spatial axis.
  let pitch: [Rational]
}

/// Layers of one voxel size that follow each other.
package struct LayerRun: Sendable, Equatable {
  package let pitch: [Rational]
  /// Sizes of the first and the last tensor.
  package let from: [Int]
  package fileprivate(set) var to: [Int]
  /// Channels of the last tensor.
  package fileprivate(set) var features: Int
  package fileprivate(set) var parameters: Int

  fileprivate var volume: Double { pitch.reduce(1) { $0 * $1.double } }
}

/// One voxel size of a U-shaped network: the way down, and the way up where there is one.
package struct NetworkLevel: Sendable, Equatable {
  package let down: LayerRun
  package let up: LayerRun?
}

extension Network {
  /// - Throws: `.layer` for a size that does not fit.
  package func layers(input: [Int]) throws(NetworkError) -> [LayerFacts] {
    let extents = try extents(input: try checked(input)), pitches = try pitches(extents)
    return nodes.enumerated().map { index, node in
      let extent = extents[index + 1], channels = channels[index + 1]
      let parameters = node.operation.parameters(channels: node.inputs.map { self.channels[$0] }, rank: spatialRank).trainedCount
      return LayerFacts(
        name: node.name, operation: node.operation.summary, channels: channels, shape: extent.last(spatialRank), parameters: parameters,
        work: node.operation.work(node.inputs.map { self.channels[$0] }, channels, extent), bytes: node.operation.isView ? 0 : 4 * channels * extent.count, pitch: pitches[index + 1])
    }
  }

  /// The levels from fine to coarse, and the runs of layers behind them that are finer than the input (super-resolution); nil if the network
  /// is not of this shape.
  package func levels(input: [Int]) throws(NetworkError) -> (levels: [NetworkLevel], finer: [LayerRun])? {
    var runs = [LayerRun(pitch: Array(repeating: .one, count: spatialRank), from: input, to: input, features: inChannels, parameters: 0)]
    for layer in try layers(input: input) {
      if layer.pitch != runs[runs.count - 1].pitch { runs.append(LayerRun(pitch: layer.pitch, from: layer.shape, to: layer.shape, features: layer.channels, parameters: 0)) }
      runs[runs.count - 1].to = layer.shape
      runs[runs.count - 1].features = layer.channels
      runs[runs.count - 1].parameters += layer.parameters
    }
    guard let bottom = runs.indices.max(by: { runs[$0].volume < runs[$1].volume }) else { return nil }
    let down = Array(runs[...bottom]), up = Array(runs[(bottom + 1)...])
    guard zip(down, down.dropFirst()).allSatisfy({ $0.volume < $1.volume }), zip(up, up.dropFirst()).allSatisfy({ $0.volume > $1.volume }) else { return nil }
    let finer = up.filter { $0.volume < 1 }
    guard up.allSatisfy({ run in run.volume < 1 || down.contains { $0.pitch == run.pitch } }) else { return nil }
    return (down.map { run in NetworkLevel(down: run, up: up.first { $0.pitch == run.pitch }) }, finer)
  }

  /// Distances of the voxels of every value.
  private func pitches(_ extents: [Extent]) throws(NetworkError) -> [[Rational]] {
    var result = Array(repeating: [Rational](), count: extents.count)
    do throws(GeometryError) {
      for axis in (3 - spatialRank)..<3 {
        var places = [Placement()]
        for (index, node) in nodes.enumerated() {
          places.append(try node.operation.place(node.inputs.map { places[$0] }, lengths: node.inputs.map { extents[$0][axis] }, output: extents[index + 1][axis], axis: axis))
        }
        for (value, place) in places.enumerated() { result[value].append(place.pitch) }
      }
    } catch { throw .description(reason: "\(name): sizes leave exact arithmetic") }
    return result
  }
}
