// How a store knows a run again, wherever its folder is moved: store.json in the folder.
//
//   {"id": "9f…", "store": "runs.sqlite"}        id: 32 random digits, made when the run first meets a store; store: where its rows go, without a password

import Databases
import Glibc
import Storage

package struct RunIdentity: Sendable, Equatable {
  package let id: String
  package var store: String?
}

extension RunFolder {
  var identityPath: String { Files.join(path, "store.json") }

  func identity() throws -> RunIdentity? {
    guard Files.kind(identityPath) == .file else { return nil }
    let json = try JSON(parsing: try Files.read(identityPath), of: identityPath)
    guard let id = json["id"]?.string, (8...64).contains(id.count), id.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
      throw TrainingError.damagedRun(path: identityPath, reason: "it has no `id`")
    }
    return RunIdentity(id: id, store: json["store"]?.string)
  }

  /// The identity it has, or one that is made now; it remembers the store.
  func identity(for address: DatabaseAddress, remembers: Bool) throws -> RunIdentity {
    var random = SystemRandomNumberGenerator()
    func digits() -> String {
      let text = String(random.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    let found = try identity(), place: String = if case .file(let file) = address { Self.absolute(file) } else { address.description }
    let wanted = RunIdentity(id: found?.id ?? digits() + digits(), store: remembers ? place : found?.store)
    if found != wanted { try Files.writeAtomically(JSON.object([.init("id", .string(wanted.id)), .init("store", wanted.store.map { .string($0) } ?? .null)]).pretty, identityPath) }
    return wanted
  }

  /// The path from the root, links followed as far as it exists.
  static func absolute(_ path: String) -> String {
    guard let buffer = realpath(path, nil) else {
      let folder = Files.parent(path)
      return folder == path || folder == "/" ? path : Files.join(absolute(folder.isEmpty ? "." : folder), Files.name(path))
    }
    defer { free(buffer) }
    return String(cString: buffer)
  }
}
