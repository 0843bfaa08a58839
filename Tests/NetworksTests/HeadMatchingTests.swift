import Arrays
import Networks
import Storage
import Testing

struct HeadMatchingTests {
  func model() throws -> Model {
    let network = try WeightMatchingTests.backbone.network().withHead(channels: 3)
    return try Model(network: network, parameters: try ParameterSet(initialising: network, seed: 1), task: ["channels": ["mito", "er", "nuc"]])
  }

  @Test func rowsOfEqualLabelsStay() throws {
    let model = try model(), (network, parameters, kept) = try #require(try model.withHead(for: ["nuc", "golgi", "mito", "ves"], seed: 5))
    #expect(kept == ["nuc", "mito"] && network.outChannels == 4)
    try parameters.check(network)
    func head(_ set: ParameterSet, _ part: String) throws -> [Float] { try #require(set["prediction_head." + part]).elements(Float.self) }
    let (old, new) = (try head(model.parameters, "weight"), try head(parameters, "weight")), (oldBias, newBias) = (try head(model.parameters, "bias"), try head(parameters, "bias"))
    #expect(Array(new[0..<3]) == Array(old[6..<9]) && Array(new[6..<9]) == Array(old[0..<3]))
    #expect(newBias[0] == oldBias[2] && newBias[2] == oldBias[0])
    #expect(Array(new[3..<6]) != Array(old[3..<6]) && Set(new).count == 12)
    for (name, array) in zip(model.parameters.names, model.parameters.arrays) where !name.hasPrefix("prediction_head") { #expect(try bits(try #require(parameters[name])) == bits(array)) }
    let again = try #require(try model.withHead(for: ["nuc", "golgi", "mito", "ves"], seed: 5))
    for (a, b) in zip(again.parameters.arrays, parameters.arrays) { #expect(try bits(a) == bits(b)) }
  }

  @Test func withoutLabelsThereIsNothingToMatch() throws {
    var model = try model()
    model.task = ["channels": ["mito"]]
    #expect(model.labels == nil)
    let fresh = try #require(try model.withHead(for: ["mito"], seed: 1))
    #expect(fresh.kept.isEmpty && fresh.network.outChannels == 1)
  }

  /// The published setups' networks: their sizes are those that cellmap-models makes of the same settings.
  @Test(arguments: zip(["setup04", "setup26.1", "setup28", "setup36", "setup45"], [14, 3, 2, 2, 2])) func publishedSetups(name: String, classes: Int) throws {
    let setup = try #require(CosemWeights.all.first { $0.setup.name == name }), network = try setup.network()
    #expect(setup.setup.classes.count == classes && network.parameters.contains { $0.name == "unet.2.conv_pass.2.weight" && $0.shape == [72, 72, 3, 3, 3] })
    #expect(network.parameters.contains { $0.name == "unet.1.up.1.weight" && $0.shape == [72, 72, 1, 1, 1] })
    #expect(network.parameterCount == 234_966_804)   // as DaCapo counts it
    #expect(network.legalSizes()?.step == [18, 18, 18])
  }

  @Test func publishedWeightsHavePlacesOfTheirOwn() {
    let all = PublishedWeights.all
    #expect(Set(all.map(\.name)).count == all.count && Set(all.map(\.url)).count == all.count && all.count > 20)
    let weights = all[0].download(cache: "/c", mirror: "http://mirror:1/x/")
    #expect(weights.path == "/c/weights/cosem/setup04/1820500" && weights.url == "http://mirror:1/x/v0003.2-pytorch/cosem_models/cosem_models/setup04/1820500")
    #expect(all[0].download(cache: "/c", mirror: nil).url == all[0].url)
  }

  @Test(arguments: [
    UNetSettings(outChannels: 3, features: 4, featureFactor: 2, downsampleFactors: [[2, 2, 2]]),
    UNetSettings(outChannels: 5, features: 2, featureFactor: 3, downsampleFactors: [[2, 2], [2, 2]], batchNorm: true),
    UNetSettings(inChannels: 2, outChannels: 3, features: 2, featureFactor: 2, downsampleFactors: [[1, 2, 2]], kernelSizesDown: [[[1, 3, 3]], [[3, 3, 3]]], kernelSizesUp: [[[1, 3, 3]]], constantUpsample: false),
  ]) func architecturesAreGuessedFromShapes(settings: UNetSettings) throws {
    let network = try settings.network(), weights = try ParameterSet(zerosFor: network)
    let dictionary = StateDict(SafeTensors(tensors: zip(weights.names, weights.arrays).map { ("chain.0." + $0.dropFirst("unet.".count), $1) }), path: "a.safetensors")
    let guess = try #require(UNetGuess(dictionary))
    let expected = [
      4: "unet(levels=2, features=4, growth=2, out=3)", 2: "unet(levels=3, features=2, growth=3, out=5, batch_norm=true, dimensions=2)",
      8: "unet(levels=2, features=2, growth=2, channels=2, out=3, kernels_down=[[(1, 3, 3)], [3]], kernels_up=[[(1, 3, 3)]], constant_upsample=false, factors=[(1, 2, 2)])",
    ][settings.constantUpsample ? settings.features : 8]
    #expect(guess.call == expected && guess.unknown.contains("activation"))
  }
}
