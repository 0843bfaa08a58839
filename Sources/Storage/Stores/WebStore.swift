// A folder of a web server, for reading. What is below a place is read from its index page where the server makes one (Python's http.server,
// nginx, Apache), else from consolidated metadata; a server with neither still gives every array whose path is named.

import Arrays

package struct WebStore: ObjectStore {
  /// "https://host/data/a.zarr"
  package let root: String
  package let client: HTTPClient
  private let isForbiddenMissing: Bool

  package init(root: String, remote: Remote) { (self.root, client, isForbiddenMissing) = (root, remote.client, remote.settings.isForbiddenMissing) }

  package func path(_ key: String) -> String { Files.join(root, key) }

  package func request(_ method: String, _ key: String) -> HTTPRequest { HTTPRequest(method, Self.url(path(key))) }

  /// As it is sent: what is percent-encoded already stays so.
  package static func url(_ address: String) -> String {
    guard let (scheme, rest) = Address.split(address) else { return address }
    let host = rest.prefix { $0 != "/" }
    return "\(scheme)://\(host)\(Address.encode(Address.decode(rest.dropFirst(host.count))))"
  }

  package func send(_ request: HTTPRequest, _ key: String) throws(StorageError) -> HTTPAnswer { try client.send(request, path: path(key)) }

  package func complaint(_ answer: HTTPAnswer, _ key: String) -> StorageError? {
    switch answer.status {
    case 404, 410: return nil
    case 401, 403:
      if MetadataNames.all.contains(Files.name(key)) { return nil }   // said of what is not there, too; `kind` looks again
      let mayBeMissing = answer.status == 403
      if mayBeMissing && isForbiddenMissing { return nil }
      return .remote(path: path(key), problem: .denied(what: "the server \(request("GET", key).host)", tried: ["anonymous"], detail: "", mayBeMissing: mayBeMissing))
    default: return .remote(path: path(key), problem: .status(code: answer.status, detail: "", tries: 1))
    }
  }

  package func kind(_ key: String) throws(StorageError) -> Files.Kind? {
    for name in MetadataNames.making { if try get(Files.join(key, name), limit: Files.smallFileLimit) != nil { return .folder } }
    if try index(key) != nil { return .folder }
    let answer = try send(request("HEAD", key), key)
    if answer.status == 200 { return .file }
    return try refused(answer, key)
  }

  package func list(_ key: String) throws(StorageError) -> [Files.Entry]? {
    if let entries = try index(key) { return entries }
    if let copy = try consolidated() { return copy.list(key) }
    throw .remote(path: path(key), problem: .notListed)
  }

  private func consolidated() throws(StorageError) -> ConsolidatedMetadata? {
    if let json = try json(MetadataNames.consolidated) { return try ConsolidatedMetadata(zarr2: json, path: path(MetadataNames.consolidated)) }
    guard let json = try json(Zarr3.file) else { return nil }
    return try ConsolidatedMetadata(zarr3: json, path: path(Zarr3.file))
  }

  /// Of the index page; nil where there is none.
  private func index(_ key: String) throws(StorageError) -> [Files.Entry]? {
    var request = request("GET", key)
    if !request.url.hasSuffix("/") { request.url += "/" }
    request.limit = 64 << 20
    let answer = try send(request, key)
    guard answer.status == 200, answer["content-type"]?.hasPrefix("text/html") == true, let page = answer.body else { return nil }
    return WebIndex.entries(String(decoding: page.array, as: UTF8.self), at: request.url)
  }

  private func refuse(_ key: String) -> StorageError {
    .remote(path: root, problem: .notWritable("web servers are for reading: write to a folder or to s3://, then copy"))
  }
  package func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(StorageError) { throw refuse(key) }
  package func remove(_ key: String) throws(StorageError) { throw refuse(key) }
  package func removeTree(_ key: String) throws(StorageError) { throw refuse(key) }
}
