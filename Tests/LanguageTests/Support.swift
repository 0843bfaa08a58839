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
