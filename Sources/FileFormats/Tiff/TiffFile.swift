// A TIFF file as pages of one layout. Directories are walked once, when it is opened; pixels without compression are read from their
// places, those with it are decoded by libtiff, one handle a thread.

import Arrays
import CTiff
import Storage
import Synchronization

final class TiffFile: Pages {
  let file: OpenFile
  let header: TiffHeader
  let format: TiffLayout
  /// Empty for pages that lie one after the other behind a single directory.
  private let pages: [TiffPage]
  /// The first byte of the first page, where pages follow each other without directories.
  private let run: Int?
  let count: Int
  private let handles = Mutex<[TiffHandle]>([])

  /// Bytes of a strip or tile in memory, at most.
  private static let unitLimit = 1 << 32

  init(file: OpenFile, header: TiffHeader, format: TiffLayout, pages: [TiffPage], run: Int?, count: Int) {
    (self.file, self.header, self.format, self.pages, self.run, self.count) = (file, header, format, pages, run, count)
  }

  var layout: PageLayout { format.page }
  var unit: (rows: Int, columns: Int) { run != nil ? (max(1, min(layout.height, (1 << 20) / format.storedRowBytes)), layout.width) : (format.rows, format.columns) }

  func read(page: Int, _ box: PageBox, to target: UnsafeMutableRawPointer) throws {
    let format = format, size = layout.dtype.size
    if let run {   // whole pages, one after the other
      let rowBytes = format.storedRowBytes, place = run + page * rowBytes * layout.height + box.rows.lowerBound * rowBytes
      try rows(at: place, rows: box.rows, columns: 0..<layout.width, plane: 0, rowBytes: rowBytes, box, target)
      return
    }
    let places = try places(of: page)
    for plane in format.isPlanar ? box.samples : 0..<1 {
      for down in (box.rows.lowerBound / format.rows)...((box.rows.upperBound - 1) / format.rows) {
        for across in (box.columns.lowerBound / format.columns)...((box.columns.upperBound - 1) / format.columns) {
          let index = (plane * format.down + down) * format.across + across
          let top = down * format.rows, left = across * format.columns
          // strips end with the page, tiles do not
          let height = format.isTiled ? format.rows : min(format.rows, layout.height - top)
          let rows = box.rows.clamped(to: top..<(top + height)), columns = box.columns.clamped(to: left..<(left + format.columns))
          if format.compression == 1 && !format.isBitReversed {
            let place = places[index] + (rows.lowerBound - top) * format.storedRowBytes
            try self.rows(at: place, rows: rows, columns: left..<(left + format.columns), plane: plane, rowBytes: format.storedRowBytes, box, target)
            continue
          }
          let scratch = try Scratch(height * format.storedRowBytes, limit: Self.unitLimit, of: file.path)
          try decode(page, index, scratch.bytes)
          try deliver(UnsafeRawBufferPointer(scratch.bytes), first: (top, left), rows: rows, columns: columns, plane: plane, box, target, size)
        }
      }
    }
  }

  /// Rows that lie in the file as they are.
  private func rows(at place: Int, rows: Range<Int>, columns: Range<Int>, plane: Int, rowBytes: Int, _ box: PageBox, _ target: UnsafeMutableRawPointer) throws {
    let size = layout.dtype.size
    let isPlain = !format.isPacked && format.samplesInUnit == 1 && box.columns == columns && box.columnStride == size && box.rowStride == rowBytes
    func bytes(_ buffer: UnsafeMutableRawBufferPointer) throws {
      try file.read(at: place, into: buffer)
      if header.order.isBig, !format.isPacked { swapBytes(buffer, size) }
    }
    if isPlain {
      let to = target + (rows.lowerBound - box.rows.lowerBound) * box.rowStride + (format.isPlanar ? (plane - box.samples.lowerBound) * box.sampleStride : 0)
      try bytes(UnsafeMutableRawBufferPointer(start: to, count: rows.count * rowBytes))
      return
    }
    let scratch = try Scratch(rows.count * rowBytes, limit: Self.unitLimit, of: file.path)
    try bytes(scratch.bytes)
    let wanted = box.columns.clamped(to: columns)
    try deliver(UnsafeRawBufferPointer(scratch.bytes), first: (rows.lowerBound, columns.lowerBound), rows: rows, columns: wanted, plane: plane, box, target, size)
  }

