// Draws patches: which crop, where, and what is read there, all keyed by (seed, iteration, item of the batch), so that a resumed
// run and any number of threads see the same ones.
//
// A crop is drawn by weight. `foreground` of the patches are centred on a voxel of a class: the class is drawn first (equally, or by its weight), then a
// crop that has it, then one of its voxels, so that rare classes are seen as often as others. The other patches are centred on a voxel that the mask
// trusts, or lie anywhere without a mask; those of a crop with points are centred on one of them. A patch stays inside the labelled voxels where it
// fits. Outside of raw, values are reflected; outside of the labelled voxels the mask is 0. Nothing is drawn twice: no mask is too sparse.

import Arrays
import Execution
import Geometry
import Networks

package struct PatchSampler: Sendable {
  package let shape: PatchShape
  private let units: Normalisation
  package let foreground: Double
  private let crops: [LoadedCrop]
  /// How often each class that some crop has is drawn.
  private let classes: [(number: Int, weight: Double)]
  private let seed: UInt64
  private let augment: [Augmentation]
  /// Bytes that one reading for a patch may take.
  private let memory: Int

  /// Reads the crops into memory as far as half the budget goes, the rest patch by patch, and indexes the foreground.
  ///
  /// - Parameter ids: classes are the ids 1..<ids of one array of labels; 0: its channels.
  /// - Parameter classWeights: one a class; empty: all the same.
  package init(
    _ crops: [Crop], shape: PatchShape, units: Normalisation, foreground: Double, augment: [Augmentation] = [], ids: Int = 0, classWeights: [Double] = [], seed: UInt64,
    _ context: ExecutionContext
  ) throws {
    memory = context.memoryBudget / 2
    var budget = memory, loaded: [LoadedCrop] = []
    for (index, crop) in crops.enumerated() {
      context.progress.report(ProgressUpdate("reading crops", done: Int64(index), total: Int64(crops.count), unit: "crops", note: crop.name))
      loaded.append(try LoadedCrop(crop, shape, indexed: foreground > 0, ids: ids, &budget, context))
    }
    context.progress.finish("reading crops")
    classes = (0..<(loaded.map { $0.foreground?.classes ?? 0 }.max() ?? 0)).compactMap { number in
      let weight = classWeights.isEmpty ? 1 : classWeights.indices.contains(number) ? classWeights[number] : 0
      return weight > 0 && loaded.contains { $0.count(number) > 0 } ? (number, weight) : nil
    }
    (self.crops, self.shape, self.units, self.foreground, self.augment, self.seed) = (loaded, shape, units, foreground, augment, seed)
  }

  /// Bytes of crops and indices held in memory: at most half the budget, and 4 MB a class and crop.
  package var bytes: Int { crops.reduce(0) { $0 + $1.bytes } }

  /// The patch number `item` of `iteration`, cut through whatever turns, bends or scales it, and not augmented otherwise.
  package func patch(iteration: Int, item: Int) throws -> Patch {
    var random = KeyedGenerator(seed: seed, purpose: "patch", index: Self.key(iteration, item))
    let (crop, centre) = try place(&random), offset = offset(in: crop, centre, &random)
    let frame = Warp.Frame(voxelSize: crop.labels.source.grid.voxelSize.values.map(\.double), shape: shape)
    let warp = try augment.warp(frame, seed: seed, iteration: iteration, item: item)
    return warp.isIdentity ? try crop.patch(at: offset, shape, units) : try crop.patch(at: offset, shape, units, through: warp, memory)
  }

  static func key(_ iteration: Int, _ item: Int) -> UInt64 { UInt64(truncatingIfNeeded: iteration) << 20 | UInt64(truncatingIfNeeded: item) & 0xf_ffff }

  /// One of `choices`, by weight.
  private func draw<T>(_ choices: [T], _ weight: (T) -> Double, _ random: inout KeyedGenerator) throws -> T {
    var rest = random.uniform() * choices.reduce(0) { $0 + weight($1) }
    for choice in choices {
      rest -= weight(choice)
      if rest < 0 { return choice }
    }
    guard let last = choices.last else { throw TrainingError.split([.noTraining(crops: 0)]) }
    return last
  }

  /// A crop, and the voxel of its labels that the patch is centred on; nil: anywhere.
  private func place(_ random: inout KeyedGenerator) throws -> (LoadedCrop, [Int]?) {
    var crop = try draw(crops, { $0.weight }, &random)
    let wantsForeground = random.uniform() < foreground
    if !crop.points.isEmpty { return (crop, crop.points[random.index(below: crop.points.count)]) }
    if wantsForeground, let only = classes.first {
      let number = classes.count == 1 ? only.number : try draw(classes, { $0.weight }, &random).number
      if crop.count(number) == 0 { crop = try draw(crops.filter { $0.count(number) > 0 }, { $0.weight }, &random) }
      if let index = crop.foreground { return (crop, try index.voxel(random.index(below: index.count(number)), of: number)) }
    }
    if crop.mask != nil, let index = crop.foreground, index.trusted > 0 { return (crop, try index.voxel(random.index(below: index.trusted), of: nil)) }
    return (crop, nil)
  }

  /// First output voxel, in labels.
  private func offset(in crop: LoadedCrop, _ centre: [Int]?, _ random: inout KeyedGenerator) -> [Int] {
    (0..<shape.output.count).map { axis in
      let room = crop.bounds.shape[axis] - shape.output[axis], first = crop.bounds.offset[axis]
      let low = first + min(0, room), high = first + max(0, room)
      let wish = if let centre { min(max(centre[axis] - shape.output[axis] / 2, low), high) } else { low + random.index(below: high - low + 1) }
      return onRaw(wish, low, high, axis, crop)
    }
  }

  /// The next place up or down at which a voxel of raw begins the patch; inside of low ... high where there is one.
  private func onRaw(_ place: Int, _ low: Int, _ high: Int, _ axis: Int, _ crop: LoadedCrop) -> Int {
    let rate = shape.rate[axis], over = (place + crop.rawShift[axis] - shape.margin(axis)) % rate, before = place - (over < 0 ? over + rate : over)
    return before < low && before + rate <= high ? before + rate : before
  }
}
