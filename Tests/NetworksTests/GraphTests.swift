import Testing
import Networks
import Storage

struct GraphTests {
  func builder(_ channels: Int = 2) throws -> NetworkBuilder { try NetworkBuilder(name: "net", spatialRank: 3, inChannels: channels) }

  @Test func layersAreNamedAndCounted() throws {
    let builder = try builder()
    let network = try builder.network(output: try builder.input.conv(3, kernel: [3]).relu().conv(4, kernel: [1, 2, 3], name: "last"))
    #expect(network.nodes.map(\.name) == ["conv1", "relu1", "last"])
    #expect(network.parameterShapes.map(\.name) == ["conv1.weight", "conv1.bias", "last.weight", "last.bias"])
    #expect(network.parameterShapes.map(\.shape) == [[3, 2, 3, 3, 3], [3], [4, 3, 1, 2, 3], [4]])
    #expect(network.outChannels == 4)
  }

  @Test func whatIsNotNeededIsLeftOut() throws {
    let builder = try builder()
    let kept = try builder.input.conv(3, kernel: [3])
    _ = try kept.conv(9, kernel: [3])
    #expect(try builder.network(output: kept).parameterShapes.count == 2)
  }

  /// A stride leaves no rest, so that inputs moved by it give outputs moved by a voxel.
  @Test func stridesAndDilation() throws {
    let builder = try builder()
    let network = try builder.network(output: try builder.input.conv(3, kernel: [3], stride: [1, 2, 3], dilation: [4, 2, 1]).conv(2, kernel: [1, 3, 2], stride: [2], border: .valid))
    let legal = try #require(network.legalSizes())
    #expect(legal.smallest == [9, 9, 6] && legal.step == [2, 4, 6])
    let geometry = try network.geometry(forSpatial: [11, 13, 18])
    #expect(geometry.output == [2, 2, 3])
    #expect(geometry.pitch.map(\.description) == ["2", "4", "6"])
    let error = #expect(throws: NetworkError.self) { try network.outputShape(forSpatial: [9, 10, 6]) }
    #expect(error?.description == "net: layer conv1 (conv 3×3×3 stride 1×2×3 dilation 4×2×1) cannot take (c 2, z 9, y 10, x 6): y: of 10, a first window takes 5, and what is left must be a multiple of the stride, 2; input sizes that fit: z 9 + 2 k, y 9 + 4 k, x 6 + 6 k")
    let same = try self.builder().input.conv(3, kernel: [3], stride: [2], border: .same)
    let halved = try same.builder.network(output: same)
    #expect(try halved.outputShape(forSpatial: [4, 6, 8]) == [2, 3, 4] && halved.legalSizes()?.step == [2, 2, 2])
    #expect(throws: NetworkError.self) { try self.builder().input.conv(3, kernel: [3], stride: [0]) }
    #expect(throws: NetworkError.self) { try self.builder().input.conv(3, kernel: [3], dilation: [65]) }
  }

  @Test func channelMismatchNamesLayer() throws {
    let builder = try builder()
    let a = try builder.input.conv(3, kernel: [3]), b = try builder.input.conv(4, kernel: [3])
    let error = #expect(throws: NetworkError.self) { try a.add([b]) }
    #expect(error?.description == "net: layer add1 (add) cannot take (c 3) and (c 4): channels: 3 against 4")
  }

  @Test func spatialMismatchShowsBothShapes() throws {
    let builder = try builder()
    let a = try builder.input.conv(3, kernel: [3]), b = try builder.input.conv(3, kernel: [1])
    let network = try builder.network(output: try a.concat([b]))
    let error = #expect(throws: NetworkError.self) { try network.outputShape(forSpatial: [8, 9, 10]) }
    #expect(error?.description == "net: layer concat1 (concat) cannot take (c 3, z 6, y 7, x 8) and (c 3, z 8, y 9, x 10): z: 6 against 8")
  }

  @Test func tensorsOfAnotherNetwork() throws {
    let a = try builder(), b = try builder()
    #expect(throws: NetworkError.foreignTensor(operation: "concat")) { try a.input.concat([b.input]) }
    #expect(throws: NetworkError.foreignTensor(operation: "net")) { try a.network(output: b.input) }
  }

