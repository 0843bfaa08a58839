import Arrays
import Execution
import Testing
import Segmentation

/// Many small volumes of all shapes, against mwatershed, scikit-image, lsds and waterz: Tests/Fixtures/segmentation/many/generate.py.
@Suite struct ManyVolumesTests {
  /// Arrays that lie end to end.
  private struct Reel {
    private let all: NDArray
    private var next = 0

    init(_ name: String) throws { all = try readNpy("many/\(name)") }

    var isAtEnd: Bool { next == all.count }

    mutating func take(_ shape: [Int]) throws -> NDArray {
      let count = shape.reduce(1, *)
      defer { next += count }
      return try all.slice(offset: [next], shape: [count]).contiguous().reshaped(shape)
    }

    mutating func numbers(_ count: Int) throws -> [Int] { try take([count]).cast(to: .int64).elements(Int64.self).map { Int($0) } }
  }

  /// Three numbers of which 0 stands for an axis that is not there.
  private func axes(_ padded: ArraySlice<Int>) -> [Int] { padded.filter { $0 > 0 } }

  @Test func basinsAreThoseOfScikitImage() throws {
    var cases = try Reel("basins_cases"), heights = try Reel("basins_heights"), seeds = try Reel("basins_seeds"), masks = try Reel("basins_mask"), found = try Reel("basins")
    var count = 0
    while !cases.isAtEnd {
      let row = try cases.numbers(4), shape = axes(row[..<3]), expected = try found.take(shape).elements(UInt8.self).map(UInt32.init)
      let landscape = try heights.take(shape), seed = try seeds.take(shape), mask = try masks.take(shape)
      for dtype in [DType.uint8, .uint16, .int32, .float32, .float64] {
        let ours = try watershed(landscape.cast(to: dtype), seeds: seed, mask: mask, connectivity: row[3], crowd)
        #expect(try ours.elements(UInt32.self) == expected, "case \(count), \(dtype)")
      }
      count += 1
    }
    #expect(count == 80)
  }

  @Test func mutexSegmentsAreThoseOfMwatershed() throws {
    var cases = try Reel("mutex_cases"), values = try Reel("mutex_affinities"), masks = try Reel("mutex_mask"), found = try Reel("mutex"), count = 0
    while !cases.isAtEnd {
      let head = try cases.numbers(4), shape = axes(head[..<3]), rows = try (0..<head[3]).map { _ in try cases.numbers(6) }
      let affinities = try values.take([head[3]] + shape).cast(to: .float32).elements(Float.self).map { ($0 - 32768) / 32768 }
      let ours = try mutexWatershed(
        NDArray(affinities, [head[3]] + shape), offsets: rows.map { $0[..<3].suffix(shape.count).map { $0 - 8 } }, strides: rows.map { Array($0.suffix(shape.count)) },
        mask: masks.take(shape), alone)
      #expect(try ours.labels.elements(UInt64.self) == found.take(shape).elements(UInt16.self).map(UInt64.init), "case \(count)")
      count += 1
    }
    #expect(count == 80)
  }

  @Test func descriptorsAreThoseOfLsdsInDouble() throws {
    var cases = try Reel("descriptors_cases"), volumes = try Reel("descriptors_labels"), found = try Reel("descriptors"), count = 0
    while !cases.isAtEnd {
      let row = try cases.numbers(10), shape = axes(row[..<3]), labels = try volumes.take(shape)
      let ours = try descriptors(labels, sigma: axes(row[6..<9]).map(Double.init), voxelSize: axes(row[3..<6]).map(Double.init), factor: row[9], crowd)
      let expected = try found.take(ours.shape).elements(Float.self)
      #expect(try zip(ours.elements(Float.self), expected).allSatisfy { $1 < 0 || abs($0 - $1) < 1e-5 }, "case \(count)")
      count += 1
    }
    #expect(count == 36)
  }

  @Test func objectsAreThoseOfScikitImage() throws {
    var cases = try Reel("objects_cases"), volumes = try Reel("objects_labels"), found = try Reel("objects"), count = 0
    while !cases.isAtEnd {
      let row = try cases.numbers(7), shape = axes(row[..<3]), voxel = axes(row[3..<6]).map(Double.init), labels = try volumes.take(shape)
      let ours = try objects(labels, crowd), corners = try objectCorners(labels, crowd)
      try #require(ours.count == row[6] && corners.count == row[6])
      for object in ours {
        let expected = try found.take([6]).elements(Double.self), corner = try #require(corners[object.id])
        let scaled = object.covariance.enumerated().map { i, row in row.enumerated().map { $1 * voxel[i] * voxel[$0] } }, axes = principalAxes(covariance: scaled)
        #expect(Double(object.id) == expected[0] && Double(object.count) == expected[1] && Double(corner.eulerNumber) == expected[3])
        #expect(abs(corner.surface(voxelSize: voxel) - expected[2]) < 1e-9 * max(1, expected[2]))
        for (length, reference) in zip([axes.lengths[0], axes.lengths[axes.lengths.count - 1]], expected.suffix(2)) {
          #expect(abs(length * length - reference * reference) < 1e-9 * max(1, reference * reference, axes.lengths[0] * axes.lengths[0]))
        }
      }
      count += 1
    }
    #expect(count == 30 && found.isAtEnd)
  }

  @Test func agglomerationIsThatOfWaterz() throws {
    var cases = try Reel("agglomeration_cases"), fragments = try Reel("agglomeration_fragments"), values = try Reel("agglomeration_affinities"), found = try Reel("agglomeration")
    while !cases.isAtEnd {
      let shape = try cases.numbers(3), volume = try fragments.take(shape), affinities = try values.take([3] + shape)
      let ours = try agglomerate(volume, affinities: affinities, offsets: [[-1, 0, 0], [0, -1, 0], [0, 0, -1]], thresholds: [0.7, 0.55, 0.45].map { $0 * 65536 }, crowd)
      for labels in ours { #expect(try numbered(labels.elements(UInt8.self)) == found.take(shape).elements(UInt8.self)) }
    }
    #expect(found.isAtEnd)
  }

  /// Ids in the order of their first voxels.
  private func numbered(_ ids: [UInt8]) -> [UInt8] {
    var new: [UInt8: UInt8] = [0: 0]
    return ids.map { id in
      if new[id] == nil { new[id] = UInt8(new.count) }
      return new[id] ?? 0
    }
  }
}
