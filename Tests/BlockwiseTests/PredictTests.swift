import Arrays
import Execution
import Geometry
import Networks
import Storage
import Testing

import Blockwise

private func image(_ shape: [Int], _ seed: UInt64 = 3) throws -> NDArray {
  var generator = KeyedGenerator(seed: seed, purpose: "image")
  return try NDArray((0..<shape.reduce(1, *)).map { _ in UInt8(generator.index(below: 256)) }, shape)
}

private func unet(_ settings: UNetSettings, channels: Int = 1, activation: HeadActivation = .sigmoid, voxel: Int? = nil) throws -> Model {
  let network = try settings.network().withHead(channels: channels)
  return try Model(
    network: network, parameters: try ParameterSet(initialising: network, seed: 5), activation: activation,
    inputVoxelSize: voxel.map { Coordinate([Rational](repeating: Rational($0), count: network.spatialRank)) }, normalisation: Normalisation(scale: 1 / 127.5, shift: -1))
}

private let valid = UNetSettings(outChannels: 4, features: 4, featureFactor: 2, downsampleFactors: [[2, 2, 2], [2, 2, 2]])

private func bits(_ source: any ArraySource) throws -> [UInt32] {
  try source.read(try VoxelRoi(shape: source.shape), ReadContext()).elements(Float.self).map(\.bitPattern)
}

