// What completion offers below a place that is no folder of the file system: addresses and zip files. Elsewhere it waits a moment only; what comes later is
// remembered, so that asking again shows it.

import Synchronization
import Glibc

package enum StoreListing {
  package enum Kind: Sendable { case file, group, array }
  package struct Child: Sendable, Equatable {
    package let name: String, kind: Kind
    package static func == (a: Child, b: Child) -> Bool { a.name == b.name && a.kind == b.kind }
  }

  /// Whether a path is listed so.
  package static func isIn(_ path: String) -> Bool { Address.split(path) != nil || ZipStore.file(in: path) != nil }

  /// - Parameter budget: seconds to wait.
  /// - Returns: nothing for an array, for what cannot be listed, and for what takes longer.
  package static func children(of folder: String, budget: Double) -> [Child] {
    guard let location = try? Location(folder), location.isRemote else { return (try? find(folder)) ?? [] }
    let search = Search(folder: folder)
    guard search.start() else { return [] }
    return search.wait(seconds: budget) ?? []
  }

  package static func find(_ folder: String) throws(StorageError) -> [Child] {
    let location = try Location(folder), store = location.store, key = location.key
    if try StoredGroup.isArray(store, key) { return [] }   // its chunks are nobody's business
    let entries = try store.list(key) ?? []
    let folders = entries.filter(\.isFolder).prefix(500).map { Files.join(key, $0.name) }
    try store.warm(folders.flatMap { folder in [Zarr2.arrayFile, Zarr3.file, N5.file].map { Files.join(folder, $0) } })
    return try entries.map { entry throws(StorageError) in
      guard entry.isFolder else { return Child(name: entry.name, kind: .file) }
      let child = Files.join(key, entry.name)
      return Child(name: entry.name, kind: folders.contains(child) ? try StoredGroup.isArray(store, child) ? .array : .group : .group)
    }
  }
}

/// One listing on a thread of its own, which goes on when nobody waits any more.
private final class Search: Sendable {
  let folder: String
  let found = Mutex<[StoreListing.Child]?>(nil)
  let done = Gate(0)
  /// Of the task that asks: threads of their own do not have it.
  let remote = Remote.around

  init(folder: String) { self.folder = folder }

  func start() -> Bool {
    var thread = pthread_t()
    let held = Unmanaged.passRetained(self)
    let code = pthread_create(&thread, nil, { context in
      if let context { Unmanaged<Search>.fromOpaque(context).takeRetainedValue().run() }
      return nil
    }, held.toOpaque())
    if code != 0 { held.release(); return false }
    pthread_detach(thread)
    return true
  }

  private func run() {
    let children = Remote.$around.withValue(remote) { (try? StoreListing.find(folder)) ?? [] }
    found.withLock { $0 = children }
    done.leave()
  }

  func wait(seconds: Double) -> [StoreListing.Child]? {
    let end = monotonicTime() + seconds
    _ = done.enter { monotonicTime() > end }
    return found.withLock { $0 }
  }
}
