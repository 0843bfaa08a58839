import Glibc
import Synchronization

/// Bytes of an array: 64-byte aligned, zeroed on demand, with slack after the end for vector loads, recycled when large.
///
/// A fresh page costs 2–15 µs per 4 KiB on virtual machines, more than the arithmetic on it, so freed large buffers are kept
/// (up to `keep(atMost:)` bytes) and handed out again; the largest are advised to huge pages.
/// All unsafe memory of this module lives in this file.
package final class Buffer: @unchecked Sendable {   // written only while uniquely referenced (copy-on-write in NDArray)
  package let bytes: UnsafeMutableRawPointer
  package let count: Int
  private let capacity: Int

  /// Bytes that may be read (never used) past the end.
  package static let slack = 256

  /// - Throws: `ArrayError.noMemory`.
  package init(count: Int, zeroed: Bool = true) throws(ArrayError) {
    let (padded, overflow) = count.addingReportingOverflow(Self.slack)
    guard count >= 0, !overflow else { throw .noMemory(bytes: count) }
    let (pointer, capacity, fresh) = try Cache.shared.take(padded)
    if zeroed && !fresh { memset(pointer, 0, padded) }
    (bytes, self.count, self.capacity) = (pointer, count, capacity)
  }

  deinit { Cache.shared.give(bytes, capacity) }

  /// Bytes of freed buffers that are kept for the next, at most; 3 GiB unless said. What is above is given back at once.
  package static func keep(atMost bytes: Int) { Cache.shared.keep(atMost: bytes) }

  /// Freed large buffers by size class; the one piece of shared mutable state below the interpreter, guarded by its mutex.
  private final class Cache: Sendable {
    static let shared = Cache()
    static let threshold = 1 << 16
    /// From here on a buffer is a mapping of its own.
    static let mapped = 1 << 20
    private struct State {
      nonisolated(unsafe) var free: [Int: [UnsafeMutableRawPointer]] = [:]
      var held = 0
      var limit = 3 << 30
    }
    private let state = Mutex(State())

    /// Returns memory that is zero if `fresh`.
    func take(_ count: Int) throws(ArrayError) -> (UnsafeMutableRawPointer, Int, fresh: Bool) {
      guard count >= Self.threshold else { return (try allocate(count), count, false) }
      let capacity = sizeClass(count)
      let reused = state.withLock { state -> Int? in
        guard let pointer = state.free[capacity]?.popLast() else { return nil }
        state.held -= capacity
        return Int(bitPattern: pointer)
      }
      if let reused, let pointer = UnsafeMutableRawPointer(bitPattern: reused) { return (pointer, capacity, false) }
      guard capacity >= Self.mapped else { return (try allocate(capacity), capacity, false) }
      guard let pointer = retrying({ map(capacity) }) else { throw .noMemory(bytes: count) }
      adviseHugePages(pointer, count)
      return (pointer, capacity, true)
    }

    /// For those that lie in what was asked for: the last one would take up to 2 MiB that nobody uses.
    private func adviseHugePages(_ pointer: UnsafeMutableRawPointer, _ count: Int) {
      let page = 1 << 21, begin = (UInt(bitPattern: pointer) + UInt(page) - 1) / UInt(page) * UInt(page), end = (UInt(bitPattern: pointer) + UInt(count)) / UInt(page) * UInt(page)
      if begin < end { madvise(UnsafeMutableRawPointer(bitPattern: begin), Int(end - begin), MADV_HUGEPAGE) }
    }

    private func map(_ capacity: Int) -> UnsafeMutableRawPointer? {
      let pointer = mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      return pointer == MAP_FAILED ? nil : pointer
    }

    private func allocate(_ count: Int) throws(ArrayError) -> UnsafeMutableRawPointer {
      let found = retrying {
        var pointer: UnsafeMutableRawPointer?
        return posix_memalign(&pointer, 64, count) == 0 ? pointer : nil
      }
      guard let found else { throw .noMemory(bytes: count) }
      return found
    }

    /// What the system refuses it may grant once all that is kept has been given back.
    private func retrying(_ ask: () -> UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
      if let pointer = ask() { return pointer }
      giveBack(downTo: 0)
      return ask()
    }

    func keep(atMost bytes: Int) {
      state.withLock { $0.limit = max(0, bytes) }
      giveBack(downTo: max(0, bytes))
    }

    private func giveBack(downTo bytes: Int) {
      state.withLock { state in
        while state.held > bytes, let (capacity, pointers) = state.free.max(by: { $0.key < $1.key }) {
          for pointer in pointers { release(pointer, capacity) }
          state.held -= capacity * pointers.count
          state.free[capacity] = nil
        }
      }
    }

    private func release(_ pointer: UnsafeMutableRawPointer, _ capacity: Int) {
      if capacity >= Self.mapped { munmap(pointer, capacity) } else { free(pointer) }
    }

    func give(_ pointer: UnsafeMutableRawPointer, _ capacity: Int) {
      guard capacity >= Self.threshold else { free(pointer); return }
      let address = Int(bitPattern: pointer)
      let kept = state.withLock { state -> Bool in
        guard state.held + capacity <= state.limit, let pointer = UnsafeMutableRawPointer(bitPattern: address) else { return false }
        state.free[capacity, default: []].append(pointer)
        state.held += capacity
        return true
      }
      if !kept { release(pointer, capacity) }
    }

    /// Eighths of a power of two, so at most an eighth is wasted and neighbours in size share buffers.
    private func sizeClass(_ count: Int) -> Int {
      let step = max(1 << 13, (1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)) >> 3)
      return (count + step - 1) / step * step
    }
  }
}