@Suite struct PredictTests {
  /// The same bytes for any block, any workers, any memory, and those of one pass over the padded whole.
  @Test(arguments: [1, 2])
  func equalsOnePassOverTheWhole(channels: Int) throws {
    let model = try unet(valid, channels: channels), source = Volume(try image([23, 18, 21]))
    let whole = try predict(model, source, PredictOptions(block: [23, 18, 21]), context(threads: 2)).output
    #expect(whole.shape == (channels == 1 ? [] : [2]) + [23, 18, 21])
    let expected = try bits(whole)

    let tiles = try NetworkTiles(model.network, atLeast: [23, 18, 21])
    let padded = try readPadded(source, VoxelRoi(offset: Coordinate(tiles.before.map { -$0 }), shape: Coordinate(tiles.input)), pad: .reflect, ReadContext())
    let once = try model.apply(try padded.reshaped([1] + padded.shape), context: context())
    let crop = try once.slice(offset: [0] + tiles.skipped, shape: [channels, 23, 18, 21]).elements(Float.self).map(\.bitPattern)
    #expect(crop == expected)

    for (block, workers, budget) in [([8, 8, 8], 1, 1 << 32), ([5, 18, 7], 2, 1 << 32), ([12, 4, 30], 2, 1 << 32), ([23, 18, 21], 1, 6 << 20)] {
      var options = PredictOptions(block: block, workers: workers)
      options.retries = 0
      let limited = ExecutionContext(pool: ThreadPool(threads: workers), memoryBudget: budget)
      let statement = try PredictStatement(model, source, options, to: .memory, limited)
      if budget < 1 << 32 { #expect(statement.tiles.tile != tiles.tile) }
      #expect(try bits(statement.execute(limited).output) == expected, "block \(block), \(workers) workers, \(budget) bytes")
    }
  }

  /// Convolutions in tiles: the same for any workers, and what the direct sums give but for rounding.
  @Test func fastIsCloseToExact() throws {
    var settings = valid
    settings.features = 12
    let model = try unet(settings), source = Volume(try image([23, 18, 21]))
    func run(_ fast: Bool, _ workers: Int) throws -> [Float] {
      let options = PredictOptions(block: [12, 18, 21], workers: workers, fast: fast), output = try predict(model, source, options, context(threads: 2)).output
      return try output.read(try VoxelRoi(shape: output.shape), ReadContext()).elements(Float.self)
    }
    let exact = try run(false, 1), fast = try run(true, 1)
    #expect(try fast == run(true, 2))
    #expect(fast != exact && zip(fast, exact).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  /// Same-padded convolutions see their zeros near the edge of an input: the margin must keep that out.
  @Test func paddedNetworksToo() throws {
    var settings = valid
    settings.padding = .same
    settings.downsampleFactors = [[2, 2, 2]]
    let model = try unet(settings), source = Volume(try image([13, 9, 10]))
    let expected = try bits(predict(model, source, PredictOptions(block: [13, 9, 10]), context()).output)
    for block in [[4, 4, 4], [3, 9, 5]] { #expect(try bits(predict(model, source, PredictOptions(block: block), context()).output) == expected, "block \(block)") }
  }

  /// A voxel's prediction depends on its place, not on the region that was asked for.
  @Test func aRegionIsACutOfTheWhole() throws {
    let model = try unet(valid), grid = try Grid(axes: [.z, .y, .x], voxelSize: Coordinate([Rational(8), Rational(8), Rational(8)]), offset: Coordinate([Rational(16), .zero, .zero]))
    let source = try Volume(image([14, 12, 13]), grid)
    let whole = try #require(predict(model, source, PredictOptions(block: [14, 12, 13]), context()).output as? Volume)
    var options = PredictOptions(block: [4, 4, 4])
    options.roi = try WorldRoi(offset: Coordinate([Rational(40), Rational(8), Rational(24)]), shape: Coordinate([Rational(48), Rational(56), Rational(72)]))
    let part = try #require(predict(model, source, options, context()).output as? Volume)
    #expect(part.grid.offset.values == [Rational(40), Rational(8), Rational(24)])
    #expect(try bits(part) == bits(Volume(whole.array.slice(offset: [3, 1, 3], shape: [6, 7, 9]).contiguous())))
  }

  @Test func planesByATwoDimensionalNetwork() throws {
    let flat = UNetSettings(outChannels: 4, features: 4, featureFactor: 2, downsampleFactors: [[2, 2]])
    let model = try unet(flat, channels: 3, activation: .softmax), source = try image([3, 17, 15])
    let all = try #require(predict(model, Volume(source), PredictOptions(block: [2, 8, 5]), context()).output as? Volume)
    #expect(all.shape == [3, 3, 17, 15])
    for z in 0..<3 {
      let plane = try predict(model, Volume(try source.dropping(axis: 0, at: z).contiguous()), PredictOptions(block: [17, 15]), context()).output
      #expect(try bits(plane) == bits(Volume(all.array.slice(offset: [0, z, 0, 0], shape: [3, 1, 17, 15]).contiguous())), "plane \(z)")
    }
  }

  @Test func eightBitsWithTheirScaling() throws {
    let folder = try TemporaryFolder()
    for (activation, low) in [(HeadActivation.sigmoid, 0.0), (.tanh, -1.0)] {
      let model = try unet(valid, activation: activation), source = Volume(try image([9, 9, 9]))
      let path = folder.path + "/a.zarr/\(activation)"
      let exact = try predict(model, source, PredictOptions(block: [9, 9, 9]), context()).output.read(try VoxelRoi(shape: [9, 9, 9]), ReadContext()).elements(Float.self)
      let kept = try #require(predict(model, source, PredictOptions(block: [4, 4, 4], dtype: .uint8), to: OutputSpec(path: path), context()).output as? StoredArray)
      let scale = try #require(kept.attributes["scaling"]?["scale"]?.double), shift = try #require(kept.attributes["scaling"]?["shift"]?.double)
      #expect(shift == low)
      let stored = try kept.readAll(ReadContext()).elements(UInt8.self)
      for (value, byte) in zip(exact, stored) { #expect(abs(Double(value) - (Double(byte) * scale + shift)) <= scale / 2 + 1e-6) }
    }
    #expect(throws: BlockwiseError.self) { try predict(unet(valid, activation: .none), Volume(image([4, 4, 4])), PredictOptions(dtype: .uint8), context()) }
    #expect(throws: BlockwiseError.self) { try predict(unet(valid), Volume(image([4, 4, 4])), PredictOptions(dtype: .int16), context()) }
  }

  @Test func onDiskItContinues() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.zarr/p", model = try unet(valid), source = Volume(try image([10, 9, 8]))
    let options = PredictOptions(block: [4, 4, 4])
    let first = try predict(model, source, options, to: OutputSpec(path: path), context())
    #expect(first.report.done == 18)
    #expect(try bits(first.output) == bits(predict(model, source, options, context()).output))
    #expect(try predict(model, source, options, to: OutputSpec(path: path), context(threads: 2)).report.skipped == 18)
    var other = model
    other.parameters.arrays[0].withMutableElements(Float.self) { $0[0] += 1 }
    do {
      _ = try predict(other, source, options, to: OutputSpec(path: path), context())
      Issue.record("another model went on with the blocks of this one")
    } catch let error as BlockwiseError {
      guard case .planDiffers(_, "model", _, _) = error else { Issue.record("\(error)"); return }
    }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    func message(_ model: Model, _ source: Volume) -> String {
      do { _ = try predict(model, source, PredictOptions(), context()); return "no error" } catch { return "\(error)" }
    }
    let voxel = try Grid(axes: [.z, .y, .x], voxelSize: Coordinate([Rational(4), Rational(4), Rational(4)]), offset: Coordinate([.zero, .zero, .zero]))
    #expect(message(try unet(valid), Volume(try image([2, 5, 5, 5]))) == "channels do not match: unet takes 1, the source has 2 in (2, 5, 5, 5)")
    #expect(message(try unet(valid), Volume(try image([5, 5]))) == "axes do not match: unet has 3 spatial axes, the source 2")
    #expect(message(try unet(valid, voxel: 8), try Volume(image([5, 5, 5]), voxel)) == "voxel sizes do not match: the model was trained at (8, 8, 8) nm, the source has (4, 4, 4) nm")
    #expect(message(try unet(valid, voxel: 4), try Volume(image([5, 5, 5]), voxel)) == "no error")
    let builder = try NetworkBuilder(name: "half", spatialRank: 3, inChannels: 1), half = try builder.network(output: try builder.input.maxPool([2]))
    let coarser = message(try Model(network: half, parameters: ParameterSet(names: [], arrays: [])), Volume(try image([5, 5, 5])))
    #expect(coarser == "an output voxel of half is 2 voxels of its input long; predicted can be what is as fine as the input or a whole number of times finer")
  }

  /// Super-resolution: a finer grid at the same corner, the same bytes for any block, and those of one pass over the padded whole.
  @Test func finerVoxels() throws {
    for factors in [[2, 2, 2], [1, 3, 2]] {
      var settings = valid
      (settings.downsampleFactors, settings.upsampleFactors) = ([[2, 2, 2]], [factors])
      settings.kernelSizesUp = [[[3, 3, 3]]]
      let model = try unet(settings, channels: 2), voxel = try Grid(axes: [.z, .y, .x], voxelSize: Coordinate([Rational(8), Rational(6), Rational(4)]), offset: Coordinate([Rational(16), .zero, Rational(-4)]))
      let source = try Volume(image([7, 9, 8]), voxel), shape = zip([7, 9, 8], factors).map(*)
      let whole = try #require(predict(model, source, PredictOptions(block: shape), context(threads: 2)).output as? Volume), expected = try bits(whole)
      #expect(whole.shape == [2] + shape && whole.grid.offset == voxel.offset)
      #expect(try whole.grid.voxelSize.values == zip(voxel.voxelSize.values, factors).map { try $0 / Rational($1) })

      let tiles = try NetworkTiles(model.network, atLeast: [7, 9, 8])
      #expect(tiles.scale == factors)
      let padded = try readPadded(source, VoxelRoi(offset: Coordinate(tiles.before.map { -$0 }), shape: Coordinate(tiles.input)), pad: .reflect, ReadContext())
      let once = try model.apply(try padded.reshaped([1] + padded.shape), context: context())
      #expect(try once.slice(offset: [0] + tiles.skipped, shape: [2] + shape).elements(Float.self).map(\.bitPattern) == expected)
      for (block, workers) in [([4, 4, 4], 2), ([5, 7, 3], 1), ([14, 5, 16], 1)] {
        #expect(try bits(predict(model, source, PredictOptions(block: block, workers: workers), context(threads: 2)).output) == expected, "block \(block)")
      }
      var options = PredictOptions(block: [3, 4, 5])
      options.roi = try WorldRoi(offset: Coordinate([Rational(24), Rational(12), Rational(4)]), shape: Coordinate([Rational(32), Rational(30), Rational(12)]))
      let part = try #require(predict(model, source, options, context()).output as? Volume)
      #expect(part.grid.offset.values == [Rational(24), Rational(12), Rational(4)])
      let begin = zip([1, 2, 2], factors).map(*), box = zip([4, 5, 3], factors).map(*)
      #expect(try bits(part) == bits(Volume(whole.array.slice(offset: [0] + begin, shape: [2] + box).contiguous())))
    }
  }

  /// The mean over mirrorings does not hang on blocks either, and does to a mirrored volume what it does to the volume.
  @Test func mirrored() throws {
    let flat = try image([12, 13, 14])
    for model in [try unet(valid, channels: 2), try unet(UNetSettings(outChannels: 4, features: 4, featureFactor: 2, downsampleFactors: [[2, 2]]))] {
      let options = PredictOptions(block: [12, 13, 14], mirror: true), whole = try predict(model, Volume(flat), options, context(threads: 2)).output
      #expect(try bits(whole) != bits(predict(model, Volume(flat), PredictOptions(block: [12, 13, 14]), context()).output))
      #expect(try bits(predict(model, Volume(flat), PredictOptions(block: [5, 6, 14], workers: 2, mirror: true), context(threads: 2)).output) == bits(whole))
    }
    // by hand: one pass of a network of one convolution, and its mirror images
    let builder = try NetworkBuilder(name: "one", spatialRank: 2, inChannels: 1), network = try builder.network(output: try builder.input.conv(1, kernel: [3]))
    let model = try Model(network: network, parameters: try ParameterSet(initialising: network, seed: 2)), picture = try NDArray((0..<30).map { Float($0 * $0 % 17) }, [5, 6])
    let found = try predict(model, Volume(picture), PredictOptions(block: [5, 6], mirror: true), context()).output
    var sum = [Float](repeating: 0, count: 30)
    for axes in [[], [0], [1], [0, 1]] {
      let part = try #require(predict(model, Volume(try picture.flipped(axes).contiguous()), PredictOptions(block: [5, 6]), context()).output as? Volume)
      for (at, value) in try part.array.flipped(axes).contiguous().elements(Float.self).enumerated() { sum[at] += value / 4 }
    }
    #expect(try zip(found.read(try VoxelRoi(shape: [5, 6]), ReadContext()).elements(Float.self), sum).allSatisfy { abs($0 - $1) < 1e-4 })
    var directed = try unet(valid)
    directed.task = ["kind": "affinities"]
    #expect(throws: BlockwiseError.self) { try predict(directed, Volume(flat), PredictOptions(mirror: true), context()) }
    let cellpose = try CPnetSettings(inChannels: 1, features: [4, 8]).network(), flows = try Model(network: cellpose, parameters: try ParameterSet(initialising: cellpose, seed: 2), provenance: ["input": JSON([8, 8])])
    #expect(throws: BlockwiseError.model("channels of flows have directions, which a mirrored pass turns around: predict them without mirroring")) {
      try predict(flows, Volume(picture), PredictOptions(mirror: true), context())
    }
  }

  /// Networks that see all of their input: tiles of one size at fixed places, whatever the blocks.
  @Test func fixedTiles() throws {
    var gated = valid
    gated.attention = true
    let builder = try NetworkBuilder(name: "squeeze", spatialRank: 3, inChannels: 1)
    let x = try builder.input.conv(2, kernel: [3], border: .same).relu(), squeeze = try builder.network(output: try x.multiply(try x.globalPool().linear(2).activation(.sigmoid)).conv(1, kernel: [1]))
    for (network, input) in [(try gated.network().withHead(channels: 1), [52, 52, 52]), (squeeze, [16, 12, 20])] {
      #expect(network.seesAll)
      #expect(try network.seamless().json == network.json)
      let model = try Model(network: network, parameters: try ParameterSet(initialising: network, seed: 5), activation: .sigmoid, provenance: ["input": JSON(input)])
      let source = Volume(try image([22, 9, 11])), whole = try predict(model, source, PredictOptions(block: [22, 9, 11]), context(threads: 2)).output
      #expect(try NetworkTiles(network, trainedOn: input).input == input)
      for (block, workers) in [([8, 8, 8], 2), ([7, 30, 5], 1)] {
        #expect(try bits(predict(model, source, PredictOptions(block: block, workers: workers), context(threads: 2)).output) == bits(whole), "\(network.name) in blocks of \(block)")
      }
    }
  }

  /// The reach of a valid network is what it cuts off; of the same network with same padding it is as much.
  @Test func margins() throws {
    for factors in [[[2, 2, 2]], [[3, 3, 3]], [[2, 2, 2], [2, 2, 2]], [[1, 2, 2], [2, 2, 2]]] {
      var settings = UNetSettings(outChannels: 2, features: 2, featureFactor: 2, downsampleFactors: factors)
      let cut = try NetworkTiles(settings.network(), atLeast: [1, 1, 1])
      #expect(cut.skipped == [0, 0, 0])
      settings.padding = .same
      let padded = try NetworkTiles(settings.network(), atLeast: [1, 1, 1])
      // Same padding cuts nothing off, except what keeps the phase; what its zeros reach is the reach of the valid one, rounded up to the phase.
      for axis in 0..<3 { #expect(padded.skipped[axis] > 0 && padded.before[axis] < cut.before[axis] + 2 * cut.step[axis]) }
    }
  }
}
