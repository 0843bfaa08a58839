// Words of the vocabulary whose work is still to be built: scripts that use them can be written and checked, and a call says so at once.

import Language

extension Builtin {
  static let later: [Builtin] = [
    later("agglomerate", "(fragments: array, affinities: array, at=0.5) -> array", "Merges fragments by their mean affinity."),
    later("affinities", "(labels: array, offsets: list) -> array", "Which neighbouring voxels belong together, one channel an offset."),
    later("external", "(command: string) -> fn", "A kernel in another program, fed by .npy."),
    later("mutex_watershed", "(affinities: array, offsets: list) -> array", "Segments affinities by the mutex watershed."),
    later("task.affinities", "(name: string, offsets: list = nil, lsds=false) -> task", "Learns which neighbouring voxels belong to one object."),
    later("touching", "(fragments: array, affinities: array = nil, at=0.5) -> table", "Pairs of fragments that meet across the faces of blocks."),
    later("watershed", "(a: array, seeds: array) -> array", "Grows seeds over a landscape."),
  ]

  private static func later(_ name: String, _ signature: String, _ summary: String) -> Builtin {
    Builtin(name, signature, summary + " Not in this version yet.") { call in
      throw call.failure(.failed, "`\(name)` is not in this version yet")
    }
  }
}
