import Arrays
import Execution
import Geometry
import Networks
import Testing
import Training

/// Labels finer than raw: targets are made on their voxels, and patches of both lie on each other.
@Suite struct SuperResolutionTests {
  static let shape = PatchShape(input: [8, 10, 12], output: [8, 4, 12], context: [1, 0, 3], rate: [2, 2, 2])

  /// Raw of 16 nm that names its voxel along z, y, x; labels of 8 nm that name theirs, counted from the corner of raw, and begin `begin` of them behind it.
  func crop(_ begin: [Int], _ box: [Int], edge: Int = 20) throws -> DataSplit {
    let raw = try volume([edge, edge, edge], voxel: 16, offset: [160, 0, 32]) { z, y, x in Float((z * 100 + y) * 100 + x) }
    let labels = try volume(box, voxel: 8, offset: zip([160, 0, 32], begin).map { $0 + 8 * $1 }) { z, y, x in
      UInt32(((z + begin[0]) * 100 + y + begin[1]) * 100 + x + begin[2]) + 1
    }
    return try split(spec(raw: raw, labels: labels))
  }

  func sampler(_ data: DataSplit, augment: [Augmentation] = [], budget: Int = 1 << 30, _ shape: PatchShape = Self.shape) throws -> PatchSampler {
    try PatchSampler(data.train, shape: shape, units: .none, foreground: 0.5, augment: augment, seed: 5, ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: budget))
  }

  /// Digits to the base of 100.
  func place(_ number: Int) -> [Int] { [number / 10000, number / 100 % 100, number % 100] }

  @Test(arguments: [[0, 0, 0], [3, 5, 7], [8, 1, 2]], [1 << 30, 2]) func aligned(_ begin: [Int], _ budget: Int) throws {
    let data = try crop(begin, [24, 22, 26]), sampler = try sampler(data, budget: budget)
    #expect(data.rate == [2, 2, 2] && data.voxelSize.description == "(8, 8, 8)" && data.rawVoxelSize.description == "(16, 16, 16)")
    var odd = 0
    for iteration in 0..<30 {
      let patch = try sampler.patch(iteration: iteration, item: 0), raw = try patch.raw.elements(Float.self), labels = try patch.labels.elements(UInt32.self), mask = try patch.mask.elements(UInt8.self)
      #expect(patch.raw.shape == [1, 8, 10, 12] && patch.labels.shape == [1, 10, 4, 18])
      let first = place(Int(labels[0]) - 1)
      if first.contains(where: { $0 % 2 == 1 }) { odd += 1 }
      for z in 0..<10 { for y in 0..<4 { for x in 0..<18 {
        let i = (z * 4 + y) * 18 + x
        if mask[i] == 0 { continue }
        // 4 voxels of labels before the output along z (8·2 − 8)/2, 8 along y, 6 along x; less the context
        let under = [(4 - 1 + z) / 2, (8 - 0 + y) / 2, (6 - 3 + x) / 2]
        #expect(place(Int(raw[(under[0] * 10 + under[1]) * 12 + under[2]])) == place(Int(labels[i]) - 1).map { $0 / 2 })
      } } }
      #expect(mask.contains(1))
    }
    #expect(odd > 0)   // the context of 1 and 3 begins inside of a voxel of raw
  }

  /// Turned and scaled, the eight labels of a voxel of raw still lie around the place that it shows, in nm.
  @Test(arguments: [1 << 30, 4_000_000]) func alignedThroughWarps(_ budget: Int) throws {
    let raw = try volume([60, 60, 60], voxel: 16) { z, y, x in Float(z) }
    let labels = try volume([120, 120, 120], voxel: 8) { z, _, _ in UInt8(z) }
    let shape = PatchShape(input: [12, 12, 12], output: [24, 24, 24], context: [0, 0, 0], rate: [2, 2, 2])
    let sampler = try sampler(try split(spec(raw: raw, labels: labels)), augment: [.rotate(), .zoom()], budget: budget, shape)
    for iteration in 0..<6 {
      let patch = try sampler.patch(iteration: iteration, item: 0), coarse = try patch.raw.elements(Float.self), fine = try patch.labels.elements(UInt8.self), known = try patch.mask.elements(UInt8.self)
      var sum = 0.0, count = 0
      for z in 0..<12 { for y in 0..<12 { for x in 0..<12 {
        var mean = 0.0, trusted = true
        for k in 0..<8 {
          let i = ((2 * z + k / 4) * 24 + 2 * y + k / 2 % 2) * 24 + 2 * x + k % 2
          mean += Double(fine[i]) / 8
          trusted = trusted && known[i] != 0
        }
        let shown = 2 * Double(coarse[(z * 12 + y) * 12 + x]) + 0.5
        guard trusted, shown > 2, shown < 117 else { continue }   // reflected beyond
        #expect(abs(mean - shown) <= 0.75)
        sum += mean - shown
        count += 1
      } } }
      #expect(count > 100 && abs(sum / Double(count)) < 0.05, "\(sum / Double(count)) of \(count)")
    }
  }

  @Test func whatDoesNotFitIsSaid() throws {
    let data = try crop([0, 0, 0], [24, 24, 24])
    func settings(_ network: Network, _ data: DataSplit, input: Int = 16) throws -> RunSettings {
      try RunSettings(network: network, task: .oneHot(["a"]), data: data, input: [input, input, input], augment: [])
    }
    #expect(throws: TrainingError.scale(network: "as fine as its input", voxel: "(8, 8, 8)", raw: "(16, 16, 16)", wanted: [2, 2, 2])) { try settings(try tinyNetwork(padding: .same), data) }
    let (raw, labels) = try balls([30, 30, 30]), even = try split(spec(raw: raw, labels: labels))
    #expect(throws: TrainingError.scale(network: "(2, 2, 2) times as fine as its input", voxel: "(8, 8, 8)", raw: "(8, 8, 8)", wanted: [1, 1, 1])) { try settings(try Self.network(), even) }
    let thirds = try volume([20, 20, 20], voxel: 24) { _, _, _ in UInt8(0) }
    #expect(problems { _ = try split(spec(raw: thirds, labels: try volume([20, 20, 20], voxel: 10) { _, _, _ in UInt8(1) })) }
      == [.voxelSize(crop: "a", role: "labels", raw: "(24, 24, 24)", other: "(10, 10, 10)")])
    let other = spec(raw: raw, labels: labels, name: "b"), fine = spec(raw: try volume([20, 20, 20], voxel: 16) { _, _, _ in UInt8(0) }, labels: labels, name: "c")
    #expect(problems { _ = try split(other, fine) } == [.rawVoxelSize(crop: "c", expected: "(8, 8, 8)", found: "(16, 16, 16)", first: "b")])
  }

  static func network() throws -> Network {
    try UNetSettings(outChannels: 8, features: 8, featureFactor: 2, downsampleFactors: [[2, 2, 2]], upsampleFactors: [[2, 2, 2]], padding: .same).network().withHead(channels: 1)
  }

  /// Balls seen at 16 nm, known at 8: the labels of a validation crop are met voxel by voxel.
  @Test func learnsFinerThanItSees() throws {
    try withFolder { root in
      func seen(_ edge: Int, _ name: String, _ use: CropSpec.Use, _ seed: UInt64) throws -> CropSpec {
        let (raw, labels) = try balls([edge, edge, edge], seed: seed)
        let half = edge / 2, fine = try raw.array.elements(UInt8.self)
        let coarse = try volume([half, half, half], voxel: 16) { z, y, x -> UInt8 in
          var sum = 0
          for k in 0..<8 { sum += Int(fine[((2 * z + k / 4) * edge + 2 * y + k / 2 % 2) * edge + 2 * x + k % 2]) }
          return UInt8(sum / 8)
        }
        return spec(use, raw: coarse, labels: labels, name: name)
      }
      let data = try split(try seen(36, "t", .train, 1), try seen(28, "v", .validate, 2))
      let settings = try RunSettings(
        network: try Self.network(), task: .oneHot(["ball"]), data: data, input: [16, 16, 16], batch: 2, optimizer: .adam, rate: LearningRate(3e-3), augment: try Augmentation.usual(), seed: 7)
      let run = try Run("fine", in: root, settings)
      try run.train(until: TrainLimit(iterations: 120), cadence: Cadence(checkpointEvery: 60, validateEvery: 60), context(threads: 2))
      let best = try run.best()
      #expect(best.score > 0.8, "\(best)")
      let model = try run.model(best)
      #expect(model.inputVoxelSize?.description == "(16, 16, 16)" && model.outputVoxelSize?.description == "(8, 8, 8)")
      let kept = try run.prediction(of: "v")
      #expect(kept?.array.shape == [28, 28, 28] || kept?.array.shape == [1, 28, 28, 28])
    }
  }
}
