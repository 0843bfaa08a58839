// Makes the batch of an iteration: patches, augmented, with targets and weights. Depends on settings and iteration alone.
//
// raw     (batch, channel, space…)    float32
// target  (batch, channels, space…)   float32
// weight  (batch, 1 or channels, space…) float32, with mean 1 so that masked voxels do not change the scale of the loss; nil: 1 everywhere

import Arrays
import Execution
import Networks

package struct Batch: Sendable {
  package let iteration: Int
  package let raw: NDArray
  package let target: NDArray
  package let weight: NDArray?
  /// Where each item was cut, for error reports.
  package let places: [String]
}

package struct BatchMaker: Sendable {
  package let settings: RunSettings
  package let sampler: PatchSampler

  /// Reads the training crops into memory as far as the budget goes.
  package init(_ settings: RunSettings, _ context: ExecutionContext) throws {
    self.settings = settings
    sampler = try PatchSampler(
      settings.data.train, shape: try settings.patchShape(), units: .range(settings.data.rawDType), foreground: settings.foreground, seed: settings.seed, context)
  }

  /// - Parameter iteration: 0 for the first.
  package func batch(_ iteration: Int, _ context: ExecutionContext) throws -> Batch {
    let shape = sampler.shape, task = settings.task, items = settings.batch
    let rest = settings.normalisation.after(.range(settings.data.rawDType))
    var raw = try NDArray(.float32, [items, settings.network.inChannels] + shape.input, zeroed: false)
    var target = try NDArray(.float32, [items, task.channels.count] + shape.output, zeroed: false)
    let weightChannels = task.weights == .balanced && task.loss != .crossEntropy ? task.channels.count : 1
    var weight = try NDArray(.float32, [items, weightChannels] + shape.output, zeroed: false)
    var places: [String] = []
    for item in 0..<items {
      var patch = try sampler.patch(iteration: iteration, item: item)
      try settings.augment.apply(to: &patch, seed: settings.seed, iteration: iteration, item: item)
      patch.raw = try patch.raw.floats(scale: Float(rest.scale), shift: Float(rest.shift))
      let made = try self.target(of: patch, context)
      let corner = [item] + [Int](repeating: 0, count: shape.input.count + 1)
      try raw.assign(try patch.raw.reshaped([1] + patch.raw.shape), at: corner)
      try target.assign(try made.values.reshaped([1] + made.values.shape), at: corner)
      try weight.assign(try weights(made, weightChannels).reshaped([1, weightChannels] + shape.output), at: corner)
      places.append("\(patch.crop) at \(shapeText(patch.offset))")
    }
    return Batch(iteration: iteration, raw: raw, target: target, weight: try weight.normalised(), places: places)
  }

  /// Target and mask of the network's output size.
  private func target(of patch: Patch, _ context: ExecutionContext) throws -> (values: NDArray, mask: NDArray) {
    let labels = try patch.labels.contiguous(), task = settings.task, margin = [0] + sampler.shape.context, output = sampler.shape.output
    let made = try task.target(labels, patch.voxelSize, context)
    let expected = [task.channels.count] + labels.shape.dropFirst()
    guard made.values.shape == expected else { throw TrainingError.target(task: task.name, expected: expected, found: made.values.shape) }
    let values = made.values.dtype == .float32 ? made.values : try made.values.floats()
    var mask = try patch.mask.slice(offset: margin, shape: [1] + output).contiguous()
    if let trust = made.trust {
      guard trust.shape == patch.mask.shape else { throw TrainingError.target(task: task.name, expected: patch.mask.shape, found: trust.shape) }
      let inner = try trust.slice(offset: margin, shape: [1] + output).nonZero()
      mask.withMutableElements(UInt8.self) { mask in inner.withElements(UInt8.self) { trust in for i in 0..<mask.count { mask[i] &= trust[i] } } }
    }
    return (try values.slice(offset: margin, shape: [task.channels.count] + output).contiguous(), mask)
  }

  /// 1 where trusted, times 1 / (2 · share of the voxel's side) where the task is balanced.
  ///
  /// Shares are those of the trusted voxels of this patch, kept within 0.05…0.95 (DaCapo's limits, without its running counts, which a resumed run could not know).
  private func weights(_ made: (values: NDArray, mask: NDArray), _ channels: Int) throws -> NDArray {
    let mask = try made.mask.nonZero().floats()
    if settings.task.weights == .none { return mask }
    let voxels = mask.count, threshold: Float = settings.task.loss == .bce || settings.task.loss == .crossEntropy ? 0.5 : 0
    let sides = made.values.shape[0]
    var result = try NDArray(.float32, [channels] + mask.shape.dropFirst())
    mask.withElements(Float.self) { mask in
      made.values.withElements(Float.self) { values in
        result.withMutableElements(Float.self) { result in
          var trusted = 0
          for i in 0..<voxels where mask[i] != 0 { trusted += 1 }
          for side in 0..<sides {
            var positive = 0
            for i in 0..<voxels where mask[i] != 0 && values[side * voxels + i] > threshold { positive += 1 }
            let share = Double(positive) / Double(max(1, trusted))
            let inside = Float(1 / (2 * min(max(share, 0.05), 0.95))), outside = Float(1 / (2 * min(max(1 - share, 0.05), 0.95)))
            for i in 0..<voxels where mask[i] != 0 {
              let isPositive = values[side * voxels + i] > threshold
              if channels == sides { result[side * voxels + i] = isPositive ? inside : outside }
              else if isPositive { result[i] = inside * 2 / Float(sides) }   // cross entropy: each class weighs the same
            }
          }
        }
      }
    }
    return result
  }
}

extension NDArray {
  /// Scaled to a mean of 1; nil if all elements are 1, unchanged if all are 0.
  fileprivate func normalised() throws -> NDArray? {
    var result = self
    let count = self.count
    let isPlain = result.withMutableElements(Float.self) { values in
      var sum = 0.0, plain = true
      for value in values { sum += Double(value); plain = plain && value == 1 }
      if plain || sum <= 0 { return plain }
      let factor = Float(Double(count) / sum)
      for i in 0..<count { values[i] *= factor }
      return false
    }
    return isPlain ? nil : result
  }
}
