import Arrays
import Execution
import Geometry
import Storage
import Testing
import Networks
#if canImport(Glibc)
import Glibc
#endif

/// A folder that is gone when the test ends.
final class Scratch {
  let path: String
  init() throws {
    path = try Files.makeTemporaryFolder()
  }
  deinit { try? Files.removeTree(path) }
  func file(_ name: String) -> String { path + "/" + name }
}

struct ModelFileTests {
  static let settings = UNetSettings(outChannels: 3, features: 2, featureFactor: 2, downsampleFactors: [[2, 2, 2]])

  func model(_ activation: HeadActivation = .sigmoid) throws -> Model {
    let network = try Self.settings.network().withHead(channels: 2)
    return try Model(network: network, parameters: try ParameterSet(initialising: network, seed: 4), activation: activation, task: ["name": "onehot", "at": 0.5],
                     inputVoxelSize: WorldCoordinate([Rational(8), try #require(Rational(4.56)), Rational(4)]), normalisation: Normalisation(scale: 1.0 / 255, shift: -0.5), provenance: ["seed": 4])
  }

  @Test func modelRoundTrip() throws {
    let scratch = try Scratch(), model = try model(), path = scratch.file("a.dcmodel")
    try model.save(path)
    let again = try Model(loading: path)
    #expect(again.network.json == model.network.json)
    #expect(again.parameters.names == model.parameters.names)
    for (a, b) in zip(again.parameters.arrays, model.parameters.arrays) { #expect(try bits(a) == bits(b)) }
    #expect(again.activation == model.activation && again.task == model.task && again.normalisation == model.normalisation && again.provenance == model.provenance)
    #expect(again.inputVoxelSize == model.inputVoxelSize && again.outputVoxelSize == nil)
    let input = try NDArray((0..<20 * 20 * 20).map { UInt8($0 % 251) }, [1, 20, 20, 20])
    #expect(try bits(again.apply(input, context: context(2))) == bits(model.apply(input, context: context())))
  }

  @Test func applyNormalisesAndActivates() throws {
    let input = try NDArray((0..<20 * 20 * 20).map { UInt16($0 % 251) }, [1, 20, 20, 20])
    let raw = try model(.none).apply(input, context: context()).elements(Float.self)
    let floats = try NDArray(try input.elements(UInt16.self).map { Float($0) * Float(1.0 / 255) - 0.5 }, [1, 1, 20, 20, 20])
    var plain = try model(.none)
    plain.normalisation = .none
    #expect(try plain.apply(floats, context: context()).shape == [1, 2, 4, 4, 4])
    #expect(try plain.apply(floats, context: context()).elements(Float.self) == raw)
    let sigmoid = try model(.sigmoid).apply(input, context: context()).elements(Float.self), tangent = try model(.tanh).apply(input, context: context()).elements(Float.self)
    let softmax = try model(.softmax).apply(input, context: context()).elements(Float.self)
    for at in 0..<64 {
      #expect(abs(sigmoid[at] - 1 / (1 + exp(-raw[at]))) < 1e-6)
      #expect(abs(tangent[at] - tanh(raw[at])) < 1e-6)
      #expect(abs(softmax[at] + softmax[at + 64] - 1) < 1e-6)
      #expect(abs(softmax[at] - 1 / (1 + exp(raw[at + 64] - raw[at]))) < 1e-6)
    }
  }

  @Test func applyRefusesOtherShapes() throws {
    let model = try model()
    for shape in [[20, 20, 20], [2, 20, 20, 20], [1, 21, 20, 20], [1, 1, 1, 20, 20, 20], [0, 1, 20, 20, 20], [1, 20, 0, 20]] {
      #expect(throws: NetworkError.self, "\(shape)") { try model.apply(try NDArray(.uint8, shape), context: context()) }
    }
  }

  /// Saved in the middle and read back, the optimiser takes the same steps, byte for byte.
  @Test(arguments: [OptimizerSettings.adamW(), .radam(rate: 0.01, weightDecay: 0.1)]) func resumedStepsAreByteEqual(settings: OptimizerSettings) throws {
    let scratch = try Scratch(), network = try Self.settings.network(), pool = ThreadPool(threads: 2)
    var settings = settings
    settings.schedule = .warmup(start: 0.01, steps: 7)
    var parameters = try ParameterSet(initialising: network, seed: 1), optimizer = try Optimizer(settings, for: network)
    func gradients(_ step: Int) throws -> ParameterSet { try ParameterSet(initialising: network, seed: UInt64(step)) }
    for step in 0..<5 { try optimizer.update(&parameters, try gradients(step), pool: pool) }
    try SafeTensors(tensors: zip(parameters.names, parameters.arrays).map { ($0, $1) } + optimizer.tensors, metadata: [("optimizer", optimizer.metadata.compact)]).write(scratch.file("checkpoint"))
    for step in 5..<10 { try optimizer.update(&parameters, try gradients(step), pool: pool) }

    let file = try SafeTensors(reading: scratch.file("checkpoint"))
    var again = try ParameterSet(network, from: file.byName.filter { !$0.key.hasPrefix("optimizer.") })
    var resumed = try Optimizer(settings, for: network, tensors: file.byName, metadata: try JSON(parsing: try #require(file[metadata: "optimizer"])))
    #expect(resumed.step == 5)
    for step in 5..<10 { try resumed.update(&again, try gradients(step), pool: pool) }
    for (a, b) in zip(parameters.arrays, again.arrays) { #expect(try bits(a) == bits(b)) }
    for (a, b) in zip(optimizer.tensors, resumed.tensors) {
      #expect(a.name == b.name)
      #expect(try bits(a.array) == bits(b.array))
    }
    #expect(throws: NetworkError.self) { try Optimizer(.adam(), for: try network.withHead(channels: 1), tensors: file.byName, metadata: ["method": "adam", "step": 5]) }
    #expect(throws: NetworkError.self) { try Optimizer(settings, for: network, tensors: file.byName, metadata: [:]) }
  }

  @Test func safetensorsOfEveryDtype() throws {
    let scratch = try Scratch()
    var tensors: [(name: String, array: NDArray)] = []
    for dtype in DType.allCases {
      for shape in [[], [0], [3], [2, 0, 3], [2, 3]] {
        var array = try NDArray(dtype, shape)
        array.withMutableBytes { for at in $0.indices { $0[at] = dtype == .bool ? UInt8(at % 2) : UInt8(at * 7 % 256) } }
        tensors.append(("\(dtype) \(shape)", array))
      }
    }
    try SafeTensors(tensors: tensors, metadata: [("a", "ü\n"), ("b", "")]).write(scratch.file("all"))
    let again = try SafeTensors(reading: scratch.file("all"))
    #expect(again.metadata.map(\.key) == ["a", "b"] && again.metadata.map(\.value) == ["ü\n", ""])
    #expect(again.tensors.map(\.name) == tensors.map(\.name))
    for (a, b) in zip(again.tensors, tensors) {
      #expect(a.array.dtype == b.array.dtype && a.array.shape == b.array.shape)
      #expect(a.array.withBytes { Array($0) } == b.array.withBytes { Array($0) })
    }
  }

  /// Each is refused with the file's name, none crashes.
  @Test(arguments: [
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "overlaps"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "lies at 0..<8 of 4"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-4,4]}}", 8, "lies at"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "lies at"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "of shape (3) has 8 bytes"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "of shape"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4611686018427387904],\"data_offsets\":[0,8]}}", 8, "of shape"),
    ("{\"a\":{\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype F33"),
    ("{\"a\":{\"dtype\":\"BOOL\",\"shape\":[8],\"data_offsets\":[0,8]}}", 8, "BOOL"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "needs dtype"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "belong to no array"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, "belong to no array"),
    ("{\"__metadata__\":{\"a\":1}}", 0, "is no text"), ("[]", 0, "no object"), ("{", 0, "header"),
  ]) func brokenSafetensors(header: String, data: Int, expected: String) throws {
    let scratch = try Scratch(), path = scratch.file("broken")
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    bytes += Array(repeating: 7, count: data)
    try Files.writeAtomically(bytes, path, sync: false)
    let error = #expect(throws: NetworkError.self) { try SafeTensors(reading: path) }
    #expect(error?.description.contains(expected) == true && error?.description.hasPrefix(path) == true, "\(error?.description ?? "none")")
    #expect(throws: NetworkError.self) { try Model(loading: path) }
  }

  /// Every prefix of a model file is refused; so are other files.
  @Test func truncatedModel() throws {
    let scratch = try Scratch(), path = scratch.file("a.dcmodel")
    try model().save(path)
    let bytes = try Files.read(path)
    for count in [0, 1, 7, 8, 9, 100, bytes.count / 2, bytes.count - 1] {
      try Files.writeAtomically(Array(bytes.prefix(count)), path, sync: false)
      #expect(throws: NetworkError.self, "\(count) bytes") { try Model(loading: path) }
    }
    var huge = bytes
    for at in 0..<8 { huge[at] = 0xff }
    try Files.writeAtomically(huge, path, sync: false)
    #expect(throws: NetworkError.self) { try Model(loading: path) }
    #expect(throws: StorageError.self) { try Model(loading: scratch.file("nothing")) }
    try SafeTensors(tensors: [("a", try noise([2], 1))]).write(path)
    #expect(throws: NetworkError.file(path: path, reason: "its metadata have no dcmodel")) { try Model(loading: path) }
  }

  @Test func weightsOfAnotherNetwork() throws {
    let network = try Self.settings.network(), wider = try UNetSettings(outChannels: 3, features: 3, featureFactor: 2, downsampleFactors: [[2, 2, 2]]).network()
    let weights = try ParameterSet(initialising: network, seed: 1), byName = Dictionary(uniqueKeysWithValues: zip(weights.names, weights.arrays))
    #expect(throws: NetworkError.weightShape(name: "unet.l_conv.0.conv_pass.0.weight", expected: [3, 1, 3, 3, 3], found: [2, 1, 3, 3, 3])) { try ParameterSet(wider, from: byName) }
    #expect(throws: NetworkError.missingWeights(network: "unet", names: ["prediction_head.weight", "prediction_head.bias"])) { try ParameterSet(try network.withHead(channels: 1), from: byName) }
    #expect(throws: NetworkError.unknownWeights(network: "unet", names: ["more"])) { try ParameterSet(network, from: byName.merging(["more": weights.arrays[0]]) { a, _ in a }) }
  }

  @Test func initialWeightsHaveTheRightSpread() throws {
    let network = try UNetSettings(outChannels: 32, features: 32, featureFactor: 2, downsampleFactors: [[2, 2, 2]]).network()
    let weights = try ParameterSet(initialising: network, seed: 0)
    for (spec, array) in zip(network.parameters, weights.arrays) where array.count > 10_000 {
      guard case .kaiming(let fanIn) = spec.initial else { continue }
      let values = try array.elements(Float.self).map(Double.init), variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
      #expect(abs(variance * Double(fanIn) / 2 - 1) < 0.05, "\(spec.name)")
      #expect(fanIn == spec.shape.dropFirst().reduce(1, *))
    }
    #expect(try bits(weights.arrays[0]) == bits(ParameterSet(initialising: network, seed: 0).arrays[0]))
    #expect(try bits(weights.arrays[0]) != bits(ParameterSet(initialising: network, seed: 1).arrays[0]))
  }

  @Test func warmUp() {
    let schedule = Schedule.warmup(start: 0.01, steps: 1000)
    #expect(schedule.factor(0) == 0.01 && schedule.factor(1000) == 1 && schedule.factor(5000) == 1)
    #expect(abs(schedule.factor(500) - 0.505) < 1e-12)
    #expect(Schedule.warmup(start: 0.5, steps: 0).factor(0) == 1 && Schedule.constant.factor(3) == 1)
  }
}
