// An object elsewhere while it is read piece by piece. Each answer says which writing it is of (ETag, RFC 9110 section 8.8.3): pieces of another
// one than the first are refused, so that an index and the chunks that it points at are of one writing, as with a file that is held open.
// Tags are compared here, not by the server (If-Match), which may know weak ones only. Servers that give none are believed.

import Arrays
import Synchronization

final class HeldObject<Store: ObjectStore>: HeldBytes {
  private let store: Store, key: String
  private let cache: StoreCache, life: Double
  private let seen: Mutex<KeyVersion?>

  /// - Parameter cache: remembers the version, so that an index that was read lately can be used without asking.
  init(_ store: Store, _ key: String, _ cache: StoreCache, life: Double) {
    (self.store, self.key, self.cache, self.life) = (store, key, cache, life)
    if case .version(let known)? = cache[.version(store.path(key))] { seen = Mutex(known) } else { seen = Mutex(nil) }
  }

  var version: KeyVersion? { seen.withLock { $0 } }

  func all(limit: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer? { try store.get(key, limit: limit).map(scratch.keep) }

  func last(_ count: Int, _ scratch: Scratch) throws(StorageError) -> (bytes: UnsafeRawBufferPointer, size: Int)? {
    let moment = cache.moment
    guard let answer = try store.answer(key, .last(count), limit: max(count, Files.smallFileLimit)) else { return nil }
    try match(answer, moment)
    let found = try store.whole(answer, key)
    return (scratch.keep(found.bytes), found.size)
  }

  func part(from offset: Int, count: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer? {
    let moment = cache.moment
    guard let answer = try store.answer(key, .from(offset, count: count), limit: count) else {
      if version != nil { throw changed() }
      return nil
    }
    try match(answer, moment)
    return answer.body.map(scratch.keep)
  }

  /// The first answer says what the others must be of.
  private func match(_ answer: HTTPAnswer, _ moment: Int) throws(StorageError) {
    // a refusal of bytes beyond the end says nothing of what there is
    var answer = answer
    if answer.status == 0, version != nil { answer = try store.send(store.request("HEAD", key), key) }
    guard let tag = answer["etag"] else { return }
    let version = KeyVersion(tag: tag)
    let first = seen.withLock { seen in
      if seen == nil { seen = version }
      return seen
    }
    guard first == version else { throw changed() }
    cache.keep(.version(version), .version(store.path(key)), life: life, since: moment)
  }

  private func changed() -> StorageError {
    cache.forgetVersion(store.path(key))
    return .remote(path: store.path(key), problem: .changed)
  }
}

extension KeyVersion {
  init(tag: String) {
    let hash = SHA256.hash(tag)
    self.init(words: stride(from: 0, to: hash.count, by: 8).map { at in hash[at..<at + 8].reduce(0) { $0 << 8 | UInt64($1) } }, isFresh: false)
  }
}
