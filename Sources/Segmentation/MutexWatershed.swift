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

/// Voxels and their affinities, ready to be gathered by strength.
private struct VoxelGraph {
  let box: Box, offsets: [[Int]], strides: [[Int]], affinities: NDArray, mask: NDArray?, name: String
  /// Edges gathered at a time.
  static let group = 1 << 25

  init(_ affinities: NDArray, _ box: Box, offsets: [[Int]], strides: [[Int]]?, mask: NDArray?, _ name: String, _ context: ExecutionContext) throws {
    guard box.count < Int(UInt32.max) - 1, offsets.count < 1 << 16 else { throw SegmentationError.extent(function: name, shape: affinities.shape, limit: Int(UInt32.max) - 2) }
    self.offsets = try offsets.map { offset throws(SegmentationError) in try box.perAxis(offset, missing: 0, "each offset", name) }
    let strides = strides ?? offsets.map { _ in [Int](repeating: 1, count: box.rank) }
    guard strides.count == offsets.count else { throw SegmentationError.parameter(function: name, name: "strides", expected: "\(offsets.count), one an offset", found: "\(strides.count)") }
    self.strides = try strides.map { stride throws(SegmentationError) in
      guard stride.allSatisfy({ $0 >= 1 }) else { throw .parameter(function: name, name: "strides", expected: "1 or more", found: "\(stride)") }
      return try box.perAxis(stride, missing: 1, "each stride", name)
    }
    if let zero = self.offsets.firstIndex(where: { $0.allSatisfy { $0 == 0 } }) {
      throw SegmentationError.parameter(function: name, name: "offset \(zero)", expected: "other than 0 on some axis", found: "\(offsets[zero])")
    }
    if let mask {
      guard mask.shape == Array(affinities.shape.dropFirst()) else { throw SegmentationError.shapes(function: name, Array(affinities.shape.dropFirst()), mask.shape) }
      try checkDiscrete(name, mask)
    }
    self.mask = try mask.map { try asBytes($0, context) }
    (self.affinities, self.box, self.name) = (try asFloat32(affinities, context), box, name)
  }

  /// Offsets that lead from some voxel to another, with the planes on which they begin; in edge order.
  private func walk(_ body: (_ channel: Int, _ offset: [Int64], _ stride: [Int64], _ planes: Range<Int>) throws -> Void) throws {
    let slabs = pieces(box.depth, (box.count + (1 << 22) - 1) >> 22)
    for channel in offsets.indices where zip(offsets[channel], box.extents).allSatisfy({ $0.magnitude < UInt($1) }) {
      for planes in slabs { try body(channel, offsets[channel].map(Int64.init), strides[channel].map { Int64(min($0, 1 << 30)) }, planes) }
    }
  }

  func cluster(into labels: NDArray, _ context: ExecutionContext) throws -> (labels: NDArray, count: Int) {
    var labels = labels
    let clusters = try MutexClusters(nodes: box.count, context)
    let shifts = offsets.map { Int64(($0[0] &* box.height &+ $0[1]) &* box.width &+ $0[2]) }
    try affinities.withElements(Float.self) { weights in
      try withOptionalBytes(mask) { mask in
        var edges = dcs_seg_edges(
          weights: weights.baseAddress, mask: mask?.assumingMemoryBound(to: UInt8.self), depth: Int64(box.depth), height: Int64(box.height), width: Int64(box.width))
        var histogram = [UInt64](repeating: 0, count: 1 << 16), broken: Int64 = 0
        try walk { channel, offset, stride, planes in
          try context.cancellation.check()
          broken += dcs_seg_count_edges(&edges, Int64(channel), offset, stride, Int64(planes.lowerBound), Int64(planes.upperBound), &histogram)
        }
        if broken > 0 { throw SegmentationError.parameter(function: name, name: "affinities", expected: "numbers", found: "\(broken) NaN") }
        let all = histogram.reduce(0, +)
        var done: UInt64 = 0
        for buckets in Self.groups(histogram) {
          try take(buckets, histogram, &edges, shifts, clusters, context)
          done += buckets.reduce(0) { $0 + histogram[$1] }
          context.progress.report(ProgressUpdate(name, done: Int64(done), total: Int64(all), unit: "edges"))
        }
        context.progress.finish(name)
      }
    }
    let count = try labels.withMutableElements(UInt64.self) { try clusters.number($0, context) }
    return (labels, count)
  }

  /// Ranges of buckets, strongest first, of at most `group` edges, or of one bucket.
  private static func groups(_ histogram: [UInt64]) -> [Range<Int>] {
    var groups: [Range<Int>] = [], high = histogram.count, total: UInt64 = 0
    for bucket in histogram.indices.reversed() {
      if total > 0 && total + histogram[bucket] > UInt64(group) {
        groups.append(bucket + 1..<high)
        (high, total) = (bucket + 1, 0)
      }
      total += histogram[bucket]
    }
    return total > 0 ? groups + [0..<high] : groups
  }

