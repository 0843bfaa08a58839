// Sends requests until they are answered: a connection from the pool, tries again where that can help, and words for what cannot.

import Arrays

package struct HTTPClient: Sendable {
  package var times = HTTPTimes()
  package var retry = RetryPolicy()
  package let pool: ConnectionPool
  /// File of certificates to trust; nil for the system's.
  package var authorities: String?
  package let isStopped: @Sendable () -> Bool

  /// An answer below 500 other than 429 and 408, whatever it says.
  ///
  /// - Parameter prepare: the last touch before each try, such as a signature, which holds for minutes only.
  /// - Throws: `.remote`, `.tooLarge`, `.noMemory`, each with `path`.
  package func send(_ request: HTTPRequest, path: String, prepare: (inout HTTPRequest) -> Void = { _ in }) throws(StorageError) -> HTTPAnswer {
    let begin = monotonicTime()
    var generator = SystemRandomNumberGenerator(), tried = 0
    while true {
      tried += 1
      var attempt = request
      prepare(&attempt)
      let outcome: Result<HTTPAnswer, HTTPFailure>
      do throws(RemoteProblem) {
        outcome = try pool.use(attempt.host, isStopped: isStopped) { connection in
          Result { () throws(HTTPFailure) in
            let answer = try connection.perform(attempt, times, authorities: authorities, isStopped: isStopped)
            try Self.check(answer, request)
            return answer
          }
        }
      } catch { throw .remote(path: path, problem: error) }

      var asked: Double?
      switch outcome {
      case .success(let answer):
        guard RetryPolicy.isWorthwhile(status: answer.status) else { return answer }
        asked = answer["retry-after"].flatMap { Double($0) }
      case .failure(let failure):
        guard RetryPolicy.isWorthwhile(failure) else { throw Self.error(outcome, request, path, tried, times) }
      }
      let wait = retry.delay(after: tried, asked: asked, using: &generator)
      guard tried < retry.tries, monotonicTime() - begin + wait < retry.bound else { throw Self.error(outcome, request, path, tried, times) }
      guard sleep(seconds: wait, isStopped: isStopped) else { throw .remote(path: path, problem: .stopped) }
    }
  }

  /// The part that came is the part that was asked for.
  private static func check(_ answer: HTTPAnswer, _ request: HTTPRequest) throws(HTTPFailure) {
    guard answer.status == 206, let range = answer.range else { return }
    switch request.range {
    case nil: throw .badAnswer("a part (206) where the whole was asked for")
    case .from(let offset, let count):
      let end = offset + max(1, count)
      guard range.lowerBound == offset, range.upperBound <= end, range.upperBound == min(end, answer.size ?? end) else {
        throw .badAnswer("bytes \(range.lowerBound)–\(range.upperBound - 1) in place of \(offset)–\(end - 1)")
      }
    case .last(let count):
      guard let size = answer.size, range == max(0, size - max(1, count))..<size else { throw .badAnswer("other bytes than the last \(count)") }
    }
  }

  private static func error(_ outcome: Result<HTTPAnswer, HTTPFailure>, _ request: HTTPRequest, _ path: String, _ tries: Int, _ times: HTTPTimes) -> StorageError {
    let host = request.host
    let failure: HTTPFailure
    switch outcome {
    case .success(let answer): return .remote(path: path, problem: .status(code: answer.status, detail: "", tries: tries))
    case .failure(let error): failure = error
    }
    switch failure {
    case .tooLarge(let bytes): return .tooLarge(path: path, bytes: bytes, limit: request.limit)
    case .noMemory(let bytes): return .noMemory(path: path, bytes: bytes)
    case .stopped: return .remote(path: path, problem: .stopped)
    case .unresolved: return .remote(path: path, problem: .unresolved(host: host))
    case .unreachable(let text): return .remote(path: path, problem: .unreachable(host: host, detail: text, tries: tries))
    case .insecure(let text): return .remote(path: path, problem: .insecure(host: host, detail: text))
    case .slow: return .remote(path: path, problem: .slow(host: host, seconds: (times.stall + 999) / 1000, tries: tries))
    case .broken(let text): return .remote(path: path, problem: .broken(detail: text, tries: tries))
    case .badAnswer(let text): return .remote(path: path, problem: .badAnswer(text))
    case .failed(let text): return .remote(path: path, problem: .failed(text))
    }
  }
}
