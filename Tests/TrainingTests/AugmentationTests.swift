import Arrays
import Execution
import Geometry
import Networks
import Segmentation
import Testing
import Training

#if canImport(Glibc)
import Glibc
#endif

/// Patches that are turned, bent and scaled, and patches whose grey values change.
@Suite struct WarpTests {
  /// Raw and labels are functions of the place, so that each voxel tells where it came from; `apart`: raw holds z, y and x in a channel each.
  func sampler(_ augment: [Augmentation], shape: [Int] = [40, 44, 48], voxel: Int = 8, context: [Int] = [0, 0, 0], mask: Volume? = nil, apart: Bool = false) throws -> PatchSampler {
    let raw = try apart ? places(shape, voxel) : volume(shape, voxel: voxel) { z, y, x in Float(z) * 1 + Float(y) * 100 + Float(x) * 10_000 }
    let labels = try volume(shape, voxel: voxel) { z, y, x in UInt32(z + 100 * y + 10_000 * x + 1) }
    let crops = try split(spec(raw: raw, labels: labels, mask: mask)).train
    return try PatchSampler(
      crops, shape: PatchShape(input: [16, 16, 16], output: [8, 8, 8], context: context), units: .none, foreground: 0, augment: augment, seed: 3, TrainingTests.context())
  }

  /// (c, z, y, x): the index along z, along y and along x.
  func places(_ shape: [Int], _ voxel: Int) throws -> Volume {
    let axes = try [0, 1, 2].map { axis in try volume(shape, voxel: voxel) { z, y, x in Float([z, y, x][axis]) } }
    return try Volume(try NDArray(try axes.flatMap { try $0.array.elements(Float.self) }, [3] + shape), try axes[0].grid.with(axes: [.c, .z, .y, .x]))
  }

  /// Place of a label, or of a raw value.
  func place(_ value: Double) -> [Double] {
    let x = (value / 10_000).rounded(.down), y = ((value - x * 10_000) / 100).rounded(.down)
    return [value - x * 10_000 - y * 100, y, x]
  }

  @Test func nothingToDoCutsThePatch() throws {
    let plain = try sampler([]).patch(iteration: 0, item: 0), mirrored = try sampler([.mirror()]).patch(iteration: 0, item: 0)
    #expect(try plain.raw.isIdentical(to: mirrored.raw) && plain.labels.isIdentical(to: mirrored.labels))   // mirrors come after
  }

