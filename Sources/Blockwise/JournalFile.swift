// Which blocks of a stage are finished: two bits a block, in pages that prove themselves.
//
//     bytes      0 ..< 4096    magic, version, plan hash, number of blocks, their checksum
//     page k     4096 (k + 1) ..< 4096 (k + 2)    4088 bytes of marks (16,352 blocks), checksum of (marks, k, plan hash)
//
// A mark tells "finished, and there are bytes to prove it" from "finished, all fill value": of the latter storage keeps nothing.
// A page never written is a hole of zeros: no block of it is finished. A page is written by one pwrite, so a killed process leaves the
// page before or after, and a page torn by a power cut fails its checksum: its blocks count as unfinished and are done again, which is
// always safe. 10⁹ blocks take 250 MB on disk; at most `cachedPages` pages are in memory.
// One process writes a journal at a time (JournalFolder holds a lock). A task that does a part of the blocks has a journal of that part alone, named K-of-N:
// its mark i is that of block K + i N.

import Execution
import Glibc
import Storage
import Synchronization

package final class JournalFile: Sendable {
  package static let pageBytes = 4096
  package static let bitBytes = pageBytes - 8
  package static let blocksPerPage = Int64(bitBytes * 4)
  package static let cachedPages = 256

  package enum Mark: UInt8, Sendable { case unfinished = 0, written = 1, empty = 2 }

  package let path: String
  /// Blocks of the part.
  package let count: Int64
  package let part: Part
  private let planHash: UInt64
  private let descriptor: CInt
  private let state: Mutex<State>

  private struct State {
    var pages: [Int64: [UInt8]] = [:]
    var finished: Int64 = 0
    var damagedPages: Int64 = 0
  }

  /// Opens the journal at `path`, or makes an empty one.
  ///
  /// - Parameter count: all blocks, of which the journal is for a part.
  /// - Throws: `BlockwiseError.journalDamaged` if its head is not that of this plan with this number of blocks, `.system`.
  package convenience init(path: String, planHash: UInt64, count: Int64, part: Part = .all) throws(BlockwiseError) {
    var descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    if descriptor < 0 && (errno == EACCES || errno == EROFS) { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw .failed("open", path) }
    try self.init(opened: descriptor, path, planHash: planHash, count: part.count(of: count), part)
  }

  private init(opened descriptor: CInt, _ path: String, planHash: UInt64, count: Int64, _ part: Part) throws(BlockwiseError) {
    (self.path, self.count, self.part, self.planHash, self.descriptor) = (path, count, part, planHash, descriptor)
    state = Mutex(State())

    let header = Self.header(planHash, count)
    let found = try readPage(at: 0)
    if found.count == 0 {
      try write(header, at: 0)
    } else if found != header {
      throw .journalDamaged(path: path, reason: found.count < Self.pageBytes ? "it ends after \(found.count) bytes" : "its head is not that of this plan")
    }
    for page in 0..<pageCount {
      let (bits, damaged) = try load(page)
      state.withLock {
        $0.finished += bits.reduce(0) { $0 + Int64((($1 | $1 >> 1) & 0b0101_0101).nonzeroBitCount) }
        if damaged { $0.damagedPages += 1 }
      }
    }
  }

  deinit { close(descriptor) }

  /// A journal as it stands, to be looked at without a plan at hand: nil if there is none. It is neither made nor changed.
  package static func standing(at path: String) throws(BlockwiseError) -> JournalFile? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    var header = [UInt8](repeating: 0, count: 40)
    guard pread(file, &header, header.count, 0) == header.count else { close(file); return nil }
    func word(_ at: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(header[at + $1]) << UInt64(8 * $1) } }
    let count = Int64(bitPattern: word(24))
    guard count >= 0 else { close(file); throw .journalDamaged(path: path, reason: "its head counts \(count) blocks") }
    let part = Part(ofName: Files.name(path)) ?? .all
    guard part.count(of: .max) >= count else { close(file); throw .journalDamaged(path: path, reason: "its head counts \(count) blocks") }
    return try JournalFile(opened: file, path, planHash: word(16), count: count, part)
  }

  /// Blocks that are finished.
  package var finished: Int64 { state.withLock { $0.finished } }
  /// Pages whose checksum failed on opening; their blocks count as unfinished.
  package var damagedPages: Int64 { state.withLock { $0.damagedPages } }

  /// - Precondition: it covers `index`.
  package func mark(of index: Int64) throws(BlockwiseError) -> Mark {
    let (page, byte, shift) = place(index)
    return try state.withLock { state throws(BlockwiseError) in Mark(rawValue: try cached(page, &state)[byte] >> shift & 3) ?? .unfinished }
  }

  package func isFinished(_ index: Int64) throws(BlockwiseError) -> Bool { try mark(of: index) != .unfinished }

  /// Calls `body` with every block that is finished, in order; pages come from the disk as they are now.
  package func forEachFinished(_ cancellation: Cancellation, _ body: (Int64) -> Void) throws {
    for page in 0..<pageCount {
      try cancellation.check()
      for (place, byte) in try load(page).bits.enumerated() where byte != 0 {
        for slot in 0..<4 where byte >> UInt8(2 * slot) & 3 != 0 {
          let index = page * Self.blocksPerPage + Int64(4 * place + slot)
          if index < count { body(part.first + index * part.step) }
        }
      }
    }
  }

  /// Records a block whose bytes are all written, or forgets one whose bytes are gone.
  package func set(_ index: Int64, _ mark: Mark) throws(BlockwiseError) {
    let (page, byte, shift) = place(index)
    try state.withLock { state throws(BlockwiseError) in
      var bits = try cached(page, &state)
      let old = bits[byte] >> shift & 3
      if old == mark.rawValue { return }
      bits[byte] ^= (old ^ mark.rawValue) << shift
      try write(bits + bytes(of: checksum(bits, page)), at: (page + 1) * Int64(Self.pageBytes))
      state.pages[page] = bits
      state.finished += (mark == .unfinished ? 0 : 1) - (old == 0 ? 0 : 1)
    }
  }

  /// Takes over what the journal of a part calls finished; each page is written once.
  ///
  /// - Complexity: O(blocks of the part), and a write for each page in which something is new.
  package func add(_ other: JournalFile) throws(BlockwiseError) {
    var index = other.part.first, left = other.count
    for page in 0..<pageCount where index / Self.blocksPerPage == page {
      let end = min(count, (page + 1) * Self.blocksPerPage)
      try state.withLock { state throws(BlockwiseError) in
        var bits = try cached(page, &state), added: Int64 = 0
        while index < end, left > 0 {
          let (_, byte, shift) = place(index), mark = try other.mark(of: index)
          if mark != .unfinished, bits[byte] >> shift & 3 == 0 {
            bits[byte] |= mark.rawValue << shift
            added += 1
          }
          (index, left) = (index + other.part.step, left - 1)
        }
        if added == 0 { return }
        try write(bits + bytes(of: checksum(bits, page)), at: (page + 1) * Int64(Self.pageBytes))
        state.pages[page] = bits
        state.finished += added
      }
      if left == 0 { return }
    }
  }

  /// Waits until the disk holds what was recorded.
  package func synchronize() { fdatasync(descriptor) }

  private var pageCount: Int64 { (count + Self.blocksPerPage - 1) / Self.blocksPerPage }

  private func place(_ block: Int64) -> (page: Int64, byte: Int, shift: UInt8) {
    let index = part.step == 1 ? block : (block - part.first) / part.step
    let rest = index % Self.blocksPerPage
    return (index / Self.blocksPerPage, Int(rest / 4), UInt8(rest % 4) * 2)
  }

  private func cached(_ page: Int64, _ state: inout State) throws(BlockwiseError) -> [UInt8] {
    if let bits = state.pages[page] { return bits }
    if state.pages.count >= Self.cachedPages { state.pages.removeAll(keepingCapacity: true) }
    let bits = try load(page).bits
    state.pages[page] = bits
    return bits
  }

  private func load(_ page: Int64) throws(BlockwiseError) -> (bits: [UInt8], damaged: Bool) {
    let empty = [UInt8](repeating: 0, count: Self.bitBytes)
    let found = try readPage(at: (page + 1) * Int64(Self.pageBytes))
    if found.allSatisfy({ $0 == 0 }) { return (empty, false) }
    let bits = Array(found.prefix(Self.bitBytes))
    guard found.count == Self.pageBytes, Array(found.suffix(8)) == bytes(of: checksum(bits, page)) else { return (empty, true) }
    return (bits, false)
  }

  private func checksum(_ bits: [UInt8], _ page: Int64) -> UInt64 {
    var hash = StableHash()
    bits.withUnsafeBytes { hash.add(words: $0) }
    hash.add(UInt64(bitPattern: page))
    hash.add(planHash)
    return hash.value
  }

  private static func header(_ planHash: UInt64, _ count: Int64) -> [UInt8] {
    var page = Array("dcs journal 1\n\0\0".utf8) + bytes(of: planHash) + bytes(of: UInt64(bitPattern: count))
    var hash = StableHash()
    hash.add(page)
    page += bytes(of: hash.value)
    return page + [UInt8](repeating: 0, count: pageBytes - page.count)
  }

  private func readPage(at offset: Int64) throws(BlockwiseError) -> [UInt8] {
    var page = [UInt8](repeating: 0, count: Self.pageBytes), filled = 0
    while filled < page.count {
      let got = page.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled, off_t(offset) + off_t(filled)) }
      if got < 0 && errno == EINTR { continue }
      if got < 0 { throw .failed("read", path) }
      if got == 0 { break }
      filled += got
    }
    return Array(page.prefix(filled))
  }

  private func write(_ bytes: [UInt8], at offset: Int64) throws(BlockwiseError) {
    var written = 0
    while written < bytes.count {
      let put = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written, off_t(offset) + off_t(written)) }
      if put < 0 && errno == EINTR { continue }
      if put <= 0 { throw .failed("write", path) }
      written += put
    }
  }
}

private func bytes(of value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) } }

extension BlockwiseError {
  /// With the reason that the system gives in `errno`.
  static func failed(_ operation: String, _ path: String) -> BlockwiseError {
    .system(operation: operation, path: path, reason: String(cString: strerror(errno)))
  }
}
