import Arrays
import FileFormats
import Storage

extension Opened {
  /// Opens an array on disk by its path; of a pyramid, the finest level, or the level of the wanted voxel size.
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
        if let wanted = voxelSize { if let level = levels.first(where: { $0.grid.voxelSize == wanted }) { return .array(level) } }
        else if let finest = levels.first { return .array(finest) }
      }
      return .group(children: try group.children().map(\.name))
    }
  }
}

import Geometry

extension DataSplit {
  /// A split from a CSV file; see `SplitCSV`.
  ///
  /// - Parameter open: what a path leads to; `Opened.path` takes the finest level of pyramids.
  package init(
    csv path: String, rawKey: String? = nil, labelsKey: String? = nil, maskKey: String? = nil, downsample: [Int] = [1], open: (String) throws -> Opened = { try Opened.path($0) }
  ) throws {
    let specs = try SplitCSV.parse(String(decoding: try Files.read(path), as: UTF8.self), path: path, rawKey: rawKey, labelsKey: labelsKey, maskKey: maskKey)
    try self.init(specs, downsample: downsample, open: open)
  }
}
