import Arrays
import Networks
import Storage
import Testing
import TestSupport

/// The same weights under the names of several libraries: Tests/Fixtures/weights/generate.py.
struct WeightMatchingTests {
  static let backbone = UNetSettings(outChannels: 3, features: 4, featureFactor: 2, downsampleFactors: [[2, 2, 2]])

  func expected() throws -> [String: NDArray] {
    var weights: [String: NDArray] = [:]
    for (name, array) in try SafeTensors(reading: Repository.root + "/Tests/Fixtures/networks/valid.safetensors").tensors where name.hasPrefix("weights.") {
      weights[String(name.dropFirst("weights.".count))] = array.dtype == .float64 ? try NDArray(try array.elements(Double.self).map { Float($0) }, array.shape) : array
    }
    return weights
  }

  @Test(arguments: [("dacapo_03", "DaCapo 0.3", 16), ("dacapo_main", "DaCapo main", 2), ("cellmap", "cellmap-models", 0), ("parallel_legacy", "its own names", 0)])
  func schemes(name: String, scheme: String, skipped: Int) throws {
    let expected = try expected(), dictionary = try StateDict(reading: TorchFileTests.folder + name + ".pt")
    let model = try Model(dictionary, into: try Self.backbone.network(), activation: .tanh)
    #expect(model.network.outChannels == 2 && model.parameters.names.count == 16)
    for (name, array) in zip(model.parameters.names, model.parameters.arrays) { #expect(try array.isIdentical(to: try #require(expected[name])), "\(name)") }
    #expect(model.provenance["names"]?.string == scheme)
    let report = try WeightMatching(dictionary, for: model.network).load(into: model.network).report
    #expect(report.isComplete && report.loaded.count == 16 && report.skipped.count == skipped && report.scheme == scheme)
    let keepsNames = ["dacapo_03", "cellmap"].contains(name)   // those of the head
    #expect(report.rows.filter { $0.state == "loaded" }.count == (keepsNames ? 2 : 0) && report.rows.filter { $0.state == "renamed" }.count == (keepsNames ? 14 : 16))
  }

  /// float16 without a head: values as near as half precision has them.
  @Test func backboneAloneInHalfPrecision() throws {
    let expected = try expected(), dictionary = try StateDict(reading: TorchFileTests.folder + "alone_half.pt"), network = try Self.backbone.network()
    let model = try Model(dictionary, into: network, activation: .none)
    #expect(model.network.outChannels == 3 && model.provenance["names"]?.string == "a U-Net alone")
    for (name, array) in zip(model.parameters.names, model.parameters.arrays) {
      let wanted = try #require(expected[name]).elements(Float.self)
      #expect(try array.elements(Float.self) == wanted.map { Float(Float16($0)) }, "\(name)")
    }
  }

  @Test func nothingIsLoadedInPart() throws {
    let dictionary = try StateDict(reading: TorchFileTests.folder + "dacapo_03.pt")
    var deeper = Self.backbone
    deeper.downsampleFactors.append([2, 2, 2])
    let error = #expect(throws: NetworkError.self) { try Model(dictionary, into: try deeper.network(), activation: .none) }
    guard case .weightsDoNotFit(let report)? = error else { Issue.record("\(String(describing: error))"); return }
    #expect(report.missing.contains("unet.l_conv.2.conv_pass.0.weight") && report.unused.isEmpty && !report.missing.contains("unet.l_conv.1.conv_pass.0.weight"))
    var wider = Self.backbone
    wider.features = 5
    let other = #expect(throws: NetworkError.self) { try Model(dictionary, into: try wider.network(), activation: .none) }
    guard case .weightsDoNotFit(let shapes)? = other else { Issue.record("\(String(describing: other))"); return }
    #expect(shapes.otherShapes.contains { $0.name == "unet.l_conv.0.conv_pass.0.weight" && $0.expected == [5, 1, 3, 3, 3] && $0.found == [4, 1, 3, 3, 3] })
    let builder = try NetworkBuilder(name: "small", spatialRank: 3, inChannels: 1)
    let small = try builder.network(output: try builder.input.conv(4, kernel: [3], name: "unet.l_conv.0.conv_pass.0"))
    let unused = #expect(throws: NetworkError.self) { try Model(dictionary, into: small, activation: .none) }
    guard case .weightsDoNotFit(let left)? = unused else { Issue.record("\(String(describing: unused))"); return }
    #expect(left.missing.isEmpty && left.unused.contains("architecture.unet.l_conv.1.conv_pass.0.weight"))
  }

  /// 2-D weights in a network whose kernels are 1 along z.
  @Test func axesOfLengthOne() throws {
    let flat = try UNetSettings(outChannels: 2, features: 2, featureFactor: 2, downsampleFactors: [[2, 2]]).network()
    let kernels = [[[1, 3, 3], [1, 3, 3]], [[1, 3, 3], [1, 3, 3]]]
    let deep = try UNetSettings(outChannels: 2, features: 2, featureFactor: 2, downsampleFactors: [[1, 2, 2]], kernelSizesDown: kernels, kernelSizesUp: [kernels[0]]).network()
    let weights = try ParameterSet(initialising: flat, seed: 1)
    let dictionary = StateDict(SafeTensors(tensors: zip(weights.names, weights.arrays).map { ($0, $1) }), path: "flat.safetensors")
    let (loaded, report) = try WeightMatching(dictionary, for: deep).load(into: deep)
    #expect(report.loaded.count == weights.names.count && report.loaded.contains { $0.reshaped == [2, 1, 3, 3] })
    for (a, b) in zip(loaded.arrays, weights.arrays) { #expect(try bits(a) == bits(b)) }
    // a kernel that is 1 along another axis, or channels that look alike, are other weights
    let turned = try UNetSettings(outChannels: 2, features: 2, featureFactor: 2, downsampleFactors: [[1, 2, 2]], kernelSizesDown: [[[3, 1, 3]], [[3, 3, 1]]], kernelSizesUp: [[[3, 3, 1]]]).network()
    #expect(throws: NetworkError.self) { try WeightMatching(dictionary, for: turned).load(into: turned) }
  }

  @Test func namesThatContradictEachOther() throws {
    let network = try Self.backbone.network(), weights = try ParameterSet(initialising: network, seed: 1), other = try ParameterSet(initialising: network, seed: 2)
    var tensors = zip(weights.names, weights.arrays).map { ("architecture." + $0, $1) }
    tensors.append(("chain.0." + weights.names[0], other.arrays[0]))
    let error = #expect(throws: NetworkError.self) { try Model(StateDict(SafeTensors(tensors: tensors), path: "a.safetensors"), into: network, activation: .none) }
    guard case .weightsDoNotFit(let report)? = error else { Issue.record("\(String(describing: error))"); return }
    #expect(report.contradictions == [weights.names[0]])
  }
}
