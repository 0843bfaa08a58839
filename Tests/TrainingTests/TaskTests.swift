import Arrays
import Execution
import Geometry
import Networks
import Segmentation
import Storage
import Testing
import Training

#if canImport(Glibc)
import Glibc
#endif

@Suite struct TaskTests {
  /// A deterministic cloud of blobs with two ids.
  func labels(_ shape: [Int]) throws -> NDArray {
    try volume(shape) { z, y, x in
      let wave = sin(Double(z) * 0.9) + sin(Double(y) * 0.7) + cos(Double(x) * 0.8)
      return UInt32(wave > 0.6 ? (x < shape[2] / 2 ? 1 : 2) : 0)
    }.array.reshaped([1] + shape)
  }

  @Test func binaryTarget() throws {
    let task = try Task.oneHot(["mito"]), labels = try labels([4, 5, 6])
    let target = try task.target(truth(labels), context()).values
    #expect(try target.elements(Float.self) == labels.elements(UInt32.self).map { $0 == 0 ? 0 : 1 })
    #expect(task.loss == .bce && task.activation == .sigmoid && task.context == .none)
  }

  @Test func classTarget() throws {
    let task = try Task.oneHot(["background", "one"]), labels = try labels([4, 5, 6])
    let made = try task.target(truth(labels), context()), ids = try labels.elements(UInt32.self)
    #expect(try made.values.elements(Float.self) == ids.map { $0 == 0 ? 1 : 0 } + ids.map { $0 == 1 ? 1 : 0 })
    #expect(try made.trust?.elements(UInt8.self) == ids.map { $0 < 2 ? 1 : 0 })   // id 2 has no class
    #expect(task.loss == .crossEntropy && task.activation == .softmax)
  }

