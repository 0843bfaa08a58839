import Execution
import Glibc
import Language
import Synchronization

/// A host without a world: what is written is kept, modules come from a dictionary.
final class TestHost: Host {
  let modules: [String: String]
  private let written = Mutex("")
  private let warned = Mutex("")
  init(modules: [String: String] = [:]) { self.modules = modules }

  var output: String { written.withLock { $0 } }
  var warnings: String { warned.withLock { $0 } }
  func write(_ text: String) { written.withLock { $0 += text } }
  func warn(_ text: String) { warned.withLock { $0 += text + "\n" } }
  func load(_ module: ModuleReference) throws -> ModuleText? {
    switch module {
    case .name(let name): modules[name].map { ModuleText(name: name + ".dcs", text: $0, isLibrary: true) }
    case .file(let path, _): modules[path].map { ModuleText(name: path, text: $0, isLibrary: false) }
    }
  }
}

func execution(_ cancellation: Cancellation = Cancellation(), threads: Int = 1) -> ExecutionContext {
  ExecutionContext(pool: ThreadPool(threads: threads), cancellation: cancellation, memoryBudget: 64 << 20)
}

func interpreter(_ host: any Host = TestHost(), _ more: [Builtin] = [], execution context: ExecutionContext = execution()) throws -> Interpreter {
  try Interpreter(registry: Registry(Builtin.core + more, constants: Builtin.coreConstants), host: host, execution: context)
}

/// What the prompt shows for the last statement, or the error as drawn.
func shown(_ text: String, _ interpreter: Interpreter) -> String {
  var last = "nothing"
  let ending = interpreter.enter(Source(name: "t.dcs", text: text)) { last = $0.shown() }
  return ending.diagnostics.first { $0.severity == .error }?.drawn() ?? last
}

/// Files of the repository, from its root.
enum Repository {
  static let root = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }

  static func text(_ path: String) -> String {
    guard let file = fopen(root + "/" + path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Names of the `.dcs` files in a folder and the folders below it, sorted.
  static func scripts(_ folder: String) -> [String] {
    guard let handle = opendir(root + "/" + folder) else { return [] }
    defer { closedir(handle) }
    var found: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasPrefix(".") { continue }
      if name.hasSuffix(".dcs") { found.append(folder + "/" + name) } else { found += scripts(folder + "/" + name) }
    }
    return found.sorted()
  }
}