  /// Half the size: voxels lie half as far apart in the source, around the same centre.
  @Test func zoom() throws {
    let factor = 2.0, plain = try sampler([]).patch(iteration: 0, item: 1), zoomed = try sampler([try .zoom(low: factor, high: factor)]).patch(iteration: 0, item: 1)
    let centre = place(Double(try plain.labels.elements(UInt32.self)[0] - 1)).map { $0 + 3.5 }
    let labels = try zoomed.labels.elements(UInt32.self), raw = try zoomed.raw.elements(Float.self)
    for (i, index) in [(0, [0, 0, 0]), (73, [1, 1, 1]), (511, [7, 7, 7])] {
      let found = place(Double(labels[i] - 1))
      for axis in 0..<3 { #expect(abs(found[axis] - (centre[axis] + (Double(index[axis]) - 3.5) / factor)) <= 0.5) }
    }
    // linear interpolation of a linear function is exact: raw voxel (8, 8, 8) lies half a voxel behind the centre
    let middle = raw[(8 * 16 + 8) * 16 + 8], expected = centre.map { $0 + 0.5 / factor }
    #expect(abs(Double(middle) - (expected[0] + 100 * expected[1] + 10_000 * expected[2])) < 0.2)
  }

  /// Raw, labels and mask of a turned patch still name the same places, at every angle, with and without context.
  @Test(arguments: [[0, 0, 0], [2, 3, 1]]) func rotationKeepsAlignment(_ context: [Int]) throws {
    let sampler = try sampler([try .rotate()], context: context, apart: true)
    var seen = 0
    for item in 0..<6 {
      let patch = try sampler.patch(iteration: 0, item: item)
      let labels = try patch.labels.elements(UInt32.self), mask = try patch.mask.elements(UInt8.self), raw = try patch.raw.elements(Float.self), shape = patch.labels.shape
      #expect(patch.raw.shape == [3, 16, 16, 16] && shape == [1, 8 + 2 * context[0], 8 + 2 * context[1], 8 + 2 * context[2]])
      for z in 0..<8 {
        for y in stride(from: 0, to: 8, by: 3) {
          for x in stride(from: 0, to: 8, by: 2) {
            let at = ((z + context[0]) * shape[2] + y + context[1]) * shape[3] + x + context[2]
            guard mask[at] != 0 else { continue }
            let label = place(Double(labels[at] - 1))
            // the nearest voxel lies at most half a voxel along each axis from where raw was interpolated
            for axis in 0..<3 { #expect(abs(Double(raw[((axis * 16 + z + 4) * 16 + y + 4) * 16 + x + 4]) - label[axis]) <= 0.5 + 1e-4) }
            seen += 1
          }
        }
      }
    }
    #expect(seen > 200)
  }

  /// A rotation keeps lengths; of anisotropic voxels it leaves the sections alone.
  @Test func rotationsAreRotations() throws {
    var random = KeyedGenerator(seed: 1, purpose: "turn")
    let even = Warp.Frame(voxelSize: [8, 8, 8], shape: PatchShape(input: [8, 8, 8], output: [8, 8, 8], context: [0, 0, 0]))
    let flat = Warp.Frame(voxelSize: [40, 8, 8], shape: PatchShape(input: [8, 8, 8], output: [8, 8, 8], context: [0, 0, 0]))
    let image = Warp.Frame(voxelSize: [8, 8], shape: PatchShape(input: [8, 8], output: [8, 8], context: [0, 0]))
    for (frame, angle, plane) in [(even, 180.0, false), (even, 20, false), (even, 180, true), (flat, 180, false), (image, 180, false)] {
      for _ in 0..<20 {
        var warp = Warp()
        try Augmentation.rotate(angle: angle, plane: plane).warp?(&warp, frame, &random)
        let m = warp.matrix
        for a in 0..<3 {
          for b in 0..<3 { #expect(abs((0..<3).reduce(0) { $0 + m[3 * $1 + a] * m[3 * $1 + b] } - (a == b ? 1 : 0)) < 1e-12) }
        }
        let trace = m[0] + m[4] + m[8]
        #expect(acos(max(-1, min(1, (trace - 1) / 2))) <= angle * .pi / 180 + 1e-9)
        if plane || frame.voxelSize[0] != frame.voxelSize[1] { #expect(m[0] == 1 && m[1] == 0 && m[2] == 0 && m[3] == 0 && m[6] == 0) }
      }
    }
  }

  /// Every orientation is as likely: the image of an axis is spread evenly over the sphere.
  @Test func orientationsAreUniform() throws {
    var random = KeyedGenerator(seed: 2, purpose: "turn"), sum = [0.0, 0, 0], above = 0
    let frame = Warp.Frame(voxelSize: [8, 8, 8], shape: PatchShape(input: [8, 8, 8], output: [8, 8, 8], context: [0, 0, 0]))
    for _ in 0..<4000 {
      var warp = Warp()
      try Augmentation.rotate().warp?(&warp, frame, &random)
      for axis in 0..<3 { sum[axis] += warp.matrix[3 * axis + 2] / 4000 }
      above += abs(warp.matrix[2]) > 0.5 ? 1 : 0   // of a uniform direction, each coordinate is uniform in −1…1
    }
    #expect(sum.allSatisfy { abs($0) < 0.04 })
    #expect(abs(Double(above) / 4000 - 0.5) < 0.03)
  }

  /// The field goes through its control points, and moves by nm whatever the voxel size.
  @Test func elasticMovesByTheGivenDeviation() throws {
    let sampler = try sampler([try .elastic(spacing: .init([64]), displacement: .init([16]))]), plain = try self.sampler([])
    var squares = 0.0, count = 0
    for item in 0..<12 {
      let bent = try sampler.patch(iteration: 0, item: item).labels.elements(UInt32.self), straight = try plain.patch(iteration: 0, item: item).labels.elements(UInt32.self)
      for i in stride(from: 0, to: bent.count, by: 37) {
        let a = place(Double(bent[i] - 1)), b = place(Double(straight[i] - 1))
        for axis in 0..<3 {
          squares += (a[axis] - b[axis]) * (a[axis] - b[axis]) * 64
          count += 1
        }
      }
    }
    // 16 nm at control points; a spline between points of independent normal draws varies a little less
    let deviation = (squares / Double(count)).squareRoot()
    #expect(deviation > 9 && deviation < 18, "\(deviation) nm")
  }

  /// Displacements that leave the data, or that no number holds, are an error that names what to lower; the largest turn and zoom are none.
  @Test func farPlacesAreRefused() throws {
    for nm in [1e5, 1e11, 1e39, 1e300] {
      let sampler = try sampler([try .elastic(displacement: .init([nm]))])
      #expect { try sampler.patch(iteration: 0, item: 0) } throws: { "\($0)".hasPrefix("`aug.elastic(displacement=…)` must be smaller, so that a patch reads at most 2097152 voxels") }
    }
    let all = try sampler([try .zoom(low: 0.1, high: 0.1), try .rotate(), try .elastic()])
    for item in 0..<3 { _ = try all.patch(iteration: 0, item: item) }
    let frame = Warp.Frame(voxelSize: [8, 8, 8], shape: PatchShape(input: [8, 8, 8], output: [8, 8, 8], context: [0, 0, 0]))
    let zoom = try [Augmentation.zoom(low: 0.1, high: 0.1)].warp(frame, seed: 0, iteration: 0, item: 0)
    #expect { try WarpedBox(zoom, box: [64, 64, 64], first: [0, 0, 0], centre: [0, 0, 0], voxelSize: [8, 8, 8], limit: 1 << 20) } throws: {
      "\($0)".hasPrefix("`aug.zoom(low=…)` must be larger, so that a patch reads at most 1048576 voxels")
    }
  }

  @Test func sameKeysSamePatches() throws {
    let list = [try Augmentation.rotate(), try .elastic(spacing: .init([64])), try .zoom(), try .noise(), try .gamma(), try .blur(), try .defect(missing: 0.2)]
    let a = try sampler(list), b = try sampler(list)
    for item in 0..<3 {
      var one = try a.patch(iteration: 4, item: item), two = try b.patch(iteration: 4, item: item)
      try list.apply(to: &one, seed: 3, iteration: 4, item: item)
      try list.apply(to: &two, seed: 3, iteration: 4, item: item)
      #expect(try one.raw.isIdentical(to: two.raw) && one.labels.isIdentical(to: two.labels) && one.mask.isIdentical(to: two.mask))
    }
    #expect(try !a.patch(iteration: 4, item: 0).raw.isIdentical(to: a.patch(iteration: 5, item: 0).raw))
  }

  /// The same bytes whether a crop is held in memory or a box of it is read for each patch; beyond its borders, under a mask, in every type of raw.
  @Test func inMemoryOrRead() throws {
    let mask = try volume([40, 48, 44]) { z, y, x in UInt8((z + y + x) % 5 == 0 ? 0 : 255) }, labels = try volume([40, 48, 44]) { z, y, x in UInt32(z * 1000 + y * 50 + x) }
    let raws: [Volume] = [
      try volume([40, 48, 44]) { z, y, x in UInt8((z * 7 + y * 3 + x) % 256) }, try volume([40, 48, 44]) { z, y, x in UInt16(z * 1000 + y * 7 + x) },
      try volume([40, 48, 44]) { z, y, x in Float(z) - Float(y * x) }, try volume([40, 48, 44]) { z, y, x in Double(z) - Double(y * x) },
    ]
    for raw in raws {
      for mask in [nil, mask] {
        let crops = try split(spec(raw: raw, labels: labels, mask: mask)).train, augment = [try Augmentation.rotate(), try .elastic(spacing: .init([48])), try .zoom()]
        func sampler(_ budget: Int) throws -> PatchSampler {
          try PatchSampler(
            crops, shape: PatchShape(input: [12, 14, 16], output: [8, 10, 12], context: [3, 1, 2]), units: Normalisation(scale: 0.25, shift: -1), foreground: 0, augment: augment, seed: 3,
            ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: budget))
        }
        let held = try sampler(1 << 30), read = try sampler(800_000)   // half of it is less than the crop
        #expect(held.bytes > 400_000 && read.bytes <= 400_000)
        for item in 0..<4 {
          let a = try held.patch(iteration: 0, item: item), b = try read.patch(iteration: 0, item: item)
          #expect(try a.raw.isIdentical(to: b.raw) && a.labels.isIdentical(to: b.labels) && a.mask.isIdentical(to: b.mask), "\(raw.array.dtype) \(mask != nil)")
        }
      }
    }
  }

  /// What lies outside of the labelled space, or under a 0 of the mask, is not trusted after a turn either.
  @Test func masksTurnWithTheLabels() throws {
    let mask = try volume([40, 44, 48]) { z, _, _ in UInt8(z < 20 ? 0 : 1) }, sampler = try sampler([try .rotate()], mask: mask)
    var seen = [false, false]
    for item in 0..<12 {
      let patch = try sampler.patch(iteration: 0, item: item), labels = try patch.labels.elements(UInt32.self), trusted = try patch.mask.elements(UInt8.self)
      for i in 0..<labels.count where trusted[i] != 0 { #expect(place(Double(labels[i] - 1))[0] >= 20) }
      seen[0] = seen[0] || trusted.contains(0)
      seen[1] = seen[1] || trusted.contains(1)
    }
    #expect(seen == [true, true])
  }
}

@Suite struct GreyValueTests {
  func patch() throws -> Patch {
    let raw = try volume([6, 7, 8]) { z, y, x in Float(z * 56 + y * 8 + x) / 336 }.array, labels = try NDArray(.uint8, [1, 6, 7, 8])
    return Patch(raw: try raw.reshaped([1, 6, 7, 8]), labels: labels, mask: labels, grid: try truth(labels).grid, crop: "a", offset: [0, 0, 0])
  }

  func changed(_ augmentation: Augmentation) throws -> (before: [Float], after: [Float]) {
    let before = try patch()
    var after = before, random = KeyedGenerator(seed: 1, purpose: "grey")
    try augmentation.apply?(&after, &random)
    #expect(try after.labels.isIdentical(to: before.labels))
    return (try before.raw.elements(Float.self), try after.raw.elements(Float.self))
  }

  @Test func gamma() throws {
    let (before, after) = try changed(.gamma(low: 2, high: 2)), high = try #require(before.max())
    for (a, b) in zip(before, after) { #expect(abs(b - high * powf(a / high, 2)) < 1e-6) }
  }

  @Test func noise() throws {
    let (before, after) = try changed(.noise(deviation: 0.1)), differences = zip(before, after).map { Double($1 - $0) }
    let mean = differences.reduce(0, +) / 336, deviation = (differences.reduce(0) { $0 + $1 * $1 } / 336).squareRoot()
    #expect(abs(mean) < 0.02 && abs(deviation - 0.1) < 0.015)
  }

  @Test func blur() throws {
    let patch = try patch(), expected = try gaussian(try patch.raw.reshaped([6, 7, 8]), sigma: [1.5, 1.5, 1.5], context()).elements(Float.self)
    #expect(try changed(.blur(low: 1.5, high: 1.5)).after == expected)
  }

  @Test func defects() throws {
    #expect(try changed(.defect(missing: 1, contrast: 0, shift: 0)).after.allSatisfy { $0 == 0 })
    let faint = try changed(.defect(missing: 0, contrast: 1, shift: 0))
    for z in 0..<6 {
      let section = z * 56..<(z + 1) * 56, mean = faint.before[section].reduce(0, +) / 56
      for i in section { #expect(abs(faint.after[i] - (mean + (faint.before[i] - mean) * 0.1)) < 1e-5) }
    }
    let slipped = try changed(.defect(missing: 0, contrast: 0, shift: 1, distance: 2))
    for z in 0..<6 {   // some (dy, dx) explains the whole section
      let explained = (-2...2).contains { dy in
        (-2...2).contains { dx in
          (0..<7).allSatisfy { y in (0..<8).allSatisfy { x in slipped.after[z * 56 + y * 8 + x] == slipped.before[z * 56 + min(max(0, y - dy), 6) * 8 + min(max(0, x - dx), 7)] } }
        }
      }
      #expect(explained)
    }
    #expect(try changed(.defect(missing: 0, contrast: 0, shift: 0)).after == changed(.noise(deviation: 0)).before)
  }

  @Test func settingsAreChecked() {
    #expect(throws: TrainingError.self) { try Augmentation.rotate(angle: 0) }
    #expect(throws: TrainingError.self) { try Augmentation.zoom(low: 2, high: 1) }
    #expect(throws: TrainingError.self) { try Augmentation.gamma(low: 0, high: 1) }
    #expect(throws: TrainingError.self) { try Augmentation.noise(deviation: -.infinity) }
    #expect(throws: TrainingError.self) { try Augmentation.blur(low: -1, high: 1) }
    #expect(throws: TrainingError.self) { try Augmentation.defect(missing: 0.5, contrast: 0.5, shift: 0.5) }
    #expect(throws: TrainingError.self) { try Augmentation.elastic(spacing: .init([.nan])) }
  }

  /// Each kind refuses what it cannot do: every setting out of range, a share of patches above 1, a setting that it does not have.
  @Test func everyKindRefuses() {
    for kind in Augmentation.all {
      #expect(throws: Never.self, "\(kind.name)") { try kind() }
      for (key, _) in kind.defaults {
        for value in Self.anything[kind.name]?[key] ?? [-1e9, .nan] { #expect(throws: TrainingError.self, "\(kind.name) \(key) \(value)") { try kind([key: value]) } }
      }
      for share in [-0.1, 1.1, .nan] { #expect(throws: TrainingError.self, "\(kind.name) \(share)") { try kind(probability: share) } }
      #expect(throws: TrainingError.self, "\(kind.name)") { try kind(["colour": 1]) }
    }
  }

  /// Settings that may be as negative as one likes, or anything at all.
  private static let anything: [String: [String: [Double]]] = [
    "intensity": ["scale_min": [1e9, .nan], "shift_min": [1e9, .nan]], "rotate": ["plane": []],
  ]

  @Test func kindsAreSorted() { #expect(Augmentation.all.map(\.name) == Augmentation.all.map(\.name).sorted()) }
}

/// How often each outcome comes, against how often it should: χ² below what 99.9 % of honest draws stay under.
@Suite struct AugmentDistributionTests {
  func chiSquare(_ counts: [Int], cells: Int) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(cells)
    return counts.reduce(Double(cells - counts.count) * expected) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  func patch(_ values: [Float], _ shape: [Int], voxelSize: [Double] = [8, 8, 8]) throws -> Patch {
    let raw = try NDArray(values, [1] + shape), labels = try NDArray(.uint8, [1] + shape)
    return Patch(raw: raw, labels: labels, mask: labels, grid: try truth(labels, voxelSize: voxelSize).grid, crop: "a", offset: [0, 0, 0])
  }

  /// 8 mirrorings (7 degrees of freedom) and 6 permutations (5); of anisotropic voxels 2 (1).
  @Test func mirrorsAndTransposes() throws {
    let corner = (0..<27).map { Float($0) }
    for (augmentation, voxelSize, cells, limit) in [(Augmentation.mirror(), [8.0, 8, 8], 8, 24.3), (.transpose(), [8, 8, 8], 6, 20.5), (.transpose(), [40, 8, 8], 2, 10.8)] {
      var counts: [[Float]: Int] = [:]
      for iteration in 0..<3000 {
        var changed = try patch(corner, [3, 3, 3], voxelSize: voxelSize)
        try [augmentation].apply(to: &changed, seed: 11, iteration: iteration, item: 0)
        counts[try changed.raw.elements(Float.self), default: 0] += 1
      }
      #expect(counts.count == cells && chiSquare(Array(counts.values), cells: cells) < limit, "\(augmentation.name) \(counts.values)")
    }
  }

  /// Angles in the plane of sections are even over all directions, in 12 sectors (11 degrees of freedom); of a limited turn within its limit.
  @Test func angles() throws {
    var random = KeyedGenerator(seed: 4, purpose: "angle")
    let frame = Warp.Frame(voxelSize: [40, 8, 8], shape: PatchShape(input: [8, 8, 8], output: [8, 8, 8], context: [0, 0, 0]))
    for limit in [180.0, 30] {
      var counts = [Int](repeating: 0, count: 12)
      for _ in 0..<3000 {
        var warp = Warp()
        try Augmentation.rotate(angle: limit).warp?(&warp, frame, &random)
        let angle = atan2(warp.matrix[7], warp.matrix[4]) * 180 / .pi
        counts[min(11, max(0, Int((angle + limit) / (2 * limit) * 12)))] += 1
      }
      #expect(chiSquare(counts, cells: 12) < 31.3, "\(counts)")
    }
  }

  /// Each is applied to its share of patches; ±4 standard deviations.
  @Test func shares() throws {
    for share in [0.1, 0.5, 0.9] {
      var count = 0
      for iteration in 0..<2000 {
        var changed = try patch([0.25, 0.75], [1, 1, 2])
        try [try Augmentation.intensity(scale: (2, 2), probability: share)].apply(to: &changed, seed: 2, iteration: iteration, item: 0)
        count += try changed.raw.elements(Float.self)[0] != 0.25 ? 1 : 0
      }
      #expect(abs(Double(count) - 2000 * share) < 4 * (2000 * share * (1 - share)).squareRoot())
    }
  }

  /// Mean and deviation of each kind of noise at each brightness, of 20,000 voxels: within 4 standard errors.
  @Test(arguments: [Augmentation.Noise.gaussian, .speckle, .poisson]) func noise(_ kind: Augmentation.Noise) throws {
    for (level, deviation) in [(Float(0.5), 0.1), (0.02, 0.1), (1, 0.02), (0.25, 0.02)] {
      var changed = try patch([Float](repeating: level, count: 20_000), [1, 100, 200]), random = KeyedGenerator(seed: 9, purpose: "noise")
      try Augmentation.noise(deviation: deviation, kind: kind).apply?(&changed, &random)
      let values = try changed.raw.elements(Float.self).map(Double.init), mean = values.reduce(0, +) / 20_000
      let found = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000).squareRoot()
      let expected = kind == .gaussian ? deviation : kind == .speckle ? deviation * Double(level) : deviation * Double(level).squareRoot()
      #expect(abs(mean - Double(level)) < 4 * expected / 141.4, "\(kind) \(level): \(mean)")
      #expect(abs(found / expected - 1) < 0.06, "\(kind) \(level): \(found), expected \(expected)")
      // whole counts, and the shape of the distribution: as many even ones as odd ones (or as Poisson has it)
      if kind == .poisson {
        let quantum = deviation * deviation, counts = values.map { ($0 / quantum).rounded() }
        #expect(zip(values, counts).allSatisfy { abs($0 - $1 * quantum) < 1e-5 })
        let even = Double(counts.filter { $0.truncatingRemainder(dividingBy: 2) == 0 }.count) / 20_000
        #expect(abs(even - (1 + exp(-2 * Double(level) / quantum)) / 2) < 0.015, "\(level): \(even)")
      }
    }
  }

  /// By section: each draws for itself, and a blur does not mix them.
  @Test func sections() throws {
    let shape = [6, 8, 8], values = (0..<384).map { Float(($0 * 37) % 101) / 101 }
    for augmentation in [try Augmentation.intensity(scale: (0.5, 2), sections: true), try .gamma(sections: true), try .noise(sections: true), try .blur(low: 0.5, high: 2, sections: true)] {
      var changed = try patch(values, shape), random = KeyedGenerator(seed: 3, purpose: "sections")
      try augmentation.apply?(&changed, &random)
      let after = try changed.raw.elements(Float.self)
      // every section alone gives the same as in the patch only if nothing of its neighbours is used: change one, the others stay
      var other = values
      for i in 64..<128 { other[i] = 1 - other[i] * 0.5 }
      var twin = try patch(other, shape), again = KeyedGenerator(seed: 3, purpose: "sections")
      try augmentation.apply?(&twin, &again)
      let twins = try twin.raw.elements(Float.self)
      #expect((0..<384).allSatisfy { (64..<128).contains($0) || after[$0] == twins[$0] }, "\(augmentation.name)")
      let spread = (0..<6).map { z in zip(after[z * 64..<(z + 1) * 64], values[z * 64..<(z + 1) * 64]).reduce(0) { $0 + abs($1.0 - $1.1) } }
      #expect(Set(spread).count == 6 && spread.allSatisfy { $0 > 0 }, "\(augmentation.name) \(spread)")
    }
  }

  /// Control points in voxels of each axis: none along the first axis leaves sections what they are.
  @Test func elasticByAxis() throws {
    let frame = Warp.Frame(voxelSize: [40, 8, 8], shape: PatchShape(input: [8, 40, 40], output: [8, 40, 40], context: [0, 0, 0]))
    for (spacing, displacement) in [(Augmentation.AxisValues([2, 10, 20], inVoxels: true), Augmentation.AxisValues([0, 2, 2], inVoxels: true)), (.init([80, 80, 160]), .init([0, 16, 16]))] {
      let warp = try [Augmentation.elastic(spacing: spacing, displacement: displacement)].warp(frame, seed: 1, iteration: 0, item: 0)
      let box = try WarpedBox(warp, box: [8, 40, 40], first: [-3.5, -19.5, -19.5], centre: [50, 50, 50], voxelSize: [40, 8, 8])
      #expect(box.offset[0] == 46 && box.extent[0] == 9 && box.extent[1] > 40)
    }
  }

  /// A run's record gives the same augmentation again.
  @Test func recorded() throws {
    let all = [
      try Augmentation.elastic(spacing: .init([2, 10, 20], inVoxels: true), displacement: .init([0, 16, 16])), try .elastic(), try .elastic(spacing: .init([64])),
      try .noise(deviation: 0.1, kind: .poisson, sections: true), try .blur(sections: true), try .intensity(scale: (1, 2), clip: true),
    ]
    for augmentation in all {
      let kind = try #require(Augmentation.all.first { $0.name == augmentation.name })
      let again = try kind(Dictionary(uniqueKeysWithValues: augmentation.settings.map { ($0.key, $0.value) }))
      #expect(again.settings.map(\.key) == augmentation.settings.map(\.key) && again.settings.map(\.value) == augmentation.settings.map(\.value), "\(augmentation.settings) \(again.settings)")
    }
  }
}
