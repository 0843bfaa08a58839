// Which crops train and which validate. Everything a user can get wrong is found here, all of it at once, before any training.

import Arrays
import Geometry

/// A checked crop: raw and labels on one voxel grid, or labels finer by whole factors.
package struct Crop: Sendable {
  package typealias Use = CropSpec.Use

  package let name: String
  package let use: Use
  package let raw: ChannelSource
  /// Ids (0 = background), or one channel a class of 0 and not 0.
  package let labels: ChannelSource
  /// Where labels may be trusted: one channel, or one a channel of labels; nil: everywhere.
  package let mask: ChannelSource?
  package let weight: Double
  /// The voxels of `labels` that count: inside raw, inside the roi asked for.
  package let bounds: VoxelRoi
  /// Voxel `p` of labels lies `p + rawShift` such voxels behind the corner of raw.
  package let rawShift: [Int]
  /// How many voxels of labels are as long as one of raw, along each axis: 1, or more where a network is to see more than there is (super-resolution).
  package let rate: [Int]
  /// Voxels of `labels` on which patches are centred; nil: anywhere.
  package let points: [[Int]]?
  /// As the user gave it, for records and tables.
  package let spec: CropSpec

  /// Where the labels used lie in the world.
  package var roi: WorldRoi { get throws { try labels.source.grid.world(bounds) } }

  /// The voxels of raw that hold a box of voxels of labels.
  func raw(under box: VoxelRoi) throws -> VoxelRoi {
    let fine = try box.shifted(by: Coordinate(rawShift))
    func floored(_ place: Int, _ axis: Int) -> Int { place / rate[axis] - (place % rate[axis] < 0 ? 1 : 0) }
    return try VoxelRoi(from: Coordinate((0..<fine.rank).map { floored(fine.offset[$0], $0) }), to: Coordinate((0..<fine.rank).map { -floored(-fine.end[$0], $0) }))
  }
}

/// How the crops of a split are read, the same for all of them.
package struct SplitOptions: Sendable, Equatable {
  /// nm: a pyramid gives this level, or a finer one by whole factors; nil: the finest there is.
  package var voxel: WorldCoordinate?
  /// The same of raw where that shall be coarser than labels; nil: as `voxel`.
  package var rawVoxel: WorldCoordinate?

  func voxel(_ role: SplitRole) -> WorldCoordinate? { role == .raw ? rawVoxel ?? voxel : voxel }

  /// Which classes become channels, in this order; empty: those of the first crop.
  package var classes: [String] = []
  /// A class that a crop has no labels of is known to be absent where another class is labelled.
  package var negative = false
  /// Every id becomes 1: touching objects are one.
  package var binarize = false
  /// Ids as classes; empty: none.
  package var groups: [LabelGroup] = []
  /// How often foreground of a class is drawn, relative to the others: 1 where it is not named.
  package var classWeights: [ClassWeight] = []
  package init() {}
}

package struct ClassWeight: Sendable, Equatable {
  package let name: String, weight: Double
  package init(_ name: String, _ weight: Double) { (self.name, self.weight) = (name, weight) }
}

