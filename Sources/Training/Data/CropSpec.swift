import Arrays
import Geometry

/// What a user says of one crop, before anything is opened: a record of a script or a line of a CSV.
package struct CropSpec: Sendable {
  package enum Use: String, Sendable, CaseIterable { case train, validate }

  /// An array by its path, or one already at hand.
  package enum Input: Sendable {
    case path(String)
    case source(any ArraySource, name: String)
    /// A class that this crop has no labels of.
    case nothing

    /// Nothing on disk holds it: a run made of it cannot be opened by name.
    var isInMemory: Bool { if case .source(let source, _) = self { source is Volume } else { false } }

    package var name: String {
      switch self {
      case .path(let path): path
      case .source(_, let name): name
      case .nothing: ""
      }
    }
  }

  package var name: String?
  package var use: Use
  package var raw: Input
  /// One array (ids, or a channel axis), or one array a class: those become channels of 0 and 1.
  package var labels: [Input]
  /// Names of the classes where `labels` has several arrays.
  package var classes: [String]
  /// Where labels may be trusted: 0 is left out of loss and scores.
  package var mask: Input?
  /// How often this crop is drawn, relative to the others.
  package var weight: Double
  /// Only this part of the labels is used.
  package var roi: WorldRoi?
  /// The classes that were looked for in this crop: what it says of others teaches nothing. nil: all.
  package var annotated: [String]?
  /// Where patches of this crop are centred: places in the world (in voxels where no voxel size is known). nil: anywhere.
  package var points: [WorldCoordinate]?
  /// Where the user said all this, for messages: "split.csv:4".
  package var place: String?

  package init(
    name: String? = nil, use: Use, raw: Input, labels: [Input], classes: [String] = [], mask: Input? = nil, weight: Double = 1, roi: WorldRoi? = nil, annotated: [String]? = nil,
    points: [WorldCoordinate]? = nil, place: String? = nil
  ) {
    (self.name, self.use, self.raw, self.labels, self.classes) = (name, use, raw, labels, classes)
    (self.mask, self.weight, self.roi, self.annotated, self.points, self.place) = (mask, weight, roi, annotated, points, place)
  }

  /// The name given, else one made of the path of raw: "a/lucchi.zarr/train/raw" is "lucchi/train".
  package var shownName: String {
    if let name { return name }
    var parts = raw.name.split(separator: "/").map(String.init)
    guard let container = parts.firstIndex(where: { $0.hasSuffix(".zarr") || $0.hasSuffix(".n5") }) else { return parts.last ?? "crop" }
    parts = Array(parts[container...])
    if parts.count > 1 { parts.removeLast() }
    parts[0] = String(parts[0].prefix { $0 != "." })
    return parts.joined(separator: "/")
  }
}

/// What a path leads to.
package enum Opened: Sendable {
  case array(any ArraySource)
  /// The level of a pyramid that fits the wanted voxel size best, and its own path.
  case level(any ArraySource, path: String)
  case group(children: [String])
  case nothing
}
