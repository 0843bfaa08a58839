// The edges of the mutex watershed by strength, and the clusters that they make.

import Arrays
import CKernels
import Execution

/// Voxels and their affinities, ready to be gathered by strength.
struct VoxelGraph {
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
