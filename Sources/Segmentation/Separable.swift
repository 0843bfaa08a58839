// The walk shared by filters that work along one axis after the other.
//
// The result is made band by band: some rows of one plane. Along z from the same rows (and a y radius more) of neighbouring planes, along y from the rows of that, along x from
// shifted views of a padded row. So a thread keeps one band that stays in cache, whatever the z radius, and bands run in parallel in 2D as in 3D. Bands depend on the shape alone.

import Arrays
import Execution

struct Separable {
  let box: Box
  /// z, y, x.
  let radius: [Int]
  /// Bytes of an element.
  let size: Int
  /// For each axis, the source of positions −radius ..< extent + radius.
  private let sources: [[Int]]

  enum Outside { case mirrored, nearest }

  init(_ box: Box, radius: [Int], size: Int, outside: Outside) {
    (self.box, self.radius, self.size) = (box, radius, size)
    sources = (0..<3).map { outside == .mirrored ? mirrored(box.extents[$0], radius[$0]) : nearest(box.extents[$0], radius[$0]) }
  }

  /// - Parameter kernel: (axis, samples, count, out): combines `count` elements of each sample; samples are the middle, then −1, +1, −2, +2, …
  func run(
    _ values: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ context: ExecutionContext,
    _ kernel: (_ axis: Int, _ samples: [UnsafeRawPointer?], _ count: Int, _ out: UnsafeMutableRawPointer) -> Void
  ) throws {
    let rowBytes = box.width * size, padded = box.width + 2 * radius[2]
    let bandRows = max(64, 8 * radius[1]), bands = pieces(box.height, (box.height + bandRows - 1) / bandRows)
    let heldRows = min(box.height, (bands.map(\.count).max() ?? 0) + 2 * radius[1])
    let scratch = try WorkerScratch(context, bytes: (heldRows + 1) * rowBytes + padded * size)
    try context.forEach(box.depth * bands.count) { item, worker in
      let z = item / bands.count, band = bands[item % bands.count]
      let held = max(0, band.lowerBound - radius[1])..<min(box.height, band.upperBound + radius[1])
      let first = scratch[worker], second = first + heldRows * rowBytes, row = second + rowBytes
      kernel(0, samples(radius[0]) { values + (sources[0][z + $0 + radius[0]] * box.height + held.lowerBound) * rowBytes }, held.count * box.width, first)
      let shifted = samples(radius[2]) { UnsafeRawPointer(row) + (radius[2] + $0) * size }
      for y in band {
        kernel(1, samples(radius[1]) { UnsafeRawPointer(first) + (sources[1][y + $0 + radius[1]] - held.lowerBound) * rowBytes }, box.width, second)
        pad(second, row)
        kernel(2, shifted, box.width, out + (z * box.height + y) * rowBytes)
      }
    }
  }

  private func pad(_ line: UnsafeMutableRawPointer, _ row: UnsafeMutableRawPointer) {
    (row + radius[2] * size).copyMemory(from: line, byteCount: box.width * size)
    for i in 0..<radius[2] {
      (row + i * size).copyMemory(from: line + sources[2][i] * size, byteCount: size)
      let after = radius[2] + box.width + i
      (row + after * size).copyMemory(from: line + sources[2][after] * size, byteCount: size)
    }
  }

  private func samples(_ radius: Int, _ sample: (Int) -> UnsafeRawPointer) -> [UnsafeRawPointer?] {
    var all: [UnsafeRawPointer?] = [sample(0)]
    for k in stride(from: 1, through: radius, by: 1) { all += [sample(-k), sample(k)] }
    return all
  }
}

/// Source index of −radius ..< count + radius under mirroring about the faces (d c b a | a b c d | d c b a), repeated as often as needed.
func mirrored(_ count: Int, _ radius: Int) -> [Int] {
  (-radius..<count + radius).map { i in
    let period = 2 * count, within = (i % period + period) % period
    return within < count ? within : period - 1 - within
  }
}

/// Likewise with the outermost voxels repeated.
func nearest(_ count: Int, _ radius: Int) -> [Int] { (-radius..<count + radius).map { min(max($0, 0), count - 1) } }

/// How C kernels tell numbers apart.
extension DType {
  var kind: Int32 { isFloat ? 2 : isSigned ? 1 : 0 }
}
