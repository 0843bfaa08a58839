// Another head on the same features: rows of the old one stay where the labels of their channels are wanted again.

import Arrays
import Execution

extension Model {
  package static let headName = String(KeyScheme.head.dropLast())

  /// What its output channels are called; nil where it is not known.
  package var labels: [String]? {
    guard let names = task["channels"]?.strings, names.count == network.outChannels else { return nil }
    return names
  }

  /// - Parameter wanted: a label a channel; those that the old head is known to have keep its weights, others start anew from `seed`.
  /// - Returns: the labels that were kept; nil where no head stands apart: the last layer is neither called one nor a convolution of one voxel (Cellpose's).
  /// - Throws: `NetworkError`, `ArrayError`.
  package func withHead(for wanted: [String], seed: UInt64) throws -> (network: Network, parameters: ParameterSet, kept: [String])? {
    guard let place = network.nodes.indices.last, network.output == place + 1, let old = network.nodes[place].operation as? Convolution,
          network.nodes[place].name == Self.headName || old.kernel.values.allSatisfy({ $0 == 1 }), !wanted.isEmpty else { return nil }
    let labels = labels ?? []
    var nodes = network.nodes
    nodes[place].operation = try Convolution(features: wanted.count, kernel: old.kernel, border: old.border)
    let changed = try Network(name: network.name, spatialRank: network.spatialRank, inChannels: network.inChannels, nodes: nodes, output: network.output)
    var fresh = try ParameterSet(initialising: changed, seed: seed)
    let first = network.firstParameter[place]
    for (index, array) in parameters.arrays.enumerated() {
      guard index == first || index == first + 1 else { fresh.arrays[index] = array; continue }
      let row = array.count / max(1, network.outChannels), values = try array.elements(Float.self)
      fresh.arrays[index].withMutableElements(Float.self) { target in
        for (channel, label) in wanted.enumerated() {
          if let from = labels.firstIndex(of: label) { for at in 0..<row { target[channel * row + at] = values[from * row + at] } }
        }
      }
    }
    return (changed, fresh, wanted.filter(labels.contains))
  }
}
