import Arrays
import Execution
import Glibc
import Language
import Training

extension Builtin {
  static let loading = Builtin(
    "loading", "(r: run, batches=10) -> record", "Measures how fast a run's batches are made, by one thread: patches cut, augmented, with targets and weights.",
    details: [
      "reading: seconds to read and index the crops, once. memory: bytes of crops held, at most half the memory budget; what does not fit is read patch by patch.",
      "In training a thread of its own makes batches ahead of the steps; what steps waited for them is said when training ends.",
    ],
    searchTerms: ["speed", "batch", "patches", "throughput", "benchmark"],
    plan: { _ in .unknown }   // it reads patches
  ) { call in
    let run = try call.object("r", as: RunValue.self).run, count = try call.int("batches", in: 1...100_000)
    let begin = now(), maker = try BatchMaker(run.settings, call.execution), read = now(), alone = call.execution.with(pool: ThreadPool(threads: 1))
    var first = read
    for iteration in 0...count {
      if iteration == 1 { first = now() }   // the first one is not counted
      try call.execution.cancellation.check()
      _ = try maker.batch(iteration, alone)
    }
    let seconds = max(now() - first, 1e-9), patches = count * run.settings.batch
    return [
      "patches": .int(patches), "seconds": .float(seconds), "patches_per_second": .float(Double(patches) / seconds), "reading": .float(read - begin), "memory": .bytes(maker.sampler.bytes),
    ]
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
