// Networks that others made known: Cellpose's. COSEM's come with their weights (WeightWords.swift).

import Geometry
import Language
import Networks

extension Builtin {
  static let cpnet = Builtin(
    "cpnet",
    """
    (features: list = [32, 64, 128, 256], channels=2, out=3, kernel=3, residual=true, concatenation=false, input: int|coord = nil, dimensions=2, name="cpnet") -> model
    """,
    "Cellpose's network (versions 1 to 3): residual blocks with batch normalisation first, and a style of the whole image that is added on the way up.",
    details: [
      "features: the width of each level; lengths must be multiples of 2^(levels − 1). channels: as Cellpose has them, cytoplasm and nuclei.",
      "out: flows along y and x, and the cell's log-odds. Weights are called as in Cellpose's files.",
      "residual=false makes blocks of two convolutions; concatenation=true joins the levels side by side instead of adding them.",
      "It sees the whole of its input: prediction is in tiles of the training size, 224 × 224 unless input is given.",
    ],
    examples: [Example("cpnet().parameters", prints: "6600843"), Example("cpnet(features=[8, 16], input=(32, 48)).output", prints: "(32, 48)")],
    searchTerms: ["cellpose", "network", "model", "architecture", "instance"]
  ) { call in
    let rank: Int
    if case .voxelCoordinate(let size) = try call.value("input") { rank = size.rank } else { rank = try call.int("dimensions", in: 2...3) }
    let features = try (try call.optionalList("features") ?? [32, 64, 128, 256]).map { value -> Int in
      guard case .int(let width) = value, (1...1 << 16).contains(width) else { throw call.failure(.value, "`features` must hold widths from 1 to 65536", at: "features") }
      return width
    }
    let settings = CPnetSettings(
      inChannels: try call.int("channels", in: 1...1000), features: features, outChannels: try call.int("out", in: 1...1000), kernel: try call.int("kernel", in: 1...7), spatialRank: rank,
      residual: try call.bool("residual"), concatenation: try call.bool("concatenation"))
    let network = try settings.network(name: try call.networkName())
    return try call.architecture(network, usual: network.legalSizes().map { legal in legal.smallest.indices.map { legal.atLeast(rank == 2 ? 224 : 64, axis: $0) } })
  }
}

extension Call {
  /// A model of a network, with the `input` that was given, or else a usual one.
  func architecture(_ network: Network, usual: [Int]? = nil) throws -> Value {
    let input = try optionalVoxels("input", rank: network.spatialRank)?.values ?? usual ?? network.usualInput
    do throws(NetworkError) { _ = try network.outputShape(forSpatial: input) } catch {
      var failure = error.failure
      failure.argument = "input"
      if !error.isTooLarge, let legal = network.legalSizes() { failure.hint = "input sizes that fit: \(legal)" }
      throw failure
    }
    return Value(ModelValue(kind: .architecture(network), input: input))
  }
}
