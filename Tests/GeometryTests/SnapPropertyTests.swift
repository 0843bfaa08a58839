// ROI algebra and snapping against naive arithmetic in units of a thousandth of a nanometre, with random corners and fractional voxels.

import Execution
import Geometry
import Testing

@Suite struct SnapPropertyTests {
  private struct Axis1 {
    /// In thousandths of a nanometre.
    let size: Int, corner: Int
  }

  private func length(_ thousandths: Int) throws -> Rational { try Rational(Int128(thousandths), over: 1000) }

  private func floored(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((-a + b - 1) / b) }

  @Test func snappingEqualsIntegerArithmetic() throws {
    var generator = KeyedGenerator(seed: 1, purpose: "snapping")
    for round in 0..<2000 {
      let axes = (0..<3).map { _ in Axis1(size: Int.random(in: 1...9000, using: &generator), corner: Int.random(in: -2_000_000...2_000_000, using: &generator)) }
      let grid = try Grid(axes: [.z, .y, .x], voxelSize: Coordinate(try axes.map { try length($0.size) }), offset: Coordinate(try axes.map { try length($0.corner) }))
      let low = (0..<3).map { _ in Int.random(in: -3_000_000...3_000_000, using: &generator) }, extent = (0..<3).map { _ in Int.random(in: 0...1_000_000, using: &generator) }
      let roi = try WorldRoi(offset: Coordinate(try low.map(length)), shape: Coordinate(try extent.map(length)))
      let outward = try grid.voxels(roi, .outward), inward = try? grid.voxels(roi, .inward)
      for axis in 0..<3 {
        let a = low[axis] - axes[axis].corner, b = a + extent[axis], size = axes[axis].size
        #expect(outward.offset[axis] == floored(a, size), "round \(round)")
        #expect(outward.end[axis] == -floored(-b, size), "round \(round)")
        if let inward {
          #expect(inward.offset[axis] == -floored(-a, size), "round \(round)")
          // a roi inside one voxel holds none: the box is empty, not inside out
          #expect(inward.end[axis] == max(-floored(-a, size), floored(b, size)), "round \(round)")
        }
      }
      // outward holds the roi, its world box is on the grid, and snapping it again changes nothing
      let world = try grid.world(outward)
      #expect(world.contains(roi))
      for how in [Grid.Snap.outward, .inward, .nearest, .exact] { #expect(try grid.voxels(world, how) == outward, "round \(round)") }
      if let inward, !inward.isEmpty { #expect(roi.contains(try grid.world(inward)), "round \(round)") }
      // a face within a thousandth of a voxel is on the grid, one farther off is not
      let off = (0..<3).contains { axis in [low[axis], low[axis] + extent[axis]].contains { face in
        let rest = face - axes[axis].corner - floored(face - axes[axis].corner, axes[axis].size) * axes[axis].size
        return min(rest, axes[axis].size - rest) * 1000 > axes[axis].size
      } }
      #expect(((try? grid.voxels(roi, .exact)) == nil) == off, "round \(round)")
    }
  }

  @Test func algebraEqualsSetsOfVoxels() throws {
    var generator = KeyedGenerator(seed: 2, purpose: "rois")
    func box() throws -> (VoxelRoi, Set<[Int]>) {
      let offset = (0..<2).map { _ in Int.random(in: -4...4, using: &generator) }, shape = (0..<2).map { _ in Int.random(in: 0...5, using: &generator) }
      var voxels: Set<[Int]> = []
      for y in offset[0]..<offset[0] + shape[0] { for x in offset[1]..<offset[1] + shape[1] { voxels.insert([y, x]) } }
      return (try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(shape)), voxels)
    }
    for round in 0..<2000 {
      let (a, inA) = try box(), (b, inB) = try box()
      let both = try a.intersection(b)
      #expect(inA.intersection(inB).count == (both.isEmpty ? 0 : both.shape.values.reduce(1, *)), "round \(round): \(a) & \(b)")
      for voxel in inA.intersection(inB) { #expect(both.contains(Coordinate(voxel))) }
      let union = try a.union(b)
      for voxel in inA.union(inB) { #expect(union.contains(Coordinate(voxel)), "round \(round): \(a) | \(b)") }
      if !b.isEmpty, !a.isEmpty { #expect(a.contains(b) == inB.isSubset(of: inA), "round \(round): \(b) in \(a)") }
    }
  }
}
