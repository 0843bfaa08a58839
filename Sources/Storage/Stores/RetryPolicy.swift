// When a request that failed is sent again: exponential backoff with full jitter, within a bound on the time for all tries.
//
// Method: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("full jitter").

import Glibc

package struct RetryPolicy: Sendable {
  /// Tries at most, the first included.
  package var tries = 6
  /// Seconds before the second try, doubled for each after it, and at most.
  package var base = 0.2, longest = 5.0
  /// No try begins later than this many seconds after the first; one that brings nothing ends within 10 s, so that a dead endpoint costs 30 s at most.
  package var bound = 20.0

  package init() {}

  package static let never: RetryPolicy = {
    var policy = RetryPolicy()
    policy.tries = 1
    return policy
  }()

  /// Answers that another try may better.
  package static func isWorthwhile(status: Int) -> Bool { status == 429 || status == 408 || status == 500 || (502...504).contains(status) || status == 509 }

  package static func isWorthwhile(_ failure: HTTPFailure) -> Bool {
    switch failure {
    case .unreachable, .slow, .broken, .badAnswer: true
    case .stopped, .unresolved, .insecure, .failed, .tooLarge, .noMemory: false
    }
  }

  /// Seconds to wait after `tried` tries (1 or more); `asked`: what the server wants (Retry-After).
  package func delay(after tried: Int, asked: Double?, using generator: inout some RandomNumberGenerator) -> Double {
    let ceiling = min(longest, base * Double(1 << min(tried - 1, 20)))
    return max(Double.random(in: 0...ceiling, using: &generator), min(asked ?? 0, longest))
  }
}

/// Waits, and looks every 50 ms whether it should not.
///
/// - Returns: false if it was stopped.
package func sleep(seconds: Double, isStopped: () -> Bool) -> Bool {
  let end = monotonicTime() + seconds
  while true {
    if isStopped() { return false }
    let left = end - monotonicTime()
    if left <= 0 { return true }
    usleep(UInt32(min(left, 0.05) * 1e6) + 1)
  }
}

package func monotonicTime() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}
