// A file that torch.save wrote: its structure at once, its tensors when they are asked for.
//
//   zip (PyTorch 1.6 on)   name/data.pkl, name/data/KEY (one entry a storage, stored), name/byteorder
//   legacy (before)        pickles behind each other: magic number, version 1001, system, the object, keys of storages; then for each key
//                          its count (int64) and its bytes
//
// Refused: compressed entries (PyTorch writes none, bombs are made of them), storages whose sizes are not what tensors say, TorchScript (a program),
// the tar form of 2016.
// Source of the layouts: torch/serialization.py. Checked against torch.load: Tests/Fixtures/weights.

import Arrays
import Storage

package struct TorchFile: Sendable {
  package let path: String
  package let content: PickleTable
  private let isSwapped: Bool
  private let source: Source

  private enum Source {
    case zip(ZipStore, folder: String)
    /// Where each storage's bytes begin, and how many there are.
    case legacy([String: (begin: Int, count: Int)])
  }

  /// - Throws: `StorageError`; `NetworkError.file` with what is wrong.
  package init(reading path: String) throws {
    guard let head = try Files.readIfPresent(path, from: 0, count: 512) else { throw StorageError.notFound(path: path, near: nil) }
    let bytes = head.array
    if bytes.starts(with: [0x50, 0x4B, 3, 4]) { try self.init(zip: path) } else if bytes.first == 0x80 { try self.init(legacy: path) } else {
      let isTar = bytes.count > 262 && Array(bytes[257..<262]) == Array("ustar".utf8)
      throw NetworkError.file(path: path, reason: isTar ? "the tar form of PyTorch before 0.1.10 is not read: load it with PyTorch and save it again" : "it is no file of torch.save")
    }
  }

  /// By the first bytes.
  package static func looksLikeOne(_ head: [UInt8]) -> Bool { head.starts(with: [0x50, 0x4B, 3, 4]) || (head.count > 1 && head[0] == 0x80 && head[1] <= 5) }

  // MARK: Zip

  private init(zip path: String) throws {
    let store = ZipStore(file: path, root: path) { FileStore(root: Files.parent(path)) }
    func bad(_ reason: String) -> NetworkError { .file(path: path, reason: reason) }
    let folders = (try store.list("") ?? []).filter(\.isFolder).map(\.name).filter { $0 != "__MACOSX" }
    guard folders.count == 1, let folder = folders.first, let entries = try store.list(folder) else { throw bad("it is a zip file, but not of torch.save") }
    if entries.contains(where: { $0.name == "code" }) { throw bad("it is a TorchScript archive, which holds a program: save its state_dict() with PyTorch") }
    guard entries.contains(where: { $0.name == "data.pkl" }), let pickle = try store.get(Files.join(folder, "data.pkl"), limit: Unpickler.limit) else { throw bad("it is a zip file, but not of torch.save: it has no data.pkl") }
    let order = try store.get(Files.join(folder, "byteorder"), limit: 64).map { String(decoding: $0.array, as: UTF8.self) } ?? "little"
    guard order == "little" || order == "big" else { throw bad("a byte order named \(order.debugDescription)") }
    (self.path, isSwapped, source) = (path, order == "big", .zip(store, folder: folder))
    content = try pickle.withBytes { bytes in
      var reader = Unpickler(path: path, bytes: bytes)
      return try reader.read()
    }
  }

  // MARK: Legacy

  private init(legacy path: String) throws {
    guard let size = Files.size(path), let pickles = try Files.readIfPresent(path, from: 0, count: 3 * Unpickler.limit) else { throw StorageError.notFound(path: path, near: nil) }
    func bad(_ reason: String) -> NetworkError { .file(path: path, reason: reason) }
    var places: [String: (begin: Int, count: Int)] = [:], isSwapped = false
    content = try pickles.withBytes { bytes in
      var at = 0
      func next() throws(NetworkError) -> PickleTable {
        var reader = Unpickler(path: path, bytes: bytes, from: at)
        let table = try reader.read()
        at = reader.at
        return table
      }
      guard try next().root == .int(0x1950_a86a_20f9_469c_fc6c) else { throw bad("it is a pickle, but not of torch.save") }
      guard try next().root == .int(1001) else { throw bad("a version of the file format other than 1001") }
      let system = try next()
      if case .dictionary(let members)? = system[system.root] { isSwapped = members.contains { $0.key.text == "little_endian" && $0.value == .bool(false) } }
      let content = try next(), keys = try next()
      var storages: [String: TorchStorage] = [:]
      for case .storage(let storage) in content.nodes {
        guard let known = storages[storage.key] else { storages[storage.key] = storage; continue }
        guard known.wholeCount == storage.wholeCount, known.type == storage.type else { throw bad("storage \(storage.key) has two sizes") }
      }
      guard let names = keys.items(keys.root) else { throw bad("it has no list of storages") }
      for name in names {
        guard let key = name.text, let storage = storages[key], places[key] == nil else { throw bad("its list of storages is not that of its tensors") }
        guard let head = try Files.readIfPresent(path, from: at, count: 8), head.count == 8 else { throw bad("it ends before storage \(key)") }
        let count = head.withBytes { $0.loadUnaligned(as: Int64.self) }
        guard (isSwapped ? count.byteSwapped : count) == storage.wholeCount else { throw bad("storage \(key) has another size than its tensors say") }
        guard storage.byteCount <= size - at - 8 else { throw bad("it ends inside of storage \(key)") }
        places[key] = (at + 8, storage.byteCount)
        at += 8 + storage.byteCount
      }
      return content
    }
    (self.path, self.isSwapped, source) = (path, isSwapped, .legacy(places))
  }

  // MARK: Tensors

  /// The elements of a tensor of this file; bfloat16 as float32.
  ///
  /// - Throws: `StorageError`, `NetworkError.file`, `ArrayError.noMemory`.
  package func read(_ tensor: TorchTensor) throws -> NDArray {
    let storage = tensor.storage, bytes: Bytes?
    switch source {
    case .zip(let store, let folder):
      let key = Files.join(Files.join(folder, "data"), storage.key)
      guard !storage.key.contains("/"), try store.isStored(key) else { throw NetworkError.file(path: path, reason: "storage \(storage.key) is missing or compressed, which PyTorch does not do") }
      bytes = try store.get(key, limit: storage.byteCount)
    case .legacy(let places):
      guard let place = places[storage.key] else { throw NetworkError.file(path: path, reason: "storage \(storage.key) is missing") }
      bytes = try Files.readIfPresent(path, from: place.begin, count: place.count)
    }
    guard let bytes, bytes.count == storage.byteCount else { throw NetworkError.file(path: path, reason: "storage \(storage.key) has \(bytes?.count ?? 0) bytes, its tensors need \(storage.byteCount)") }
    return try bytes.withBytes { try tensor.array($0, swapped: isSwapped) }
  }
}
