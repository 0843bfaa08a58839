// The directory of a page that was written: what its tags say, and where its strips lie.

import Arrays
import Storage

extension TiffWriter {
  /// Writes a page's directory behind its strips and links it from the one before; returns where the next link goes.
  func directory(_ file: PartialFile, _ strips: [(offset: Int, count: Int)], link: Int, isFirst: Bool) throws -> Int {
    if file.count % 2 == 1 { try file.write([0]) }
    let dtype = pages.dtype, wide = isBig ? 16 : 4   // LONG8 or LONG
    var entries: [(tag: Int, type: Int, values: [UInt64], text: [UInt8]?)] = [
      (TiffTag.width, 4, [UInt64(width)], nil), (TiffTag.height, 4, [UInt64(height)], nil), (TiffTag.bits, 3, [dtype == .bool ? 1 : UInt64(8 * dtype.size)], nil),
      (TiffTag.compression, 3, [level == nil ? 1 : 8], nil), (TiffTag.photometric, 3, [1], nil),
    ]
    if isFirst { entries.append((TiffTag.description, 2, [], Array(description.utf8) + [0])) }
    entries += [
      (TiffTag.stripOffsets, wide, strips.map { UInt64($0.offset) }, nil), (TiffTag.samples, 3, [1], nil), (TiffTag.rowsPerStrip, 4, [UInt64(rowsPerStrip)], nil),
      (TiffTag.stripByteCounts, wide, strips.map { UInt64($0.count) }, nil),
    ]
    if let resolution {
      entries += [
        (TiffTag.xResolution, 5, [UInt64(resolution.x.0), UInt64(resolution.x.1)], nil), (TiffTag.yResolution, 5, [UInt64(resolution.y.0), UInt64(resolution.y.1)], nil),
        (TiffTag.resolutionUnit, 3, [1], nil),
      ]
    }
    entries.append((TiffTag.sampleFormat, 3, [dtype.isFloat ? 3 : dtype.isSigned ? 2 : 1], nil))

    let countSize = isBig ? 8 : 2, placeSize = isBig ? 8 : 4, entrySize = isBig ? 20 : 12, start = file.count
    var bytes: [UInt8] = [], behind: [UInt8] = []
    func append(_ value: UInt64, _ size: Int, to list: inout [UInt8]) { for i in 0..<size { list.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * i))) } }
    append(UInt64(entries.count), countSize, to: &bytes)
    let length = countSize + entries.count * entrySize + placeSize
    for entry in entries {
      var value: [UInt8] = entry.text ?? []
      for number in entry.values { append(number, entry.type == 3 ? 2 : entry.type == 16 ? 8 : 4, to: &value) }
      append(UInt64(entry.tag), 2, to: &bytes)
      append(UInt64(entry.type), 2, to: &bytes)
      append(UInt64(entry.text?.count ?? (entry.type == 5 ? entry.values.count / 2 : entry.values.count)), placeSize, to: &bytes)
      if value.count <= placeSize {
        bytes += value + [UInt8](repeating: 0, count: placeSize - value.count)
      } else {
        append(UInt64(start + length + behind.count), placeSize, to: &bytes)
        behind += value + (value.count % 2 == 1 ? [0] : [])
      }
    }
    append(0, placeSize, to: &bytes)
    guard isBig || start + length + behind.count < 1 << 32 else { throw StorageError.unsupported(path: path, feature: "more than 4 GB in a classic TIFF") }
    try file.write(bytes + behind)
    var place: [UInt8] = []
    append(UInt64(start), placeSize, to: &place)
    try place.withUnsafeBytes { try file.write($0, at: link) }
    return start + length - placeSize
  }
}
