// A stack of TIFF pages that ImageJ, tifffile and this program read with the same axes and voxel size.
//
// Specification: TIFF 6.0; BigTIFF where the voxels take 4 GB or more; ImageJ's description (TiffMeaning.swift).
// Pages go in ImageJ's order, channels fastest, then z, then time; rows in strips of about 256 KiB, raw or by deflate (compression 8).
// Offsets, which ImageJ does not know, are one more line of the description, `dcs_offset_nm=z y x`, which it passes over.
// Written strip after strip behind each other, each page's directory behind its strips, and linked from the one before.

import Arrays
import Execution
import Geometry
import Storage

struct TiffWriter {
  let pages: ArrayExpression   // outer axes, then rows and columns
  let path: String
  let level: Int?
  let isBig: Bool
  let rowsPerStrip: Int
  let description: String
  let resolution: (x: (Int, Int), y: (Int, Int))?

  var height: Int { pages.shape[pages.shape.count - 2] }
  var width: Int { pages.shape[pages.shape.count - 1] }
  var rowBytes: Int { pages.dtype == .bool ? (width + 7) / 8 : width * pages.dtype.size }

  /// - Throws: `StorageError.unsupported` for fewer than two axes, empty arrays, and codecs other than raw and deflate.
  init(_ expression: ArrayExpression, _ path: String, codec: String?) throws {
    let axes = expression.grid.axes, spatial = expression.grid.spatialAxes
    guard axes.count >= 2, !expression.shape.contains(0) else { throw StorageError.unsupported(path: path, feature: "an array of shape \(shapeText(expression.shape)) in a TIFF") }
    let plane = spatial.count >= 2 ? Array(spatial.suffix(2)) : Array(axes.indices.suffix(2))
    let others = axes.indices.filter { !plane.contains($0) }
    func rank(_ axis: Int) -> Int? { ["t": 0, "z": 1, "c": 2][axes[axis].name] }
    let isHyperstack = others.allSatisfy { rank($0) != nil } && Set(others.map { axes[$0].name }).count == others.count
    let outer = isHyperstack ? others.sorted { (rank($0) ?? 0) < (rank($1) ?? 0) } : others
    pages = ArrayExpression(try SourceView(expression).transposed(outer + plane))
    self.path = path
    level = try Self.level(codec, path)
    let bytes = try NDArray.byteCount(expression.dtype, expression.shape)
    isBig = bytes >= 4_000_000_000
    let row = max(1, pages.shape[pages.shape.count - 1] * pages.dtype.size)
    rowsPerStrip = max(1, min(pages.shape[pages.shape.count - 2], (1 << 18) / row))
    func length(_ name: String) -> Int { others.first { axes[$0].name == name }.map { expression.shape[$0] } ?? 1 }
    let count = outer.reduce(1) { $0 * expression.shape[$1] }, (c, z, t) = isHyperstack ? (length("c"), length("z"), length("t")) : (1, count, 1)
    var lines = ["ImageJ=1.53t", "images=\(count)"]
    if c > 1 { lines.append("channels=\(c)") }
    if z > 1 { lines.append("slices=\(z)") }
    if t > 1 { lines.append("frames=\(t)") }
    if [c, z, t].count(where: { $0 > 1 }) > 1 { lines.append("hyperstack=true") }
    if c > 1 { lines.append("mode=grayscale") }
    var resolution: (x: (Int, Int), y: (Int, Int))?
    let grid = pages.grid, sizes = grid.voxelSize.values
    if grid.isKnown, sizes.count >= 2 {
      // nanometres, as decimals
      lines.append("unit=nm")
      if sizes.count >= 3, let text = sizes[sizes.count - 3].decimalText { lines.append("spacing=\(text)") }
      resolution = (Self.pixels(sizes[sizes.count - 1]), Self.pixels(sizes[sizes.count - 2]))
      if grid.offset.values.contains(where: { $0 != .zero }) {
        let texts = grid.offset.values.compactMap(\.decimalText)
        if texts.count == sizes.count { lines.append("dcs_offset_nm=\(texts.joined(separator: " "))") }
      }
    }
    self.resolution = resolution
    lines.append("loop=false")
    description = lines.joined(separator: "\n") + "\n"
  }

  private static func level(_ codec: String?, _ path: String) throws -> Int? {
    let words = (codec ?? "deflate").split(separator: " ")
    switch words.first {
    case "raw" where words.count == 1: return nil
    case "deflate", "zlib", "gzip":
      if words.count == 1 { return 6 }
      if words.count == 2, let level = Int(words[1]), (0...9).contains(level) { return level }
    default: break
    }
    throw StorageError.unsupported(path: path, feature: "the codec \(codec ?? "") in a TIFF (raw, or deflate with a level of 0 to 9)")
  }

  /// Pixels a nanometre as a fraction of 32-bit numbers.
  private static func pixels(_ size: Rational) -> (Int, Int) {
    if let top = UInt32(exactly: size.denominator), let bottom = UInt32(exactly: size.numerator) { return (Int(top), Int(bottom)) }
    let perNanometre = 1 / size.double
    return perNanometre < 1 ? (1_000_000, Int(clamping: Int128((1_000_000 / perNanometre).rounded()))) : (Int(clamping: Int128((perNanometre * 1_000_000).rounded())), 1_000_000)
  }

  func write(_ context: ExecutionContext) throws {
    let file = try PartialFile(path)
    try file.write([UInt8](repeating: 0, count: isBig ? 16 : 8))
    let page = height * width * pages.dtype.size, most = max(1 << 20, context.memoryBudget / 4)
    var slab = FileWriter.slab(pages.shape, chunk: pages.chunking?.shape, elementSize: pages.dtype.size, context)
    if slab[slab.count - 2] < height {   // a part of a page: whole pages where they fit, else whole strips
      if page <= most { (slab[slab.count - 2], slab[slab.count - 1]) = (height, width) }
      else { (slab[slab.count - 2], slab[slab.count - 1]) = (max(1, min(height, most / max(1, width * pages.dtype.size)) / rowsPerStrip) * rowsPerStrip, width) }
    }
    var strips: [(offset: Int, count: Int)] = [], rows = 0
    var link = isBig ? 8 : 4, isFirst = true
    try pages.forEachSlab(chunks: slab, bytes: 1, label: "save", context) { roi, block in
      let lines = block.shape.dropLast().reduce(1, *)
      // rows of several pages: cut where a page ends
      var pieces: [(start: Int, count: Int)] = []
      var start = 0, inPage = rows
      while start < lines {
        let count = min(lines - start, rowsPerStrip, height - inPage)
        pieces.append((start, count))
        start += count
        inPage = (inPage + count) % height
      }
      for (piece, packed) in zip(pieces, try encoded(pieces, block, context)) {
        strips.append((file.count, packed.count))
        try packed.withBytes { try file.write($0) }
        rows += piece.count
        if rows == height {
          link = try directory(file, strips, link: link, isFirst: isFirst)
          (strips, rows, isFirst) = ([], 0, false)
        }
      }
    }
    let head: [UInt8] = isBig ? [0x49, 0x49, 43, 0, 8, 0, 0, 0] : [0x49, 0x49, 42, 0]
    try head.withUnsafeBytes { try file.write($0, at: 0) }
    try file.finish()
  }
}
