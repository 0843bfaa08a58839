import Arrays
import Synchronization

/// Answers of stores elsewhere, by address, each for a limited time; at most `limit` bytes of them.
package final class StoreCache: Sendable {
  package enum Slot: Hashable, Sendable { case document(String), listing(String), kind(String), version(String) }
  package enum Value: Sendable { case document(Bytes?), listing([Files.Entry]?), kind(Files.Kind?), version(KeyVersion) }

  package static let limit = 64 << 20

  fileprivate struct State {
    var values: [Slot: (value: Value, bytes: Int, until: Double)] = [:]
    var formats: [String: Format] = [:]
    var bytes = 0
    /// Counts what was forgotten: an answer that was asked for before is not kept after.
    var moment = 0
  }
  private let state = Mutex(State())

  package var moment: Int { state.withLock { $0.moment } }

  package subscript(slot: Slot) -> Value? {
    state.withLock { state in
      guard let held = state.values[slot] else { return nil }
      if held.until > monotonicTime() { return held.value }
      state.drop(slot)
      return nil
    }
  }

  package func keep(_ value: Value, _ slot: Slot, life: Double, since moment: Int) {
    let bytes = Self.cost(value)
    guard bytes <= Self.limit / 8, life > 0 else { return }
    state.withLock { state in
      guard state.moment == moment else { return }
      state.drop(slot)
      if state.bytes + bytes > Self.limit { state.clear() }
      state.values[slot] = (value, bytes, monotonicTime() + life)
      state.bytes += bytes
    }
  }

  private static func cost(_ value: Value) -> Int {
    switch value {
    case .document(let bytes): 256 + (bytes?.count ?? 0)
    case .listing(let entries): 256 + (entries ?? []).reduce(0) { $0 + 48 + $1.name.utf8.count }
    case .kind, .version: 256
    }
  }

  /// After a change at an address: the address itself, and listings above it.
  package func forget(_ path: String, root: String) {
    state.withLock { state in
      state.moment += 1
      state.drop(.document(path))
      state.drop(.version(path))
      state.dropListings(from: path, to: root)
    }
  }

  /// After somebody else's change.
  package func forgetVersion(_ path: String) { state.withLock { $0.drop(.version(path)) } }

  package func forgetTree(_ path: String, root: String) {
    let below = path + "/"
    state.withLock { state in
      state.moment += 1
      for slot in state.values.keys {
        switch slot {
        case .document(let at), .listing(let at), .kind(let at), .version(let at): if at == path || at.hasPrefix(below) { state.drop(slot) }
        }
      }
      state.dropListings(from: path, to: root)
      if path == root { state.formats[root] = nil }
    }
  }

  package func learn(_ format: Format, of root: String) { state.withLock { if $0.formats[root] == nil { $0.formats[root] = format } } }
  package func format(of root: String) -> Format? { state.withLock { $0.formats[root] } }
}

extension StoreCache.State {
  fileprivate mutating func clear() {
    values = [:]
    bytes = 0
  }

  fileprivate mutating func drop(_ slot: StoreCache.Slot) { if let held = values.removeValue(forKey: slot) { bytes -= held.bytes } }

  fileprivate mutating func dropListings(from path: String, to root: String) {
    var path = path
    while true {
      drop(.listing(path))
      drop(.kind(path))
      let above = Files.parent(path)
      // one above the root, too: that lists containers
      if path.utf8.count < root.utf8.count || above.utf8.count >= path.utf8.count || above.hasSuffix(":/") || above.isEmpty { break }
      path = above
    }
  }
}
