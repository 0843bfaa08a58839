import Arrays
import FileFormats
import Storage

extension Opened {
  /// Opens an array on disk by its path; of a pyramid, the finest level, or the level of the wanted voxel size, else the coarsest that is finer along
  /// all axes, else the finest there is.
  package static func path(_ path: String, voxelSize: WorldCoordinate? = nil) throws -> Opened {
    switch try FileFormats.open(path) {
    case .array(let array): return .array(try array.declaring(Declared(voxelSize: voxelSize.flatMap { $0.rank == array.grid.spatialRank && !array.grid.isKnown ? $0 : nil })))
    case .group(let group): return .group(children: try group.children().map(\.name))
    case nil: break
    }
    if try Location.kind(path) == nil { return .nothing }
    switch try StoredNode.open(path) {
    case .array(let array): return .array(array)
    case .group(let group):
      if let levels = try group.levels() {
        if let wanted = voxelSize, let finest = levels.first {
          let level = levels.first { $0.grid.voxelSize == wanted } ?? levels.last { $0.grid.voxelSize.rank == wanted.rank && zip($0.grid.voxelSize.values, wanted.values).allSatisfy { $0 <= $1 } }
          return .level(level ?? finest, path: (level ?? finest).path)
        }
        if let finest = levels.first { return .array(finest) }
      }
      return .group(children: try group.children().map(\.name))
    }
  }
}

import Geometry

extension DataSplit {
  /// A split from a CSV file; see `SplitCSV`.
  ///
  /// - Parameter open: what a path leads to, at the voxel size that is wanted of it.
  /// - Parameter look: what is seen of a crop's values, if it shall be looked at.
  package init(
    csv path: String, keys: SplitKeys = SplitKeys(), downsample: [Int] = [1], options: SplitOptions = SplitOptions(), look: (Crop) throws -> CropLook? = { _ in nil },
    open: (String, WorldCoordinate?) throws -> Opened = { try Opened.path($0, voxelSize: $1) }
  ) throws {
    let (specs, problems) = SplitCSV.read(String(decoding: try Files.read(path), as: UTF8.self), path: path, keys: keys) { try Files.read($0) }
    try self.init(specs, downsample: downsample, options: options, problems: problems, look: look, open: open)
  }
}
