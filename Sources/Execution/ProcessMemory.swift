import CKernels
import Glibc

/// How much memory this process may take: the machine's, what its control groups allow, and what a limit on addresses (`ulimit -v`) leaves.
package enum ProcessMemory {
  /// Bytes that all of the process may come to, at least a page.
  package static var allowed: Int {
    let machine = sysconf(Int32(_SC_PHYS_PAGES)) * page
    return max(page, min(machine, groupLimit ?? .max, addressesLeft ?? .max))
  }

  /// Bytes of addresses that a limit on them leaves; nil without one. Thread stacks, libraries and what allocators set aside count, used or not.
  package static var addressesLeft: Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < 1 << 62 else { return nil }
    return max(0, Int(limit.rlim_cur) - (pages(0) ?? 0) * page)
  }

  /// Bytes of the process that are in memory now; nil where the system does not say.
  package static var resident: Int? { pages(1).map { $0 * page } }

  /// The most that it has been.
  package static var peak: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) << 10
  }

  /// A column of what the system says of the process: addresses, then what of them is in memory.
  private static func pages(_ column: Int) -> Int? {
    guard let fields = text("/proc/self/statm")?.split(separator: " "), fields.count > column else { return nil }
    return Int(fields[column])
  }

  /// Where addresses are limited: one heap for all threads, before any is started. Each would reserve 64 MiB of them for its own.
  package static func spareAddresses() { if addressesLeft != nil { dcs_share_heap() } }

  /// The least that a control group of the process, or one above it, allows; nil without any.
  private static var groupLimit: Int? {
    guard let groups = text("/proc/self/cgroup") else { return nil }
    var least: Int?
    for line in groups.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let (root, file): (String, String)
      if parts[1].isEmpty { (root, file) = ("/sys/fs/cgroup", "memory.max") }   // version 2
      else if parts[1].split(separator: ",").contains("memory") { (root, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes") }
      else { continue }
      var folder = parts[2].split(separator: "/").map(String.init)
      while true {   // the file is not there in the root group, nor in groups that a container does not see
        if let bytes = text(([root] + folder + [file]).joined(separator: "/")).flatMap({ Int($0.prefix { $0.isNumber }) }) { least = min(least ?? .max, bytes) }
        if folder.popLast() == nil { break }
      }
    }
    return least
  }

  private static var page: Int { sysconf(Int32(_SC_PAGESIZE)) }

  /// A short file of the system's.
  private static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 1) { bytes in
      let count = read(descriptor, bytes.baseAddress, bytes.count)
      return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
  }
}
