// A file of a web server, fetched once: piece by piece into a hidden file beside its place, then renamed into it.
//
// A download that broke off goes on where it stopped, if the server still has the same file (its ETag and size stand beside the part).
// Of two processes that want one file, one fetches it and the other waits. A server that gives no parts is asked for the whole.

import Arrays
import Glibc

package struct Download: Sendable {
  package let url: String
  /// Where the file is to be.
  package let path: String
  /// What is known of it beforehand.
  package let size: Int?, sha256: String?
  /// Bytes a request.
  package var piece = 16 << 20
  private static let largest = 1 << 36

  package init(_ url: String, to path: String, size: Int? = nil, sha256: String? = nil) { (self.url, self.path, self.size, self.sha256) = (url, path, size, sha256) }

  private var part: String { Files.join(Files.parent(path), "." + Files.name(path) + ".part") }
  private var mark: String { part + ".of" }

  /// Whether the file is in its place already; one of another size than is known is none.
  package var isThere: Bool { Files.size(path).map { size == nil || $0 == size } ?? false }

  /// Fetches the file unless it is there.
  ///
  /// - Parameter progress: bytes that are here, bytes in all.
  /// - Throws: `StorageError`; what came so far stays and is gone on with.
  package func fetch(_ remote: Remote = .current, progress: (Int, Int) -> Void = { _, _ in }) throws {
    if isThere { return }
    try Files.makeFolders(Files.parent(path))
    guard let lock = LockFile(folder: Files.parent(path)) else { return try get(remote, progress) }
    let place = Files.name(path).utf8.reduce(5381) { ($0 &* 33 &+ Int($1)) & 0xFFFF_FFFF }
    try lock.hold(place, waiting: { if remote.settings.isStopped() { throw StorageError.remote(path: url, problem: .stopped) } }) {
      if !isThere { try get(remote, progress) }
    }
  }

  private func get(_ remote: Remote, _ progress: (Int, Int) -> Void) throws {
    let here = Files.size(part) ?? 0
    var known = here > 0 ? (try? Files.read(mark)).map { String(decoding: $0, as: UTF8.self) } : nil
    // The last byte that is here is asked for again: whether it is still the same file, even where all of it is here.
    var begin = known == nil ? 0 : here - 1, isFirst = true
    while true {
      let answer = try remote.client.send(HTTPRequest("GET", WebStore.url(url), range: .from(begin, count: piece), limit: piece), path: url)
      if answer.status == 404 || answer.status == 410 { throw StorageError.notFound(path: url, near: nil) }
      if answer.status == 416, begin > 0, isFirst { (known, begin) = (nil, 0); continue }   // it is shorter now
      guard answer.status == 200 || answer.status == 206, let body = answer.body, body.count > 0 else { throw StorageError.remote(path: url, problem: .status(code: answer.status, detail: "", tries: 1)) }
      guard let size = answer.size, size <= Self.largest, self.size == nil || self.size == size else {
        throw StorageError.remote(path: url, problem: .badAnswer("a file of \(answer.size.map(byteText) ?? "unknown size")" + (self.size.map { ", \(byteText($0)) were expected" } ?? "")))
      }
      if answer.status == 200 && body.count < size { return try whole(remote, progress) }   // without parts, all of it would come for each
      let now = "\(size) \(answer["etag"] ?? answer["last-modified"] ?? "")"
      if let known, known != now {
        guard isFirst else { throw StorageError.remote(path: url, problem: .changed) }
        begin = 0
      } else { try body.withBytes { try append($0, at: begin) } }
      if known != now { try Files.writeAtomically(now, mark, sync: false) }
      if known == nil || known == now { begin += body.count }
      (known, isFirst) = (now, false)
      progress(begin, size)
      if begin >= size { break }
    }
    try finish()
  }

  private func whole(_ remote: Remote, _ progress: (Int, Int) -> Void) throws {
    let answer = try remote.client.send(HTTPRequest("GET", WebStore.url(url), limit: size ?? Self.largest), path: url)
    guard answer.status == 200, let body = answer.body, size == nil || size == body.count else { throw StorageError.remote(path: url, problem: .status(code: answer.status, detail: "", tries: 1)) }
    progress(body.count, body.count)
    try? Files.remove(part)
    try body.withBytes { try append($0, at: 0) }
    try finish()
  }

  /// Writes bytes behind the first `offset` of the part; what may stand there is replaced.
  private func append(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageError) {
    let file = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .from(errno: errno, part, doing: "write") }
    defer { close(file) }
    guard ftruncate(file, offset) == 0, lseek(file, offset, Int32(SEEK_SET)) == offset else { throw .from(errno: errno, part, doing: "write") }
    try Files.write(bytes, to: file, part)
    if fsync(file) != 0 { throw .from(errno: errno, part, doing: "write") }
  }

  private func finish() throws(StorageError) {
    if let sha256 {
      guard let bytes = try Files.readIfPresent(part, limit: .max), bytes.withBytes({ SHA256.hexText(SHA256.hash($0)) }) == sha256.lowercased() else {
        try? Files.remove(part)
        throw .badFile(path: url, reason: "what came is not what is known of it: its SHA-256 is another")
      }
    }
    guard rename(part, path) == 0 else { throw .from(errno: errno, path, doing: "write") }
    try? Files.remove(mark)
  }
}

extension RemoteSettings {
  /// Where what is fetched once is kept: `$DCS_CACHE`, else `$XDG_CACHE_HOME/dcs`, else `~/.cache/dcs`; nil where there is no home.
  package var cacheFolder: String? {
    if let given = environment["DCS_CACHE"], !given.isEmpty { return given }
    if let given = environment["XDG_CACHE_HOME"], given.hasPrefix("/") { return Files.join(given, "dcs") }
    return home.map { Files.join($0, ".cache/dcs") }
  }
}
