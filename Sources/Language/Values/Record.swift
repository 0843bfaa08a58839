import Synchronization

/// Named values in the order in which they were given. Copies on write; a dozen keys are searched, more are indexed.
package struct Record: Sendable {
  private var storage: Storage

  package init() { storage = Storage() }

  /// Later values of one key replace earlier ones.
  package init(_ fields: some Sequence<(String, Value)>) {
    storage = Storage()
    for (key, value) in fields { storage.set(key, value) }
  }

  /// Keys that are known to differ.
  init(distinct keys: [String], _ values: [Value]) {
    storage = Storage(keys, values)
    if keys.count > Storage.searched { storage.reindex() }
  }

  package var count: Int { storage.keys.count }
  package var keys: [String] { storage.keys }
  package var values: [Value] { storage.values }
  package var fields: [(key: String, value: Value)] { zip(storage.keys, storage.values).map { (key: $0, value: $1) } }

  package subscript(key: String) -> Value? {
    get { storage.find(key).map { storage.values[$0] } }
    set {
      if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
      if let newValue { storage.set(key, newValue) } else { storage.remove(key) }
    }
  }

  /// The value that a place of a script asks for again and again.
  @inline(__always) subscript(site: FieldSite) -> Value? {
    get { storage.find(site).map { storage.values[$0] } }
    set {
      guard let newValue, let position = storage.find(site) else { return self[site.name] = newValue }
      if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
      storage.values[position] = newValue
    }
  }

  /// The field at a position in `0..<count`.
  package func field(at position: Int) -> (key: String, value: Value) { (storage.keys[position], storage.values[position]) }

  /// Changes the value of a key in place, without a copy of what it holds.
  package mutating func update<R>(_ key: String, _ body: (inout Value) throws -> R) rethrows -> R? {
    guard let position = storage.find(key) else { return nil }
    if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
    return try body(&storage.values[position])
  }
}

/// A field that a script names at one place. Records that come by there mostly have it at one position: the last one is tried first.
final class FieldSite: Sendable {
  let name: String
  fileprivate let position = Atomic<Int>(0)
  init(_ name: String) { self.name = name }
}

private final class Storage: @unchecked Sendable {   // changed only while one record alone holds it
  // one record alone changes it, so no access overlaps another
  @exclusivity(unchecked) var keys: [String]
  @exclusivity(unchecked) var values: [Value]
  @exclusivity(unchecked) var index: [String: Int] = [:]   // empty up to `searched` keys
  static let searched = 12

  init(_ keys: [String] = [], _ values: [Value] = []) { (self.keys, self.values) = (keys, values) }

  @inline(__always) func find(_ site: FieldSite) -> Int? {
    let last = site.position.load(ordering: .relaxed)
    if last < keys.count, keys[last] == site.name { return last }
    return findElsewhere(site)
  }

  @inline(never) private func findElsewhere(_ site: FieldSite) -> Int? {
    let position = find(site.name)
    if let position { site.position.store(position, ordering: .relaxed) }
    return position
  }

  func find(_ key: String) -> Int? {
    if keys.count > Self.searched { return index[key] }
    return keys.firstIndex(of: key)
  }

  func set(_ key: String, _ value: Value) {
    if let position = find(key) { values[position] = value; return }
    keys.append(key)
    values.append(value)
    if keys.count == Self.searched + 1 { reindex() } else if keys.count > Self.searched { index[key] = keys.count - 1 }
  }

  func remove(_ key: String) {
    guard let position = find(key) else { return }
    keys.remove(at: position)
    values.remove(at: position)
    reindex()
  }

  func copy() -> Storage {
    let other = Storage(keys, values)
    other.index = index
    return other
  }

  func reindex() {
    index = keys.count > Self.searched ? Dictionary(uniqueKeysWithValues: zip(keys, keys.indices)) : [:]
  }
}
