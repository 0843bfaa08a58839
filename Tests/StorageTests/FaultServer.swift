import Glibc
import Synchronization

/// A small HTTP server on 127.0.0.1 with files in memory and accidents on order: each request takes the next one from the queue.
final class FaultServer: Sendable {
  /// `sized`: what a part says of the size of the whole. `replaced`: the file at a path is another one from this request on.
  enum Fault: Sendable { case status(Int), reset, truncated, slow, wrongRange, ignoresRange, never, sized(String), replaced(String, [UInt8]?) }

  private struct State {
    var files: [String: [UInt8]] = [:]
    var faults: [Fault] = []
    /// Taken by all requests once the queue is empty.
    var always: Fault?
    var log: [String] = []
  }
  private let state: Mutex<State>
  private let socket: Int32
  /// The answer for what is not there.
  private let missing: Int
  let port: Int

  init(_ files: [String: [UInt8]] = [:], always: Fault? = nil, missing: Int = 404) {
    self.missing = missing
    state = Mutex(State(files: files, always: always))
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in(), length = socklen_t(MemoryLayout<sockaddr_in>.size)
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    withUnsafeMutablePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = bind(socket, $0, length); _ = getsockname(socket, $0, &length) } }
    listen(socket, 64)
    self.socket = socket
    port = Int(UInt16(bigEndian: address.sin_port))
    Self.thread { [self] in
      while true {
        let client = accept(socket, nil, nil)
        if client < 0 { return }
        Self.thread { [self] in serve(client) }
      }
    }
  }

  func stop() { shutdown(socket, Int32(SHUT_RDWR)); close(socket) }

  var url: String { "http://127.0.0.1:\(port)" }
  var log: [String] { state.withLock { $0.log } }
  func forget() { state.withLock { $0.log = [] } }
  func order(_ faults: [Fault]) { state.withLock { $0.faults += faults } }

  private static func thread(_ body: @escaping @Sendable () -> Void) {
    final class Box { let body: () -> Void; init(_ body: @escaping () -> Void) { self.body = body } }
    var thread = pthread_t()
    pthread_create(&thread, nil, { context in
      if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
      return nil
    }, Unmanaged.passRetained(Box(body)).toOpaque())
    pthread_detach(thread)
  }

  private func serve(_ client: Int32) {
    defer { close(client) }
    var pending: [UInt8] = []
    while true {
      while !pending.contains(where: { $0 == 10 }) || !String(decoding: pending, as: UTF8.self).contains("\r\n\r\n") {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(client, &bytes, bytes.count, 0)
        if count <= 0 { return }
        pending += bytes[..<count]
      }
      let head = String(decoding: pending, as: UTF8.self)
      pending = []
      if !answer(head, client) { return }
    }
  }

  /// - Returns: whether the connection lives on.
  private func answer(_ head: String, _ client: Int32) -> Bool {
    let words = head.split(separator: " "), method = String(words[0]), path = String(words[1])
    let range = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("range: bytes=") }.map { $0.dropFirst(13) }
    let (file, fault) = state.withLock { state -> ([UInt8]?, Fault?) in
      state.log.append("\(method) \(path)")
      let fault = state.faults.isEmpty ? state.always : state.faults.removeFirst()
      if case .replaced(let path, let bytes)? = fault { state.files[path] = bytes }
      return (state.files[path], fault)
    }
    func send(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } }
    if case .never? = fault { sleep(20); return false }
    if case .reset? = fault {
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
      return false
    }
    if case .status(let code)? = fault { send(Array("HTTP/1.1 \(code) Bad\r\nContent-Length: 0\r\n\r\n".utf8)); return true }
    guard let file else { send(Array("HTTP/1.1 \(missing) None\r\nContent-Length: 0\r\n\r\n".utf8)); return true }
    var part = 0..<file.count, isPart = false
    if let range, case .ignoresRange? = fault { _ = range } else if let range {
      let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      let begin = ends[0] ?? max(0, file.count - (ends[1] ?? 0)), end = ends[0] == nil ? file.count : min(file.count, (ends[1] ?? file.count - 1) + 1)
      if begin >= file.count { send(Array("HTTP/1.1 416 Beyond\r\nContent-Length: 0\r\n\r\n".utf8)); return true }
      (part, isPart) = (begin..<end, true)
      if case .wrongRange? = fault { part = 0..<part.count - 1 }
    }
    let body = Array(file[part]), tag = String(file.reduce(5381 as UInt64) { $0 &* 33 ^ UInt64($1) }, radix: 16)
    var text = "HTTP/1.1 \(isPart ? "206 Part" : "200 OK")\r\nContent-Length: \(body.count)\r\nETag: \"\(tag)\"\r\n"
    var size = "\(file.count)"
    if case .sized(let text)? = fault { size = text }
    if isPart { text += "Content-Range: bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)\r\n" }
    send(Array((text + "\r\n").utf8))
    if method == "HEAD" { return true }
    if case .truncated? = fault { send(Array(body.prefix(body.count / 2))); return false }
    if case .slow? = fault { for piece in stride(from: 0, to: body.count, by: 200) { send(Array(body[piece..<min(piece + 200, body.count)])); usleep(2000) } } else { send(body) }
    return true
  }
}
