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
    storage = Storage()
    (storage.keys, storage.values) = (keys, values)
    storage.reindex()
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

  /// The field at a position in `0..<count`.
  package func field(at position: Int) -> (key: String, value: Value) { (storage.keys[position], storage.values[position]) }

  /// Changes the value of a key in place, without a copy of what it holds.
  package mutating func update<R>(_ key: String, _ body: (inout Value) throws -> R) rethrows -> R? {
    guard let position = storage.find(key) else { return nil }
    if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
    return try body(&storage.values[position])
  }
}

private final class Storage: @unchecked Sendable {   // changed only while one record alone holds it
  // one record alone changes it, so no access overlaps another
  @exclusivity(unchecked) var keys: [String] = []
  @exclusivity(unchecked) var values: [Value] = []
  @exclusivity(unchecked) var index: [String: Int] = [:]   // empty up to `searched` keys
  static let searched = 12

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
    let other = Storage()
    (other.keys, other.values, other.index) = (keys, values, index)
    return other
  }

  func reindex() {
    index = keys.count > Self.searched ? Dictionary(uniqueKeysWithValues: zip(keys, keys.indices)) : [:]
  }
}