  private func take(_ buckets: Range<Int>, _ histogram: [UInt64], _ edges: inout dcs_seg_edges, _ shifts: [Int64], _ clusters: borrowing MutexClusters, _ context: ExecutionContext) throws {
    let total = buckets.reduce(0) { $0 + Int(histogram[$1]) }, largest = buckets.reduce(0) { max($0, Int(histogram[$1])) }
    if total == 0 { return }
    let bytes = (total + largest) * 8
    guard bytes <= max(context.memoryBudget, Self.group * 16) else { throw ArrayError.overBudget(bytes: bytes, budget: context.memoryBudget) }
    let memory = try Buffer(count: bytes, zeroed: false)
    let entries = memory.bytes.assumingMemoryBound(to: UInt64.self), scratch = entries + total
    var next = [UInt64](repeating: 0, count: 1 << 16), at: UInt64 = 0
    for bucket in buckets.reversed() {
      next[bucket] = at
      at += histogram[bucket]
    }
    try walk { channel, offset, stride, planes in
      try context.cancellation.check()
      dcs_seg_scatter_edges(
        &edges, Int64(channel), offset, stride, Int64(planes.lowerBound), Int64(planes.upperBound), UInt32(buckets.lowerBound), UInt32(buckets.upperBound), &next, entries)
    }
    for bucket in buckets.reversed() where histogram[bucket] > 0 {
      let count = Int(histogram[bucket]), first = entries + Int(next[bucket]) - count
      try context.cancellation.check()
      try sort(first, scratch, count, context)
      var done = 0
      while done < count {
        done += try clusters.run(first + done, min(1 << 17, count - done), shifts, context)
        let bytes = clusters.bytes
        guard bytes <= max(context.memoryBudget, 1 << 26) else { throw ArrayError.overBudget(bytes: bytes, budget: context.memoryBudget) }
      }
    }
  }

  /// Sorts one bucket, large ones a part at a time.
  private func sort(_ entries: UnsafeMutablePointer<UInt64>, _ scratch: UnsafeMutablePointer<UInt64>, _ count: Int, _ context: ExecutionContext) throws {
    if count <= 1 << 21 { return dcs_seg_sort_edges(entries, scratch, Int64(count)) }
    var (from, to) = (entries, scratch)
    for digit: Int32 in 0...1 {
      var next = [UInt64](repeating: 0, count: 256), at: UInt64 = 0
      for part in chunks(count) {
        try context.cancellation.check()
        dcs_seg_count_digits(from + part.lowerBound, Int64(part.count), digit, &next)
      }
      for value in next.indices { (next[value], at) = (at, at + next[value]) }
      for part in chunks(count) {
        try context.cancellation.check()
        dcs_seg_move_by_digit(from + part.lowerBound, Int64(part.count), digit, &next, to)
      }
      (from, to) = (to, from)
    }
  }
}

/// Owner of the C clusters.
private struct MutexClusters: ~Copyable {
  private let handle: OpaquePointer

  init(nodes: Int, _ context: ExecutionContext) throws(ArrayError) {
    let bytes = nodes * 13
    guard bytes <= context.memoryBudget else { throw .overBudget(bytes: bytes, budget: context.memoryBudget) }
    guard let handle = dcs_seg_mutex_create(Int64(nodes)) else { throw .noMemory(bytes: bytes) }
    self.handle = handle
  }

  deinit { dcs_seg_mutex_destroy(handle) }

  /// - Returns: how many edges are done, not always all: between them the clusters may need room, which they make a part at a time.
  func run(_ entries: UnsafePointer<UInt64>, _ count: Int, _ shifts: [Int64], _ context: ExecutionContext) throws -> Int {
    try context.cancellation.check()
    let done = dcs_seg_mutex_run(handle, entries, Int64(count), shifts)
    guard done >= 0 else { throw ArrayError.noMemory(bytes: bytes * 2) }
    if done == count { return count }
    var status = dcs_seg_mutex_grow(handle)
    while status > 0 {
      try context.cancellation.check()
      status = dcs_seg_mutex_grow(handle)
    }
    guard status == 0 else { throw ArrayError.noMemory(bytes: bytes * 2) }
    return Int(done)
  }

  var bytes: Int { Int(dcs_seg_mutex_bytes(handle)) }

  func number(_ labels: UnsafeMutableBufferPointer<UInt64>, _ context: ExecutionContext) throws -> Int {
    var count: UInt64 = 0
    for part in chunks(labels.count) {
      try context.cancellation.check()
      count = dcs_seg_mutex_labels(handle, Int64(part.lowerBound), Int64(part.upperBound), count, labels.baseAddress)
    }
    return Int(count)
  }
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
