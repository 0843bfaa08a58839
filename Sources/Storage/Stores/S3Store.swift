// Objects of S3 and of all that speaks like it (MinIO, Ceph, R2, …), and of Google Cloud Storage through its XML interface.
//
// Specification: https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html, https://cloud.google.com/storage/docs/xml-api/overview
// s3://bucket/key is https://bucket.s3.REGION.amazonaws.com/key; with an endpoint, ENDPOINT/bucket/key. gs://bucket/key is
// https://storage.googleapis.com/bucket/key. Requests are signed where there are keys; a read that is refused with them is tried without.
// A put replaces the object as a whole or not at all. There are no folders, only keys with "/" in them.

import Arrays

package struct S3Store: ObjectStore {
  package let root: String
  package let bucket: String
  /// Of keys: what follows the bucket.
  package let prefix: String
  package let remote: Remote
  package let client: HTTPClient
  package let isGoogle: Bool

  package init(root: String, remote: Remote) {
    (self.root, self.remote, client) = (root, remote, remote.client)
    let (scheme, rest) = Address.split(root) ?? ("s3", root)
    isGoogle = scheme == "gs"
    bucket = String(rest.prefix { $0 != "/" })
    prefix = String(rest.dropFirst(bucket.count).drop { $0 == "/" })
  }

  package func path(_ key: String) -> String { Files.join(root, key) }
  package func object(_ key: String) -> String { Files.join(prefix, key) }
  package func request(_ method: String, _ key: String) -> HTTPRequest {
    var request = HTTPRequest(method, "")
    (request.object, request.follows) = (object(key), false)
    return request
  }

  // MARK: Addresses

  private var endpoint: String? { isGoogle ? remote.credentials.gsEndpoint : remote.credentials.endpoint }
  private var region: String {
    if isGoogle { return "auto" }
    return remote.regions.withLock { $0[bucket] } ?? remote.credentials.region ?? "us-east-1"
  }

  /// Scheme, host and path of an object, percent-encoded.
  private func place(_ object: String) -> (scheme: String, host: String, path: String) {
    let key = "/" + Address.encode(object)
    if let endpoint {
      let (scheme, rest) = Address.split(endpoint) ?? ("https", endpoint)
      let host = String(rest.prefix { $0 != "/" })
      var folder = String(rest.dropFirst(host.count))
      while folder.hasSuffix("/") { folder.removeLast() }
      return (scheme, host, "\(folder)/\(Address.encode(bucket))\(object.isEmpty ? "" : key)")
    }
    if isGoogle { return ("https", "storage.googleapis.com", "/\(Address.encode(bucket))\(object.isEmpty ? "" : key)") }
    let domain = "s3.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "")
    // a dot in the bucket's name would not match the certificate of a host with one level
    return bucket.contains(".") ? ("https", domain, "/\(bucket)\(object.isEmpty ? "" : key)") : ("https", "\(bucket).\(domain)", key)
  }

  // MARK: Sending

  package func send(_ request: HTTPRequest, _ key: String) throws(StorageError) -> HTTPAnswer {
    let credentials = isGoogle ? remote.credentials.gs() : remote.credentials.s3()
    let isReading = request.method == "GET" || request.method == "HEAD"
    let isOpen = isReading && remote.anonymous.withLock { $0.contains(bucket) }
    let answer = try sendThere(request, key, isOpen ? nil : credentials)
    guard credentials != nil, !isOpen, isReading, Self.isRefusal(answer) else { return answer }
    let other = try sendThere(request, key, nil)
    guard (200..<300).contains(other.status) else { return answer }
    remote.anonymous.withLock { _ = $0.insert(bucket) }
    return other
  }

  /// Where the bucket is: its region is learnt from the first answer that names it.
  private func sendThere(_ request: HTTPRequest, _ key: String, _ credentials: Credentials?) throws(StorageError) -> HTTPAnswer {
    let answer = try sendOnce(request, key, credentials)
    guard !isGoogle, endpoint == nil, [301, 307, 400, 403].contains(answer.status), let found = answer["x-amz-bucket-region"] ?? Self.xml(answer)?["Region"]?.text, Self.isRegion(found), found != region else { return answer }
    remote.regions.withLock { $0[bucket] = found }
    return try sendOnce(request, key, credentials)
  }

  private static func isRegion(_ text: String) -> Bool { (1...40).contains(text.utf8.count) && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") } }

  private func sendOnce(_ request: HTTPRequest, _ key: String, _ credentials: Credentials?) throws(StorageError) -> HTTPAnswer {
    var request = request
    let (scheme, host, path) = place(request.object)
    let query = request.query.isEmpty ? "" : "?" + RequestSignature.query(request.query)
    request.url = "\(scheme)://\(host)\(path)\(query)"
    guard let credentials else { return try client.send(request, path: self.path(key)) }
    // over TLS nobody changes the body on its way
    let payload = request.body.map { scheme == "https" && request.method == "PUT" ? RequestSignature.unsignedPayload : SHA256.hexText(SHA256.hash($0)) } ?? SHA256.hexText(SHA256.hash([UInt8]()))
    let region = region
    return try client.send(request, path: self.path(key)) { attempt in
      let signature = RequestSignature(credentials: credentials, region: region, date: RequestSignature.now())
      attempt.headers = signature.headers(method: attempt.method, host: host, path: path, query: attempt.query, headers: attempt.headers, payload: payload)
    }
  }

  // MARK: Answers without success

  package static func xml(_ answer: HTTPAnswer) -> XML? { try? XML(parsing: answer.text) }

  private static func isRefusal(_ answer: HTTPAnswer) -> Bool {
    answer.status == 401 || answer.status == 403
      || (answer.status == 400 && ["ExpiredToken", "InvalidToken", "TokenRefreshRequired"].contains(xml(answer)?["Code"]?.text ?? ""))
  }

  private var tried: [String] {
    let credentials = isGoogle ? remote.credentials.gs() : remote.credentials.s3()
    return (credentials.map { [$0.source] } ?? []) + ["anonymous"]
  }

  package func complaint(_ answer: HTTPAnswer, _ key: String) throws(StorageError) -> StorageError? {
    let code = Self.xml(answer)?["Code"]?.text ?? ""
    if answer.status == 404 { return code == "NoSuchBucket" ? .remote(path: path(key), problem: .failed("there is no bucket \(bucket)")) : nil }
    if Self.isRefusal(answer) {
      // who may not list is told so of what is not there, too; `kind` looks again
      if MetadataNames.all.contains(Files.name(key)) { return nil }
      // a body, and with it a code, is not in answers to HEAD
      let mayBeMissing = answer.status == 403 && ["AccessDenied", ""].contains(code)
      return mayBeMissing && remote.settings.isForbiddenMissing ? nil : denied(key, code, mayBeMissing: mayBeMissing)
    }
    return .remote(path: path(key), problem: .status(code: answer.status, detail: Self.xml(answer)?["Message"]?.text ?? code, tries: 1))
  }

  package func denied(_ key: String, _ code: String, mayBeMissing: Bool = false) -> StorageError {
    .remote(path: path(key), problem: .denied(what: "the bucket \(bucket)", tried: tried, detail: code == "AccessDenied" ? "" : code, mayBeMissing: mayBeMissing))
  }

  // MARK: Writing

  package func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
    var request = request("PUT", key)
    request.body = bytes
    try demand(request, key)
  }

  package func remove(_ key: String) throws(StorageError) {
    let answer = try send(request("DELETE", key), key)
    if !(200..<300).contains(answer.status), answer.status != 404 { throw failure(answer, key) }
  }

  @discardableResult
  package func demand(_ request: HTTPRequest, _ key: String) throws(StorageError) -> HTTPAnswer {
    let answer = try send(request, key)
    guard (200..<300).contains(answer.status) else { throw failure(answer, key) }
    return answer
  }

  /// Of a write or a listing, for which "nothing there" is an error as well.
  package func failure(_ answer: HTTPAnswer, _ key: String) -> StorageError {
    let answered = Self.xml(answer)
    let code = answered?["Code"]?.text ?? ""
    if Self.isRefusal(answer) { return denied(key, code) }
    if code == "NoSuchBucket" { return .remote(path: path(key), problem: .failed("there is no bucket \(bucket)")) }
    return .remote(path: path(key), problem: .status(code: answer.status, detail: answered?["Message"]?.text ?? code, tries: 1))
  }
}