  /// Pixels of a strip or tile to where they go; bits become bytes on the way.
  private func deliver(
    _ bytes: UnsafeRawBufferPointer, first: (row: Int, column: Int), rows: Range<Int>, columns: Range<Int>, plane: Int, _ box: PageBox, _ target: UnsafeMutableRawPointer, _ size: Int
  ) throws {
    guard let base = bytes.baseAddress else { return }
    let samples = format.samplesInUnit, wanted = format.isPlanar ? plane..<(plane + 1) : box.samples
    func copy(_ source: UnsafeRawPointer, _ rowBytes: Int) {
      copyPixels(
        from: source, first: (first.row, first.column, format.isPlanar ? plane : 0), rowBytes: rowBytes, samples: samples, size: size, rows: rows, columns: columns,
        wantedSamples: wanted, of: box, to: target)
    }
    if !format.isPacked { copy(base, format.storedRowBytes); return }
    let values = format.columns * samples, height = bytes.count / format.storedRowBytes
    let spread = try Scratch(height * values, limit: Self.unitLimit, of: file.path)
    let bits = format.bits, inByte = 8 / bits, mask = UInt8(1 << bits - 1)
    for row in 0..<height {
      for value in 0..<values {
        spread.bytes[row * values + value] = bytes[row * format.storedRowBytes + value / inByte] >> UInt8(8 - bits * (value % inByte + 1)) & mask
      }
    }
    if let unpacked = spread.bytes.baseAddress { copy(unpacked, values) }
  }

  /// Where the strips or tiles of a page begin.
  private func places(of page: Int) throws(StorageError) -> [Int] {
    let list = pages[page].offsets, size = TiffDirectory.size(of: list.type)
    guard list.count >= UInt64(format.units) else { throw bad(page, "it lists \(list.count) of \(format.units) \(format.isTiled ? "tiles" : "strips")") }
    let bytes = try file.bytes(at: list.place, count: format.units * size)
    return (0..<format.units).map { Int(clamping: header.order.integer(bytes, at: $0 * size, size: size)) }
  }

  private func bad(_ page: Int, _ reason: String) -> StorageError { .badFile(path: file.path, reason: "page \(page): \(reason)") }

  private func decode(_ page: Int, _ index: Int, _ target: UnsafeMutableRawBufferPointer) throws(StorageError) {
    guard let handle = handles.withLock({ $0.popLast() }) ?? TiffHandle(file) else { throw bad(page, "libtiff cannot open it") }
    defer { handles.withLock { $0.append(handle) } }
    let got = dcs_tiff_decode(handle.handle, pages[page].directory, format.isTiled ? 1 : 0, UInt32(clamping: index), target.baseAddress, Int64(target.count))
    if got < 0 { throw bad(page, "\(format.isTiled ? "tile" : "strip") \(index) is damaged: \(handle.message)") }
    if got < target.count { throw bad(page, "\(format.isTiled ? "tile" : "strip") \(index) has \(got) of \(target.count) bytes") }
  }
}

/// libtiff's view of a file; used by one thread at a time.
private final class TiffHandle: @unchecked Sendable {   // taken out of a list by who uses it
  let handle: OpaquePointer
  private let file: OpenFile   // its descriptor is used

  init?(_ file: OpenFile) {
    guard let handle = dcs_tiff_open(file.descriptor, Int64(file.count)) else { return nil }
    (self.handle, self.file) = (handle, file)
  }

  deinit { dcs_tiff_close(handle) }

  var message: String {
    let text = String(cString: dcs_tiff_message(handle))
    return text.isEmpty ? "libtiff does not say why" : text
  }
}
