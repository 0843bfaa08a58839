// What made an array, written into its attributes under "dcs": version, seed, script (name and hash of its text), arguments, inputs. Nothing of when and where.

import Blockwise
import Language
import Storage

extension Call {
  /// - Parameter inputs: paths of what was read; blockwise statements add their own.
  func provenance(inputs: [String]? = nil) -> JSON {
    var members: [JSON.Member] = [.init("version", .string(host.version)), .init("seed", .int(Int64(truncatingIfNeeded: context.seed)))]
    if let running = session.script {
      var hash = StableHash()
      hash.add(running.text)
      members.append(.init("script", .string("\(running.name) \(hash.text)")))
      if !running.arguments.isEmpty { members.append(.init("arguments", .object(running.arguments.map { JSON.Member($0.name, $0.value.json) }))) }
    }
    if let inputs { members.append(.init("inputs", .array(inputs.map { .string($0) }))) }
    return .object([.init("dcs", .object(members))])
  }
}

// While an array is written, "unfinished" stands beside it: a writer that was stopped leaves it there.

// When it is done, "content" says what it holds (Storage/ContentSum.swift): plans know it by that.

extension JSON {
  /// Provenance of an array whose voxels are yet to be written.
  var unfinished: JSON { merging(["dcs": (self["dcs"] ?? .emptyObject).merging(["unfinished": true])]) }

  /// Provenance of an array that was written.
  func finished(_ array: StoredArray) -> JSON {
    guard let content = array.content else { return self }
    return merging(["dcs": (self["dcs"] ?? .emptyObject).merging(["content": .string(content)])])
  }
}

extension StoredArray {
  /// Its writer has not come to its end, or was stopped before.
  var isUnfinished: Bool { attributes["dcs"]?["unfinished"]?.bool == true }
}
