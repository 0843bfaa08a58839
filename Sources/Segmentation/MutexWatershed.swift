// Mutex watershed (Wolf et al. 2018): a segmentation from signed affinities, without seeds or a threshold.
//
// Edges (p, p + offset) in descending order of |affinity|: above 0 it merges the clusters of its ends, unless they exclude each other; below 0 it makes them exclude each other.
// Affinities of 0 say nothing. Equal strengths are taken in edge order: by offset, then by voxel in raster order; so the result is determined (mwatershed's is not, where strengths are equal).
// affinities  [offset, z, y, x], taken as float32, signed: a probability minus a bias; the value at p says whether p and p + offset belong together
// labels      [z, y, x], uint64, 1, 2, … by first voxel; 0 where no affinity above 0 reaches a voxel, and outside the mask
// Edges are counted by strength first, then gathered and sorted a group of strengths at a time (CKernels/seg_edges.c), so that memory stays bounded.
// Limits: 2³² − 2 voxels, 65,535 offsets. Checked against its plain twin and mwatershed 0.5.4 on affinities without equal strengths (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution

/// Segments affinities.
///
/// - Parameter offsets: in voxels, one number an axis each, one a channel.
/// - Parameter strides: every how many voxels along each axis an offset's edges are used, from its first edge on; nil uses all.
/// - Parameter mask: voxels to segment.
/// - Returns: labels and how many there are.
/// - Throws: `SegmentationError.rank`, `.shapes`, `.parameter` (also for NaN), `.extent`; `ArrayError.overBudget`, `.noMemory`; `Cancelled`.
/// - Complexity: O(edges) to sort, nearly O(edges) to cluster; 13 bytes a voxel, up to 48 a pair of clusters that exclude each other, and 16 an edge of the largest group (at most 2²⁵ edges, unless more are equally strong).
package func mutexWatershed(
  _ affinities: NDArray, offsets: [[Int]], strides: [[Int]]? = nil, mask: NDArray? = nil, _ context: ExecutionContext
) throws -> (labels: NDArray, count: Int) {
  let name = "mutex_watershed"
  guard affinities.rank >= 2, affinities.shape[0] == offsets.count else {
    throw SegmentationError.parameter(function: name, name: "affinities", expected: "one channel an offset, \(offsets.count), before the axes of space", found: shapeText(affinities.shape))
  }
  let shape = Array(affinities.shape.dropFirst())
  let labels = try result(.uint64, shape, context), box = try Box(labels, name)
  let graph = try VoxelGraph(affinities, box, offsets: offsets, strides: strides, mask: mask, name, context)
  guard box.count > 0, !offsets.isEmpty else { return (try NDArray(.uint64, shape), 0) }
  return try graph.cluster(into: labels, context)
}

// MARK: Plain twin

/// The definition: sort all edges, keep the set of exclusions of each cluster as pairs of voxels.
package func plainMutexWatershed(_ affinities: NDArray, offsets: [[Int]], strides: [[Int]]? = nil, mask: NDArray? = nil) throws -> [UInt64] {
  let weights = try affinities.elements(Float.self), shape = Array(affinities.shape.dropFirst()), count = shape.reduce(1, *), kept = try mask.map(plainIds)
  let steps = NDArray.packedStrides(shape)
  var edges: [(strength: Float, positive: Bool, u: Int, v: Int)] = []
  for (channel, offset) in offsets.enumerated() {
    for u in 0..<count {
      let at = shape.indices.map { u / steps[$0] % shape[$0] }
      let isInside = shape.indices.allSatisfy { (0..<shape[$0]).contains(at[$0] + offset[$0]) && (at[$0] - max(0, -offset[$0])) % (strides?[channel][$0] ?? 1) == 0 }
      let v = u + zip(offset, steps).reduce(0) { $0 + $1.0 * $1.1 }, weight = weights[channel * count + u]
      if isInside, weight != 0, kept.map({ $0[u] != 0 && $0[v] != 0 }) ?? true { edges.append((abs(weight), weight > 0, u, v)) }
    }
  }
  let order = edges.indices.sorted { edges[$0].strength != edges[$1].strength ? edges[$0].strength > edges[$1].strength : $0 < $1 }
  var clusters = UnionFind(count: count), exclusions: [(Int, Int)] = [], joined: Set<Int> = []
  for index in order {
    let edge = edges[index], a = clusters.root(edge.u), b = clusters.root(edge.v)
    if edge.positive { joined.formUnion([edge.u, edge.v]) }
    if a == b { continue }
    if !edge.positive { exclusions.append((edge.u, edge.v)); continue }
    let isExcluded = exclusions.contains { pair in
      let (p, q) = (clusters.root(pair.0), clusters.root(pair.1))
      return (p, q) == (a, b) || (p, q) == (b, a)
    }
    if !isExcluded { clusters.join(a, b) }
  }
  var numbers: [Int: UInt64] = [:]
  return (0..<count).map { voxel in
    guard joined.contains(voxel) else { return 0 }
    let root = clusters.root(voxel)
    if numbers[root] == nil { numbers[root] = UInt64(numbers.count + 1) }
    return numbers[root] ?? 0
  }
}
