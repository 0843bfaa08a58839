// Which crops train and which validate. Everything a user can get wrong is found here, all of it at once, before any training.

import Arrays
import Geometry

/// A checked crop: raw and labels on one voxel grid.
package struct Crop: Sendable {
  package typealias Use = CropSpec.Use

  package let name: String
  package let use: Use
  package let raw: ChannelSource
  /// Ids (0 = background), or one channel a class of 0 and not 0.
  package let labels: ChannelSource
  package let mask: ChannelSource?
  package let weight: Double
  /// The voxels of `labels` that count: inside raw, inside the roi asked for.
  package let bounds: VoxelRoi
  /// Voxel `p` of labels is voxel `p + rawShift` of raw.
  package let rawShift: [Int]
  /// As the user gave it, for records and tables.
  package let spec: CropSpec

  /// Where the labels used lie in the world.
  package var roi: WorldRoi { get throws { try labels.source.grid.world(bounds) } }
}

package struct DataSplit: Sendable {
  package let crops: [Crop]
  /// Names of the label channels where the split gave them, else empty.
  package let classes: [String]
  /// Whole factor, one a spatial axis, by which raw and labels are averaged before use.
  package let downsample: [Int]

  package var train: [Crop] { crops.filter { $0.use == .train } }
  package var validate: [Crop] { crops.filter { $0.use == .validate } }
  package var rank: Int { crops.first?.labels.rank ?? 3 }
  package var rawChannels: Int { crops.first?.raw.channels ?? 1 }
  package var labelChannels: Int { crops.first?.labels.channels ?? 1 }
  /// After downsampling, nm.
  package var voxelSize: WorldCoordinate { crops.first?.labels.source.grid.voxelSize ?? Coordinate(repeating: .one, count: 3) }
  package var hasVoxelSize: Bool { crops.first?.labels.source.grid.isKnown ?? false }
  package var rawDType: DType { crops.first?.raw.source.dtype ?? .uint8 }

  /// Opens and checks.
  ///
  /// - Parameter downsample: one factor for all spatial axes, or one an axis.
  /// - Throws: `TrainingError.split` with every problem found.
  package init(_ specs: [CropSpec], downsample: [Int] = [1], open: (String) throws -> Opened) throws(TrainingError) {
    var crops: [Crop] = [], problems: [SplitProblem] = [], names: [String: Int] = [:]
    for spec in specs {
      var name = spec.shownName
      names[name, default: 0] += 1
      if let seen = names[name], seen > 1 { name += "-\(seen)" }
      switch Self.crop(spec, name, downsample, open) {
      case .success(let crop): crops.append(crop)
      case .failure(let found): problems += found.problems
      }
    }
    let classes = specs.first?.classes ?? []
    for (spec, name) in zip(specs, crops.map(\.name)) where spec.classes != classes && problems.isEmpty {
      problems.append(.classesDiffer(crop: name, expected: classes, found: spec.classes))
    }
    problems += Self.differences(crops)
    if specs.isEmpty { problems.append(.empty) }
    else if !specs.contains(where: { $0.use == .train }) { problems.append(.noTraining(crops: specs.count)) }
    if !problems.isEmpty { throw .split(problems) }
    (self.crops, self.classes) = (crops, classes)
    let rank = crops[0].labels.rank
    self.downsample = downsample.count == 1 ? [Int](repeating: downsample[0], count: rank) : downsample
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
      if a != b { problems.append(.splitVoxelSize(crop: crop.name, expected: a.description, found: b.description, first: first.name)) }
    }
    return problems
  }
}
