// One training example between sampling and batch.
//
// raw     (channel, space…)   float32, in units of the dtype's range (0…1 for integers); the network's input size; its voxels may be `rate` times larger
// labels  (channel, space…)   as on disk; the network's output size, grown by `context` on each side
// mask    (1, space…)         uint8, 1 where the labels may be trusted; the size of labels; a channel each where that differs between channels of labels
// All are centred on each other.

import Arrays
import Geometry

package struct Patch: Sendable {
  package var raw: NDArray
  package var labels: NDArray
  package var mask: NDArray
  /// Of the spatial axes of labels and mask, before any augmentation moved them.
  package let grid: Grid
  /// The same of raw.
  package let rawGrid: Grid
  /// Crop and first output voxel in its labels, for previews and error reports.
  package let crop: String, offset: [Int]

  package var rank: Int { grid.spatialRank }
  /// nm, or voxels where no size is known; one a spatial axis.
  package var voxelSize: [Double] { grid.voxelSize.values.map(\.double) }

  package var rawVoxelSize: [Double] { rawGrid.voxelSize.values.map(\.double) }

  package init(raw: NDArray, labels: NDArray, mask: NDArray, grid: Grid, rawGrid: Grid? = nil, crop: String, offset: [Int]) {
    (self.raw, self.labels, self.mask, self.grid, self.rawGrid, self.crop, self.offset) = (raw, labels, mask, grid, rawGrid ?? grid, crop, offset)
  }
}

/// Sizes of a patch, in voxels, one a spatial axis.
package struct PatchShape: Sendable, Equatable {
  /// Voxels of raw, and of labels.
  package let input: [Int], output: [Int]
  /// Voxels of labels in one of raw.
  package let rate: [Int]
  /// How far beyond the output, on each side, labels are read for targets that look around.
  package let context: [Int]

  package init(input: [Int], output: [Int], context: [Int], rate: [Int]? = nil) {
    (self.input, self.output, self.context, self.rate) = (input, output, context, rate ?? input.map { _ in 1 })
  }

  package var labels: [Int] { zip(output, context).map { $0 + 2 * $1 } }

  /// Voxels of labels by which raw begins before the output.
  func margin(_ axis: Int) -> Int { (input[axis] * rate[axis] - output[axis]) / 2 }
}

extension Task {
  /// Where each channel of the target may be trusted, from where each channel of labels may.
  ///
  /// - Parameter mask: (1 or label channels, space…), uint8.
  /// - Returns: (1 or channels, space…): a channel each if the weights of the loss have that; else what all channels of labels allow.
  func trust(_ mask: NDArray, weightChannels: Int) throws -> NDArray {
    let masks = mask.shape[0], space = Array(mask.shape.dropFirst()), voxels = space.reduce(1, *)
    if masks == 1 { return mask }
    if weightChannels == channels.count, channels.count % masks == 0, labelChannels ?? channels.count == masks {
      if masks == channels.count { return mask }
      var result = try NDArray(.uint8, [channels.count] + space, zeroed: false)
      for channel in channels.indices { try result.assign(channel: channel, try mask.dropping(axis: 0, at: channel % masks)) }
      return result
    }
    var all = try NDArray.ones([1] + space)
    all.withMutableElements(UInt8.self) { all in mask.withElements(UInt8.self) { mask in for i in 0..<mask.count where mask[i] == 0 { all[i % voxels] = 0 } } }
    return all
  }
}