  @Test func settingsAreChecked() throws {
    let x = try builder().input
    #expect(throws: NetworkError.self) { try x.conv(0, kernel: [3]) }
    #expect(throws: NetworkError.self) { try x.conv(3, kernel: [0]) }
    #expect(throws: NetworkError.self) { try x.conv(3, kernel: [8]) }
    #expect(throws: NetworkError.self) { try x.conv(3, kernel: [3, 3]) }
    #expect(throws: NetworkError.self) { try x.conv(3, kernel: [2], border: .same) }
    #expect(throws: NetworkError.self) { try x.maxPool([0]) }
    #expect(throws: NetworkError.self) { try x.upsample([-2]) }
    #expect(throws: NetworkError.self) { try NetworkBuilder(name: "", spatialRank: 4, inChannels: 1) }
    #expect(throws: NetworkError.self) { try UNetSettings(outChannels: 2, features: 2, featureFactor: 2, downsampleFactors: []).network() }
    #expect(throws: NetworkError.self) { try UNetSettings(outChannels: 2, features: 2, featureFactor: 2, downsampleFactors: [[2, 2, 2], [2, 2]]).network() }
    #expect(throws: NetworkError.self) { try UNetSettings(outChannels: 2, features: 1 << 40, featureFactor: 1 << 40, downsampleFactors: [[2, 2, 2]]).network() }
    #expect(throws: NetworkError.self) { try UNetSettings(outChannels: 2, features: 2, featureFactor: 2, downsampleFactors: [[2, 2, 2]], kernelSizesDown: [[[3, 3, 3]]]).network() }
  }

  @Test func duplicateNames() throws {
    let builder = try builder(), x = try builder.input.conv(3, kernel: [3], name: "a")
    #expect(throws: NetworkError.duplicateName("a")) { try x.conv(3, kernel: [3], name: "a") }
    let twice = Network.Node("a", try Convolution(features: 2, kernel: .one), [0]), again = Network.Node("a", try Convolution(features: 2, kernel: .one), [1])
    #expect(throws: NetworkError.duplicateName("a")) { try Network(name: "net", spatialRank: 3, inChannels: 1, nodes: [twice, again], output: 2) }
  }

  /// Names that would be lost in a checkpoint, or that no file can bear.
  @Test(arguments: ["", "a b", "a/b", "optimizer.mean", "average.x", "prediction_head", String(repeating: "a", count: 201)])
  func refusedNames(name: String) throws {
    let x = try builder().input
    #expect(throws: NetworkError.self) { try x.conv(3, kernel: [3], name: name) }
  }

  /// With an input size, shapes are known while tracing and a layer that does not fit says so at once.
  @Test func sizesWhileTracing() throws {
    let builder = try NetworkBuilder(name: "net", spatialRank: 2, inChannels: 1, input: [8, 9])
    let x = try builder.input.conv(3, kernel: [3])
    #expect(x.shape == [3, 6, 7] && builder.input.shape == [1, 8, 9])
    let error = #expect(throws: NetworkError.self) { try x.maxPool([2]) }
    #expect(error?.headline == "net: layer max_pool1 (max_pool 1×2×2) cannot take (c 3, y 6, x 7)" && error?.detail == "x: 7 is not divisible by 2")
  }

  /// The levels of a U-Net are read off its layers; what goes down twice has none.
  @Test func levels() throws {
    let unet = try UNetSettings(outChannels: 4, features: 3, featureFactor: 2, downsampleFactors: [[2, 2, 2], [2, 2, 2]], upsampleFactors: [[2, 2, 2]]).network()
    let (levels, finer) = try #require(try unet.levels(input: [44, 44, 44]))
    #expect(levels.map(\.down.features) == [3, 6, 12] && levels.map { $0.down.to[0] } == [40, 16, 4] && levels.map { $0.up?.to[0] } == [4, 4, nil])
    #expect(finer.map { $0.from[0] } == [8] && finer.map { $0.to[0] } == [4])
    #expect(levels.reduce(0) { $0 + $1.down.parameters + ($1.up?.parameters ?? 0) } + finer.reduce(0) { $0 + $1.parameters } == unet.parameterCount)
    let builder = try builder()
    let twice = try builder.network(output: try builder.input.maxPool([2]).upsample([2]).maxPool([2]))
    #expect(try twice.levels(input: [8, 8, 8]) == nil)
  }

