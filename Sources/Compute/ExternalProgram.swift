// A kernel in another program: it is started once a worker, gets each block as .npy on its standard input, and answers with one .npy on its
// standard output. A block with several inputs gets one .npy after the other.
//
//     while source.peek(1):                                   # until there are no more blocks
//         block = np.lib.format.read_array(Pipe(source))      # a whole kernel: scripts/external/kernel.py
//         np.save(Pipe(sink), segment(block))
//         sink.flush()
//
// What else it prints must go to standard error, which is kept in a file and whose end is shown when something goes wrong. One that dies,
// answers no .npy or does not answer in time is stopped, and started anew for the next block: trying again is the runner's business.

import Arrays
import Execution
import Glibc
import Storage
import Synchronization

package final class ExternalProgram: Sendable {
  /// What `sh` runs.
  package let command: String
  /// Seconds for one block.
  package let timeout: Double
  private let idle = Mutex<[Running]>([])

  private final class Running: Sendable {
    let child: ChildProcess
    let errors: String
    init(_ command: String) throws {
      errors = Files.temporaryPath()
      child = try ChildProcess(["sh", "-c", command], .pipes(errors: errors))
    }
    deinit { try? Files.remove(errors) }
    var said: String { String(decoding: ((try? Files.read(errors)) ?? []).suffix(4000), as: UTF8.self) }
  }

  package init(_ command: String, timeout: Double) { (self.command, self.timeout) = (command, timeout) }

  /// One block: `inputs` in, one array out. Safe from several threads: each takes a program of its own.
  ///
  /// - Throws: `ComputeError.notStarted`, `.died`, `.silent`, `.badAnswer`; `Cancelled`.
  package func call(_ inputs: [NDArray], _ context: ExecutionContext) throws -> NDArray {
    let running = try idle.withLock { $0.popLast() } ?? Running(command)
    let answer: NDArray
    do { answer = try exchange(inputs, running, context) } catch {
      running.child.stop()
      throw error
    }
    idle.withLock { $0.append(running) }
    return answer
  }

  /// Programs that wait for a block learn that none comes, and have a moment to end; what does not is killed with its object.
  deinit {
    let all = idle.withLock { $0 }, deadline = ContinuousClock.now + .milliseconds(500)
    for running in all { running.child.closeInput() }
    for running in all { _ = running.child.ends(by: deadline) }
  }

  private func exchange(_ inputs: [NDArray], _ running: Running, _ context: ExecutionContext) throws -> NDArray {
    let clock = ContinuousClock(), deadline = clock.now + .milliseconds(Int64(min(timeout, 1e9) * 1000))
    var answer: [UInt8] = [], expected: Int?
    // Sending and receiving interleave: a program may answer before it has read all, and neither side may wait for the other for ever.
    let outgoing = try inputs.map { try Npy.encode($0) }
    var part = 0, sent = 0, hasStoppedReading = false
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if context.cancellation.isUrgent || context.cancellation.isCancelled && part == 0 && sent == 0 { throw Cancelled() }
      if clock.now > deadline { throw ComputeError.silent(command: command, seconds: min(timeout, 1e9)) }
      var waits = [pollfd(fd: running.child.output, events: Int16(POLLIN), revents: 0)]
      if part < outgoing.count, !hasStoppedReading { waits.append(pollfd(fd: running.child.input, events: Int16(POLLOUT), revents: 0)) }
      let ready = poll(&waits, nfds_t(waits.count), 100)
      if ready < 0 && errno != EINTR { throw died(running) }
      if waits.count > 1, waits[1].revents != 0 {
        let count = outgoing[part].withBytes { bytes in
          let rest = UnsafeRawBufferPointer(rebasing: bytes[sent..<min(bytes.count, sent + 65536)])
          return send(running.child.input, rest)
        }
        if count < 0 {
          // it no longer reads: what it has written, or the end of its output, says why
          if errno == EPIPE { hasStoppedReading = true } else if errno != EAGAIN && errno != EINTR { throw died(running) }
        } else {
          sent += count
          if sent == outgoing[part].count { (part, sent) = (part + 1, 0) }
        }
      }
      guard waits[0].revents != 0 else { continue }
      let count = buffer.withUnsafeMutableBytes { read(running.child.output, $0.baseAddress, $0.count) }
      if count < 0 { if errno == EAGAIN || errno == EINTR { continue }; throw died(running) }
      if count == 0 { throw died(running) }
      answer += buffer[..<count]
      if expected == nil { expected = try length(answer, running, context) }
      guard let expected, answer.count >= expected else { continue }
      if answer.count > expected { throw bad("\(answer.count - expected) bytes follow the array", answer, running) }
      if part < outgoing.count { throw bad("it answered before it had read its inputs", answer, running) }
      return try answer.withUnsafeBytes { try Npy.parse($0, of: "the answer of `\(command)`") }
    }
  }

  /// A write that makes no signal of a closed pipe.
  private func send(_ file: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    var pipe = sigset_t(), before = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    let count = write(file, bytes.baseAddress, bytes.count), code = errno
    if count < 0 && code == EPIPE {
      var none = timespec()
      sigtimedwait(&pipe, nil, &none)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    errno = code
    return count
  }

  /// Bytes of the whole answer, once its head is there.
  private func length(_ answer: [UInt8], _ running: Running, _ context: ExecutionContext) throws -> Int? {
    let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    let known = min(answer.count, magic.count)
    if Array(answer[..<known]) != Array(magic[..<known]) { throw bad("its standard output must hold .npy arrays only; it begins with \(Self.beginning(answer))", answer, running) }
    let total: Int?
    do { total = try answer.withUnsafeBytes { try Npy.byteCount(head: $0, of: "the answer") } } catch { throw bad("\(error)", answer, running) }
    if let total, total > context.memoryBudget { throw bad("an array of \(byteText(total)) is above the memory budget", answer, running) }
    return total
  }

  private static func beginning(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes.prefix(40), as: UTF8.self)
    return "\"" + text.map { $0.isNewline ? "⏎" : $0.isASCII && ($0.asciiValue ?? 0) >= 32 ? "\($0)" : "·" }.joined() + "\""
  }

  private func bad(_ reason: String, _ answer: [UInt8], _ running: Running) -> ComputeError { .badAnswer(command: command, reason: reason, output: running.said) }

  private func died(_ running: Running) -> ComputeError {
    // its output is closed: it has ended, or will never answer
    let clock = ContinuousClock(), deadline = clock.now + .milliseconds(500)
    while running.child.exitCode == nil && clock.now < deadline { Pause.sleep(0.01) }
    let how = running.child.exitCode.map { $0 > 128 ? "was ended by signal \($0 - 128)" : "ended with code \($0) before it answered" } ?? "closed its output before it answered"
    return .died(command: command, how: how, output: running.said)
  }
}