  /// tanh(d / scale) with the distance of the definition.
  @Test(arguments: [[8.0, 8, 8], [40, 4, 4]]) func distanceTarget(_ voxelSize: [Double]) throws {
    let task = try Task.distance(["mito"], scale: 20), labels = try labels([5, 6, 7])
    let found = try task.target(truth(labels, voxelSize: voxelSize), context()).values.elements(Float.self)
    let expected = try plainSignedDistance(try labels.reshaped([5, 6, 7]), voxelSize: voxelSize).map { tanh($0 / 20) }
    for (a, b) in zip(found, expected) { #expect(abs(Double(a) - b) < 1e-5) }
    #expect(task.context(voxelSize: voxelSize) == voxelSize.map { Int((20 / $0).rounded(.up)) })
  }

  /// Inside as distance, 0 outside.
  @Test func innerDistanceTarget() throws {
    let labels = try labels([5, 6, 7]), whole = try Task.distance(["m"], scale: 20).target(truth(labels), context()).values.elements(Float.self)
    let inner = try Task.innerDistance(["m"], scale: 20).target(truth(labels), context()).values.elements(Float.self)
    let ids = try labels.elements(UInt32.self)
    for i in 0..<ids.count { #expect(inner[i] == (ids[i] == 0 ? 0 : whole[i])) }
  }

  /// Classes, then distances; both balanced by the class.
  @Test func hotDistanceTarget() throws {
    let labels = try labels([5, 6, 7]), task = try Task.hotDistance(["m"], scale: 20, balanced: true), made = try task.target(truth(labels), context())
    let hot = try labels.nonZero().floats().elements(Float.self), distances = try Task.distance(["m"], scale: 20).target(truth(labels), context()).values.elements(Float.self)
    #expect(try made.values.elements(Float.self) == hot + distances)
    #expect(try made.sides?.elements(UInt8.self) == (hot + hot).map { UInt8($0) })
    #expect(task.channels == ["m", "m_distance"] && task.loss.description == "bce[0:1] + mse[1:2]")
    // log-odds decide: the distance channel is not scored
    let rows = try task.score(try NDArray(hot.map { 4 * $0 - 2 } + distances.map { -$0 }, [2, 5, 6, 7]), labels: labels, mask: nil, context())
    #expect(rows.count == 17 && rows.filter { $0.parameters[0] > -2 && $0.parameters[0] < 2 }.allSatisfy { $0.metrics == [1, 1, 0] })
  }

  /// Affinities first, then descriptors of the same labels; an affinity is trusted where both of its ends are.
  @Test func affinityTarget() throws {
    let labels = try labels([5, 6, 7]), offsets = [[1, 0, 0], [0, -2, 1]], flat = try labels.reshaped([5, 6, 7])
    let mask = try NDArray((0..<210).map { UInt8($0 % 4 == 0 ? 0 : 1) }, [1, 5, 6, 7])
    let task = try Task.affinities("n", offsets: offsets, lsds: true, lsdVoxels: 1.5), made = try task.target(truth(labels, mask: mask, voxelSize: [16, 8, 8]), context())
    let expected = try plainAffinities(flat, neighborhood: offsets, backgroundAsObject: false).map { Float($0) }
    let shapes = try descriptors(flat, sigma: [24, 24, 24], voxelSize: [16, 8, 8], context()).elements(Float.self)
    #expect(try made.values.elements(Float.self) == expected + shapes)
    let trust = try #require(try made.trust?.elements(UInt8.self)), masks = try mask.elements(UInt8.self)
    for (side, offset) in offsets.enumerated() {
      for voxel in 0..<210 {
        let z = voxel / 42 + offset[0], y = voxel / 7 % 6 + offset[1], x = voxel % 7 + offset[2], isInside = z < 5 && y >= 0 && x < 7
        #expect(trust[side * 210 + voxel] == (isInside && masks[voxel] != 0 && masks[z * 42 + y * 7 + x] != 0 ? 1 : 0))
      }
    }
    #expect(trust[420...].allSatisfy { $0 == 1 } && task.channels.prefix(3) == ["aff_1.0.0", "aff_0.-2.1", "lsd_0"] && task.context(voxelSize: [16, 8, 8]) == [5, 9, 9])
    let sides = try #require(try made.sides?.elements(UInt8.self))
    let foreground = try flat.nonZero().elements(UInt8.self)
    #expect(Array(sides[..<420]) == expected.map { UInt8($0) } && Array(sides[420..<630]) == foreground)
    // affinities that are right give the objects back
    let perfect = try Task.affinities("n", offsets: Task.usualOffsets, biases: [0.5]), right = try perfect.target(truth(labels), context()).values
    let rows = try perfect.score(right, labels: try labelComponents(flat, byValue: true, context()).labels.reshaped([1, 5, 6, 7]), mask: nil, context())
    #expect(rows.count == 1 && rows[0].metrics[0] < 1e-9)
    #expect(throws: TrainingError.self) { try Task.affinities("n", offsets: [[0, 0, 0]]) }
    #expect(throws: TrainingError.self) { try Task.affinities("n", offsets: [[1, 0, 0], [1, 0]]) }
    #expect(throws: (any Error).self) { try perfect.target(truth(try NDArray(.uint8, [1, 4, 4])), context()) }
  }

  /// DaCapo's rule: kept where the surface is nearer than the end of the annotation, or far inside both.
  @Test func distancesBeyondTheMaskAreLeftOut() throws {
    let labels = try volume([1, 1, 24]) { _, _, x in UInt8(x < 12 ? 0 : 1) }.array.reshaped([1, 1, 1, 24])
    let mask = try NDArray((0..<24).map { UInt8($0 < 4 ? 0 : 1) }, [1, 1, 1, 24])
    let task = try Task.distance(["m"], scale: 16, masksDistances: true), made = try task.target(truth(labels, mask: mask), context())
    let trust = try #require(try made.trust?.elements(UInt8.self)), values = try made.values.elements(Float.self)
    for x in 0..<24 {
      let edge = 8.0   // the volume itself is one voxel thick: its end is a voxel away along z and y
      let known = x < 4 ? 0 : min(edge, Double(x - 3) * 8, Double(24 - x) * 8)
      #expect(trust[x] == (min(abs(Double(values[x])) + 0.05, 0.8) < tanh(known / 16) ? 1 : 0), "\(x)")
    }
    #expect(try Task.distance(["m"], scale: 16).target(truth(labels, mask: mask), context()).trust == nil)
  }

  @Test func reach() throws {
    #expect(Reach(length: 20).voxels([40, 8, 8]) == [1, 3, 3])
    #expect(Reach(voxels: [1, 2, 3]).voxels([40, 8, 8]) == [1, 2, 3])
    #expect(Reach(voxels: [5]).voxels([40, 8, 8]) == [5, 5, 5])
    #expect(Reach(length: 20, largestVoxels: 3).voxels([40, 8, 8]) == [3, 15, 15])
  }

  /// A stored task of a script scores and predicts, and says what it lacks.
  @Test func customTaskFromItsRecord() throws {
    let task = try Task(
      name: "x", channels: ["x"], loss: try TaskLoss(parsing: "bce + dice"), context: Reach(length: 16), post: Post(name: "p", rule: .custom { p, _, _, _ in p }), sweep: [SweepAxis("a", [1, 2])],
      metrics: [.voi, .f1], settings: [JSON.Member("target_function", "fn(l) = l")]
    ) { truth, _ in .init(truth.labels) }
    let back = try Task(record: try JSON(parsing: task.record.pretty), run: "r")
    #expect(back.record == task.record && back.lacksFunctions && back.metrics == task.metrics && back.sweep == task.sweep)
    #expect(throws: TrainingError.needsTask(run: "r")) { try back.target(truth(try labels([4, 5, 6])), context()) }
  }

  @Test func records() throws {
    for task in [try Task.oneHot(["mito"]), try Task.oneHot(["a", "b", "c"], balanced: true), try Task.oneHot(["a", "b"], exclusive: false), try Task.distance(["mito"], scale: 12.5, thresholds: [0, 0.25]),
                 try Task.innerDistance(["a", "b"], scale: 80, masksDistances: true), try Task.hotDistance(["a", "b"], scale: 80, balanced: true),
                 try Task.affinities("n"), try Task.affinities("n", offsets: [[1, 0], [0, -2]], lsds: true, lsdVoxels: 4, biases: [0.5]), try Task.descriptors("n", voxels: 5, rank: 2)] {
      let back = try Task(record: try JSON(parsing: task.record.pretty))
      #expect(back.record == task.record)
      #expect(back.channels == task.channels && back.sweep == task.sweep)
    }
    #expect(throws: TrainingError.self) { try Task(record: ["kind": "nothing"]) }
    #expect(throws: TrainingError.self) { try Task.distance(["a"], scale: 0) }
    #expect(throws: TrainingError.self) { try Task.oneHot([]) }
    #expect(Task.kinds.map(\.name) == Task.kinds.map(\.name).sorted())
    #expect(Metric.all.map(\.name) == Metric.all.map(\.name).sorted())
  }

  @Test func sweeps() throws {
    #expect(SweepAxis.linear("t", 0.1, 0.9, count: 17).values.prefix(3) == [0.1, 0.15, 0.2])
    let task = try Task(name: "x", channels: ["x"], loss: .mse, post: Post(name: "both", rule: .custom { p, _, _, _ in p }), sweep: [SweepAxis("a", [1, 2]), SweepAxis("b", [3, 4, 5])], metrics: [.f1]) { truth, _ in .init(truth.labels) }
    #expect(task.parameterSets == [[1, 3], [1, 4], [1, 5], [2, 3], [2, 4], [2, 5]])
  }

  /// Scores of a sweep against counting each mask by itself.
  @Test func scoring() throws {
    let truth = try labels([6, 7, 8]), count = 336
    var random = KeyedGenerator(seed: 1, purpose: "scores")
    let values = try truth.elements(UInt32.self).map { Float(($0 == 0 ? 0.3 : 0.7) + random.uniform(-0.4, 0.4)) }
    let keep = (0..<count).map { UInt8($0 % 5 == 0 ? 0 : 1) }
    let prediction = try NDArray(values, [1, 6, 7, 8]), mask = try NDArray(keep, [1, 6, 7, 8])
    let task = try Task.oneHot(["mito"])
    let rows = try task.score(prediction, labels: truth, mask: mask, iteration: 7, crop: "a", context())
    #expect(rows.count == 17 && rows.allSatisfy { $0.iteration == 7 && $0.crop == "a" && $0.channel == "mito" })
    let real = try truth.elements(UInt32.self)
    for row in rows {
      var both = 0, either = 0
      for i in 0..<count where keep[i] != 0 {
        let found = Double(values[i]) > row.parameters[0], there = real[i] != 0
        both += found && there ? 1 : 0
        either += found || there ? 1 : 0
      }
      #expect(row.metrics[1] == Double(both) / Double(either))
      #expect(abs(row.metrics[0] - 2 * Double(both) / Double(both + either)) < 1e-12)
    }
    let perfect = try task.score(try truth.nonZero().floats(), labels: truth, mask: nil, context())
    #expect(perfect.allSatisfy { $0.metrics == [1, 1, 0] })
  }

  /// 1111 against 1100 masks: H(p) = 0, H(t) = 1 bit, so voi is 1.
  @Test func voiOfMasks() throws {
    let task = try Task.oneHot(["m"], thresholds: [0.5])
    let rows = try task.score(try NDArray([Float](repeating: 1, count: 4), [1, 1, 1, 4]), labels: try NDArray([UInt8(1), 1, 0, 0], [1, 1, 1, 4]), mask: nil, context())
    #expect(rows[0].metrics == [2.0 / 3, 0.5, 1])
  }

  @Test func customLabels() throws {
    let truth = try NDArray([UInt32(1), 1, 2, 2, 0, 0], [1, 1, 1, 6])
    let post = Post(name: "split", rule: .custom { prediction, _, parameters, context in
      try labelComponents(try threshold(prediction.reshaped([1, 1, 6]), above: parameters[0], context), context).labels
    })
    let task = try Task(name: "x", channels: ["x"], loss: .bce, post: post, sweep: [SweepAxis("at", [0.5, 2])], metrics: [.voi, .voiSplit, .f1]) { truth, _ in .init(truth.labels) }
    let rows = try task.score(try NDArray([Float(1), 1, 1, 1, 0, 0], [1, 1, 1, 6]), labels: truth, mask: nil, context())
    #expect(rows.count == 2)
    #expect(rows[0].metrics == [1, 0, 1])   // both objects in one: one bit merged, nothing split, the mask is right
  }

  /// Two voxels too many along x, of 4 nm.
  @Test func distancesOfMasks() throws {
    let post = Post(name: "above", rule: .custom { prediction, _, parameters, context in try threshold(prediction.reshaped([1, 1, 6]), above: parameters[0], context) })
    let task = try Task(
      name: "x", channels: ["x"], loss: .bce, post: post, sweep: [SweepAxis("at", [0.5, 2])], metrics: [.hausdorff, .hausdorff95, .surfaceDistance, .meanFalseDistance, .falsePositiveRate]
    ) { truth, _ in .init(truth.labels) }
    let prediction = try NDArray([Float(1), 1, 1, 1, 0, 0], [1, 1, 1, 6]), truth = try NDArray([UInt32(7), 7, 0, 0, 0, 0], [1, 1, 1, 6])
    let grid = try Grid(axes: Axis.defaults(rank: 3), voxelSize: Coordinate([Rational(40), Rational(8), Rational(4)]), offset: Coordinate(repeating: .zero, count: 3))
    let rows = try task.score(prediction, labels: truth, mask: nil, grid: grid, context())
    #expect(rows[0].metrics[0] == 8 && abs(rows[0].metrics[1] - 7.4) < 1e-9)
    #expect(Array(rows[0].metrics[2...]) == [2, 3, 0.5])
    #expect(rows[1].metrics.allSatisfy { $0.isNaN })   // nothing above 2
    #expect(try task.score(prediction, labels: truth, mask: nil, context())[0].metrics[0] == 2)
    #expect(try task.score(prediction, labels: truth, mask: NDArray([UInt8(1), 1, 1, 0, 0, 0], [1, 1, 1, 6]), grid: grid, context())[0].metrics[0] == 4)
  }

  @Test func argmaxScores() throws {
    let task = try Task.oneHot(["background", "a", "b"])
    let prediction = try NDArray([Float(0), 0, 1, 1] + [1, 0, 0, 0] + [0, 1, 0, 0], [3, 1, 1, 4])
    let rows = try task.score(prediction, labels: try NDArray([UInt8(1), 2, 2, 0], [1, 1, 1, 4]), mask: nil, context())
    #expect(rows.map(\.channel) == ["a", "b"])
    #expect(rows.map { $0.metrics[1] } == [1, 0.5])
  }
}
