// What stores elsewhere need to know of the process: variables, the home folder, the wish to stop. The executable says it once; nothing below reads the environment.

import Execution
import Synchronization

package struct RemoteSettings: Sendable {
  /// Of the process: AWS_…, GS_…, DCS_… (docs/stores.md).
  package var environment: [String: String]
  /// Beginnings of the variables that mean something here.
  package static let prefixes = [
    "AWS_", "BOTO_CONFIG", "CURL_CA_BUNDLE", "DCS_CACHE", "DCS_FORBIDDEN", "DCS_REQUESTS", "DCS_TIMEOUT", "DCS_WEIGHTS", "GOOG_", "GS_", "SSL_CERT_FILE", "STORAGE_EMULATOR_HOST",
    "XDG_CACHE_HOME",
  ]
  /// Where ~/.aws is.
  package var home: String?
  package var isStopped: @Sendable () -> Bool
  /// Seconds for which documents and listings are believed.
  package var life = 30.0
  package var times = HTTPTimes()
  package var retry = RetryPolicy()

  package init(environment: [String: String] = [:], home: String? = nil, isStopped: @escaping @Sendable () -> Bool = { false }) {
    (self.environment, self.home, self.isStopped) = (environment, home, isStopped)
    if let seconds = environment["DCS_TIMEOUT"].flatMap({ Double($0) }), seconds >= 0.5, seconds <= 86_400 { timeout = seconds }
  }

  /// Seconds after which an endpoint that gives nothing is given up. A third for the last try, a sixth for its connection.
  package var timeout: Double {
    get { retry.bound * 1.5 }
    set {
      retry.bound = newValue * 2 / 3
      (times.stall, times.connect) = (Int(newValue * 1000 / 3), Int(newValue * 1000 / 6))
      times.stallBytes = max(1, times.stall / 10)   // 100 bytes a second
    }
  }

  /// Whether a chunk that is refused counts as one that is not there: buckets that nobody may list answer so (403), but also where somebody forbade it.
  package var isForbiddenMissing: Bool { environment["DCS_FORBIDDEN"] == "missing" }

  /// Transfers at once to one host.
  package var width: Int { environment["DCS_REQUESTS"].flatMap { Int($0) }.map { max(1, min($0, 256)) } ?? 16 }
}

/// What one process has one of: settings, connections, threads that wait for answers, what was read lately.
package final class Remote: Sendable {
  package let settings: RemoteSettings
  package let connections: ConnectionPool
  package let cache = StoreCache()
  package let credentials: CredentialChain
  /// By bucket: where it is, and whether it is read without keys.
  package let regions = Mutex<[String: String]>([:])
  package let anonymous = Mutex<Set<String>>([])
  private let idle = Mutex<[ThreadPool]>([])

  package init(_ settings: RemoteSettings) {
    self.settings = settings
    connections = ConnectionPool(width: settings.width)
    credentials = CredentialChain(environment: settings.environment, home: settings.home)
  }

  package var client: HTTPClient {
    let authorities = settings.environment["AWS_CA_BUNDLE"] ?? settings.environment["CURL_CA_BUNDLE"] ?? settings.environment["SSL_CERT_FILE"]
    return HTTPClient(times: settings.times, retry: settings.retry, pool: connections, authorities: authorities, isStopped: settings.isStopped)
  }

  /// Lends threads that nobody else has meanwhile, as many as transfers at once: they wait, they do not compute. Callers side by side have
  /// pools of their own, for a pool that is busy leaves its second caller to send one request after the other.
  package func withPool<R>(_ body: (ThreadPool) throws -> R) rethrows -> R {
    if ThreadPool.isInsideRegion { return try body(ThreadPool(threads: 1)) }
    let pool = idle.withLock { $0.popLast() } ?? ThreadPool(threads: settings.width)
    defer { idle.withLock { $0.append(pool) } }
    return try body(pool)
  }

  private static let process = Mutex<Remote?>(nil)
  /// Of this task, in place of the process's: for tests.
  @TaskLocal package static var around: Remote?

  /// Said once, before any store is opened.
  package static func configure(_ settings: RemoteSettings) { process.withLock { $0 = Remote(settings) } }

  package static var current: Remote {
    if let around { return around }
    return process.withLock { process in
      if let process { return process }
      let made = Remote(RemoteSettings())
      process = made
      return made
    }
  }
}
