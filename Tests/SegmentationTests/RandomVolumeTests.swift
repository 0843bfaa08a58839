import Arrays
import Execution
import Glibc
import Segmentation
import Testing

/// Kernels beside scipy, scikit-image, cc3d, mwatershed and lsds on random volumes (RandomVolumes.swift).
@Suite struct RandomVolumeTests {
  @Test func components() throws {
    try overRandomVolumes("components") { v in
      let found = try labelComponents(v.labels(), connectivity: v.parameters[0], byValue: v.parameters[1] == 1, dtype: .uint32, v.context)
      let expected = try v.expected(UInt16.self).map(UInt32.init)
      #expect(try found.labels.elements(UInt32.self) == expected && found.count == Int(expected.max() ?? 0), "case \(v.number)")
    }
  }

  @Test func distances() throws {
    try overRandomVolumes("distance") { v in
      let found = try distanceTransform(v.take(), voxelSize: v.voxelSize, border: v.parameters[0] == 1 ? .background : .nothing, v.context)
      #expect(try near(found, v.expected(Float.self)), "case \(v.number)")
    }
    try overRandomVolumes("signed_distance") { v in
      let found = try signedDistance(v.labels(), voxelSize: v.voxelSize, v.context)
      #expect(try near(found, v.expected(Float.self)), "case \(v.number)")
    }
  }

