// `voxel=` of `open` in a container: of a multiscale group it picks the level, of an array that does not say its own voxel size it declares it.

import Arrays
import Geometry
import Language
import Storage

extension Call {
  /// What was opened, as `voxel` asks for it.
  ///
  /// - Throws: where no level, or not this array, has that voxel size: with all that there are.
  func opened(_ node: StoredNode) throws -> Value {
    if !isDeclared { return Value(node) }
    switch node {
    case .array(let array): return Value(ArrayValue(try declared(array)))
    case .group(let group):
      let own = GroupValue(group: group)
      if isGiven("offset") || isGiven("axes") || !isGiven("voxel") { throw failure(.data, "`\(group.path)` is a group: offset and axes are said of an array in it", at: "path") }
      guard let levels = try own.levels(), let first = levels.first else {
        throw failure(.data, "`\(group.path)` has no levels to choose from\(group.role.map { ": \($0)" } ?? "")", at: "voxel", hint: try own.firstChild())
      }
      let wanted = try world("voxel", rank: first.grid.spatialRank)
      if let level = levels.first(where: { $0.grid.isKnown && $0.grid.voxelSize.isNearly(wanted) }) { return Value(ArrayValue(level)) }
      let listed = levels.map { "\(Files.name($0.path)) \(ArrayValue.placeText($0))" }.joined(separator: ", ")
      throw failure(.value, "no level of `\(group.path)` has voxels of \(sizeText(wanted)): \(listed)", at: "voxel")
    }
  }

  private func declared(_ array: StoredArray) throws -> StoredArray {
    var given = try declared(array.grid)
    if let wanted = given.voxelSize, array.grid.isKnown, wanted.rank == array.grid.spatialRank {
      guard array.grid.voxelSize.isNearly(wanted) else {
        throw failure(
          .value, "`\(array.path)` says that its voxels are \(sizeText(array.grid.voxelSize)), not \(sizeText(wanted))", at: "voxel", hint: "resample(open(\"\(array.path)\"), voxel=\(Value.worldCoordinate(wanted).shown().filter { $0 != " " }))")
      }
      given.voxelSize = nil
    }
    return try array.declaring(given)
  }
}

extension Coordinate where S == World {
  /// Equal up to a millionth: metadata of other programs hold 10.48 as 10.480000000000002.
  fileprivate func isNearly(_ other: Coordinate) -> Bool {
    rank == other.rank && Swift.zip(values, other.values).allSatisfy { a, b in abs(a.double - b.double) <= 1e-6 * abs(b.double) }
  }
}
