// One HTTP request and its answer, over a connection that is kept for the next one (CCurl).
//
// HTTP semantics: RFC 9110; ranges: section 14. A server that ignores a range sends everything (200): what was asked for is cut out as it
// passes, and the transfer ends where that does.

import Arrays
import CCurl

/// `body` outlives it: whoever sends waits for the answer.
package struct HTTPRequest {
  package enum Range: Equatable, Sendable {
    case from(Int, count: Int)
    case last(Int)

    /// Whether it can be asked for: the notation has no way to say "no bytes".
    var isSome: Bool {
      switch self {
      case .from(let offset, let count): offset >= 0 && count > 0 && count <= .max - offset
      case .last(let count): count > 0
      }
    }
  }

  package var method = "GET"
  package var url: String
  package var headers: [(name: String, value: String)] = []
  package var range: Range?
  package var body: UnsafeRawBufferPointer?
  /// Longer bodies are refused before memory is asked for.
  package var limit = Files.smallFileLimit
  package var follows = true
  /// Of stores that make the address themselves: the name of the object, and what is asked about it.
  package var object = ""
  package var query: [(name: String, value: String)] = []

  package init(_ method: String = "GET", _ url: String, range: Range? = nil, limit: Int = Files.smallFileLimit) {
    (self.method, self.url, self.range, self.limit) = (method, url, range, limit)
  }

  package var host: String { String(url.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" }) }
}

package struct HTTPAnswer: Sendable {
  package var status = 0
  package var headers: [(name: String, value: String)] = []
  package var body: Bytes?
  /// The range of the whole that `body` is, where the server said or it was cut out; and the size of the whole.
  package var range: Range<Int>?
  package var size: Int?

  /// By lowercase name.
  package subscript(_ name: String) -> String? { headers.last { $0.name == name }?.value }
  /// What an answer without success says of itself.
  package var text: String { body.map { String(decoding: $0.array.prefix(4096), as: UTF8.self) } ?? "" }
}

package enum HTTPFailure: Error, Equatable, Sendable {
  case stopped, unresolved, unreachable(String), insecure(String), slow, broken(String), failed(String)
  case tooLarge(Int), noMemory(Int), badAnswer(String)
}

/// Times in milliseconds.
package struct HTTPTimes: Sendable {
  package var connect = 5_000
  /// Fewer than `stallBytes` in this time are as good as none.
  package var stall = 10_000, stallBytes = 1_000
  package var total = 600_000
}

/// One thread uses it at a time: whoever took it from the pool.
package final class HTTPConnection: @unchecked Sendable {
  private let handle: OpaquePointer

  /// - Throws: `.noLibrary`, `.failed` without memory.
  package init() throws(RemoteProblem) {
    var text = [CChar](repeating: 0, count: 256)
    guard ccurl_load(&text, text.count) == 0 else {
      throw .noLibrary(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    guard let handle = ccurl_make() else { throw .failed("no memory for a connection") }
    self.handle = handle
  }

  deinit { ccurl_free(handle) }

  /// - Parameter authorities: file of certificates to trust; nil for the system's.
  package func perform(_ request: HTTPRequest, _ times: HTTPTimes, authorities: String?, isStopped: @escaping @Sendable () -> Bool) throws(HTTPFailure) -> HTTPAnswer {
    let receiver = Receiver(request, isStopped)
    var lines = request.headers.map { "\($0.name): \($0.value)" }
    switch request.range {
    case .from(let offset, let count): lines.append("Range: bytes=\(offset)-\(offset + max(1, count) - 1)")
    case .last(let count): lines.append("Range: bytes=-\(max(1, count))")
    case nil: break
    }
    if request.body != nil { lines += ["Expect:", "Content-Type: application/octet-stream"] }
    var result = ccurl_result()
    withStrings(lines) { headers in
      request.url.withCString { url in request.method.withCString { method in withOptional(authorities) { authorities in
        var call = ccurl_request()
        (call.url, call.method, call.authorities) = (url, method, authorities)
        (call.headers, call.header_count) = (headers.baseAddress, headers.count)
        (call.has_body, call.body, call.body_count) = (request.body == nil ? 0 : 1, request.body?.baseAddress, request.body?.count ?? 0)
        call.follows = request.follows && (request.method == "GET" || request.method == "HEAD") ? 1 : 0
        (call.connect_ms, call.stall_ms, call.stall_bytes, call.total_ms) = (times.connect, times.stall, times.stallBytes, times.total)
        call.context = Unmanaged.passUnretained(receiver).toOpaque()
        call.stop = { context in context.map { Receiver.of($0).isStopped() ? 1 : 0 } ?? 1 }
        call.header = { context, line, count in if let context, let line { Receiver.of(context).header(UnsafeRawBufferPointer(start: line, count: count)) } }
        call.receive = { context, bytes, count in context.map { Receiver.of($0).receive(UnsafeRawBufferPointer(start: bytes, count: count)) } ?? 0 }
        ccurl_perform(handle, &call, &result)
      } } }
    }
    let text = withUnsafeBytes(of: result.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    switch result.outcome {
    case CCURL_DONE: return try receiver.answer(status: result.status)
    case CCURL_REFUSED where receiver.isComplete: return try receiver.answer(status: result.status)
    case CCURL_REFUSED: throw receiver.failure ?? .failed("the answer was refused")
    case CCURL_STOPPED: throw .stopped
    case CCURL_UNRESOLVED: throw .unresolved
    case CCURL_UNREACHABLE: throw .unreachable(text)
    case CCURL_INSECURE: throw .insecure(text)
    case CCURL_SLOW: throw .slow
    case CCURL_BROKEN: throw .broken(text)
    default: throw .failed(text)
    }
  }
}

private func withStrings(_ strings: [String], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> Void) {
  var bytes: [CChar] = [], starts: [Int] = []
  for string in strings {
    starts.append(bytes.count)
    bytes += string.utf8CString
  }
  bytes.withUnsafeBufferPointer { bytes in
    let pointers = starts.map { start in bytes.baseAddress.map { $0 + start } }
    pointers.withUnsafeBufferPointer(body)
  }
}

private func withOptional(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Void) {
  if let text { text.withCString { body($0) } } else { body(nil) }
}
