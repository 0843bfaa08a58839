import Glibc

/// The clocks of the system.
package enum Clock {
  /// Seconds of a clock that never jumps.
  package static func steady() -> Double { seconds(CLOCK_MONOTONIC) }

  /// Seconds since 1970.
  package static func now() -> Double { seconds(CLOCK_REALTIME) }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
