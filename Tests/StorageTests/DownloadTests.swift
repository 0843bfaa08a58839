import Execution
import Glibc
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct DownloadTests {
  static let file = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7 + $0 / 256) }

  private func remote(tries: Int = 3, isStopped: @escaping @Sendable () -> Bool = { false }) -> Remote {
    var settings = RemoteSettings(isStopped: isStopped)
    settings.timeout = 3
    settings.retry.base = 0.01
    settings.retry.tries = tries
    return Remote(settings)
  }

  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = try Files.makeTemporaryFolder()
    defer { try? Files.removeTree(folder) }
    try body(folder)
  }

  private func download(_ server: FaultServer, _ folder: String, size: Int? = nil, sha256: String? = nil) -> Download {
    var download = Download(server.url + "/w", to: folder + "/deep/weights", size: size, sha256: sha256)
    download.piece = 8000
    return download
  }

  @Test func comesOnceInPieces() throws {
    let server = FaultServer(["/w": Self.file])
    defer { server.stop() }
    try inFolder { folder in
      let download = download(server, folder, size: Self.file.count, sha256: SHA256.hexText(SHA256.hash(Self.file)))
      let seen = Mutex<[Int]>([])
      try download.fetch(remote()) { done, total in seen.withLock { $0.append(done) }; #expect(total == 50_000) }
      #expect(try Files.read(download.path) == Self.file)
      #expect(seen.withLock { $0 } == [8000, 16_000, 24_000, 32_000, 40_000, 48_000, 50_000])
      let asked = server.log.count
      try download.fetch(remote())
      #expect(server.log.count == asked && asked == 7)
      #expect(try Files.list(folder + "/deep").map(\.name).filter { !$0.hasPrefix(".dcs-lock") } == ["weights"])
    }
  }

  @Test(arguments: [FaultServer.Fault.status(503), .reset, .truncated, .wrongRange]) func faultsAreGotOver(fault: FaultServer.Fault) throws {
    let server = FaultServer(["/w": Self.file])
    defer { server.stop() }
    try inFolder { folder in
      server.order([fault])
      try download(server, folder).fetch(remote())
      #expect(try Files.read(folder + "/deep/weights") == Self.file)
    }
  }

  /// What came before the connection broke for good is not asked for again.
  @Test func goesOnWhereItStopped() throws {
    let server = FaultServer(["/w": Self.file])
    defer { server.stop() }
    try inFolder { folder in
      let download = download(server, folder)
      #expect(throws: StorageError.self) {
        try download.fetch(remote(tries: 1)) { done, _ in if done == 24_000 { server.order([.status(503)]) } }
      }
      #expect(Files.kind(download.path) == nil)
      server.forget()
      try download.fetch(remote())
      #expect(try Files.read(download.path) == Self.file && server.log.count == 4)   // from 24,000 on
    }
  }

  @Test func anotherFileIsBegunAnew() throws {
    let server = FaultServer(["/w": Self.file])
    defer { server.stop() }
    try inFolder { folder in
      let download = download(server, folder), other = Array(Self.file.reversed()) + [1]
      #expect(throws: StorageError.self) { try download.fetch(remote(tries: 1)) { done, _ in if done == 24_000 { server.order([.status(503)]) } } }
      server.order([.replaced("/w", other)])
      try download.fetch(remote())
      #expect(try Files.read(download.path) == other)
    }
  }

  @Test func aServerWithoutPartsGivesTheWhole() throws {
    let server = FaultServer(["/w": Self.file], always: .ignoresRange)
    defer { server.stop() }
    try inFolder { folder in
      try download(server, folder).fetch(remote())
      #expect(try Files.read(folder + "/deep/weights") == Self.file && server.log.count <= 2)
    }
  }

  @Test func aWrongChecksumIsNotKept() throws {
    let server = FaultServer(["/w": Self.file])
    defer { server.stop() }
    try inFolder { folder in
      let download = download(server, folder, sha256: String(repeating: "0", count: 64))
      #expect(throws: StorageError.badFile(path: download.url, reason: "what came is not what is known of it: its SHA-256 is another")) { try download.fetch(remote()) }
      #expect(Files.kind(download.path) == nil)
      #expect(throws: StorageError.self) { try self.download(server, folder, size: 49_999).fetch(remote()) }
    }
  }

  @Test func nothingThereAndNobodyThere() throws {
    let server = FaultServer([:])
    try inFolder { folder in
      #expect(throws: StorageError.notFound(path: server.url + "/w", near: nil)) { try download(server, folder).fetch(remote()) }
      server.stop()
      #expect(throws: StorageError.self) { try download(server, folder).fetch(remote(tries: 1)) }
      #expect(Files.kind(folder + "/deep/weights") == nil)
    }
  }

  /// Several that want the same file fetch it once.
  @Test func oneFetchesTheOthersWait() throws {
    let server = FaultServer(["/w": Self.file])
    defer { server.stop() }
    try inFolder { folder in
      let download = download(server, folder), pool = ThreadPool(threads: 4), failures = Mutex(0)
      try pool.forEach(4) { _, _ in do { try download.fetch(remote()) } catch { failures.withLock { $0 += 1 } } }
      #expect(failures.withLock { $0 } == 0 && server.log.count == 7)
      #expect(try Files.read(download.path) == Self.file)
    }
  }

  @Test func folderByTheEnvironment() {
    #expect(RemoteSettings(environment: ["DCS_CACHE": "/a", "XDG_CACHE_HOME": "/b"], home: "/c").cacheFolder == "/a")
    #expect(RemoteSettings(environment: ["XDG_CACHE_HOME": "/b"], home: "/c").cacheFolder == "/b/dcs")
    #expect(RemoteSettings(environment: ["XDG_CACHE_HOME": "b"], home: "/c").cacheFolder == "/c/.cache/dcs")
    #expect(RemoteSettings().cacheFolder == nil)
  }
}
