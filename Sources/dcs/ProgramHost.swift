import Builtins
import Execution
import Glibc
import Language
import Storage

/// The world as scripts see it through this process.
struct ProgramHost: Host {
  let terminal: Terminal
  let output: Output
  let arguments: [String]

  var version: String { Main.version }
  var style: DisplayStyle { terminal.style }
  var executable: String { Self.executablePath() ?? "dcs" }

  static func executablePath() -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    return length > 0 ? String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }

  func write(_ text: String) { output.write(text) }
  func warn(_ text: String) { output.warn(text.hasSuffix("\n") ? text : text + "\n") }
  func environment(_ name: String) -> String? { environmentValue(name) }

  func page(_ text: String) { Pager(terminal: terminal, output: output).show(text) }

  var moduleNames: [String] { Self.moduleNames() }

  func now() -> Double { Clock.now() }

  func load(_ module: ModuleReference) throws -> ModuleText? {
    switch module {
    case .name(let name):
      for folder in Self.libraryFolders() {
        let path = "\(folder)/\(name).dcs"
        if Files.kind(path) == .file { return ModuleText(name: path, text: try Self.text(path), isLibrary: true) }
      }
      return nil
    case .file(let path, let from):
      let full = path.hasPrefix("/") || Files.parent(from).isEmpty ? path : Files.join(Files.parent(from), path)
      guard Files.kind(full) == .file else { return nil }
      return ModuleText(name: full, text: try Self.text(full), isLibrary: false)
    }
  }

  func parameter(_ text: String, type: String, _ context: CallContext) throws -> Value? { try parameterValue(text, type: type) }

  static func text(_ path: String) throws -> String { String(decoding: try Files.read(path), as: UTF8.self) }

  /// Modules of the standard library, the prelude too, sorted.
  static func moduleNames() -> [String] {
    var names: Set<String> = []
    for folder in libraryFolders() {
      for entry in (try? Files.list(folder)) ?? [] where !entry.isFolder && entry.name.hasSuffix(".dcs") { names.insert(String(entry.name.dropLast(4))) }
    }
    return names.sorted()
  }

  /// The script behind a word such as `run-blockwise`, which no file of the user is called.
  static func command(_ word: String) -> String? {
    guard !word.contains("/"), !word.hasSuffix(".dcs"), access(word, F_OK) != 0 else { return nil }
    return libraryFolders().map { "\($0)/commands/\(word).dcs" }.first { access($0, R_OK) == 0 }
  }

  /// Where stdlib lies: `$DCS_STDLIB`, beside the program (`../share/dcs/stdlib`), or in the source tree it was built in.
  static func libraryFolders() -> [String] {
    var folders: [String] = environmentValue("DCS_STDLIB").map { [$0] } ?? []
    if let executable = executablePath() {
      var folder = Files.parent(executable)
      folders.append(folder + "/../share/dcs/stdlib")
      for _ in 0..<5 {   // .build/<triple>/release/dcs lies four folders below the tree
        folder = Files.parent(folder)
        if folder.isEmpty { break }
        folders.append(folder + "/stdlib")
      }
    }
    return folders
  }
}
