// The walk shared by filters that work along one axis after the other.
//
// An output plane needs the planes within its z radius. Each plane is made alone: along z from whole planes, along y from the rows of that result, along x from shifted
// views of padded rows. So a thread keeps two planes, whatever the radius, and planes run in parallel.

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
    let planeBytes = box.plane * size, rowBytes = box.width * size, padded = box.width + 2 * radius[2]
    let scratch = try WorkerScratch(context, bytes: 2 * planeBytes + padded * size + 2 * 64)
    try context.forEach(box.depth) { z, worker in
      let first = scratch[worker], second = first + planeBytes, row = second + planeBytes
      kernel(0, samples(radius[0]) { values + sources[0][z + $0 + radius[0]] * planeBytes }, box.plane, first)
      for y in 0..<box.height {
        kernel(1, samples(radius[1]) { UnsafeRawPointer(first) + sources[1][y + $0 + radius[1]] * rowBytes }, box.width, second + y * rowBytes)
      }
      let shifted = samples(radius[2]) { UnsafeRawPointer(row) + (radius[2] + $0) * size }
      for y in 0..<box.height {
        pad(second + y * rowBytes, row)
        kernel(2, shifted, box.width, out + z * planeBytes + y * rowBytes)
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
