// Words of the vocabulary whose work is still to be built: scripts that use them can be written and checked, and a call says so at once.

import Language

extension Builtin {
  static let later: [Builtin] = [
    later("agglomerate", "(fragments: array, affinities: array, at=0.5) -> array", "Merges fragments by their mean affinity."),
    later("affinities", "(labels: array, offsets: list) -> array", "Which neighbouring voxels belong together, one channel an offset."),
    later("external", "(command: string) -> fn", "A kernel in another program, fed by .npy."),
    later("lsf", "(queue: string = nil, gpus=0, cpus=1, memory: bytes = nil, time: time = nil, workers=1) -> context", "Runs work on an LSF cluster."),
    later("mutex_watershed", "(affinities: array, offsets: list) -> array", "Segments affinities by the mutex watershed."),
    later("plot", "(t: table, x: string = nil, y: string = nil, by: string = nil, kind: \"line|scatter|histogram|bar\" = \"line\") -> image", "Plots columns of a table."),
    later("slurm", "(partition: string = nil, gpus=0, cpus=1, memory: bytes = nil, time: time = nil, workers=1) -> context", "Runs work on a Slurm cluster."),
    later("submit", "(script: string, args: record = nil, on: context = nil) -> job", "Runs a script as a job of a cluster."),
    later("task.affinities", "(name: string, offsets: list = nil, lsds=false) -> task", "Learns which neighbouring voxels belong to one object."),
    later("touching", "(fragments: array, affinities: array = nil, at=0.5) -> table", "Pairs of fragments that meet across the faces of blocks."),
    later("wait", "(jobs: list, every: time = 30s) -> list", "Waits until jobs have ended."),
    later("watershed", "(a: array, seeds: array) -> array", "Grows seeds over a landscape."),
  ]

  private static func later(_ name: String, _ signature: String, _ summary: String) -> Builtin {
    Builtin(name, signature, summary + " Not in this version yet.") { call in
      throw call.failure(.failed, "`\(name)` is not in this version yet")
    }
  }
}