package struct DataSplit: Sendable {
  package let crops: [Crop]
  /// Names of the label channels where the split gave them, else empty.
  package let classes: [String]
  /// Whole factor, one a spatial axis, by which raw and labels are averaged before use.
  package let downsample: [Int]
  package let options: SplitOptions
  /// What was seen of the crops' values, one a crop; empty if they were not looked at.
  package let looks: [CropLook]

  package var train: [Crop] { crops.filter { $0.use == .train } }
  package var validate: [Crop] { crops.filter { $0.use == .validate } }
  /// Whether one class may be trusted where another may not.
  var trustsClasses: Bool { train.contains { ($0.mask?.channels ?? 1) > 1 } }
  package var rank: Int { crops.first?.labels.rank ?? 3 }
  package var rawChannels: Int { crops.first?.raw.channels ?? 1 }
  /// As that of its crops.
  package var rate: [Int] { crops.first?.rate ?? [Int](repeating: 1, count: rank) }
  package var labelChannels: Int { crops.first?.labels.channels ?? 1 }
  /// Of labels, after downsampling, nm.
  package var voxelSize: WorldCoordinate { crops.first?.labels.source.grid.voxelSize ?? Coordinate(repeating: .one, count: 3) }
  package var rawVoxelSize: WorldCoordinate { crops.first?.raw.source.grid.voxelSize ?? Coordinate(repeating: .one, count: 3) }
  package var hasVoxelSize: Bool { crops.first?.labels.source.grid.isKnown ?? false }
  package var rawDType: DType { crops.first?.raw.source.dtype ?? .uint8 }

  /// Opens and checks.
  ///
  /// - Parameter downsample: one factor for all spatial axes, or one an axis.
  /// - Parameter problems: found before, in the file that the specs are of.
  /// - Parameter look: what is seen of a crop's values; called for each crop that could be opened.
  /// - Throws: `TrainingError.split` with every problem found; what `look` throws.
  package init(
    _ specs: [CropSpec], downsample: [Int] = [1], options: SplitOptions = SplitOptions(), problems earlier: [SplitProblem] = [], look: (Crop) throws -> CropLook? = { _ in nil },
    open: (_ path: String, _ voxel: WorldCoordinate?) throws -> Opened
  ) throws {
    var crops: [Crop] = [], problems = earlier, names: [String: Int] = [:], looks: [CropLook] = [], remarks: [SplitProblem] = []
    let given = options.classes.isEmpty ? options.groups.map(\.name) : options.classes, classes = given.isEmpty ? specs.first?.classes ?? [] : given
    for spec in specs {
      var name = spec.shownName
      names[name, default: 0] += 1
      if let seen = names[name], seen > 1 { name += "-\(seen)" }
      func placed(_ problem: SplitProblem) -> SplitProblem { spec.place.map { .at(place: $0, problem) } ?? problem }
      if given.isEmpty && spec.classes != classes { problems.append(placed(.classesDiffer(crop: name, expected: classes, found: spec.classes))) }
      switch Self.crop(spec, name, downsample, options, open) {
      case .success(let crop):
        crops.append(crop)
        guard let seen = try look(crop) else { continue }
        looks.append(seen)
        problems += seen.errors.map(placed)
        remarks += seen.remarks.map(placed)
      case .failure(let found): problems += found.problems.map(placed)
      }
    }
    if !problems.contains(where: \.isOfClasses) { problems += Self.differences(crops) }
    if specs.isEmpty && earlier.isEmpty { problems.append(.empty) }
    else if !specs.isEmpty && !specs.contains(where: { $0.use == .train }) { problems.append(.noTraining(crops: specs.count)) }
    let training = zip(crops, looks).filter { $0.0.use == .train }
    if !training.isEmpty, looks.count == crops.count, problems.isEmpty, training.allSatisfy({ $0.1.isBackground }) { problems = remarks.isEmpty ? [.noLabels] : remarks + [.noLabels] }
    else if !problems.isEmpty { problems += remarks }
    if !problems.isEmpty {   // in the order of the file
      throw TrainingError.split(problems.enumerated().sorted { ($0.element.line ?? .max, $0.offset) < ($1.element.line ?? .max, $1.offset) }.map(\.element))
    }
    guard let first = crops.first else { throw TrainingError.split([.empty]) }
    (self.crops, self.classes, self.options, self.looks) = (crops, classes, options, looks.count == crops.count ? looks : [])
    self.downsample = downsample.count == 1 ? [Int](repeating: downsample[0], count: first.labels.rank) : downsample
  }

  /// What must be the same in all crops.
  private static func differences(_ crops: [Crop]) -> [SplitProblem] {
    guard let first = crops.first else { return [] }
    var problems: [SplitProblem] = []
    for crop in crops.dropFirst() {
      if crop.labels.rank != first.labels.rank { problems.append(.rank(crop: crop.name, expected: first.labels.rank, found: crop.labels.rank, first: first.name)); continue }
      if crop.raw.channels != first.raw.channels { problems.append(.rawChannels(crop: crop.name, expected: first.raw.channels, found: crop.raw.channels, first: first.name)) }
      if crop.labels.channels != first.labels.channels { problems.append(.labelChannels(crop: crop.name, expected: first.labels.channels, found: crop.labels.channels, first: first.name)) }
      let (a, b) = (first.labels.source.grid.voxelSize, crop.labels.source.grid.voxelSize)
      if crop.rate != first.rate { problems.append(.rawVoxelSize(crop: crop.name, expected: first.raw.source.grid.voxelSize.description, found: crop.raw.source.grid.voxelSize.description, first: first.name)) }
      if a != b { problems.append(.splitVoxelSize(crop: crop.name, expected: a.description, found: b.description, first: first.name)) }
    }
    return problems
  }
}

extension RunSettings {
  /// How often foreground of each class is drawn; empty: equally.
  ///
  /// - Throws: `TrainingError.settings` for a class that neither data nor task have.
  func classWeights() throws(TrainingError) -> [Double] {
    let given = data.options.classWeights, names = !data.classes.isEmpty ? data.classes : task.loss.isExclusive ? Array(task.channels.dropFirst()) : task.channels
    for entry in given where !names.contains(entry.name) { throw .settings(name: "class_weights", expected: "of \(names.joined(separator: ", "))", found: entry.name) }
    return given.isEmpty ? [] : names.map { name in given.first { $0.name == name }?.weight ?? 1 }
  }
}
