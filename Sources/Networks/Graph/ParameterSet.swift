// The weights of a network, or anything of their shapes (gradients, moments): named float32 arrays in the order of the network's layers.

import Arrays
import Execution

package struct ParameterSet: Sendable {
  package private(set) var names: [String]
  package var arrays: [NDArray]

  package init(names: [String], arrays: [NDArray]) {
    precondition(names.count == arrays.count, "a name for each array")
    (self.names, self.arrays) = (names, arrays)
  }

  /// Zeros of the network's shapes.
  package init(zerosFor network: Network) throws(ArrayError) {
    names = network.parameters.map(\.name)
    arrays = try network.parameters.map { spec throws(ArrayError) in try NDArray(.float32, spec.shape) }
  }

  /// Untrained weights: convolutions Kaiming-normal, biases uniform in ±1/√fanIn, as DaCapo and PyTorch start.
  ///
  /// Each array's numbers depend on the seed and its name alone.
  package init(initialising network: Network, seed: UInt64) throws(ArrayError) {
    try self.init(zerosFor: network)
    for (index, spec) in network.parameters.enumerated() {
      var generator = KeyedGenerator(seed: seed, purpose: "weights:" + spec.name)
      arrays[index].withMutableElements(Float.self) { values in
        for at in values.indices {
          switch spec.initial {
          case .zeros: values[at] = 0
          case .ones: values[at] = 1
          case .kaiming(let fanIn): values[at] = Float(generator.normal() * (2 / Double(max(1, fanIn))).squareRoot())
          case .uniform(let fanIn): values[at] = Float(generator.uniform(-1, 1) / Double(max(1, fanIn)).squareRoot())
          }
        }
      }
    }
  }

  package subscript(name: String) -> NDArray? { names.firstIndex(of: name).map { arrays[$0] } }
  package var count: Int { arrays.reduce(0) { $0 + $1.count } }

  /// The arrays of a dictionary that a network needs, in its order.
  ///
  /// - Throws: `.missingWeights`, `.unknownWeights`, `.weightShape`, `.dtype`.
  package init(_ network: Network, from tensors: [String: NDArray]) throws(NetworkError) {
    let missing = network.parameters.filter { tensors[$0.name] == nil }.map(\.name)
    guard missing.isEmpty else { throw .missingWeights(network: network.name, names: missing) }
    let known = Set(network.parameters.map(\.name)), unknown = tensors.keys.filter { !known.contains($0) }.sorted()
    guard unknown.isEmpty else { throw .unknownWeights(network: network.name, names: unknown) }
    self.init(names: network.parameters.map(\.name), arrays: network.parameters.compactMap { tensors[$0.name] })
    try check(network)
  }

  /// - Throws: `.missingWeights`, `.weightShape`, `.dtype` unless the arrays are those of `network`.
  package func check(_ network: Network) throws(NetworkError) {
    guard names == network.parameters.map(\.name) else {
      let own = Set(names)
      throw .missingWeights(network: network.name, names: network.parameters.map(\.name).filter { !own.contains($0) })
    }
    for (spec, array) in zip(network.parameters, arrays) {
      guard array.shape == spec.shape else { throw .weightShape(name: spec.name, expected: spec.shape, found: array.shape) }
      guard array.dtype == .float32 else { throw .dtype(expected: .float32, found: array.dtype) }
    }
  }
}
