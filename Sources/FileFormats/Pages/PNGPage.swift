// One PNG picture, decoded row by row.
//
// Specification: ISO/IEC 15948, https://www.w3.org/TR/png-3/. Read: grey, RGB, palette, with and without alpha, 1 to 16 bits; not interlaced.
// Values are those that are stored: a palette's indices are the values (labels are kept so), 1 bit is a bool, 2 and 4 bits are not spread.
// 16 bits are big-endian in the file. Checksums of chunks are compared.

import Arrays
import CZlib
import Storage

struct PNGHeader: Sendable, Equatable {
  let width: Int, height: Int, bits: Int, color: Int
  /// Of the chunk after IHDR.
  static let length = 33

  var samples: Int { color == 2 ? 3 : color == 4 ? 2 : color == 6 ? 4 : 1 }
  var layout: PageLayout { PageLayout(width: width, height: height, samples: samples, dtype: bits == 16 ? .uint16 : bits == 1 ? .bool : .uint8) }
  var rowBytes: Int { (width * samples * bits + 7) / 8 }

  static func isPNG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) }

  /// - Throws: `StorageError.badFile`, `.unsupported`.
  init(_ bytes: [UInt8], _ path: String) throws(StorageError) {
    let order = ByteOrder(isBig: true)
    guard Self.isPNG(bytes), bytes.count >= Self.length, order.integer(bytes, at: 8, size: 4) == 13, order.integer(bytes, at: 12, size: 4) == 0x4948_4452 else {
      throw .badFile(path: path, reason: "it is no PNG picture")
    }
    let w = Int(order.integer(bytes, at: 16, size: 4)), h = Int(order.integer(bytes, at: 20, size: 4))
    (width, height, bits, color) = (w, h, Int(bytes[24]), Int(bytes[25]))
    let allowed: [Int]? = switch color {
    case 0: [1, 2, 4, 8, 16]
    case 3: [1, 2, 4, 8]
    case 2, 4, 6: [8, 16]
    default: nil
    }
    guard w > 0, h > 0, w <= Int(Int32.max), h <= Int(Int32.max), allowed?.contains(bits) == true, bytes[26] == 0, bytes[27] == 0 else { throw .badFile(path: path, reason: "its header is damaged") }
    guard bytes[28] == 0 else { throw .unsupported(path: path, feature: "an interlaced PNG") }
  }
}

struct PNGFile {
  let file: OpenFile
  let header: PNGHeader

  init(_ path: String) throws(StorageError) {
    file = try OpenFile(path)
    header = try PNGHeader(try file.upTo(PNGHeader.length, at: 0), path)
  }

  /// Decodes the rows up to the last that is wanted.
  func read(_ box: PageBox, to target: UnsafeMutableRawPointer) throws {
    let bytes = header.rowBytes, step = max(1, header.samples * header.bits / 8), samples = header.samples, size = header.layout.dtype.size
    var inflater = try PNGInflater(file)
    defer { inflater.end() }
    // filter byte and row; before it stands nothing, as step bytes of 0
    let rows = try Scratch(2 * (bytes + 1), limit: 1 << 31, of: file.path), spread = try Scratch(header.width * samples, limit: 1 << 31, of: file.path)
    rows.bytes.initializeMemory(as: UInt8.self, repeating: 0)
    var now = 0
    for row in 0..<box.rows.upperBound {
      let line = UnsafeMutableRawBufferPointer(rebasing: rows.bytes[(now * (bytes + 1))..<((now + 1) * (bytes + 1))])
      let above = UnsafeRawBufferPointer(rebasing: rows.bytes[((1 - now) * (bytes + 1))..<((2 - now) * (bytes + 1))])
      try inflater.read(into: line)
      try unfilter(line, above, step)
      now = 1 - now
      guard row >= box.rows.lowerBound, let base = line.baseAddress else { continue }
      if header.bits < 8, let unpacked = spread.bytes.baseAddress {
        let inByte = 8 / header.bits, mask = UInt8(1 << header.bits - 1)
        for x in 0..<header.width { spread.bytes[x] = line[1 + x / inByte] >> UInt8(8 - header.bits * (x % inByte + 1)) & mask }
        deliver(UnsafeRawPointer(unpacked), row, 1, 1, box, target)
      } else {
        deliver(UnsafeRawPointer(base + 1), row, samples, size, box, target)
      }
    }
    if size == 2 { swap(box, target) }
  }