  /// Legal sizes against trying every size, for networks with uneven factors, crops and paddings.
  @Test(arguments: [([[2, 3]], Convolution.Border.valid, 3), ([[3, 2], [2, 2]], .valid, 3), ([[2, 2], [2, 2]], .same, 3), ([[1, 4], [3, 1]], .valid, 2)])
  func legalSizesAreExact(factors: [[Int]], border: Convolution.Border, kernel: Int) throws {
    let kernels = Array(repeating: [[kernel, kernel]], count: factors.count + 1)
    let network = try UNetSettings(outChannels: 1, features: 1, featureFactor: 1, downsampleFactors: factors, kernelSizesDown: kernels, kernelSizesUp: Array(kernels.dropLast()), padding: border).network()
    let legal = try #require(network.legalSizes())
    for y in 1...90 { #expect(((try? network.outputShape(forSpatial: [y, legal.smallest[1]])) != nil) == legal.contains([y, legal.smallest[1]]), "y \(y), legal \(legal)") }
    for x in 1...90 { #expect(((try? network.outputShape(forSpatial: [legal.smallest[0], x])) != nil) == legal.contains([legal.smallest[0], x]), "x \(x), legal \(legal)") }
  }

  @Test(arguments: [
    "{}", "[]", "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":2,\"layers\":[]}", "{\"name\":\"a\",\"axes\":9,\"channels\":1,\"output\":0,\"layers\":[]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"op\":\"conv\",\"of\":[0]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"op\":\"nothing\",\"of\":[0]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"op\":\"add\",\"of\":[0,1]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"op\":\"add\",\"of\":[]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"op\":\"conv\",\"of\":[0],\"features\":[-1],\"kernel\":[3,3,3]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"op\":\"crop_to_factor\",\"of\":[0],\"factor\":[0,1,1],\"convolutions\":[0,0,0]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"op\":\"activation\",\"of\":[0],\"map\":[7]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"of\":[0],\"op\":\"dropout\",\"share\":[1,1]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"of\":[0],\"op\":\"dropout\",\"share\":[1,0]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"of\":[0],\"op\":\"dropout\"}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"of\":[0],\"op\":\"leaky_relu\",\"slope\":[-1,2]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"of\":[0],\"op\":\"leaky_relu\",\"slope\":[3,2]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"of\":[0],\"op\":\"leaky_relu\",\"slope\":[1]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"op\":\"batch_norm\",\"of\":[0,0]}]}",
    "{\"name\":\"a\",\"axes\":3,\"channels\":1,\"output\":1,\"layers\":[{\"name\":\"c\",\"of\":[0],\"op\":\"activation\",\"map\":[4]}]}",
  ]) func hostileDescriptions(text: String) throws {
    #expect(throws: NetworkError.self) { try Network(json: try JSON(parsing: text)) }
  }

  /// A new operator file needs its line in the list, under a word of its own.
  @Test func operatorsAreListedOnce() {
    #expect(Set(Operators.all.map { $0.word }).count == Operators.all.count)
    #expect(Operators.all.map { "\($0)" } == Operators.all.map { "\($0)" }.sorted())
  }

  /// Flows are Cellpose's channels, not those of a network that was given another number of them.
  @Test func flowsHaveDirections() throws {
    #expect(try CPnetSettings(features: [4, 8]).network().makesFlows)
    #expect(try CPnetSettings(features: [4, 8], outChannels: 4, spatialRank: 3).network().makesFlows)
    #expect(try !CPnetSettings(features: [4, 8], outChannels: 2).network().makesFlows)
    #expect(try !UNetSettings(outChannels: 4, features: 4, featureFactor: 2, downsampleFactors: [[2, 2, 2]]).network().makesFlows)
  }

  /// Elements are no axis: the message names none, and the remedy is not another legal size.
  @Test func whatIsTooLargeSaysSo() throws {
    let network = try UNetSettings(outChannels: 64, features: 64, featureFactor: 2, downsampleFactors: [[2, 2, 2]], padding: .same).network()
    do { _ = try network.outputShape(forSpatial: [4000, 4000, 4000]); Issue.record("it fits") } catch let error {
      #expect(error.detail == "the output would have more than 2³⁸ elements, the most that a tensor has" && error.isTooLarge)
      #expect(error.hint == "use a smaller input; predict goes through a large volume in tiles")
    }
  }
}
