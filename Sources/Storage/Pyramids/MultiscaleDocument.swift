// What makes a group of levels a pyramid for others: `multiscales` of OME-NGFF 0.4 (Zarr v2) and 0.5 (Zarr v3), and for N5 what its viewers read.
//
// Specifications: https://ngff.openmicroscopy.org/0.4/index.html#multiscale-md, …/0.5/…; N5: COSEM's `multiscales` with `transform`
// (https://github.com/janelia-cosem/schemas/blob/master/multiscale.md), `scales`, `pixelResolution`, `axes`, `units` (neuroglancer, N5 viewer), `multiScale`,
// `resolution`, `offset` (Paintera). Everything here places centres: translation = corner + voxel/2; funlib's attributes on the levels place corners.

import Arrays
import Geometry

package struct MultiscaleDocument: Sendable {
  package var name: String
  package var levels: [PyramidPlan.Level]
  /// nil where it is not known.
  package var method: Downsampling?
  package var program: String
  package init(name: String, levels: [PyramidPlan.Level], method: Downsampling, program: String) { (self.name, self.levels, self.method, self.program) = (name, levels, method, program) }

  /// Of the levels that a group has, for a copy of it: one for each of its multiscales, in their order. Those whose levels `format` cannot place are left out.
  package static func all(of group: StoredGroup, for format: Format, program: String) throws(StorageError) -> [MultiscaleDocument] {
    var all: [MultiscaleDocument] = []
    for multiscale in group.multiscales {
      guard let levels = try group.levels(of: multiscale) else { continue }
      if let document = MultiscaleDocument(multiscale.name ?? Files.name(group.path), levels, of: group, for: format, program: program) { all.append(document) }
    }
    guard group.multiscales.isEmpty, let levels = try group.levels() else { return all }
    return MultiscaleDocument(Files.name(group.path), levels, of: group, for: format, program: program).map { [$0] } ?? []
  }

  private init?(_ name: String, _ stored: [StoredArray], of group: StoredGroup, for format: Format, program: String) {
    guard let first = stored.first else { return nil }
    var levels: [PyramidPlan.Level] = []
    for array in stored {
      guard array.grid.isKnown, array.grid.axes == first.grid.axes else { return nil }
      var factor = array.shape.map { _ in 1 }
      for (index, axis) in array.grid.spatialAxes.enumerated() {
        // in N5 a level lies by its factor, a whole number
        guard let ratio = try? array.grid.voxelSize[index] / first.grid.voxelSize[index], format != .n5 || ratio.int != nil else { return nil }
        factor[axis] = ratio.int ?? 1
      }
      let name = String(array.location.key.dropFirst(group.location.key.isEmpty ? 0 : group.location.key.count + 1))
      levels.append(PyramidPlan.Level(name: name, shape: array.shape, grid: array.grid, step: factor.map { _ in 1 }, factor: factor))
    }
    (self.name, self.levels, method, self.program) = (name, levels, nil, program)
    guard (try? check(format, path: group.path)) != nil else { return nil }
  }

  /// Checks that the format can say where the levels lie.
  ///
  /// - Throws: `.unsupported` for axes that NGFF has no place for, `.badMetadata` for an unknown voxel size.
  package func check(_ format: Format, path: String) throws(StorageError) {
    guard let grid = levels.first?.grid, grid.isKnown, grid.centre != nil else { throw .badMetadata(path: path, field: "voxel size", reason: "it is unknown, and a pyramid is placed by it") }
    if format == .n5 { return }
    let kinds = grid.axes.map { axis in axis.kind == .time ? 0 : axis.kind == .channel ? 1 : 2 }
    let isOrdered = kinds == kinds.sorted() && kinds.count { $0 == 0 } <= 1 && kinds.count { $0 == 1 } <= 1 && (2...3).contains(kinds.count { $0 == 2 })
    guard isOrdered else {
      throw .unsupported(path: path, feature: "the axes (\(grid.axes.map(\.name).joined(separator: ", "))) in OME-NGFF, which wants at most one of time, then at most one of channels, then two or three of space,")
    }
  }

  /// Attributes of the group with these levels among them; what else they say is kept.
  func attributes(_ format: Format, over old: JSON) -> JSON {
    switch format {
    case .zarr2: old.merging(["multiscales": .array([ngff(version: "0.4")] + others(Multiscale.all(old)))])
    case .zarr3:
      old.merging(["ome": (old["ome"] ?? .emptyObject).merging(["version": "0.5", "multiscales": .array([ngff(version: nil)] + others(Multiscale.all(old)))])])
    case .n5: old.merging(n5(beside: others(Multiscale.all(old))))
    }
  }

  /// Multiscales of other arrays in the same group.
  private func others(_ old: [Multiscale]) -> [JSON] { old.filter { !$0.paths.contains(levels[0].name) }.map(\.record) }

  /// - Parameter version: nil where it stands above the list.
  private func ngff(version: String?) -> JSON {
    let axes = levels[0].grid.axes.map { axis -> JSON in
      axis.kind == .space ? ["name": .string(axis.name), "type": "space", "unit": "nanometer"] : ["name": .string(axis.name), "type": .string(axis.kind.rawValue)]
    }
    let datasets = levels.map { level -> JSON in
      var scale = level.shape.map { _ in JSON.double(1) }, translation = level.shape.map { _ in JSON.double(0) }
      for (index, axis) in level.grid.spatialAxes.enumerated() {
        scale[axis] = .double(level.grid.voxelSize[index].double)
        translation[axis] = .double(level.grid.centre?[index].double ?? 0)
      }
      return ["path": .string(level.name), "coordinateTransformations": [["type": "scale", "scale": .array(scale)], ["type": "translation", "translation": .array(translation)]]]
    }
    let record: JSON = version.map { ["version": .string($0)] } ?? .emptyObject
    let said = record.merging(["name": .string(name), "axes": .array(axes), "datasets": .array(datasets)])
    guard let method else { return said }
    return said.merging([
      "type": .string(method.rawValue),
      "metadata": ["method": "pyramid", "version": .string(program), "description": "each level from the one before; all levels share their corner, the last voxels are of what is there"],
    ])
  }

  /// - Parameter others: multiscales of other arrays; what viewers read beside the list is of this one.
  private func n5(beside others: [JSON]) -> JSON {
    let grid = levels[0].grid
    func reversed(_ values: [JSON]) -> JSON { .array(values.reversed()) }
    let scales = levels.map { level in reversed(level.factor.map { JSON($0) }) }
    let datasets = levels.map { level -> JSON in
      let path: JSON = ["path": .string(level.name)]
      return cosemTransform(level.grid).map { path.merging(["transform": $0]) } ?? path
    }
    // one entry an axis: neuroglancer counts them
    func full(_ values: [Rational], _ other: JSON) -> JSON {
      var all = grid.axes.map { _ in other }
      for (index, axis) in grid.spatialAxes.enumerated() where index < values.count { all[axis] = JSON(values[index]) }
      return reversed(all)
    }
    let resolution = full(grid.voxelSize.values, 1)
    return [
      "multiScale": true, "axes": reversed(grid.axes.map { .string($0.name) }), "units": reversed(grid.axes.map { $0.kind == .space ? "nm" : "" }), "scales": .array(scales),
      "resolution": resolution, "offset": full(grid.centre ?? [], 0), "pixelResolution": ["dimensions": resolution, "unit": "nm"],
      "multiscales": .array([["name": .string(name), "datasets": .array(datasets)]] + others),
    ]
  }

  /// What a level says of itself beside its own place, so that N5 viewers that look at levels alone agree.
  package func levelAttributes(_ level: PyramidPlan.Level, _ format: Format) -> JSON {
    guard format == .n5 else { return .emptyObject }
    let grid = levels[0].grid
    return [
      "downsamplingFactors": .array(level.factor.reversed().map { JSON($0) }),
      "pixelResolution": ["dimensions": .array(grid.voxelSize.values.reversed().map { JSON($0) }), "unit": "nm"],
    ]
  }
}

extension StoredGroup {
  /// Writes the document of a group that exists, after its levels.
  package static func write(_ document: MultiscaleDocument, at location: Location, _ format: Format) throws(StorageError) {
    try changeAttributes(at: location, format) { document.attributes(format, over: $0) }
  }
}
