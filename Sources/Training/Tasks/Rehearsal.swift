// Calls the functions of a script's task once on small blank arrays before any training, so that a mistake in what follows the training
// is found in the first second and not at the first validation.

import Arrays
import Execution
import Geometry

extension RunSettings {
  /// - Throws: what the functions throw, `TrainingError.target`, `.post`, `.needsTask`. Nothing for tasks that are built in.
  func rehearse(_ context: ExecutionContext) throws {
    guard task.isCustom else { return }
    let space = try patchShape().output.map { min($0, 16) }
    let whole = data.crops[0].labels, grid = try whole.grid(at: [Int](repeating: 0, count: whole.rank))
    let labels = try NDArray(whole.source.dtype, [whole.channels] + space), expected = [task.channels.count] + space
    let target = try task.target(Task.Truth(labels, mask: try NDArray.ones([1] + space), grid: grid), context)
    guard target.values.shape == expected else { throw TrainingError.target(task: task.name, expected: expected, found: target.values.shape) }
    let found = try task.post.apply(try NDArray(.float32, expected), grid, task.parameterSets[0], context)
    guard found.shape == space || found.shape == [1] + space else { throw TrainingError.post(task: task.name, expected: space, found: found.shape) }
  }
}
