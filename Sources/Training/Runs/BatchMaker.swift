// Makes the batch of an iteration: patches, augmented, with targets and weights. Depends on settings and iteration alone.
//
// raw     (batch, channel, space…)    float32
// target  (batch, channels, space…)   float32
// weight  (batch, 1 or channels, space…) float32, with mean 1 so that masked voxels do not change the scale of the loss; nil: 1 everywhere

import Arrays
import CKernels
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
    let weightChannels = settings.weightChannels
    var raw: [NDArray] = [], target: [NDArray] = [], weight: [NDArray] = [], places: [String] = []
    for item in 0..<items {
      var patch = try sampler.patch(iteration: iteration, item: item)
      try settings.augment.apply(to: &patch, seed: settings.seed, iteration: iteration, item: item)
      let made = try self.target(of: patch, context)
      raw.append(try patch.raw.floats(scale: Float(rest.scale), shift: Float(rest.shift)))
      target.append(made.values)
      weight.append(try weights(made, weightChannels))
      places.append("\(patch.crop) at \(shapeText(patch.offset))")
    }
    return Batch(
      iteration: iteration, raw: try together(raw, [settings.network.inChannels] + shape.input), target: try together(target, [task.channels.count] + shape.output),
      weight: try together(weight, [weightChannels] + shape.output).normalised(), places: places)
  }

  /// (item, `shape`…); one item is not copied.
  private func together(_ items: [NDArray], _ shape: [Int]) throws -> NDArray {
    if items.count == 1, items[0].shape == shape { return try items[0].reshaped([1] + shape) }
    var result = try NDArray(.float32, [items.count] + shape, zeroed: false)
    for (number, item) in items.enumerated() { try result.assign(try item.reshaped([1] + item.shape), at: [number] + shape.map { _ in 0 }) }
    return result
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
    let made = try task.target(Task.Truth(labels, mask: try patch.mask.contiguous(), grid: patch.grid, margin: sampler.shape.context), context)
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
    let space = Array(made.mask.shape.dropFirst()), voxels = space.reduce(1, *), masks = made.mask.shape[0], classes = made.values.shape[0]
    let isBalanced = settings.task.weights == .balanced
    let sides = try isBalanced ? made.sides?.contiguous() ?? above(made.values, settings.task.loss.isLogit ? 0.5 : 0) : made.mask
    var result = try NDArray(.float32, [channels] + space)
    try made.mask.contiguous().withElements(UInt8.self) { mask in
      sides.withElements(UInt8.self) { sides in
        result.withMutableElements(Float.self) { result in
          guard let mask = mask.baseAddress, let sides = sides.baseAddress, let out = result.baseAddress else { return }
          func trusted(_ channel: Int) -> UnsafePointer<UInt8> { mask + min(channel, masks - 1) * voxels }
          if !isBalanced {
            for channel in 0..<channels { dcs_balance_fill(trusted(channel), trusted(channel), Int64(voxels), 0, 1, out + channel * voxels) }
            return
          }
          for number in 0..<classes {
            let side = sides + number * voxels
            var counts: [Int64] = [0, 0]
            dcs_balance_count(trusted(number), side, Int64(voxels), &counts)
            let share = Double(counts[1]) / Double(max(1, counts[0]))
            let inside = Float(1 / (2 * min(max(share, 0.05), 0.95))), outside = Float(1 / (2 * min(max(1 - share, 0.05), 0.95)))
            if channels == classes {
              dcs_balance_fill(trusted(number), side, Int64(voxels), outside, inside, out + number * voxels)
            } else {   // cross entropy: each class weighs the same
              let known = trusted(number), weight = inside * 2 / Float(classes)
              for i in 0..<voxels where known[i] != 0 && side[i] != 0 { out[i] = weight }
            }
          }
        }
      }
    }
    return result
  }

  /// (channels, space…) uint8
  private func above(_ values: NDArray, _ threshold: Float) throws -> NDArray {
    var sides = try NDArray(.uint8, values.shape, zeroed: false)
    try values.contiguous().withElements(Float.self) { values in
      sides.withMutableElements(UInt8.self) { sides in
        if let values = values.baseAddress, let out = sides.baseAddress { dcs_balance_above(values, Int64(sides.count), threshold, out) }
      }
    }
    return sides
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
    let isPlain = result.withMutableElements(Float.self) { values in
      guard let weights = values.baseAddress else { return true }
      var allOne: Int32 = 0
      let sum = dcs_balance_sum(weights, Int64(values.count), &allOne)
      if allOne == 0 && sum > 0 { dcs_balance_scale(weights, Int64(values.count), Float(Double(values.count) / sum)) }
      return allOne != 0
    }
    return isPlain ? nil : result
  }
}
