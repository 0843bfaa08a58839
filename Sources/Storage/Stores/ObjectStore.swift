// Reading bytes by key over HTTP: what a web server, S3 and GS have in common.

import Arrays

package protocol ObjectStore: ByteStore {
  var client: HTTPClient { get }
  func request(_ method: String, _ key: String) -> HTTPRequest
  /// Sends it with all that the store adds: signatures, regions, another try without credentials.
  func send(_ request: HTTPRequest, _ key: String) throws(StorageError) -> HTTPAnswer
  /// The error that an answer without success means for a key, nil for "there is nothing".
  func complaint(_ answer: HTTPAnswer, _ key: String) throws(StorageError) -> StorageError?
}

extension ObjectStore {
  package func get(_ key: String, limit: Int) throws(StorageError) -> Bytes? { try answer(key, nil, limit: limit)?.body }
  package func get(_ key: String, from offset: Int, count: Int) throws(StorageError) -> Bytes? { try answer(key, .from(offset, count: count), limit: count)?.body }
  package func get(_ key: String, last count: Int) throws(StorageError) -> (bytes: Bytes, size: Int)? {
    guard let answer = try answer(key, .last(count), limit: max(count, Files.smallFileLimit)) else { return nil }
    return try whole(answer, key)
  }

  /// What was asked for by its end, and of how many bytes.
  func whole(_ answer: HTTPAnswer, _ key: String) throws(StorageError) -> (bytes: Bytes, size: Int) {
    guard let body = answer.body, let size = answer.size else { throw .remote(path: path(key), problem: .badAnswer("it does not say how long the whole is")) }
    return (body, size)
  }

  /// An object or a part of it, with what the server says of it; nil where there is none. A part beyond the end has no bytes.
  func answer(_ key: String, _ range: HTTPRequest.Range?, limit: Int) throws(StorageError) -> HTTPAnswer? {
    if let range, !range.isSome { return try size(key).map { size throws(StorageError) in try noBytes(key, size: size) } }
    var request = request("GET", key)
    (request.range, request.limit) = (range, limit)
    let answer = try send(request, key)
    switch answer.status {
    case 200 where range == nil && isPage(answer, key): return nil
    case 200, 206: return answer
    case 416 where range != nil: return try noBytes(key, size: 0)
    default: return try refused(answer, key)
    }
  }

  package func size(_ key: String) throws(StorageError) -> Int? {
    let answer = try send(request("HEAD", key), key)
    if answer.status == 200 {
      if let size = answer.size { return isPage(answer, key) ? nil : size }
      return try get(key, last: 1)?.size   // answers that are made on the way have no length
    }
    return try refused(answer, key)
  }

  /// Its time, which has seconds, and its tag, which is often a sum of its bytes.
  package func written(_ key: String) throws(StorageError) -> String? {
    let answer = try send(request("HEAD", key), key), words = ["last-modified", "etag"].compactMap { answer[$0] }
    if answer.status == 200 { return words.isEmpty ? nil : words.joined(separator: " ") }
    return try refused(answer, key)
  }

  package func refused<T>(_ answer: HTTPAnswer, _ key: String) throws(StorageError) -> T? {
    if let error = try complaint(answer, key) { throw error }
    return nil
  }

  private func noBytes(_ key: String, size: Int) throws(StorageError) -> HTTPAnswer {
    var answer = HTTPAnswer()
    answer.size = size
    do { answer.body = try Bytes(count: 0) } catch { throw .noMemory(path: path(key), bytes: 0) }
    return answer
  }

  /// A page for people where a document was asked for: some servers answer so for whatever is not there.
  private func isPage(_ answer: HTTPAnswer, _ key: String) -> Bool {
    MetadataNames.all.contains(Files.name(key)) && answer["content-type"]?.hasPrefix("text/html") == true
  }
}

/// Documents that make a place an array or a group, or describe one.
package enum MetadataNames {
  package static let all: Set<String> = [Zarr2.arrayFile, Zarr2.groupFile, Zarr2.attributesFile, Zarr3.file, N5.file, consolidated]
  package static let consolidated = ".zmetadata"
  /// Those that make a folder one.
  package static let making = [Zarr2.arrayFile, Zarr3.file, N5.file, Zarr2.groupFile]
}
