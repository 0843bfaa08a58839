import Arrays
import Geometry
import Language
import Networks
import Storage

extension Builtin {
  static let unet = Builtin(
    "unet",
    """
    (levels=4, features=12, growth: int|list = 6, input: int|coord = nil, channels=1, out: int = nil, factors: list = nil, padding: "valid|same" = "valid",
     kernel: int|coord = 3, kernels_down: list = nil, kernels_up: list = nil, upsample: list = nil, constant_upsample=true, activation_on_upsample=true,
     batch_norm=false, attention=false, dimensions=3, name="unet") -> model
    """,
    "DaCapo's U-Net: two convolutions and a pooling a level, features · growth^level wide, nearest upsampling.",
    details: [
      "growth: by how much each level is wider than the one above; a list says it level by level, such as [2, 3, 2].",
      "factors: the pooling of each level but the last, such as [2, 2, (1, 2, 2)]; 2 everywhere if not given. input: voxels of a training patch. out: channels before the head.",
      "padding=\"same\" supervises whole patches in training; prediction is seamless either way.",
      "kernels_down, kernels_up: the convolutions of each level from the finest on, such as [[3, 3], [(1, 3, 3), 3]]; kernels_up has none for the last level.",
      "constant_upsample=false upsamples by transposed convolutions; activation_on_upsample=false leaves out the relu behind an upsampling.",
      "batch_norm=true normalises between each convolution and its relu. attention=true weighs the features of each level by a gate that the level below opens.",
      "upsample: factors of super-resolution stages behind the network, such as [2]: the output's voxels are that much smaller.",
    ],
    examples: [
      Example("unet(levels=2, features=4, growth=2, input=(20, 20, 20)).output", prints: "(4, 4, 4)"),
      Example("unet(levels=2, features=4, upsample=[2], kernel=1, input=(8, 8, 8)).output", prints: "(16, 16, 16)"),
    ],
    searchTerms: ["network", "model", "architecture", "super-resolution"]
  ) { call in
    let levels = try call.int("levels", in: 2...8)
    let rank: Int
    if case .voxelCoordinate(let size) = try call.value("input") { rank = size.rank } else { rank = try call.int("dimensions", in: 2...3) }
    let kernel = try call.voxels("kernel", rank: rank).values, features = try call.int("features", in: 1...100_000), growth = try growth(call, count: levels - 1)
    var widths = [features]
    for factor in growth {
      let (product, overflow) = (widths.last ?? features).multipliedReportingOverflow(by: factor)
      guard !overflow, product <= 1 << 20 else { throw call.failure(.value, "`features` must be at most 1,048,576 at the deepest level; `growth` makes it wider", at: "features") }
      widths.append(product)
    }
    let settings = UNetSettings(
      inChannels: try call.int("channels", in: 1...1000), outChannels: try call.optionalInt("out") ?? features, features: features, featureFactor: growth.first ?? 1,
      downsampleFactors: try factors(call, "factors", count: levels - 1, rank: rank) ?? Array(repeating: Array(repeating: 2, count: rank), count: levels - 1),
      kernelSizesDown: try kernels(call, "kernels_down", count: levels, rank: rank) ?? Array(repeating: [kernel, kernel], count: levels),
      kernelSizesUp: try kernels(call, "kernels_up", count: levels - 1, rank: rank) ?? Array(repeating: [kernel, kernel], count: levels - 1),
      upsampleFactors: try factors(call, "upsample", count: nil, rank: rank) ?? [], padding: try call.string("padding") == "same" ? .same : .valid,
      constantUpsample: try call.bool("constant_upsample"), activationOnUpsample: try call.bool("activation_on_upsample"),
      batchNorm: try call.bool("batch_norm"), attention: try call.bool("attention"),
      widthsDown: widths)
    return try call.architecture(try settings.network(name: try call.networkName()))
  }

  private static func growth(_ call: Call, count: Int) throws -> [Int] {
    guard case .list(let list) = try call.value("growth") else { return Array(repeating: try call.int("growth", in: 1...100), count: count) }
    let growth = list.compactMap { value -> Int? in if case .int(let factor) = value, (1...100).contains(factor) { factor } else { nil } }
    guard growth.count == list.count, growth.count == count else { throw call.failure(.value, "`growth` must be a number or a list of \(count), from 1 to 100 each", at: "growth") }
    return growth
  }

  private static func lengths(_ call: Call, _ name: String, _ value: Value, rank: Int) throws -> [Int] {
    switch value {
    case .int(let length): return Array(repeating: length, count: rank)
    case .voxelCoordinate(let lengths) where lengths.rank == rank: return lengths.values
    default: throw call.failure(.type, "`\(name)` must hold ints or coords of \(rank) axes, not \(value.typePhrase)", at: name)
    }
  }

  private static func factors(_ call: Call, _ name: String, count: Int?, rank: Int) throws -> [[Int]]? {
    guard let given = try call.optionalList(name) else { return nil }
    if let count, given.count != count { throw call.failure(.value, "`\(name)` has \(given.count) entries, \(count + 1) levels need \(count)", at: name) }
    return try given.map { try lengths(call, name, $0, rank: rank) }
  }

  private static func kernels(_ call: Call, _ name: String, count: Int, rank: Int) throws -> [[[Int]]]? {
    guard let given = try call.optionalList(name) else { return nil }
    guard given.count == count else { throw call.failure(.value, "`\(name)` has \(given.count) entries, these levels need \(count)", at: name) }
    return try given.map { level in
      guard case .list(let kernels) = level, !kernels.isEmpty else { throw call.failure(.type, "`\(name)` must hold a list of kernels a level, such as [3, 3], not \(level.typePhrase)", at: name) }
      return try kernels.map { try lengths(call, name, $0, rank: rank) }
    }
  }

  static let apply = Builtin(
    "apply", "(m: model|best, a: array) -> array", "One forward pass of an array in memory: channel first, an optional batch before it, then the model's axes; activated.",
    details: ["Shapes: (c, z, y, x) or (b, c, z, y, x); for models of two axes (c, y, x) or (b, c, y, x). Values are normalised as in training. predict is for volumes of any size."],
    searchTerms: ["forward", "inference"]
  ) { call in
    let model = try call.trainedModel("m"), network = model.network, array = try call.array("a"), shape = array.shape, rank = network.spatialRank
    let axes = (["c"] + ["z", "y", "x"].suffix(rank)).joined(separator: ", ")
    guard shape.count == rank + 1 || shape.count == rank + 2 else {
      throw call.failure(.shape, "`a` has \(shape.count) axes, \(shapeText(shape)); \(network.name) takes (\(axes)) or (b, \(axes))", at: "a")
    }
    let channels = shape[shape.count - rank - 1]
    guard channels == network.inChannels else {
      throw call.failure(.shape, "`a` has \(channels) channels, \(shapeText(shape)); \(network.name) takes \(network.inChannels)", at: "a")
    }
    let result: NDArray
    do { result = try model.apply(try call.volume("a").array, context: call.execution) } catch let error as NetworkError {
      throw network.tooLarge(error, like: Array(shape.suffix(rank)), training: false, call, "a")
    }
    let names = (result.rank == rank + 2 ? [Axis("b", .channel)] : []) + Axis.defaults(rank: rank + 1)
    return Value(ArrayValue(try Volume(result, Grid(unknown: names))))
  }
}
