// A group written anew, array by array: in another format, or with other chunks, shards or codecs.

import Arrays
import Language
import Storage

extension Call {
  /// Each group's attributes and the list of its levels are written after what is in it, so that half a copy is no pyramid.
  ///
  /// - Throws: `.exists`, `.badPath` for a place inside itself, and what writing throws; what was copied before an error stays.
  func copyArrays(of group: StoredGroup, to path: String) throws -> StoredNode {
    let target = try Location(path)
    try StoredNode.group(group).requireOutside(target)
    let wanted = try optionalString("format").flatMap(Storage.Format.init(rawValue:))
    let format = try wanted ?? Format.ofContainer(target) ?? (value("shards").isNil ? .zarr2 : .zarr3)
    try copyArrays(of: group, to: target, format)
    return try StoredNode.open(path)
  }

  private func copyArrays(of group: StoredGroup, to target: Location, _ format: Storage.Format) throws {
    let documents = try MultiscaleDocument.all(of: group, for: format, program: "dcs \(host.version)")
    try StoredGroup.create(target, format)
    for child in try group.children() {
      let place = try Location(root: target.root, key: Files.join(target.key, child.name))
      switch try group.open(child.name) {
      case .group(let inner): try copyArrays(of: inner, to: place, format)
      case .array(let array):
        let level = documents.lazy.compactMap { document in document.levels.first { $0.name == child.name }.map { document.levelAttributes($0, format) } }.first ?? .emptyObject
        _ = try ArrayValue(array).written(to: place.description, self, format: format, attributes: array.portableAttributes.merging(level))
      }
    }
    try StoredGroup.changeAttributes(at: target, format) { $0.merging(group.portableAttributes(format)) }
    for document in documents.reversed() { try StoredGroup.write(document, at: target, format) }   // each comes before those that are there
  }
}
