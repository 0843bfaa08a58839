import Glibc

extension Files {
  /// Makes a new, empty folder in `temporaryFolder`, which nobody else opens: mode 700, a name of its own. Whoever made it removes it.
  package static func makeTemporaryFolder() throws(StorageError) -> String {
    var template = Array(join(temporaryFolder, "dcs-XXXXXX").utf8CString)
    let isMade = template.withUnsafeMutableBufferPointer { path in path.baseAddress.flatMap { mkdtemp($0) } != nil }
    guard isMade else { throw .from(errno: errno, temporaryFolder, doing: "make a folder in") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
