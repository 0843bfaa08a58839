// Small records of blocks, by block number: in memory, or in files of 1024 blocks each beside the output.
//
//     record    length of the payload (UInt32), block number (UInt64), checksum (UInt64), payload; little-endian, appended
//
// A later record of a block replaces an earlier one. A record that a kill cut short is found by its checksum when the file is next
// opened, and cut off: its block has then no record, and is done again.

import Glibc
import Storage
import Synchronization

final class RecordStore: Sendable {
  private enum Place: Sendable {
    case memory
    case folder(String)
  }
  private struct Shard {
    var descriptor: CInt
    var end: Int
    /// Payload of each block: where, and how long.
    var records: [Int64: (offset: Int, count: Int)] = [:]
  }
  private struct State {
    var memory: [Int64: [UInt8]] = [:]
    var shards: [Int64: Shard] = [:]
  }

  static let blocksPerShard: Int64 = 1024
  private static let headBytes = 20
  private let place: Place
  private let state = Mutex(State())

  /// - Parameter folder: nil keeps records in memory.
  init(folder: String?) throws {
    place = folder.map { .folder($0) } ?? .memory
    if let folder { try Files.makeFolders(folder) }
  }

  deinit { state.withLock { for shard in $0.shards.values { close(shard.descriptor) } } }

  func has(_ block: Int64) throws -> Bool {
    try state.withLock { state in
      guard case .folder = place else { return state.memory[block] != nil }
      return try shard(of: block, &state).records[block] != nil
    }
  }

  func get(_ block: Int64) throws -> [UInt8]? {
    try state.withLock { state in
      guard case .folder = place else { return state.memory[block] }
      let shard = try shard(of: block, &state)
      guard let record = shard.records[block] else { return nil }
      return try read(shard.descriptor, record.offset, record.count)
    }
  }

  func put(_ block: Int64, _ payload: [UInt8]) throws {
    let record = Self.record(block, payload)
    try state.withLock { state in
      guard case .folder(let folder) = place else { state.memory[block] = payload; return }
      var shard = try shard(of: block, &state), written = 0
      while written < record.count {
        let count = record.withUnsafeBytes { pwrite(shard.descriptor, $0.baseAddress?.advanced(by: written), $0.count - written, shard.end + written) }
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { throw errno == ENOSPC ? StorageError.diskFull(path: folder) : BlockwiseError.failed("write", folder) }
        written += count
      }
      shard.records[block] = (shard.end + Self.headBytes, payload.count)
      shard.end += record.count
      state.shards[block / Self.blocksPerShard] = shard
    }
  }

  /// Forgets all records, on disk too.
  func removeAll() throws {
    try state.withLock { state in
      for shard in state.shards.values { close(shard.descriptor) }
      state = State()
      if case .folder(let folder) = place { try Files.removeTree(folder) }
    }
  }

  private func shard(of block: Int64, _ state: inout State) throws -> Shard {
    let number = block / Self.blocksPerShard
    if let open = state.shards[number] { return open }
    guard case .folder(let folder) = place else { throw BlockwiseError.failed("open", "records") }
    if state.shards.count >= 64, let oldest = state.shards.keys.min(by: { abs($0 - number) > abs($1 - number) }), let gone = state.shards.removeValue(forKey: oldest) { close(gone.descriptor) }
    let path = Files.join(folder, "\(number)")
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw BlockwiseError.failed("open", path) }
    var shard = Shard(descriptor: descriptor, end: 0)
    let size = Files.size(path) ?? 0
    while shard.end + Self.headBytes <= size {
      let head = try read(descriptor, shard.end, Self.headBytes)
      let count = Int(Self.word(head, 0, 4)), block = Int64(bitPattern: Self.word(head, 4, 8))
      guard shard.end + Self.headBytes + count <= size else { break }
      let payload = try read(descriptor, shard.end + Self.headBytes, count)
      guard Self.record(block, payload).prefix(Self.headBytes).elementsEqual(head) else { break }
      shard.records[block] = (shard.end + Self.headBytes, count)
      shard.end += Self.headBytes + count
    }
    if shard.end < size { ftruncate(descriptor, shard.end) }
    state.shards[number] = shard
    return shard
  }

  private func read(_ descriptor: CInt, _ offset: Int, _ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count), filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled, offset + filled) }
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { throw BlockwiseError.failed("read", "records of blocks") }
      filled += got
    }
    return bytes
  }

  private static func record(_ block: Int64, _ payload: [UInt8]) -> [UInt8] {
    var hash = StableHash()
    hash.add(UInt64(bitPattern: block))
    payload.withUnsafeBytes { hash.add(words: $0) }
    return bytes(UInt64(payload.count), 4) + bytes(UInt64(bitPattern: block), 8) + bytes(hash.value, 8) + payload
  }

  private static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) } }
  private static func word(_ bytes: [UInt8], _ at: Int, _ count: Int) -> UInt64 { (0..<count).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) } }
}
