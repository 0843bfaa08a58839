// From named weights to a network's: by the scheme of names that fits most of them.
//
// A weight fits where its shape is the network's, or its kernel differs in leading axes of length 1 alone (2-D weights in a network whose kernels are 1
// along z, a linear layer as a convolution). Nothing is loaded in part: what is missing, unused or of another shape is an error that says all of it.

import Arrays
import Geometry
import Storage

package struct WeightMatching: Sendable {
  private let dictionary: StateDict
  private let scheme: KeyScheme
  /// By our name: all entries that have it.
  private let byName: [String: [StateDict.Entry]]
  private let noWeights: [StateDict.Entry]
  /// Entries of no name of ours.
  private let strangers: [StateDict.Entry]

  package init(_ dictionary: StateDict, for network: Network) {
    let shapes = Dictionary(network.parameters.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    let names = KeyScheme.stripped(dictionary.entries.map(\.name))
    func fitting(_ scheme: KeyScheme) -> Int {
      var found: Set<String> = []
      for (name, entry) in zip(names, dictionary.entries) { if let ours = scheme.ours(name), let shape = shapes[ours], Self.fits(entry.shape, shape) { found.insert(ours) } }
      return found.count
    }
    var best = KeyScheme.all[0], most = -1
    for scheme in KeyScheme.all {
      let count = fitting(scheme)
      if count > most { (best, most) = (scheme, count) }
    }
    var byName: [String: [StateDict.Entry]] = [:], noWeights: [StateDict.Entry] = [], strangers: [StateDict.Entry] = []
    for (name, entry) in zip(names, dictionary.entries) {
      if KeyScheme.isNoWeight(name) { noWeights.append(entry) } else if let ours = best.ours(name) { byName[ours, default: []].append(entry) } else { strangers.append(entry) }
    }
    (self.dictionary, scheme, self.byName, self.noWeights, self.strangers) = (dictionary, best, byName, noWeights, strangers)
  }

  /// Channels as they are; of the kernel, leading lengths of 1 are nothing.
  private static func fits(_ a: [Int], _ b: [Int]) -> Bool {
    if a == b { return true }
    guard a.count >= 2, b.count >= 2 else { return false }
    return a[..<2] == b[..<2] && a.dropFirst(2).drop { $0 == 1 } == b.dropFirst(2).drop { $0 == 1 }
  }

  /// The shape of the head's weight in the file: (channels, features, kernel…).
  package var headShape: [Int]? { byName[KeyScheme.head + "weight"]?.first?.shape }

  /// The head's weight and bias, as they are stored.
  package func head() throws -> (weight: NDArray, bias: NDArray)? {
    guard let weight = byName[KeyScheme.head + "weight"]?.first, let bias = byName[KeyScheme.head + "bias"]?.first else { return nil }
    return (try dictionary.array(weight), try dictionary.array(bias))
  }

  /// - Throws: `NetworkError.weightsDoNotFit` with the whole report, `.dtype` for weights that are no floats, `StorageError`.
  package func load(into network: Network) throws -> (parameters: ParameterSet, report: WeightReport) {
    var report = WeightReport(path: dictionary.path, network: network.name, scheme: scheme.name)
    var arrays: [NDArray] = []
    for spec in network.parameters {
      guard let entries = byName[spec.name], let entry = entries.first else { report.missing.append(spec.name); continue }
      guard Self.fits(entry.shape, spec.shape) else { report.otherShapes.append((spec.name, spec.shape, entry.shape)); continue }
      guard entry.dtype.isFloat else { throw NetworkError.dtype(expected: .float32, found: entry.dtype) }
      for other in entries.dropFirst() {
        if try dictionary.areEqual(entry, other) { report.skipped.append((other.name, "the same as \(entry.name)")) } else { report.contradictions.append(spec.name) }
      }
      arrays.append(try Self.float(try dictionary.array(entry)).reshaped(spec.shape))
      report.loaded.append(WeightReport.Match(name: spec.name, from: entry.name, reshaped: entry.shape == spec.shape ? nil : entry.shape, dtype: entry.dtype))
    }
    let known = Set(network.parameters.map(\.name))
    report.unused = (strangers + byName.filter { !known.contains($0.key) }.flatMap(\.value)).map(\.name).sorted()
    report.skipped += noWeights.map { ($0.name, "no weight") }
    guard report.isComplete else { throw NetworkError.weightsDoNotFit(report) }
    return (ParameterSet(names: network.parameters.map(\.name), arrays: arrays), report)
  }

  static func float(_ array: NDArray) throws(ArrayError) -> NDArray {
    switch array.dtype {
    case .float16: try NDArray(try array.elements(Float16.self).map { Float($0) }, array.shape)
    case .float64: try NDArray(try array.elements(Double.self).map { Float($0) }, array.shape)
    default: array
    }
  }
}

// MARK: Whole models

extension Model {
  /// A model of a bare dictionary of weights and what it does not say.
  ///
  /// - Parameter architecture: with its head, or without: then the head is a convolution of the size that the file has.
  /// - Throws: `NetworkError.weightsDoNotFit`, `.layer`, `StorageError`.
  package init(_ dictionary: StateDict, into architecture: Network, activation: HeadActivation, inputVoxelSize: WorldCoordinate? = nil) throws {
    let matching = WeightMatching(dictionary, for: architecture)
    var network = architecture
    if !network.nodes.contains(where: { $0.name + "." == KeyScheme.head }), let shape = matching.headShape, shape.count >= 2, shape.count - 2 <= network.spatialRank {
      let kernel = Array(repeating: 1, count: 3 - (shape.count - 2)) + shape.dropFirst(2)
      let head = Network.Node(String(KeyScheme.head.dropLast()), try Convolution(features: shape[0], kernel: Extent(kernel)), [network.output])
      network = try Network(name: network.name, spatialRank: network.spatialRank, inChannels: network.inChannels, nodes: network.nodes + [head], output: network.nodes.count + 1)
    }
    let (parameters, report) = try matching.load(into: network)
    try self.init(network: network, parameters: parameters, activation: activation, inputVoxelSize: inputVoxelSize,
                  provenance: ["weights": .string(Files.name(dictionary.path)), "names": .string(report.scheme), "report": .string(report.summary)])
  }
}
