// What lies below a key, page by page, and removing all of it.
//
// ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
// DeleteObjects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html (not in GS, which deletes one by one)

import Synchronization

extension S3Store {
  private struct Page {
    var keys: [String] = [], folders: [String] = []
    var next: String?
  }

  /// - Parameter prefix: of whole object names.
  private func page(_ key: String, prefix: String, delimiter: String?, after: String?, count: Int = 1000) throws(StorageError) -> Page {
    var request = request("GET", "")
    request.object = ""
    request.query = [("list-type", "2"), ("prefix", prefix), ("max-keys", "\(count)"), ("encoding-type", "url")]
    if let delimiter { request.query.append(("delimiter", delimiter)) }
    if let after { request.query.append(("continuation-token", after)) }
    let answer = try demand(request, key)
    guard let body = answer.body, let xml = try? XML(parsing: String(decoding: body.array, as: UTF8.self)), xml.name == "ListBucketResult" else {
      throw .remote(path: path(key), problem: .badAnswer("a listing that is none"))
    }
    let isEncoded = xml["EncodingType"]?.text == "url"
    func name(_ text: String) -> String { isEncoded ? Address.decode(text.replacing("+", with: " ")) : text }
    var page = Page()
    page.keys = xml.all("Contents").compactMap { $0["Key"].map { name($0.text) } }
    page.folders = xml.all("CommonPrefixes").compactMap { $0["Prefix"].map { name($0.text) } }
    if xml["IsTruncated"]?.text == "true" {
      guard let next = xml["NextContinuationToken"]?.text, !next.isEmpty, next != after else { throw .remote(path: path(key), problem: .badAnswer("a listing that does not go on")) }
      page.next = next
    }
    return page
  }

  private func below(_ key: String) -> String { object(key).isEmpty ? "" : object(key) + "/" }

  package func list(_ key: String) throws(StorageError) -> [Files.Entry]? {
    let prefix = below(key)
    var found: [String: Bool] = [:], after: String?
    repeat {
      let page = try page(key, prefix: prefix, delimiter: "/", after: after)
      for folder in page.folders where folder.hasPrefix(prefix) { found[String(folder.dropFirst(prefix.count).prefix { $0 != "/" })] = true }
      for name in page.keys where name.hasPrefix(prefix) && name != prefix { found[String(name.dropFirst(prefix.count))] = found[String(name.dropFirst(prefix.count))] ?? false }
      after = page.next
    } while after != nil
    found[""] = nil
    return found.isEmpty ? nil : found.map { Files.Entry(name: $0.key, isFolder: $0.value) }.sorted { $0.name < $1.name }
  }

  package func kind(_ key: String) throws(StorageError) -> Files.Kind? {
    let some = try page(key, prefix: below(key), delimiter: nil, after: nil, count: 1)
    if !some.keys.isEmpty || key.isEmpty && prefix.isEmpty { return .folder }
    if object(key).isEmpty { return nil }
    return try size(key) == nil ? nil : .file
  }

  package func removeTree(_ key: String) throws(StorageError) {
    // what makes it an array first: who reads meanwhile finds none, not a part of one
    for name in MetadataNames.making + [Zarr2.attributesFile] { try remove(Files.join(key, name)) }
    let prefix = below(key)
    var after: String?
    repeat {
      let page = try page(key, prefix: prefix, delimiter: nil, after: after)
      try remove(objects: page.keys.filter { $0.hasPrefix(prefix) }, key)
      after = page.next
    } while after != nil
    if !object(key).isEmpty { try remove(key) }
  }

  private func remove(objects: [String], _ key: String) throws(StorageError) {
    if objects.isEmpty { return }
    if isGoogle {
      let failed = Mutex<StorageError?>(nil)
      try? remote.withPool { pool in
        try pool.forEach(objects.count) { item, _ in
          do throws(StorageError) { try remove(object: objects[item], key) } catch {
            failed.withLock { $0 = $0 ?? error }
            throw error
          }
        }
      }
      if let error = failed.withLock({ $0 }) { throw error }
      return
    }
    let body = Array(("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>"
      + objects.map { "<Object><Key>\(XML.escape($0))</Key></Object>" }.joined() + "</Delete>").utf8)
    let answer = try body.withUnsafeBufferPointer { bytes throws(StorageError) in
      var request = request("POST", "")
      (request.object, request.query, request.body) = ("", [("delete", "")], UnsafeRawBufferPointer(bytes))
      request.headers = [("Content-MD5", MD5.base64(MD5.hash(body)))]
      return try demand(request, key)
    }
    if let error = Self.xml(answer)?["Error"] {
      let code = error["Code"]?.text ?? ""
      throw code == "AccessDenied" ? denied(key, code) : .remote(path: path(key), problem: .failed("\(error["Key"]?.text ?? "an object") is not removed: \(error["Message"]?.text ?? code)"))
    }
  }

  private func remove(object: String, _ key: String) throws(StorageError) {
    var request = request("DELETE", key)
    request.object = object
    let answer = try send(request, key)
    if !(200..<300).contains(answer.status), answer.status != 404 { throw failure(answer, key) }
  }
}
