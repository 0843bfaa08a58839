// Words of the vocabulary whose work is still to be built: scripts that use them can be written and checked, and a call says so at once.

import Language

extension Builtin {
  static let later: [Builtin] = [
    later("chunk", "(a: array, index: coord) -> array", "One chunk of an array on disk."),
    later("chunks", "(a: array, verify=false) -> table", "The chunks of an array on disk: index, roi, state, bytes, ratio."),
  ]

  private static func later(_ name: String, _ signature: String, _ summary: String) -> Builtin {
    Builtin(name, signature, summary + " Not in this version yet.") { call in
      throw call.failure(.failed, "`\(name)` is not in this version yet")
    }
  }
}