  private func deliver(_ source: UnsafeRawPointer, _ row: Int, _ samples: Int, _ size: Int, _ box: PageBox, _ target: UnsafeMutableRawPointer) {
    copyPixels(
      from: source, first: (row, 0, 0), rowBytes: header.rowBytes, samples: samples, size: size, rows: row..<(row + 1), columns: box.columns, wantedSamples: box.samples, of: box, to: target)
  }

  /// The box, from big-endian.
  private func swap(_ box: PageBox, _ target: UnsafeMutableRawPointer) {
    for sample in 0..<box.samples.count {
      for row in 0..<box.rows.count {
        let line = target + sample * box.sampleStride + row * box.rowStride
        for x in 0..<box.columns.count {
          let place = line + x * box.columnStride
          place.storeBytes(of: place.loadUnaligned(as: UInt16.self).byteSwapped, as: UInt16.self)
        }
      }
    }
  }

  private func unfilter(_ line: UnsafeMutableRawBufferPointer, _ above: UnsafeRawBufferPointer, _ step: Int) throws(StorageError) {
    let count = line.count
    switch line[0] {
    case 0: break
    case 1: if count > 1 + step { for i in (1 + step)..<count { line[i] &+= line[i - step] } }
    case 2: for i in 1..<count { line[i] &+= above[i] }
    case 3: for i in 1..<count { line[i] &+= UInt8((Int(i > step ? line[i - step] : 0) + Int(above[i])) / 2) }
    case 4:
      for i in 1..<count {
        let a = i > step ? Int(line[i - step]) : 0, b = Int(above[i]), c = i > step ? Int(above[i - step]) : 0
        let pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c)
        line[i] &+= UInt8(pa <= pb && pa <= pc ? a : pb <= pc ? b : c)
      }
    default: throw .badFile(path: file.path, reason: "it is damaged: there is no filter \(line[0])")
    }
  }
}

/// The pixels of all IDAT chunks, as one stream.
private struct PNGInflater: ~Copyable {
  private let file: OpenFile
  private let stream: UnsafeMutablePointer<z_stream>
  private var chunk: [UInt8] = []
  private var used = 0
  /// Of the next chunk, in the file.
  private var next = 8

  init(_ file: OpenFile) throws(StorageError) {
    self.file = file
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw .noMemory(path: file.path, bytes: 1 << 16) }
  }

  func end() {
    inflateEnd(stream)
    stream.deallocate()
  }

  private func bad(_ reason: String) -> StorageError { .badFile(path: file.path, reason: "it is damaged: \(reason)") }

  /// The next IDAT chunk.
  private mutating func advance() throws(StorageError) {
    let order = ByteOrder(isBig: true)
    while true {
      let head = try file.bytes(at: UInt64(next), count: 8), length = Int(order.integer(head, at: 0, size: 4)), type = order.integer(head, at: 4, size: 4)
      if type == 0x4945_4E44 { throw bad("its pixels end too soon") }
      guard type == 0x4944_4154 else { next += 12 + length; continue }
      let body = try file.bytes(at: UInt64(next + 4), count: length + 8)
      let sum = crc32_z(0, body, length + 4)
      guard UInt64(sum) == order.integer(body, at: length + 4, size: 4) else { throw bad("the checksum of the chunk at byte \(next) is another one") }
      next += 12 + length
      (chunk, used) = (Array(body[4..<(4 + length)]), 0)
      if length > 0 { return }
    }
  }

  mutating func read(into target: UnsafeMutableRawBufferPointer) throws(StorageError) {
    var done = 0
    while done < target.count, let base = target.baseAddress {
      if used == chunk.count { try advance() }
      let stream = stream, from = used, room = target.count - done
      let (status, took, gave) = chunk.withUnsafeBufferPointer { bytes -> (Int32, Int, Int) in
        stream.pointee.next_in = bytes.baseAddress.map { $0 + from }
        stream.pointee.avail_in = UInt32(bytes.count - from)
        stream.pointee.next_out = (base + done).assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(clamping: room)
        let status = inflate(stream, Z_NO_FLUSH)
        return (status, bytes.count - from - Int(stream.pointee.avail_in), min(room, Int(UInt32.max)) - Int(stream.pointee.avail_out))
      }
      used += took
      done += gave
      if status == Z_STREAM_END, done < target.count { throw bad("its pixels end too soon") }
      if status != Z_OK, status != Z_STREAM_END, took + gave == 0 || status != Z_BUF_ERROR { throw bad("zlib error \(status)") }
      if status == Z_OK, took + gave == 0 { throw bad("zlib makes no progress") }
    }
  }
}
