// A network as a function of the language: run once on a tensor without elements, it leaves the layers that it called.

import Language
import Networks

extension Builtin {
  static let network = Builtin(
    "network", "(f: fn, name=\"network\", channels=1, dimensions=3, input: int|coord = nil) -> model",
    "Makes a model of a function that turns a tensor into a tensor by layers: conv, relu, max_pool, upsample, crop, concat, ….",
    details: [
      "The function is called with a symbolic tensor; x.channels is known in it, and x.shape (channels before lengths) if input is given: the voxels of a training patch.",
      "A run adds a 1-voxel convolution to the task's channels. Which input sizes fit is found by itself: the model shows them.",
    ],
    examples: [
      Example("network(fn(x) = x |> conv(4, 3) |> relu(), input=(8, 8, 8)).output", prints: "(6, 6, 6)"),
      Example("network(fn(x) = x |> conv(4, 3) |> max_pool(2) |> upsample(2), dimensions=2).parameters", prints: "40"),
    ],
    searchTerms: ["architecture", "layers", "model", "trace", "custom"]
  ) { call in
    let function = try call.function("f")
    let rank: Int
    if case .voxelCoordinate(let size) = try call.value("input") { rank = size.rank } else { rank = try call.int("dimensions", in: 1...3) }
    let channels = try call.int("channels", in: 1...1_000_000), name = try call.networkName()
    func trace(_ input: [Int]?) throws -> Network {
      let builder = try NetworkBuilder(name: name, spatialRank: rank, inChannels: channels, input: input)
      let result = try call.invoke(function, Value(TensorValue(builder.input)))
      guard let tensor = result.object(as: TensorValue.self)?.tensor else {
        throw call.failure(.type, "the function must return a tensor, not \(result.typePhrase)", at: "f", hint: "its value is its last expression")
      }
      return try builder.network(output: tensor)
    }
    guard let input = try call.optionalVoxels("input", rank: rank)?.values else {
      let network = try trace(nil)
      guard network.legalSizes() == nil else { return Value(ModelValue(kind: .architecture(network), input: network.usualInput)) }
      // No size fits: with sizes at hand the layer that stops the best one says so where it stands.
      _ = try trace(network.mostPromisingInput)
      throw NetworkError.noLegalSize(network: name)
    }
    do { return Value(ModelValue(kind: .architecture(try trace(input)), input: input)) } catch var failure as Failure where failure.kind == .shape {
      if failure.hint == nil, let legal = (try? trace(nil))?.legalSizes() { failure.hint = "input sizes that fit: \(legal)" }
      throw failure
    }
  }
}

extension Call {
  /// What messages and displays call the network: one short line.
  func networkName() throws -> String {
    let name = try string("name")
    guard !name.isEmpty, name.count <= 60, !name.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else { throw failure(.value, "`name` must be one line of 1 to 60 characters", at: "name") }
    return name
  }
}

extension NetworkError: FailureConvertible {
  package var failure: Failure {
    switch self {
    case .memory: Failure(.memory, description, hint: hint)
    case .setting(let name, _, _): Failure(.value, description, argument: name)
    case .duplicateName: Failure(.value, description, argument: "name")
    case .file, .description, .missingWeights, .unknownWeights, .weightShape, .weightsDoNotFit: Failure(.data, description, hint: hint)
    default: Failure(.shape, headline, label: detail, hint: hint)
    }
  }
}
