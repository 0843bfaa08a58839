import Arrays
import Geometry
import Language
import Networks
import Storage

extension Builtin {
  static let unet = Builtin(
    "unet",
    """
    (levels=4, features=12, growth=6, input: int|coord = nil, channels=1, out: int = nil, factors: list = nil, padding: "valid|same" = "valid",
     kernel: int|coord = 3, dimensions=3) -> model
    """,
    "DaCapo's U-Net: two convolutions and a pooling a level, features · growth^level wide, nearest upsampling.",
    details: [
      "factors: the pooling of each level but the last, such as [2, 2, (1, 2, 2)]; 2 everywhere if not given. input: voxels of a training patch.",
      "padding=\"same\" supervises whole patches in training; prediction is seamless either way.",
    ],
    examples: [Example("unet(levels=2, features=4, growth=2, input=(20, 20, 20)).output", prints: "(4, 4, 4)")], searchTerms: ["network", "model", "architecture"]
  ) { call in
    let levels = try call.int("levels", in: 1...8)
    let rank: Int
    if case .voxelCoordinate(let size) = try call.value("input") { rank = size.rank } else { rank = try call.int("dimensions", in: 2...3) }
    let factors = try poolings(call, levels: levels, rank: rank)
    let kernel = try call.voxels("kernel", rank: rank).values
    let padding: Convolution.Border = try call.string("padding") == "same" ? .same : .valid
    let features = try call.int("features", in: 1...100_000)
    let settings = UNetSettings(
      inChannels: try call.int("channels", in: 1...1000), outChannels: try call.optionalInt("out") ?? features, features: features,
      featureFactor: try call.int("growth", in: 1...100), downsampleFactors: factors,
      kernelSizesDown: Array(repeating: [kernel, kernel], count: levels), kernelSizesUp: Array(repeating: [kernel, kernel], count: levels - 1), padding: padding)
    let network = try settings.network()
    let input = try call.optionalVoxels("input", rank: rank)?.values ?? defaultInput(network)
    _ = try network.outputShape(forSpatial: input)
    return Value(ModelValue(kind: .architecture(network), input: input))
  }

  private static func poolings(_ call: Call, levels: Int, rank: Int) throws -> [[Int]] {
    guard let given = try call.optionalList("factors") else { return Array(repeating: Array(repeating: 2, count: rank), count: levels - 1) }
    guard given.count == levels - 1 else { throw call.failure(.value, "`factors` has \(given.count) entries, \(levels) levels need \(levels - 1)", at: "factors") }
    return try given.map { value in
      switch value {
      case .int(let factor): return Array(repeating: factor, count: rank)
      case .voxelCoordinate(let factor) where factor.rank == rank: return factor.values
      default: throw call.failure(.type, "`factors` must hold ints or coords of \(rank) axes, not \(value.typePhrase)", at: "factors")
      }
    }
  }

  /// About three times the smallest legal input.
  private static func defaultInput(_ network: Network) -> [Int] {
    guard let legal = network.legalSizes() else { return Array(repeating: 64, count: network.spatialRank) }
    return (0..<legal.smallest.count).map { legal.atLeast(max(64, legal.smallest[$0] + legal.smallest[$0] / 2), axis: $0) }
  }

  static let loadModel = Builtin(
    "load_model", "(path: string) -> model", "Opens a .dcmodel: architecture, weights, task and the parameters chosen for it.", searchTerms: ["open", "weights"]
  ) { call in
    let model = try Model(loading: try call.string("path"))
    return Value(ModelValue(kind: .trained(model), input: defaultInput(try model.network.seamless())))
  }

  static let apply = Builtin(
    "apply", "(m: model, a: array) -> array", "One forward pass of an array in memory: channel first, an optional batch before it, then the model's axes; activated."
  ) { call in
    guard case .trained(let model) = try call.object("m", as: ModelValue.self).kind else {
      throw call.failure(.value, "the model has no weights yet", at: "m", hint: "train a run with it first, or load_model(path)")
    }
    return Value(ArrayValue(Volume(try model.apply(try call.volume("a").array.asFloats(), context: call.execution))))
  }
}
