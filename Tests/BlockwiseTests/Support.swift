import Arrays
import Execution
import Geometry
import Glibc
import Synchronization

/// A folder that goes when the value does.
final class TemporaryFolder: Sendable {
  let path: String

  struct Failure: Error {}

  init() throws {
    var template = Array("/tmp/dcs-blockwise-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure() }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
        if name != "." && name != ".." { remove(path + "/" + name) }
      }
      closedir(folder)
    }
    Glibc.remove(path)
  }
}

func context(threads: Int = 1) -> ExecutionContext { ExecutionContext(pool: ThreadPool(threads: threads)) }

final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  func add() { count.add(1, ordering: .relaxed) }
  var value: Int { count.load(ordering: .relaxed) }
}
