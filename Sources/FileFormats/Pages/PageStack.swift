// Pictures of one size and type, one after the other, as an array.
//
// axes        those that count pages (time, channel, z), slowest first; then samples as a channel axis; then y, x
// page        Σ index · stride over the axes that count pages
// A box is read page by page, on all threads of the pool; each page decodes only the strips or tiles that the box meets.

import Arrays
import Geometry
import Storage

/// What all pages of a stack share.
struct PageLayout: Sendable, Equatable, CustomStringConvertible {
  var width: Int, height: Int
  /// Values a pixel.
  var samples: Int
  var dtype: DType
  var description: String { "\(dtype) \(height) × \(width)" + (samples > 1 ? " × \(samples) samples" : "") }
}

/// A part of a page, and where it goes.
struct PageBox {
  var rows: Range<Int>, columns: Range<Int>, samples: Range<Int>
  /// Bytes from one to the next in the target.
  var sampleStride: Int, rowStride: Int, columnStride: Int
}

protocol Pages: Sendable {
  var layout: PageLayout { get }
  /// Rows and columns that are decoded together.
  var unit: (rows: Int, columns: Int) { get }
  func read(page: Int, _ box: PageBox, to target: UnsafeMutableRawPointer) throws
}

struct PageStack: VoxelReader {
  enum Role: Sendable, Equatable {
    /// Counts pages, so many apart.
    case pages(stride: Int)
    case samples
    case rows, columns
  }
  struct StackAxis: Sendable {
    var axis: Axis
    var count: Int
    var role: Role
  }

  let pages: any Pages
  let axes: [StackAxis]

  /// - Parameter counting: the axes that count pages, slowest first; those of length 1 are left out, unless `keepsSingle`.
  init(_ pages: any Pages, counting: [StackAxis], keepsSingle: Bool = false) {
    let layout = pages.layout
    var axes = counting.filter { $0.count != 1 || keepsSingle }
    // channels stand before space
    if layout.samples > 1 {
      let place = axes.firstIndex { $0.axis.kind == .space } ?? axes.count
      let name = axes.contains { $0.axis.name == "c" } ? "s" : "c"
      axes.insert(StackAxis(axis: Axis(name, .channel), count: layout.samples, role: .samples), at: place)
    }
    axes.append(StackAxis(axis: .y, count: layout.height, role: .rows))
    axes.append(StackAxis(axis: .x, count: layout.width, role: .columns))
    (self.pages, self.axes) = (pages, axes)
  }

  var shape: [Int] { axes.map(\.count) }
  var chunking: Chunking {
    Chunking(shape: axes.map { axis in
      switch axis.role {
      case .pages: 1
      case .samples: axis.count
      case .rows: max(1, min(axis.count, pages.unit.rows))
      case .columns: max(1, min(axis.count, pages.unit.columns))
      }
    })
  }

  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let size = pages.layout.dtype.size, box = roi.shape.values, begin = roi.offset.values
    var result = try NDArray(pages.layout.dtype, box, zeroed: false)
    let strides = result.strides.map { $0 * size }
    var part = PageBox(rows: 0..<1, columns: 0..<1, samples: 0..<1, sampleStride: 0, rowStride: 0, columnStride: 0)
    var counting: [(axis: Int, stride: Int)] = []
    for (position, axis) in axes.enumerated() {
      let range = begin[position]..<(begin[position] + box[position])
      switch axis.role {
      case .pages(let stride): counting.append((position, stride))
      case .samples: (part.samples, part.sampleStride) = (range, strides[position])
      case .rows: (part.rows, part.rowStride) = (range, strides[position])
      case .columns: (part.columns, part.columnStride) = (range, strides[position])
      }
    }
    let count = counting.reduce(1) { $0 * box[$1.axis] }, wanted = part, cancellation = context.cancellation
    try result.withMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      nonisolated(unsafe) let target = base   // pages do not overlap
      func one(_ item: Int) throws {
        try cancellation?.check()
        var rest = item, page = 0, place = 0
        for (axis, stride) in counting.reversed() {
          let index = rest % box[axis]
          rest /= box[axis]
          page += (begin[axis] + index) * stride
          place += index * strides[axis]
        }
        try pages.read(page: page, wanted, to: target + place)
      }
      if let pool = context.pool, count > 1 { try pool.forEach(count) { item, _ in try one(item) } } else { for item in 0..<count { try one(item) } }
    }
    return result
  }
}

/// Decoded pixels in memory, `samples` values each, rows of `rowBytes`, copied to where a box of a page goes.
///
/// - Parameter first: the row, column and sample of the page that stand first in `source`.
func copyPixels(
  from source: UnsafeRawPointer, first: (row: Int, column: Int, sample: Int), rowBytes: Int, samples: Int, size: Int, rows: Range<Int>, columns: Range<Int>,
  wantedSamples: Range<Int>, of box: PageBox, to target: UnsafeMutableRawPointer
) {
  let from = source + (rows.lowerBound - first.row) * rowBytes + ((columns.lowerBound - first.column) * samples + wantedSamples.lowerBound - first.sample) * size
  let to = target + (wantedSamples.lowerBound - box.samples.lowerBound) * box.sampleStride + (rows.lowerBound - box.rows.lowerBound) * box.rowStride
    + (columns.lowerBound - box.columns.lowerBound) * box.columnStride
  copyBox(
    [wantedSamples.count, rows.count, columns.count], from: from, [size, rowBytes, samples * size], to: to, [box.sampleStride, box.rowStride, box.columnStride], elementSize: size)
}
