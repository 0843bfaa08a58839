// Which checkpoints a user wants to keep.

import Storage

package struct CheckpointFile: Sendable, Equatable {
  package enum Fate: Sendable, Equatable { case kept, latest, goes, gone }
  package let iteration: Int
  package let bytes: Int
  package let fate: Fate
}

extension Run {
  /// What keeping these iterations means for each checkpoint. The latest is always kept: training goes on from it.
  ///
  /// - Parameter delete: removes what goes, instead of only saying so.
  /// - Throws: `TrainingError.noCheckpoint` for an iteration that has none, `.busy` while the run is trained.
  package func keep(_ iterations: [Int], delete: Bool) throws -> [CheckpointFile] {
    let lock = delete ? try RunLock(self) : nil
    defer { withExtendedLifetime(lock) {} }
    try refresh()
    let have = checkpoints
    for iteration in iterations where !have.contains(iteration) { throw TrainingError.noCheckpoint(name: name, iteration: iteration, have: have) }
    let files = have.map { iteration -> CheckpointFile in
      let fate: CheckpointFile.Fate = iterations.contains(iteration) ? .kept : iteration == have.last ? .latest : delete ? .gone : .goes
      return CheckpointFile(iteration: iteration, bytes: Files.size(folder.checkpointPath(iteration)) ?? 0, fate: fate)
    }
    for file in files where file.fate == .gone {
      try Files.remove(folder.checkpointPath(file.iteration))
      state.withLock { $0.checkpoints.removeAll { $0 == file.iteration } }
    }
    return files
  }
}
