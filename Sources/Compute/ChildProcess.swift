// A program that we start and wait for. The only file of the module that calls POSIX about processes.

import Glibc
import Storage
import Synchronization

package final class ChildProcess: Sendable {
  package let pid: pid_t
  /// To the child's standard input and from its standard output; −1 without pipes.
  package let input: CInt, output: CInt
  private let status = Mutex<CInt?>(nil)
  private let isInputOpen: Mutex<Bool>

  /// Where a child's streams go.
  package enum Streams: Sendable {
    /// Input from nowhere, output and errors to a file.
    case log(String)
    /// Pipes to and from us; errors to a file.
    case pipes(errors: String)
  }

  /// Starts `arguments[0]`, found on the search path, in a session of its own: a Ctrl-C at our terminal does not reach it.
  ///
  /// - Throws: `ComputeError.notStarted`.
  package init(_ arguments: [String], _ streams: Streams, environment: [String: String] = [:]) throws {
    (pid, input, output) = try Self.one.withLock { _ in try Self.start(arguments, streams, environment) }
    isInputOpen = Mutex(input >= 0)
  }

  /// One start at a time: a pipe is closed to other children only after it is made.
  private static let one = Mutex(())

  private static func start(_ arguments: [String], _ streams: Streams, _ extra: [String: String]) throws -> (pid_t, CInt, CInt) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var toChild: [CInt] = [-1, -1], fromChild: [CInt] = [-1, -1]
    switch streams {
    case .log(let path):
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_APPEND, 0o666)
      posix_spawn_file_actions_adddup2(&actions, 1, 2)
    case .pipes(let errors):
      guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else {
        for end in toChild + fromChild where end >= 0 { close(end) }
        throw ComputeError.notStarted(command: text(arguments), reason: "no pipe")
      }
      for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      _ = fcntl(toChild[1], F_SETFL, O_NONBLOCK)   // whoever writes polls
      posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
      posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
      posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // default signals: our own threads block them all
    var none = sigset_t(), all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(0x80 | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))   // 0x80: POSIX_SPAWN_SETSID

    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment(with: extra).map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    var child = pid_t()
    let code = posix_spawnp(&child, arguments[0], &actions, &attributes, &words, &variables)
    if toChild[0] >= 0 { close(toChild[0]) }
    if fromChild[1] >= 0 { close(fromChild[1]) }
    guard code == 0 else {
      if toChild[1] >= 0 { close(toChild[1]) }
      if fromChild[0] >= 0 { close(fromChild[0]) }
      throw ComputeError.notStarted(command: text(arguments), reason: String(cString: strerror(code)))
    }
    return (child, toChild[1], fromChild[0])
  }

  deinit {
    closeInput()
    if output >= 0 { close(output) }
    if !hasEnded { stop() }
  }

  /// Says that nothing more comes, which ends those that read to the end.
  package func closeInput() {
    isInputOpen.withLock { isOpen in
      if isOpen { close(input) }
      isOpen = false
    }
  }

  private static func environment(with extra: [String: String]) -> [String] {
    var lines: [String] = []
    var entry = environ
    while let text = entry.pointee {
      let line = String(cString: text)
      if extra[String(line.prefix { $0 != "=" })] == nil { lines.append(line) }
      entry += 1
    }
    return lines + extra.map { "\($0.key)=\($0.value)" }
  }

  static func text(_ arguments: [String]) -> String { arguments.map(Shell.quoted).joined(separator: " ") }

  /// Whether it has ended; never waits.
  package var hasEnded: Bool { reap(WNOHANG) != nil }

  /// Exit code; 128 + signal for one that was killed. Waits.
  @discardableResult package func wait() -> Int { Self.code(reap(0) ?? 0) }

  /// Whether it ends in time.
  package func ends(by deadline: ContinuousClock.Instant) -> Bool {
    while !hasEnded {
      if ContinuousClock.now > deadline { return false }
      Pause.sleep(0.005)
    }
    return true
  }

  /// Exit code if it has ended.
  package var exitCode: Int? { reap(WNOHANG).map(Self.code) }

  /// Kills it and what it started, and waits for it.
  package func stop() {
    kill(-pid, SIGKILL)
    kill(pid, SIGKILL)
    wait()
  }

  private func reap(_ options: CInt) -> CInt? {
    status.withLock { status in
      if let known = status { return known }
      var found: CInt = 0, result: pid_t
      repeat { result = waitpid(pid, &found, options) } while result < 0 && errno == EINTR
      if result == pid { status = found } else if result < 0 { status = 127 << 8 }
      return status
    }
  }

  private static func code(_ status: CInt) -> Int { status & 0x7f == 0 ? Int(status >> 8 & 0xff) : 128 + Int(status & 0x7f) }
}
