import Arrays
import Execution
import Geometry
import Testing
import Training

/// Several classes: which arrays they come from, where they may be trusted, how often they are drawn.
@Suite struct ClassTests {
  let raw: Volume, a: Volume, b: Volume, ids: Volume

  init() throws {
    raw = try volume([12, 12, 12]) { z, y, x in UInt8(z * 12 + y) }
    a = try volume([12, 12, 12]) { z, _, _ in UInt8(z < 4 ? 1 : 0) }
    b = try volume([12, 12, 12]) { _, y, _ in UInt8(y < 2 ? 1 : 0) }
    ids = try volume([12, 12, 12]) { z, _, _ in UInt16(z) }
  }

  func crop(_ labels: [(String, Volume)], annotated: [String]? = nil, mask: Volume? = nil, options edit: (inout SplitOptions) -> Void) throws -> Crop {
    var options = SplitOptions()
    edit(&options)
    let inputs = labels.map { CropSpec.Input.source($0.1, name: $0.0) }
    let spec = CropSpec(name: "k", use: .train, raw: .source(raw, name: "raw"), labels: inputs, classes: labels.map(\.0).filter { !$0.isEmpty }, mask: mask.map { .source($0, name: "m") }, annotated: annotated)
    return try DataSplit([spec], options: options) { _, _ in .nothing }.crops[0]
  }

