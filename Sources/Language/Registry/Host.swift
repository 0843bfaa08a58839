import Execution
import Synchronization

/// The world outside, as much of it as the language may see: the executable supplies it, tests fake it.
package protocol Host: Sendable {
  /// Text for standard output, line ends included.
  func write(_ text: String)
  /// A warning, already rendered, for standard error.
  func warn(_ text: String)
  /// Text that may be long, line ends included: through the pager where a person reads it.
  func page(_ text: String)
  /// The text of a module by name (`import metrics`), or of a file beside the importing one (`import "x.dcs"`).
  func load(_ module: ModuleReference) throws -> ModuleText?
  /// Names of the modules that `import` finds without a path.
  var moduleNames: [String] { get }
  func environment(_ name: String) -> String?
  /// Seconds since 1970.
  func now() -> Double
  /// What the script was given after its own parameters.
  var arguments: [String] { get }
  var version: String { get }
  /// The program itself, to start it again in another process.
  var executable: String { get }
  var style: DisplayStyle { get }
  /// A value for a `param` declared as `type`, from the text of the command line; nil: read it as an expression.
  func parameter(_ text: String, type: String, _ context: CallContext) throws -> Value?
}

package enum ModuleReference: Sendable, Hashable {
  case name(String)
  /// `path` as written; `from` is the name of the importing source.
  case file(path: String, from: String)
}

package struct ModuleText: Sendable {
  /// Shown in messages, and what makes two imports the same module.
  package var name: String
  package var text: String
  package var isLibrary: Bool
  package init(name: String, text: String, isLibrary: Bool) { (self.name, self.text, self.isLibrary) = (name, text, isLibrary) }
}

extension Host {
  package func warn(_ text: String) {}
  package func page(_ text: String) { write(text) }
  package var moduleNames: [String] { [] }
  package func load(_ module: ModuleReference) throws -> ModuleText? { nil }
  package func environment(_ name: String) -> String? { nil }
  package func now() -> Double { 0 }
  package var arguments: [String] { [] }
  package var version: String { "0" }
  package var executable: String { "dcs" }
  package var style: DisplayStyle { DisplayStyle() }
  package func parameter(_ text: String, type: String, _ context: CallContext) throws -> Value? { nil }
}

/// What all calls of one interpreter share.
package final class Session: Sendable {
  package let registry: Registry
  package let host: any Host
  /// Set in a dry run: words with effects record them here.
  package let dryRun: DryRun?
  private let state: Mutex<(execution: ExecutionContext, seed: UInt64, script: RunningScript?)>
  /// Whether errors keep the values of the function they leave, for `:why`.
  private let keeping = Atomic<Bool>(false)
  package var keepsNames: Bool {
    get { keeping.load(ordering: .relaxed) }
    set { keeping.store(newValue, ordering: .relaxed) }
  }
  let modules = ModuleStore()
  /// The top-level names of the script or the prompt.
  let globals = Globals()
  /// For calls that start in Swift: no names, no text.
  let nothing = Globals()
  let outside = Source(name: "", text: "")

  package init(registry: Registry, host: any Host, execution: ExecutionContext, seed: UInt64 = 0, dryRun: DryRun? = nil) {
    (self.registry, self.host, self.dryRun) = (registry, host, dryRun)
    state = Mutex((execution, seed, nil))
  }

  /// How often `execution` was set, so that machines of an older one are not used again.
  let changes = Atomic<Int>(0)
  package var execution: ExecutionContext {
    get { state.withLock { $0.execution } }
    set {
      state.withLock { $0.execution = newValue }
      changes.add(1, ordering: .relaxed)
    }
  }
  package var seed: UInt64 {
    get { state.withLock { $0.seed } }
    set { state.withLock { $0.seed = newValue } }
  }
  /// The script that runs; nil at the prompt.
  package var script: RunningScript? {
    get { state.withLock { $0.script } }
    set { state.withLock { $0.script = newValue } }
  }
}

/// What builtins and objects are given beside their arguments. May be used from any thread.
package struct CallContext: Sendable {
  package let session: Session
  let machine: Machine?

  package init(session: Session) { (self.session, machine) = (session, nil) }
  init(_ machine: Machine) { (session, self.machine) = (machine.session, machine) }

  package var execution: ExecutionContext { session.execution }
  package var host: any Host { session.host }
  package var seed: UInt64 { session.seed }

  /// Calls a function of the language; the result is computed (never an unsettled expression) unless `settle` is false.
  ///
  /// Safe from several threads at once if the function is `frozen`.
  package func invoke(_ function: Function, _ arguments: [Value], named: [(String, Value)] = [], settle: Bool = true) throws -> Value {
    let machine = self.machine.flatMap { $0.belongsToThisThread ? $0 : nil } ?? Machine.ofThisThread(session, isWorker: self.machine != nil)
    let value = try machine.invoke(function, arguments, named: named)
    return settle ? try settled(value, of: function, machine) : value
  }

  func invoke(_ function: Function, one argument: Value) throws -> Value {
    guard let machine, machine.belongsToThisThread, let template = function.template, template.parameterCount == 1 else { return try invoke(function, [argument]) }
    return try settled(try machine.invoke(function, template, argument), of: function, machine)
  }

  @inline(__always) private func settled(_ value: Value, of function: Function, _ machine: Machine) throws -> Value {
    do { return try machine.settle(value, .returning) } catch { throw function.template.map { located(error, Site($0.source, $0.resultSpan)) } ?? error }
  }
}
