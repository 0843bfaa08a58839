import Glibc

/// The most memory this process may hold: what a damaged header claims must not be asked for.
package enum Memory {
  package static func limit() {
    var limit = rlimit(rlim_cur: 1 << 31, rlim_max: 1 << 31)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
  }
}
