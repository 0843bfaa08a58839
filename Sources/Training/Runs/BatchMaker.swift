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
      settings.data.train, shape: try settings.patchShape(), units: .range(settings.data.rawDType), foreground: settings.foreground, augment: settings.augment,
      ids: settings.task.loss.isExclusive ? settings.task.channels.count : 0, classWeights: try settings.classWeights(), seed: settings.seed, context)
  }

  /// - Parameter iteration: 0 for the first.
  package func batch(_ iteration: Int, _ context: ExecutionContext) throws -> Batch {
    let shape = sampler.shape, task = settings.task, items = settings.batch
    let rest = settings.normalisation.after(.range(settings.data.rawDType))
    var raw = try NDArray(.float32, [items, settings.network.inChannels] + shape.input, zeroed: false)
    var target = try NDArray(.float32, [items, task.channels.count] + shape.output, zeroed: false)
    let weightChannels = settings.weightChannels
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

  private struct Made {
    /// (channels, space…) float32
    let values: NDArray
    /// (1 or channels, space…) uint8
    let mask: NDArray
    /// (channels, space…) uint8, or nil: see `Task.Target`
    let sides: NDArray?
  }

  /// Target and mask of the network's output size.
  private func target(of patch: Patch, _ context: ExecutionContext) throws -> Made {
    let labels = try patch.labels.contiguous(), task = settings.task, margin = [0] + sampler.shape.context, output = sampler.shape.output
    let made = try task.target(Task.Truth(labels, mask: try patch.mask.contiguous(), grid: patch.grid), context)
    let expected = [task.channels.count] + labels.shape.dropFirst()
    guard made.values.shape == expected else { throw TrainingError.target(task: task.name, expected: expected, found: made.values.shape) }
    func inner(_ array: NDArray) throws -> NDArray { try array.slice(offset: margin, shape: [array.shape[0]] + output).contiguous() }
    let values = made.values.dtype == .float32 ? made.values : try made.values.floats()
    var mask = try task.trust(try inner(patch.mask), weightChannels: settings.weightChannels)
    if let trust = made.trust {
      let channels = trust.shape.first ?? 0
      guard channels == 1 || (channels == task.channels.count && settings.weightChannels > 1), trust.shape.dropFirst() == labels.shape.dropFirst() else {
        throw TrainingError.target(task: task.name, expected: patch.mask.shape, found: trust.shape)
      }
      var both = try inner(trust).nonZero()
      if both.shape[0] < mask.shape[0] { swap(&both, &mask) }
      let voxels = mask.count
      both.withMutableElements(UInt8.self) { both in
        mask.withElements(UInt8.self) { mask in
          for first in stride(from: 0, to: both.count, by: max(1, voxels)) { for i in 0..<voxels { both[first + i] &= mask[i] } }
        }
      }
      mask = both
    }
    return Made(values: try inner(values), mask: mask, sides: try made.sides.map(inner))
  }

  /// 1 where trusted, times 1 / (2 · share of the voxel's side) where the task is balanced.
  ///
  /// Shares are those of the trusted voxels of this patch, kept within 0.05…0.95 (DaCapo's limits, without its running counts, which a resumed run could not know).
  private func weights(_ made: Made, _ channels: Int) throws -> NDArray {
    let space = Array(made.mask.shape.dropFirst()), voxels = space.reduce(1, *), masks = made.mask.shape[0], sides = made.values.shape[0]
    let isBalanced = settings.task.weights == .balanced, threshold: Float = settings.task.loss.isLogit ? 0.5 : 0
    var result = try NDArray(.float32, [channels] + space)
    made.mask.withElements(UInt8.self) { mask in
      made.values.withElements(Float.self) { values in
        withSides(made) { given in
          result.withMutableElements(Float.self) { result in
            func isTrusted(_ side: Int, _ i: Int) -> Bool { mask[min(side, masks - 1) * voxels + i] != 0 }
            func isInside(_ side: Int, _ i: Int) -> Bool { given.map { $0[side * voxels + i] != 0 } ?? (values[side * voxels + i] > threshold) }
            if !isBalanced {
              for channel in 0..<channels { for i in 0..<voxels where isTrusted(channel, i) { result[channel * voxels + i] = 1 } }
              return
            }
            for side in 0..<sides {
              var trusted = 0, positive = 0
              let open = UnsafeBufferPointer(rebasing: mask[min(side, masks - 1) * voxels..<(min(side, masks - 1) + 1) * voxels])
              if let given {
                for i in 0..<voxels {
                  let known: Int = open[i] == 0 ? 0 : 1
                  trusted += known
                  positive += given[side * voxels + i] == 0 ? 0 : known
                }
              } else {
                for i in 0..<voxels {
                  let known: Int = open[i] == 0 ? 0 : 1
                  trusted += known
                  positive += values[side * voxels + i] > threshold ? known : 0
                }
              }
              let share = Double(positive) / Double(max(1, trusted))
              let inside = Float(1 / (2 * min(max(share, 0.05), 0.95))), outside = Float(1 / (2 * min(max(1 - share, 0.05), 0.95)))
              if channels == sides, let given {
                for i in 0..<voxels { result[side * voxels + i] = open[i] == 0 ? 0 : given[side * voxels + i] == 0 ? outside : inside }
                continue
              }
              for i in 0..<voxels where open[i] != 0 {
                if channels == sides { result[side * voxels + i] = isInside(side, i) ? inside : outside }
                else if isInside(side, i) { result[i] = inside * 2 / Float(sides) }   // cross entropy: each class weighs the same
              }
            }
          }
        }
      }
    }
    return result
  }

  private func withSides<R>(_ made: Made, _ body: (UnsafeBufferPointer<UInt8>?) -> R) -> R {
    guard let sides = made.sides else { return body(nil) }
    return sides.withElements(UInt8.self) { body($0) }
  }
}

extension RunSettings {
  /// One weight a voxel, or one for each channel where the task balances them or may trust one channel and not another.
  var weightChannels: Int { task.loss.isExclusive || (task.weights == .none && !task.trustsChannels && !data.trustsClasses) ? 1 : task.channels.count }
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
