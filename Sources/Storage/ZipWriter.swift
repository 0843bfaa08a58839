// Writing a zip file of stored entries, each of whose data begin at a multiple of 64 bytes, as torch.save lays them out.
//
// Specification: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3.7 local header, 4.3.12 directory, 4.3.16 end record). No zip64.

import CZlib

package struct ZipWriter {
  private let file: NewFile
  private var directory: [UInt8] = []
  private var entries = 0
  private static let alignment = 64

  package init(_ path: String) throws(StorageError) { file = try NewFile(path) }

  /// - Throws: `.unsupported` beyond 4 GiB, `.diskFull`, `.system`.
  package mutating func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
    let name = Array(name.utf8), offset = file.count
    guard bytes.count + offset < 1 << 32 - 1 << 16, entries < 65_000, name.count < 60_000 else { throw .unsupported(path: file.path, feature: "a zip file of more than 4 GiB") }
    let crc = bytes.withMemoryRebound(to: UInt8.self) { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
    // An extra field without meaning fills up to the alignment.
    let begin = offset + 30 + name.count + 4, filling = (Self.alignment - begin % Self.alignment) % Self.alignment
    var common: [UInt8] = []
    common.little(20, 2)                 // version needed
    common.little(1 << 11, 2)            // names in UTF-8
    common.little(0, 2)                  // stored
    common.little(0, 2); common.little(0x21, 2)   // midnight of 1980-01-01: equal weights give equal files
    common.little(Int(crc), 4)
    common.little(bytes.count, 4); common.little(bytes.count, 4)
    common.little(name.count, 2)
    var header: [UInt8] = []
    header.little(0x0403_4b50, 4)
    header += common
    header.little(4 + filling, 2)
    header += name
    header += Array("FB".utf8)
    header.little(filling, 2)
    header += Array(repeating: UInt8(ascii: "Z"), count: filling)
    try file.write(header)
    try file.write(bytes)

    directory.little(0x0201_4b50, 4)
    directory.little(20, 2)
    directory += common
    directory += Array(repeating: 0, count: 12)   // no extra field, no comment, one disk, no attributes
    directory.little(offset, 4)
    directory += name
    entries += 1
  }

  package mutating func add(_ name: String, _ bytes: [UInt8]) throws(StorageError) {
    var failure: StorageError?
    bytes.withUnsafeBytes { source in do throws(StorageError) { try add(name, source) } catch { failure = error } }
    if let failure { throw failure }
  }

  package func finish(sync: Bool = true) throws(StorageError) {
    var end: [UInt8] = []
    let begin = file.count
    end.little(0x0605_4b50, 4)
    end.little(0, 4)
    end.little(entries, 2); end.little(entries, 2)
    end.little(directory.count, 4); end.little(begin, 4)
    end.little(0, 2)
    try file.write(directory)
    try file.write(end)
    try file.finish(sync: sync)
  }
}

extension [UInt8] {
  /// The lowest `size` bytes of a number, little-endian.
  fileprivate mutating func little(_ value: Int, _ size: Int) { for byte in 0..<size { append(UInt8(truncatingIfNeeded: value >> (8 * byte))) } }
}
