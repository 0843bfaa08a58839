// Groups that are more than a folder: pyramids, and the collections of the OME specifications.

import Geometry

extension StoredGroup {
  /// Pyramids that the group's metadata list; the first is the one meant where none is named.
  package var multiscales: [Multiscale] { Multiscale.all(attributes) }

  /// The levels of a multiscale group, finest first; nil for other groups. Reads the metadata of each level.
  ///
  /// They are, in this order: what `multiscales` lists; s0, s1, … below a group that N5 tools mark (`multiScale`, `scales`, or `painteraData`
  /// with the levels in data/); s0, s1, … whose voxel sizes are known and grow, as DaCapo reads them.
  /// - Parameter name: of one of several multiscales.
  /// - Throws: `.badMetadata` for a listed level that is not there or is a group, and what opening throws.
  package func levels(named name: String? = nil) throws(StorageError) -> [StoredArray]? {
    if let multiscale = name.map({ name in multiscales.first { $0.name == name } }) ?? multiscales.first { return try levels(of: multiscale) }
    if name != nil { return nil }
    if attributes["painteraData"] != nil, case .group(let data)? = try? open("data") { return try data.numbered(atLeast: 1) }
    let isMarked = attributes["multiScale"]?.bool == true || attributes["scales"]?.array?.first?.array != nil
    if isMarked { return try numbered(atLeast: 1) }
    guard let levels = try numbered(atLeast: 2), levels.allSatisfy(\.grid.isKnown) else { return nil }
    let sizes = levels.map(\.grid.voxelSize.values)
    let grow = zip(sizes, sizes.dropFirst()).allSatisfy { fine, coarse in fine.count == coarse.count && fine != coarse && zip(fine, coarse).allSatisfy { $0 <= $1 } }
    return grow ? levels : nil
  }

  func levels(of multiscale: Multiscale) throws(StorageError) -> [StoredArray]? { try listed(multiscale.paths) }

  private func listed(_ paths: [String]) throws(StorageError) -> [StoredArray]? {
    var levels: [StoredArray] = []
    for path in paths {
      let node: StoredNode
      do throws(StorageError) { node = try open(path) } catch .notFound { throw .badMetadata(path: self.path, field: "multiscales", reason: "the level \(path) that it lists is not there") }
      guard case .array(let array) = node else { throw .badMetadata(path: self.path, field: "multiscales", reason: "\(path) is a group, expected an array") }
      levels.append(array)
    }
    return levels.isEmpty ? nil : levels
  }

  private func numbered(atLeast count: Int) throws(StorageError) -> [StoredArray]? {
    let names = try children().filter { $0.kind == .array }.map(\.name)
    let levels = (0..<names.count).map { "s\($0)" }.prefix { names.contains($0) }
    return levels.count >= count ? try listed(Array(levels)) : nil
  }

  /// What the group is by the OME specifications, or by the tools of N5: "OME-NGFF 0.4", "plate, 6 wells", …; nil for a plain group. Reads nothing.
  package var role: String? {
    let ome = attributes["ome"] ?? attributes
    func count(_ json: JSON?, _ one: String, _ many: String) -> String { (json?.array?.count).map { ", \($0) \($0 == 1 ? one : many)" } ?? "" }
    if let first = multiscales.first {
      let label = ome["image-label"] != nil ? "label image, " : "", names = multiscales.compactMap(\.name)
      return label + first.text + (multiscales.count > 1 ? ", \(multiscales.count) multiscales: \(names.joined(separator: ", "))" : "")
    }
    if let plate = ome["plate"] { return "plate\(count(plate["wells"], "well", "wells"))" }
    if let well = ome["well"] { return "well\(count(well["images"], "image", "images"))" }
    if ome["bioformats2raw.layout"] != nil { return "bioformats2raw layout\(count(ome["series"], "series", "series"))" }
    if ome["labels"]?.strings != nil { return "labels\(count(ome["labels"], "image", "images"))" }
    if ome["series"]?.strings != nil { return "series in order\(count(ome["series"], "series", "series"))" }
    if let paintera = attributes["painteraData"] { return "Paintera \(paintera["type"]?.string ?? "dataset")" }
    if attributes["multiScale"]?.bool == true || attributes["scales"]?.array?.first?.array != nil { return "N5 multiscale" }
    return nil
  }

  /// Images that stand for the group where it is a collection of them: series of bioformats2raw, images of a well, wells of a plate, label images.
  package var images: [String] {
    let ome = attributes["ome"] ?? attributes
    if let wells = ome["plate"]?["wells"]?.array { return wells.compactMap { $0["path"]?.string } }
    if let images = ome["well"]?["images"]?.array { return images.compactMap { $0["path"]?.string } }
    if let labels = ome["labels"]?.strings { return labels }
    guard ome["bioformats2raw.layout"] != nil else { return [] }
    if let series = ome["series"]?.strings { return series }
    if case .group(let group)? = try? open("OME"), let series = (group.attributes["ome"] ?? group.attributes)["series"]?.strings { return series }
    return ((try? children()) ?? []).filter { $0.kind == .group && Int($0.name) != nil }.map(\.name).sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
  }
}