  @Test func filters() throws {
    try overRandomVolumes("gaussian") { v in
      let sigma = v.perAxis(0).map { Double($0) / 10 }
      let found = try gaussian(v.take(), sigma: sigma, truncate: Double(v.parameters[3]), v.context).elements(Float.self), expected = try v.expected(Float.self)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 128 * 1e-6 }, "case \(v.number)")
    }
    try overRandomVolumes("median") { v in
      let found = try median(v.take(), radius: v.perAxis(0), v.context)
      #expect(try found.elements(UInt8.self) == v.expected(UInt8.self), "case \(v.number)")
    }
  }

  @Test func morphology() throws {
    let steps: [(NDArray, StructuringElement, ExecutionContext) throws -> NDArray] = [{ try erode($0, $1, $2) }, { try dilate($0, $1, $2) }, opening, closing]
    try overRandomVolumes("box") { v in
      let found = try steps[v.parameters[3]](v.take(), .box(radius: v.perAxis(0)), v.context)
      #expect(try found.elements(UInt8.self) == v.expected(UInt8.self), "case \(v.number)")
    }
    try overRandomVolumes("ball") { v in
      let found = try steps[v.parameters[1]](v.take(), .ball(radius: Double(v.parameters[0]) / 1000, voxelSize: v.voxelSize), v.context)
      #expect(try plainIds(found).map { UInt8($0) } == v.expected(UInt8.self), "case \(v.number)")
    }
    try overRandomVolumes("holes") { v in
      let found = try fillHoles(v.labels(), v.context)
      #expect(try plainIds(found) == v.expectedIds(), "case \(v.number)")
    }
  }

  @Test func ids() throws {
    try overRandomVolumes("ids") { v in
      let labels = try v.labels()
      #expect(try plainIds(removeSmall(labels, size: v.parameters[0], v.context)) == v.expectedIds("kept"), "case \(v.number)")
      #expect(try plainIds(sizeOf(labels, v.context)) == v.expected(UInt16.self, "sizes").map(UInt64.init), "case \(v.number)")
      #expect(try plainIds(compact(labels, v.context).labels) == v.expected(UInt8.self, "compact").map(UInt64.init), "case \(v.number)")
    }
  }

  @Test func objectsAndContacts() throws {
    try overRandomVolumes("objects") { v in
      let found = try objects(v.labels(), v.context), rows = try v.list(Int32.self, count: 11 * v.parameters[0])
      try #require(found.count == v.parameters[0], "case \(v.number)")
      for (object, row) in zip(found, stride(from: 0, to: rows.count, by: 11).map { rows[$0..<$0 + 11].map(Int.init) }) {
        #expect(object.id == v.id(row[0]) && object.count == row[1], "case \(v.number)")
        #expect(object.begin == row[2..<5].suffix(v.rank) && object.end == row[5..<8].suffix(v.rank) && object.sums.map { Int($0) } == row[8..<11].suffix(v.rank), "case \(v.number)")
      }
    }
    try overRandomVolumes("contacts") { v in
      let found = try contacts(v.labels(), v.context).flatMap { [$0.a, $0.b, UInt64($0.faces)] }
      let rows = try v.list(Int32.self, count: 3 * v.parameters[0]), expected = rows.indices.map { $0 % 3 == 2 ? UInt64(rows[$0]) : v.id(rows[$0]) }
      #expect(found == expected, "case \(v.number)")
    }
  }

  @Test func watersheds() throws {
    try overRandomVolumes("argmax") { v in
      let found = try argmax(v.take(channels: v.parameters[0]), v.context)
      #expect(try found.elements(UInt8.self) == v.expected(UInt8.self), "case \(v.number)")
    }
    try overRandomVolumes("flood") { v in
      let found = try watershed(v.take("heights"), seeds: v.labels("seeds"), mask: v.take("mask"), v.context)
      #expect(try plainIds(found) == v.expectedIds(), "case \(v.number)")
    }
    try overRandomVolumes("mutex") { v in
      let count = v.parameters[0]
      let found = try mutexWatershed(v.take("affinities", channels: count), offsets: v.offsets(count: count, at: 1), strides: v.offsets(count: count, at: 19), v.context)
      #expect(try plainIds(found.labels) == v.expected(UInt16.self).map(UInt64.init), "case \(v.number)")
    }
    try overRandomVolumes("agglomerate") { v in
      let offsets = v.shape.indices.map { axis in v.shape.indices.map { $0 == axis ? 1 : 0 } }
      let found = try agglomerate(v.labels("fragments"), affinities: v.take("affinities", channels: v.rank), offsets: offsets, thresholds: [Double(v.parameters[0]) / 1000 * 65535], v.context)[0]
      #expect(try plainIds(found) == v.expectedIds(), "case \(v.number)")
    }
  }

  @Test func targets() throws {
    try overRandomVolumes("affinities") { v in
      let count = v.parameters[1], found = try affinities(v.labels(), neighborhood: v.offsets(count: count, at: 2), backgroundAsObject: v.parameters[0] == 1, v.context)
      #expect(try found.elements(UInt8.self) == v.expected(UInt8.self, channels: count), "case \(v.number)")
    }
    try overRandomVolumes("descriptors") { v in
      let found = try descriptors(v.labels(), sigma: v.shape.map { _ in Double(v.parameters[0]) }, voxelSize: v.voxelSize, v.context).elements(Float.self)
      let expected = try v.expected(UInt16.self, channels: descriptorChannels(rank: v.rank))   // in steps of 1/65535
      #expect(zip(found, expected).allSatisfy { abs($0 - Float($1) / 65535) < 2.5e-5 }, "case \(v.number)")
    }
    var running = try ClassBalance()
    try overRandomVolumes("balance") { v in
      if v.parameters[0] == 1 { running = try ClassBalance() }
      let found = try running.weights(v.take(channels: v.parameters[1]), mask: v.take("mask"), v.context)
      #expect(try near(found, v.expected(Float.self, channels: v.parameters[1])), "case \(v.number)")
    }
    try overRandomVolumes("trusted") { v in
      let found = try trustedMask(target: v.take("target"), mask: v.take("mask"), voxelSize: v.voxelSize, scale: Double(v.parameters[0]), compatible: v.parameters[1] == 1, v.context)
      #expect(try zip(found.elements(Bool.self), v.expected(UInt8.self)).allSatisfy { $1 == 2 || $0 == ($1 == 1) }, "case \(v.number)")
    }
  }

  @Test func scores() throws {
    try overRandomVolumes("scores") { v in
      let segmentation = try v.labels("segmentation"), truth = try v.labels("truth")
      let found = try PartitionScores(contingency(segmentation, truth, v.context), background: v.parameters[0] == 1)
      for (found, expected) in try zip([found.voiSplit, found.voiMerge, found.rand, found.adaptedRandError], v.list(Double.self, count: 4)) {
        #expect(abs(found - expected) < 1e-12 || (found.isNaN && expected.isNaN), "case \(v.number)")
      }
      let counts = try confusion(segmentation, truth, v.context)
      #expect([counts.truePositive, counts.falsePositive, counts.falseNegative, counts.trueNegative] == Array(v.parameters[1..<5]), "case \(v.number)")
    }
  }
}

/// Within 2⁻²² of each value, and infinite where that is.
private func near(_ found: NDArray, _ expected: [Float]) throws -> Bool {
  try found.count == expected.count && zip(found.elements(Float.self), expected).allSatisfy { $0 == $1 || abs($0 - $1) <= abs($1) * 0x1p-22 }
}
