import Arrays
import Networks
import Storage
import Testing

/// What is written here is read here; PyTorch and onnxruntime read it in Tests/Program/weights.sh.
struct ExportTests {
  func model(batchNorm: Bool = false, activation: HeadActivation = .sigmoid) throws -> Model {
    let network = try UNetSettings(outChannels: 3, features: 2, featureFactor: 2, downsampleFactors: [[2, 2, 2]], batchNorm: batchNorm).network().withHead(channels: 2)
    return try Model(network: network, parameters: try ParameterSet(initialising: network, seed: 4), activation: activation, normalisation: Normalisation(scale: 0.5, shift: -1))
  }

  @Test(arguments: WeightNames.allCases, [false, true]) func torchRoundTrip(names: WeightNames, batchNorm: Bool) throws {
    let scratch = try Scratch(), model = try model(batchNorm: batchNorm), path = scratch.file("a.pt")
    try model.saveTorch(path, names: names)
    let dictionary = try StateDict(reading: path)
    #expect(Set(dictionary.entries.map(\.name)).count == dictionary.entries.count)
    #expect(dictionary.entries.contains { $0.name == (names == .dacapo ? "chain.0.unet.l_conv.0.conv_pass.0.weight" : names == .dacapoMain ? "chain.0.l_conv.0.conv_pass.0.weight" : "unet.l_conv.0.conv_pass.0.weight") })
    let again = try Model(dictionary, into: try UNetSettings(outChannels: 3, features: 2, featureFactor: 2, downsampleFactors: [[2, 2, 2]], batchNorm: batchNorm).network(), activation: .sigmoid)
    for (a, b) in zip(again.parameters.arrays, model.parameters.arrays) { #expect(try bits(a) == bits(b)) }
    #expect(again.parameters.names == model.parameters.names)
  }

  @Test(arguments: WeightNames.allCases) func safeTensorsRoundTrip(names: WeightNames) throws {
    let scratch = try Scratch(), model = try model(), path = scratch.file("a.safetensors")
    try model.saveSafeTensors(path, names: names)
    let again = try Model(try StateDict(reading: path), into: model.network, activation: .sigmoid)
    for (a, b) in zip(again.parameters.arrays, model.parameters.arrays) { #expect(try bits(a) == bits(b)) }
  }

  /// Equal weights give equal files.
  @Test func filesAreReproducible() throws {
    let scratch = try Scratch(), model = try model()
    for name in ["a", "b"] {
      try model.saveTorch(scratch.file("\(name).pt"), names: .dacapo)
      try model.saveOnnx(scratch.file("\(name).onnx"), input: [20, 20, 20])
    }
    #expect(try Files.read(scratch.file("a.pt")) == Files.read(scratch.file("b.pt")))
    #expect(try Files.read(scratch.file("a.onnx")) == Files.read(scratch.file("b.onnx")))
  }

  @Test func onnxRefusesSizesThatDoNotFit() throws {
    let scratch = try Scratch(), model = try model()
    #expect(throws: NetworkError.self) { try model.saveOnnx(scratch.file("a.onnx"), input: [19, 20, 20]) }
    #expect(throws: NetworkError.self) { try model.saveOnnx(scratch.file("a.onnx"), input: [20, 20]) }
    #expect(Files.kind(scratch.file("a.onnx")) == nil)
  }
}