  func all(_ source: ChannelSource?) throws -> [UInt8] { try #require(source).read(offset: [0, 0, 0], shape: [12, 12, 12]).nonZero().elements(UInt8.self) }
  func plane(_ body: (Int, Int, Int) -> Bool) -> [UInt8] { (0..<1728).map { body($0 / 144, $0 / 12 % 12, $0 % 12) ? 1 : 0 } }

  /// DaCapo's negative class: 0 throughout, and known to be so wherever another class is labelled.
  @Test func negativeClass() throws {
    let found = try crop([("a", a), ("b", b)]) { $0.classes = ["b", "c", "a"]; $0.negative = true }
    #expect(try all(found.labels) == plane { _, y, _ in y < 2 } + plane { _, _, _ in false } + plane { z, _, _ in z < 4 })
    #expect(try all(found.mask) == plane { _, _, _ in true } + plane { z, y, _ in z < 4 || y < 2 } + plane { _, _, _ in true })
    #expect(problems { _ = try crop([("a", a)]) { $0.classes = ["a", "c"] } } == [.classMissing(crop: "k", name: "c", have: ["a"])])
  }

  /// A class that was not looked for gives no loss, whether there is an array of it or not; the mask still counts for the others.
  @Test func annotated() throws {
    let mask = try volume([12, 12, 12]) { _, _, x in UInt8(x < 6 ? 1 : 0) }
    for labels in [[("a", a), ("b", b)], [("a", a)]] {
      let found = try crop(labels, annotated: ["a"], mask: mask) { $0.classes = ["a", "b"] }
      #expect(try all(found.mask) == plane { _, _, x in x < 6 } + plane { _, _, _ in false })
    }
    #expect(problems { _ = try crop([("a", a)], annotated: ["q"]) { $0.classes = ["a"] } } == [.noClass(crop: "k", name: "q", have: ["a"])])
  }

  @Test func idsAsClasses() throws {
    let found = try crop([("", ids)]) { $0.groups = [LabelGroup("low", [1, 2]), LabelGroup("any", [])] }
    #expect(try all(found.labels) == plane { z, _, _ in z == 1 || z == 2 } + plane { z, _, _ in z != 0 })
    let binary = try crop([("", ids)]) { $0.binarize = true }
    #expect(try all(binary.labels) == plane { z, _, _ in z != 0 } && binary.labels.source.dtype == .uint8)
  }

  /// Losses: the weight of a class that was not annotated is 0, and the weights of the others are as without it.
  @Test func noLossWithoutAnnotation() throws {
    func weights(_ annotated: [String]?, _ task: Task) throws -> [Float] {
      var options = SplitOptions()
      options.classes = ["a", "b"]
      let spec = CropSpec(use: .train, raw: .source(raw, name: "raw"), labels: [.source(a, name: "a"), .source(b, name: "b")], classes: ["a", "b"], annotated: annotated)
      let data = try DataSplit([spec], options: options) { _, _ in .nothing }
      let settings = try RunSettings(network: try tinyNetwork(task.channels.count, padding: .same), task: task, data: data, input: [12, 12, 12], batch: 1, augment: [], seed: 3)
      let batch = try BatchMaker(settings, context()).batch(0, context())
      return try batch.weight?.elements(Float.self) ?? [Float](repeating: 1, count: task.channels.count * 1728)
    }
    for task in [try Task.oneHot(["a", "b"], exclusive: false), try .distance(["a", "b"], scale: 16), try .hotDistance(["a", "b"], scale: 16), try .oneHot(["a", "b"], exclusive: false, balanced: true)] {
      let count = task.channels.count
      let some = try weights(["b"], task), every = try weights(nil, task)
      #expect(some.count == count * 1728 && every.count == count * 1728, "\(task.kind)")
      for channel in 0..<count {
        let here = some[channel * 1728..<(channel + 1) * 1728], there = every[channel * 1728..<(channel + 1) * 1728]
        if task.kind != "hot_distance" ? channel == 0 : channel % 2 == 0 { #expect(here.allSatisfy { $0 == 0 }, "\(task.kind) \(channel)") } else {
          // the mean over all weights is 1 again, so those that are left are twice what they were
          let share = Double(every.reduce(0, +)) / Double(zip(every, some).filter { $0.1 != 0 }.map(\.0).reduce(0, +))
          #expect(zip(here, there).allSatisfy { abs(Double($0) - Double($1) * share) < 1e-3 }, "\(task.kind) \(channel)")
        }
      }
    }
  }

  /// Scores of a class that was not annotated are NaN, so that they count for nothing.
  @Test func noScoreWithoutAnnotation() throws {
    let labels = try NDArray((0..<128).map { UInt8($0 % 2) }, [2, 4, 4, 4]), mask = try NDArray((0..<128).map { UInt8($0 < 64 ? 1 : 0) }, [2, 4, 4, 4])
    let rows = try Task.oneHot(["a", "b"], exclusive: false).score(try labels.floats(), labels: labels, mask: mask, context())
    #expect(rows.filter { $0.channel == "a" }.allSatisfy { $0.metrics[0] == 1 } && rows.filter { $0.channel == "b" }.allSatisfy { $0.metrics[0].isNaN })
  }

  /// χ² of counts against shares; 99.9 % of honest draws stay below the limit.
  func chiSquare(_ counts: [Int], _ shares: [Double]) -> Double {
    let total = Double(counts.reduce(0, +))
    return zip(counts, shares).reduce(0) { sum, pair in let expected = total * pair.1; return sum + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected }
  }

  /// Crops by weight, classes equally or by weight whatever their size: one voxel is drawn as often as a third of the crop.
  @Test func rareClasses() throws {
    let rare = try volume([12, 12, 12]) { z, y, x in UInt8(z == 7 && y == 7 && x == 7 ? 1 : 0) }
    func spec(_ name: String, _ b: Volume, _ weight: Double) -> CropSpec {
      CropSpec(name: name, use: .train, raw: .source(raw, name: "raw"), labels: [.source(a, name: "a"), .source(b, name: "b")], classes: ["a", "b"], weight: weight)
    }
    let empty = try volume([12, 12, 12]) { _, _, _ in UInt8(0) }
    let data = try DataSplit([spec("one", empty, 1), spec("two", rare, 2), spec("three", empty, 5)]) { _, _ in .nothing }, shape = PatchShape(input: [1, 1, 1], output: [1, 1, 1], context: [0, 0, 0])
    for (weights, share) in [([], 0.5), ([1.0, 3], 0.75)] {
      let sampler = try PatchSampler(data.train, shape: shape, units: .none, foreground: 1, classWeights: weights, seed: 5, context())
      var counts = [0, 0, 0, 0]
      for iteration in 0..<4000 {
        let patch = try sampler.patch(iteration: iteration, item: 0), labels = try patch.labels.elements(UInt8.self)
        if labels[1] != 0 { #expect(patch.crop == "two" && patch.offset == [7, 7, 7]); counts[3] += 1; continue }
        #expect(labels[0] != 0)
        counts[["one", "two", "three"].firstIndex(of: patch.crop) ?? 0] += 1
      }
      // three degrees of freedom
      #expect(chiSquare(counts, [1, 2, 5].map { (1 - share) * $0 / 8 } + [share]) < 16.3, "\(counts)")
    }
  }

  /// Ids as classes of one array: each of them is drawn equally often.
  @Test func rareIds() throws {
    let labels = try volume([12, 12, 12]) { z, y, x in UInt8(z == 0 && y == 0 && x < 3 ? 2 : z > 6 ? 1 : z == 3 ? 9 : 0) }
    let data = try split(spec(raw: raw, labels: labels)), shape = PatchShape(input: [1, 1, 1], output: [1, 1, 1], context: [0, 0, 0])
    let sampler = try PatchSampler(data.train, shape: shape, units: .none, foreground: 1, ids: 3, seed: 5, context())
    var counts: [UInt8: Int] = [:]
    for iteration in 0..<2000 { counts[try sampler.patch(iteration: iteration, item: 0).labels.elements(UInt8.self)[0], default: 0] += 1 }
    #expect(Set(counts.keys) == [1, 2] && chiSquare([counts[1] ?? 0, counts[2] ?? 0], [0.5, 0.5]) < 10.8, "\(counts)")
  }

  /// Centres are spread evenly over what the mask trusts, however little that is; places along each axis without a mask.
  @Test func centresAreUniform() throws {
    let mask = try volume([12, 12, 12]) { z, y, x in UInt8(z * 144 + y * 12 + x < 5 || z == 11 && y == 11 && x > 8 ? 1 : 0) }
    let shape = PatchShape(input: [1, 1, 1], output: [1, 1, 1], context: [0, 0, 0])
    func sampler(_ mask: Volume?) throws -> PatchSampler {
      try PatchSampler(try split(spec(raw: raw, labels: ids, mask: mask)).train, shape: shape, units: .none, foreground: 0, seed: 5, context())
    }
    var counts: [[Int]: Int] = [:]
    let masked = try sampler(mask), open = try sampler(nil)
    for iteration in 0..<4000 { counts[try masked.patch(iteration: iteration, item: 0).offset, default: 0] += 1 }
    #expect(counts.count == 8 && chiSquare(Array(counts.values), [Double](repeating: 0.125, count: 8)) < 24.3)   // seven degrees of freedom
    var places = [[Int]](repeating: [Int](repeating: 0, count: 12), count: 3)
    for iteration in 0..<6000 { for (axis, place) in try open.patch(iteration: iteration, item: 0).offset.enumerated() { places[axis][place] += 1 } }
    for axis in places { #expect(chiSquare(axis, [Double](repeating: 1 / 12.0, count: 12)) < 31.3, "\(axis)") }   // eleven
  }

  @Test func points() throws {
    let at = [[4, 12, 20], [92, 84, 44]].map { Coordinate<World>($0.map { Rational($0) }) }
    let spec = CropSpec(name: "k", use: .train, raw: .source(raw, name: "raw"), labels: [.source(ids, name: "l")], points: at)
    let data = try DataSplit([spec]) { _, _ in .nothing }, shape = PatchShape(input: [1, 1, 1], output: [1, 1, 1], context: [0, 0, 0])
    let sampler = try PatchSampler(data.train, shape: shape, units: .none, foreground: 0.5, seed: 5, context())
    var counts: [[Int]: Int] = [:]
    for iteration in 0..<400 { counts[try sampler.patch(iteration: iteration, item: 0).offset, default: 0] += 1 }
    #expect(Set(counts.keys) == [[0, 1, 2], [11, 10, 5]] && chiSquare(Array(counts.values), [0.5, 0.5]) < 10.8)
    var far = spec
    far.points = [at[0], Coordinate([Rational(800), Rational(0), Rational(0)])]
    #expect(problems { _ = try DataSplit([far]) { _, _ in .nothing } } == [.pointsOutside(crop: "k", outside: 1, of: 2)])
  }

  /// What is held stays below half of the memory budget, crop by crop.
  @Test func memoryBudget() throws {
    let data = try split(spec(raw: raw, labels: ids), spec(raw: raw, labels: ids, name: "b"), spec(raw: raw, labels: ids, name: "c")), shape = PatchShape(input: [4, 4, 4], output: [4, 4, 4], context: [0, 0, 0])
    for budget in [0, 1 << 13, 1 << 14, 1 << 15, 1 << 20] {
      let sampler = try PatchSampler(data.train, shape: shape, units: .none, foreground: 0, seed: 5, ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: budget))
      #expect(sampler.bytes <= budget / 2 && (budget < 1 << 20 || sampler.bytes == 3 * 1728 * 3))
    }
  }
}

/// Pyramids and arrays of another voxel size.
@Suite struct VoxelSizeTests {
  func split(_ raw: [Volume], _ labels: Volume, voxel: Int) throws -> DataSplit {
    var options = SplitOptions()
    options.voxel = Coordinate(repeating: Rational(voxel), count: 3)
    return try DataSplit([CropSpec(name: "k", use: .train, raw: .path("raw"), labels: [.path("labels")])], options: options) { path, _ in
      if path == "labels" { return .array(labels) }
      let level = raw.firstIndex { $0.grid.voxelSize[0] == Rational(voxel) } ?? raw.lastIndex { $0.grid.voxelSize[0] <= Rational(voxel) } ?? 0
      return raw.count > 1 ? .level(raw[level], path: "raw/s\(level)") : .array(raw[level])
    }
  }

  /// The level of the wanted size, else blocks of the next finer one; labels are cut into the same blocks, or repeated.
  @Test func toTheWantedSize() throws {
    let fine = try volume([8, 8, 8], voxel: 4) { z, y, x in UInt8(z * 8 + y) }, coarse = try volume([4, 4, 4], voxel: 8) { z, _, _ in UInt8(z) }
    let labels = try volume([5, 6, 6], voxel: 4, offset: [4, 8, 8]) { z, _, _ in UInt16((z + 1) / 2) }
    let level = try split([fine, coarse], labels, voxel: 8)
    #expect(level.crops[0].raw.shape == [4, 4, 4] && level.crops[0].spec.raw.name == "raw/s1" && level.voxelSize[0] == Rational(8))
    #expect(level.crops[0].rawShift == [1, 1, 1] && level.crops[0].labels.shape == [2, 3, 3])
    #expect(try level.crops[0].labels.read(offset: [0, 0, 0], shape: [2, 1, 1]).elements(UInt16.self) == [1, 2])
    let averaged = try split([fine], labels, voxel: 8)
    #expect(try averaged.crops[0].raw.read(offset: [1, 0, 0], shape: [1, 1, 1]).elements(UInt8.self) == [20])   // of 16, 17, 24, 25: 20.5, half to even
    let repeated = try split([fine], try volume([3, 3, 3], voxel: 8) { z, _, _ in UInt16(z) }, voxel: 4)
    #expect(repeated.crops[0].labels.shape == [6, 6, 6])
    #expect(try repeated.crops[0].labels.read(offset: [1, 0, 0], shape: [3, 1, 1]).elements(UInt16.self) == [0, 1, 1])
  }

  @Test func noWholeFactor() throws {
    let raw = try volume([8, 8, 8], voxel: 8) { _, _, _ in UInt8(0) }, labels = try volume([8, 8, 8], voxel: 5) { _, _, _ in UInt16(0) }
    #expect(problems { _ = try split([raw], labels, voxel: 8) } == [.resolution(crop: "k", role: "labels", path: "labels", have: "(5, 5, 5)", wanted: "(8, 8, 8)")])
    #expect(problems { _ = try split([raw], raw, voxel: 4) } == [.resolution(crop: "k", role: "raw", path: "raw", have: "(8, 8, 8)", wanted: "(4, 4, 4)")])
  }
}

/// What is seen of the values.
@Suite struct CropLookTests {
  func look(_ raw: Volume, _ labels: Volume, _ mask: Volume? = nil, input: [Int]? = nil) throws -> CropLook { try split(spec(raw: raw, labels: labels, mask: mask)).crops[0].look(input: input, context()) }

  @Test func swappedEmptyAndSmall() throws {
    var random = KeyedGenerator(seed: 1, purpose: "grey")
    let grey = try volume([16, 16, 16]) { _, _, _ in UInt8(random.index(below: 200)) }, flat = try volume([16, 16, 16]) { z, _, _ in UInt8(z / 8) }, none = try volume([16, 16, 16]) { _, _, _ in UInt8(0) }
    #expect(try look(grey, flat).errors.isEmpty && look(grey, flat).remarks.isEmpty && look(grey, flat).share == 0.5)
    guard case .greyLabels(_, _, let differ, let rawDiffers)? = try look(flat, grey).errors.first else { Issue.record("not seen"); return }
    #expect(differ > 0.9 && rawDiffers == 0)
    #expect(try look(grey, flat, none).errors == [.emptyMask(crop: "a", path: "mask of a")] && look(grey, flat, none).share.isNaN)
    #expect(try look(grey, none).remarks == [.noLabel(crop: "a", path: "labels of a")] && look(grey, none).isBackground)
    #expect(try look(grey, flat, input: [17, 8, 8]).errors == [.smallForInput(crop: "a", raw: [16, 16, 16], input: [17, 8, 8])])
  }

  /// A crop that is too large to be read whole, with one labelled voxel: not said to be empty.
  @Test func oneVoxelIsFound() throws {
    let place = 150 * 170 * 170 + 3, values = try NDArray(.uint8, [170, 170, 170])
    var labelled = values
    labelled.withMutableElements(UInt8.self) { $0[place] = 1 }
    let grid = try Grid(axes: [.z, .y, .x], voxelSize: Coordinate(repeating: Rational(8), count: 3), offset: Coordinate(repeating: .zero, count: 3))
    let raw = try Volume(values, grid)
    #expect(try !look(raw, try Volume(labelled, grid)).isBackground && look(raw, raw).isBackground && !look(raw, raw).isExact)
    #expect(try look(raw, raw, try Volume(labelled, grid)).errors.isEmpty && !look(raw, raw, raw).errors.isEmpty)
  }
}
