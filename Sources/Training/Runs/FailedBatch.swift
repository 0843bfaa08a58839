// The batch whose loss was no number stays beside the run, to be looked at.

import Arrays
import Execution
import Geometry
import Storage

extension Run {
  /// Saves the batch as arrays (batch, channel, space…) that can be looked at.
  func notFinite(_ batch: Batch, _ output: NDArray, _ context: ExecutionContext) throws -> TrainingError {
    let place = Files.join(path, "failed_batch_\(RunFolder.padded(batch.iteration)).zarr"), space = settings.data.crops[0].labels.source.grid.axes.filter { $0.kind == .space }
    let grid = Grid(unknown: [Axis("b", .time), .c] + space)
    var arrays = [("raw", batch.raw), ("target", batch.target), ("output", output)]
    if let weight = batch.weight { arrays.append(("weight", weight)) }
    for (name, array) in arrays {
      let spec = ArraySpec(array.dtype, array.shape, grid: grid, attributes: ["iteration": JSON(batch.iteration), "places": JSON(batch.places)])
      try StoredArray.create(Files.join(place, name), spec, replace: true).write(array, ReadContext(pool: context.pool))
    }
    return .lossNotFinite(name: self.name, iteration: batch.iteration, batch: place)
  }
}
