import Arrays
import Builtins
import CLineEdit
import Display
import Execution
import Glibc
import Language
import Storage

/// The program: reads the command line, the environment and the terminal, and hands everything below what it needs.
@main struct Main {
  static let version = "0.1.0"

  static func main() {
    Self.holdStandardFiles()
    dcs_line_set_locale()
    let words = Array(CommandLine.arguments.dropFirst())
    do {
      exit(try run(try Options(words)))
    } catch let misuse as Options.Misuse {
      Output.emit("error: \(misuse.message)\nhint: dcs --help\n", 2)
      exit(2)
    } catch {
      Output.emit("error: \(error)\n", 2)
      exit(1)
    }
  }

  /// Standard files that the caller has closed lead nowhere, rather than into the next file that is opened.
  private static func holdStandardFiles() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 { _ = open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY) }
  }

  private static func run(_ options: Options) throws -> Int32 {
    switch options.action {
    case .help:
      print(Options.help)
      return 0
    case .version:
      print("dcs \(version)")
      return 0
    case .reference:
      let program = try Program(options)
      program.output.write(Reference(program.interpreter.session, families: Vocabulary.names).markdown())
      return 0
    case .grammar:
      print(Grammar.textMate(Vocabulary.registry), terminator: "")
      return 0
    case .completions(let shell):
      guard let text = Completions.text(shell) else { throw Options.Misuse(message: "--completions knows \(Completions.shells.joined(separator: ", ")), not `\(shell)`") }
      print(text, terminator: "")
      return 0
    case .conformance(let folder): return try Batch.conformance(folder, options, try Program(options))
    case .expression(let text): return try Batch.expression(text, options, try Program(options))
    case .worker(let plan, let shard, let count): return try Batch.worker(plan, shard, count, try Program(options))
    case .script(let path, let arguments): return try Batch.script(path, arguments, options, try Program(options, arguments: arguments))
    case .prompt:
      let program = try Program(options)
      return program.terminal.isInputTerminal ? Prompt(program).run() : try Batch.standardInput(program)
    }
  }
}

/// What one process has one of: terminal, output, threads, the request to stop, the interpreter.
struct Program {
  let terminal: Terminal
  let output: Output
  let cancellation: Cancellation
  let interpreter: Interpreter
  let host: ProgramHost
  let isQuiet: Bool
  let seed: UInt64

  init(_ options: Options, arguments: [String] = []) throws {
    let terminal = Terminal(quiet: options.isQuiet)
    let cancellation = Cancellation()
    let output = try Output(log: options.log, cancellation)
    Self.stopOnInterrupt(cancellation)
    Remote.configure(RemoteSettings(environment: environmentValues(beginning: RemoteSettings.prefixes), home: environmentValue("HOME")) { cancellation.isCancelled })
    let style = Style(width: terminal.width, color: terminal.color)
    let progress: any ProgressSink = options.isQuiet ? SilentProgress()
      : ProgressBar(style: style, isTerminal: terminal.isErrorTerminal && !terminal.isDumb) { output.transient($0) }
    ProcessMemory.spareAddresses()
    let threads = options.jobs ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    var execution = ExecutionContext(pool: ThreadPool(threads: threads), cancellation: cancellation, progress: progress, memoryBudget: Self.memoryBudget())
    try Self.limitChunkCache(execution.memoryBudget)
    Buffer.keep(atMost: min(3 << 30, execution.memoryBudget))
    execution.stopsAtFirstFailure = options.isSerial
    host = ProgramHost(terminal: terminal, output: output, arguments: arguments)
    interpreter = try Interpreter(registry: Vocabulary.registry, host: host, execution: execution, seed: options.seed, dryRun: options.isDryRun ? DryRun(exists: { ((try? Location.kind($0)) ?? nil) != nil }) : nil)
    (self.terminal, self.output, self.cancellation, isQuiet, seed) = (terminal, output, cancellation, options.isQuiet, options.seed)
  }

  /// A quarter of the memory that the process may take.
  private static func memoryBudget() -> Int { max(1 << 24, ProcessMemory.allowed / 4) }

  /// Decoded chunks that are kept take a quarter of the budget, 256 MiB at most, or what `DCS_CHUNK_CACHE` says ("1GiB"; 0 for none).
  static func limitChunkCache(_ budget: Int) throws(Options.Misuse) {
    var limit = min(256 << 20, budget / 4)
    if let text = environmentValue("DCS_CHUNK_CACHE"), !text.isEmpty {
      let given: Int? = if case .bytes(let bytes)? = Value(literal: text) { bytes } else { Int(text) }
      guard let given, given >= 0 else { throw Options.Misuse(message: "DCS_CHUNK_CACHE must be a size such as 512MiB, or 0 to keep no chunks, not `\(text)`") }
      limit = given
    }
    ChunkCache.process.limit = limit
  }

  private static func stopOnInterrupt(_ cancellation: Cancellation) {
    dcs_on_interrupt({ context in
      guard let context else { return }
      Unmanaged<Cancellation>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.cancel() }
    }, Unmanaged.passRetained(cancellation).toOpaque())
  }

  /// Shows how a run ended; its exit code.
  func report(_ ending: Ending, of script: String = "") -> Int32 {
    let dry = interpreter.session.dryRun
    if let dry { if case .rejected = ending {} else { output.write(dry.report(script, isWhole: ending.exitCode == 0)) } }
    if let complaint = output.complaint {   // nobody can read more: the work was stopped for that
      output.warn(complaint)
      return max(1, ending.exitCode == 130 ? 1 : ending.exitCode)
    }
    for diagnostic in ending.diagnostics { output.warn(diagnostic.drawn(terminal.errorStyle) + "\n") }
    return ending.exitCode == 0 && dry?.hasConflicts == true ? 1 : ending.exitCode
  }

  /// Shows a value as the prompt does.
  func show(_ value: Value) { output.write(value.echoed(terminal.style) + "\n") }
}
