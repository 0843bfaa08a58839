// Takes an answer as it arrives: headers, then the body into memory of the announced length, or of what was asked for.

import Arrays

/// What libcurl's callbacks of one transfer talk to; used by the thread that performs it alone.
package final class Receiver {
  package let isStopped: @Sendable () -> Bool
  private let request: HTTPRequest
  private var answer = HTTPAnswer()
  private var statusLine = ""
  private var buffer: Bytes?
  private var filled = 0, passed = 0
  /// Of the bytes that pass, those to keep; set once the headers are known.
  private var window: Range<Int>?
  private(set) var failure: HTTPFailure?
  /// All that was asked for is here, though the server would send more.
  private(set) var isComplete = false

  package init(_ request: HTTPRequest, _ isStopped: @escaping @Sendable () -> Bool) { (self.request, self.isStopped) = (request, isStopped) }

  package static func of(_ context: UnsafeMutableRawPointer) -> Receiver { Unmanaged<Receiver>.fromOpaque(context).takeUnretainedValue() }

  package func header(_ bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self).trimmed
    if line.hasPrefix("HTTP/") {   // of a redirect before, forgotten
      (answer, statusLine) = (HTTPAnswer(), line)
      answer.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      (buffer, filled, passed, window) = (nil, 0, 0, nil)
    } else if let colon = line.firstIndex(of: ":"), answer.headers.count < 200 {
      answer.headers.append((line[..<colon].lowercased(), String(line[line.index(after: colon)...]).trimmed))
    }
  }

  package func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
    do throws(HTTPFailure) {
      if window == nil { window = try begin() }
      guard let window else { return 0 }
      let first = passed, last = passed + bytes.count
      passed = last
      let from = max(first, window.lowerBound), to = min(last, window.upperBound)
      if from < to { try append(UnsafeRawBufferPointer(rebasing: bytes[(from - first)..<(to - first)])) }
      if last > window.upperBound {
        // more than is wanted: the end of a window that was asked for, of a message about an error; else too much
        if isSuccess && request.range == nil { throw .tooLarge(last) }
        isComplete = true
        return 0
      }
      return bytes.count
    } catch {
      failure = error
      return 0
    }
  }

  private var isSuccess: Bool { (200..<300).contains(answer.status) }
  private var announced: Int? { answer["content-length"].flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 } }

  /// Which of the bytes to come are kept.
  private func begin() throws(HTTPFailure) -> Range<Int> {
    var wanted = 0..<request.limit
    if !isSuccess { wanted = 0..<(64 << 10) } else if answer.status == 200, let range = request.range {
      switch range {
      case .from(let offset, let count): wanted = offset..<(offset &+ max(0, count))
      case .last(let count):
        guard let size = announced else { break }
        wanted = max(0, size - count)..<size
      }
    } else if let announced, announced > request.limit {
      throw .tooLarge(announced)
    }
    let expected = min(wanted.count, announced.map { max(0, min($0, wanted.upperBound) - wanted.lowerBound) } ?? (64 << 10))
    buffer = try allocate(expected)
    return wanted
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws(HTTPFailure) {
    var held = try heldBuffer(bytes.count)
    if filled + bytes.count > held.count {
      let larger = try allocate(max(filled + bytes.count, held.count * 2)), count = filled
      larger.fill { target in held.withBytes { if count > 0 { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) } } }
      held = larger
    }
    held.fill { UnsafeMutableRawBufferPointer(rebasing: $0[filled...]).copyMemory(from: bytes) }
    filled += bytes.count
    buffer = held
  }

  private func heldBuffer(_ count: Int) throws(HTTPFailure) -> Bytes {
    if let buffer { return buffer }
    return try allocate(count)
  }

  private func allocate(_ count: Int) throws(HTTPFailure) -> Bytes {
    do { return try Bytes(count: count) } catch { throw .noMemory(count) }
  }

  /// The answer as a whole, checked against what it announced.
  package func answer(status: Int) throws(HTTPFailure) -> HTTPAnswer {
    var result = answer
    result.status = status
    var body = try heldBuffer(0)
    body.truncate(to: filled)
    result.body = body
    guard isSuccess else { return result }
    if request.method == "HEAD" { result.size = announced; return result }
    if !isComplete, let announced, passed != announced, answer["content-encoding"] == nil { throw .broken("\(passed) of \(announced) bytes came") }
    if status == 206, request.range != nil {
      let (range, size) = try Self.contentRange(answer["content-range"], filled)
      (result.range, result.size) = (range, size)
    } else if status == 200 {
      result.size = announced ?? (isComplete ? nil : passed)
      try cutOut(&result)
    }
    return result
  }

  /// Of an answer that ignored the range: says where the kept bytes lie.
  private func cutOut(_ result: inout HTTPAnswer) throws(HTTPFailure) {
    switch request.range {
    case nil: break
    case .from(let offset, _): result.range = offset..<(offset + filled)
    case .last(let count):
      let size = result.size ?? filled
      if filled > count, let body = result.body {
        let tail = try allocate(count)
        tail.fill { target in body.withBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[(filled - count)...])) } }
        result.body = tail
      }
      result.range = max(0, size - count)..<size
    }
  }

  /// "bytes 0-99/1234", whose length must be that of the body.
  private static func contentRange(_ text: String?, _ count: Int) throws(HTTPFailure) -> (Range<Int>, Int?) {
    guard let text, text.hasPrefix("bytes ") else { throw .badAnswer("a part (206) without Content-Range") }
    let parts = text.dropFirst(6).split(separator: "/"), ends = (parts.first ?? "").split(separator: "-").compactMap { Int($0) }
    guard parts.count == 2, ends.count == 2, ends[0] >= 0, ends[0] <= ends[1], ends[1] < .max else { throw .badAnswer("Content-Range \(text.prefix(60))") }
    guard ends[1] - ends[0] + 1 == count else { throw .broken("\(count) of \(ends[1] - ends[0] + 1) bytes came") }
    let size = Int(parts[1])   // "*": nobody knows
    guard size.map({ $0 > ends[1] }) ?? (parts[1] == "*") else { throw .badAnswer("Content-Range \(text.prefix(60))") }
    return (ends[0]..<(ends[1] + 1), size)
  }
}

extension String {
  /// Without blanks and line ends around it.
  package var trimmed: String {
    let blanks: Set<Character> = [" ", "\t", "\r", "\n", "\r\n"]
    let rest = drop { blanks.contains($0) }
    guard let last = rest.lastIndex(where: { !blanks.contains($0) }) else { return "" }
    return String(rest[...last])
  }
}
