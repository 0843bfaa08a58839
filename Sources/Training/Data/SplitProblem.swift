import Arrays
import Geometry

/// One thing wrong with one crop of a split (or with the split as a whole).
package indirect enum SplitProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// Said in a line of a file: "split.csv:4".
  case at(place: String, SplitProblem)
  /// A line of a CSV that cannot be read.
  case line(path: String, line: Int, reason: String)
  /// `role` is raw, labels or mask.
  case missing(crop: String, role: String, path: String)
  case unreadable(crop: String, role: String, path: String, reason: String)
  case isGroup(crop: String, role: String, path: String, children: [String])
  case labelsDtype(crop: String, path: String, dtype: DType)
  case rawDtype(crop: String, path: String, dtype: DType)
  case axes(crop: String, role: String, path: String, axes: [String])
  case voxelSize(crop: String, role: String, raw: String, other: String)
  case voxelSizeUnknown(crop: String, rawShape: [Int], labelsShape: [Int])
  /// Raw and labels (or mask) lie between each other's voxels.
  case shifted(crop: String, role: String, axis: String, distance: String)
  case outsideRaw(crop: String, raw: String, labels: String)
  case roiOutside(crop: String, roi: String, labels: String)
  case rank(crop: String, expected: Int, found: Int, first: String)
  case rawChannels(crop: String, expected: Int, found: Int, first: String)
  case labelChannels(crop: String, expected: Int, found: Int, first: String)
  case splitVoxelSize(crop: String, expected: String, found: String, first: String)
  case rawVoxelSize(crop: String, expected: String, found: String, first: String)
  case tooSmall(crop: String, shape: [Int], factor: [Int])
  case weight(crop: String, weight: Double)
  case classesDiffer(crop: String, expected: [String], found: [String])
  case maskShape(crop: String, labels: [Int], mask: [Int])
  case downsample(crop: String, rank: Int, factor: [Int])
  case noTraining(crops: Int)
  case empty
  /// Nothing by the convention in the folder.
  case noCrops(folder: String, wanted: String, found: [String])
  /// The split has a class that the crop has no labels of.
  case classMissing(crop: String, name: String, have: [String])
  /// `annotated` names a class that the split does not have.
  case noClass(crop: String, name: String, have: [String])
  /// Ids as classes need one array of ids.
  case oneArray(crop: String, found: Int)
  /// No whole factor leads from one voxel size to the other.
  case resolution(crop: String, role: String, path: String, have: String, wanted: String)
  /// Raw and labels are one array.
  case same(crop: String, path: String)
  /// `differ`: the share of neighbouring voxels of different labels; `rawDiffers`: the same of raw.
  case greyLabels(crop: String, path: String, differ: Double, rawDiffers: Double)
  case emptyMask(crop: String, path: String)
  case noLabel(crop: String, path: String)
  case noLabels
  case smallForInput(crop: String, raw: [Int], input: [Int])
  case pointsOutside(crop: String, outside: Int, of: Int)

  package var description: String {
    switch self {
    case .at(let place, let problem): "\(place): \(problem)"
    case .line(let path, let line, let reason): "\(path):\(line): \(reason)"
    case .missing(let crop, let role, let path): "crop \"\(crop)\": no \(role) at \(path)"
    case .unreadable(let crop, let role, let path, let reason): "crop \"\(crop)\": \(role) at \(path) cannot be opened: \(reason)"
    case .isGroup(let crop, let role, let path, let children):
      "crop \"\(crop)\": \(role) at \(path) is a group, not an array; it holds \(children.prefix(8).joined(separator: ", "))"
    case .labelsDtype(let crop, let path, let dtype): "crop \"\(crop)\": labels must be integers or bool, \(path) is \(dtype)"
    case .rawDtype(let crop, let path, let dtype): "crop \"\(crop)\": raw must be unsigned integers of 8 or 16 bits or floats, \(path) is \(dtype)"
    case .axes(let crop, let role, let path, let axes):
      "crop \"\(crop)\": \(role) must have axes (z, y, x) or (c, z, y, x), \(path) has (\(axes.joined(separator: ", ")))"
    case .voxelSize(let crop, let role, let raw, let other): "crop \"\(crop)\": voxel sizes differ: raw \(raw) nm, \(role) \(other) nm"
    case .voxelSizeUnknown(let crop, let raw, let labels):
      "crop \"\(crop)\": only one of raw \(shapeText(raw)) and labels \(shapeText(labels)) has a voxel size, and the shapes differ"
    case .shifted(let crop, let role, let axis, let distance): "crop \"\(crop)\": \(role) lies \(distance) voxel off the grid of raw along \(axis)"
    case .outsideRaw(let crop, let raw, let labels): "crop \"\(crop)\": labels \(labels) nm do not overlap raw \(raw) nm"
    case .roiOutside(let crop, let roi, let labels): "crop \"\(crop)\": roi \(roi) nm does not overlap labels \(labels) nm"
    case .rank(let crop, let expected, let found, let first): "crop \"\(crop)\" has \(found) spatial axes, crop \"\(first)\" has \(expected)"
    case .rawChannels(let crop, let expected, let found, let first): "crop \"\(crop)\": raw has \(found) channels, crop \"\(first)\" has \(expected)"
    case .labelChannels(let crop, let expected, let found, let first): "crop \"\(crop)\": labels have \(found) channels, crop \"\(first)\" has \(expected)"
    case .splitVoxelSize(let crop, let expected, let found, let first): "crop \"\(crop)\" has voxels of \(found) nm, crop \"\(first)\" of \(expected) nm"
    case .rawVoxelSize(let crop, let expected, let found, let first): "crop \"\(crop)\": raw has voxels of \(found) nm, that of crop \"\(first)\" of \(expected) nm"
    case .tooSmall(let crop, let shape, let factor): "crop \"\(crop)\" of \(shapeText(shape)) voxels is empty after downsampling by \(shapeText(factor))"
    case .weight(let crop, let weight): "crop \"\(crop)\": weight must be a positive number, found \(weight)"
    case .classesDiffer(let crop, let expected, let found):
      "crop \"\(crop)\" has \(found.isEmpty ? "no classes" : "classes \(found.joined(separator: ", "))"), the first crop has \(expected.isEmpty ? "none" : expected.joined(separator: ", "))"
    case .maskShape(let crop, let labels, let mask): "crop \"\(crop)\": mask \(shapeText(mask)) and labels \(shapeText(labels)) differ in shape"
    case .downsample(let crop, let rank, let factor): "crop \"\(crop)\": downsample must be one whole factor of at least 1, or \(rank) of them, found \(shapeText(factor))"
    case .noTraining(let crops): "no crop to train on: \(crops == 1 ? "the crop is" : "all \(crops) crops are") for validation"
    case .empty: "the data split is empty: no crops"
    case .noCrops(let folder, let wanted, let found):
      "no crops in \(folder): expected \(wanted), found \(found.isEmpty ? "nothing" : found.prefix(8).joined(separator: ", "))"
    case .classMissing(let crop, let name, let have): "crop \"\(crop)\" has no labels of class \"\(name)\"; it has \(have.isEmpty ? "none" : have.joined(separator: ", "))"
    case .noClass(let crop, let name, let have): "crop \"\(crop)\": annotated names class \"\(name)\"; classes are \(have.isEmpty ? "not named" : have.joined(separator: ", "))"
    case .oneArray(let crop, let found): "crop \"\(crop)\": ids become classes of one array of labels, found \(found)"
    case .resolution(let crop, let role, let path, let have, let wanted): "crop \"\(crop)\": \(role) \(path) of \(have) nm cannot be brought to \(wanted) nm by whole factors"
    case .same(let crop, let path): "crop \"\(crop)\": raw and labels are the same array, \(path)"
    case .greyLabels(let crop, let path, let differ, _): "crop \"\(crop)\": labels \(path) look like grey values: \(Int(100 * differ)) % of neighbouring voxels differ"
    case .emptyMask(let crop, let path): "crop \"\(crop)\": the mask \(path) is 0 throughout: nothing of the crop would count"
    case .noLabel(let crop, let path): "crop \"\(crop)\": \(path) is 0 throughout: the crop is all background"
    case .noLabels: "no training crop has a single label"
    case .smallForInput(let crop, let raw, let input): "crop \"\(crop)\": raw of \(shapeText(raw)) voxels is smaller than the network's input of \(shapeText(input))"
    case .pointsOutside(let crop, let outside, let count):
      count == 0 ? "crop \"\(crop)\": its list of points is empty" : "crop \"\(crop)\": \(outside) of \(count) points lie outside of its labels"
    }
  }

  var isOfClasses: Bool {
    switch self {
    case .at(_, let problem): problem.isOfClasses
    case .classesDiffer, .classMissing: true
    default: false
    }
  }

  /// In the file that the split is of; nil: not of one line.
  var line: Int? {
    switch self {
    case .at(let place, _): place.lastIndex(of: ":").flatMap { Int(place[place.index(after: $0)...]) }
    case .line(_, let line, _): line
    default: nil
    }
  }

  package var hint: String? {
    switch self {
    case .at(_, let problem): problem.hint
    case .missing(_, let role, let path): "check the path of \(role); print(tree(\"\(Self.container(path))\")) shows what is there"
    case .unreadable(_, let role, _, _): "print(open(…)) with the path of \(role) shows what is wrong with it"
    case .labelsDtype: "raw and labels may be swapped; a float array of whole ids becomes labels by cast(a, uint32)"
    case .rawDtype: "raw and labels may be swapped; cast(a, uint16) or cast(a, float32) makes raw of other integers"
    case .isGroup(_, let role, let path, let children): children.first.map { "\(role): \"\(path)/\($0)\"" }
    case .voxelSize(_, _, let raw, _): "voxel=\(raw)nm brings both to one size, or give arrays of one resolution, such as the same pyramid level"
    case .splitVoxelSize(_, let expected, _, _): "voxel=\(expected)nm brings all crops to one size"
    case .rawVoxelSize(_, let expected, _, _): "raw_voxel=\(expected)nm brings raw of all crops to one size"
    case .outsideRaw: "offsets of raw and labels are in nm in their metadata: print(open(…).roi) shows both"
    case .roiOutside: "print(open(…).roi) of the labels shows what roi may hold"
    case .shifted: "raw and labels must lie on one grid: their offsets differ by whole voxels"
    case .maskShape: "give a mask of the labels' shape, offset and voxel size"
    case .weight: "leave weight out for 1"
    case .noTraining: "mark at least one crop with use \"train\""
    case .noCrops: "folder/train/…/raw and folder/train/…/labels; raw=\"…\" and labels=\"…\" name others"
    case .classesDiffer(_, let expected, let found): "classes=[\((expected + found.filter { !expected.contains($0) }).map { "\"\($0)\"" }.joined(separator: ", "))] says which classes the split has"
    case .classMissing(_, let name, _): "negative=true if \(name) is absent wherever another class is labelled; annotated without \(name) if nobody looked for it"
    case .resolution(_, _, _, let have, _): "voxel=\(have)nm, or a multiple of it"
    case .same: "give the array of ids as labels"
    case .greyLabels(_, _, _, let rawDiffers): rawDiffers < 0.1 ? "raw and labels are swapped" : "give the array of ids as labels"
    case .emptyMask: "leave the mask out, or take the crop out of the split"
    case .noLabel: "fine for a crop without objects; else check that these are the labels of this raw"
    case .noLabels: "check the paths of labels; print(unique(open(…))) shows the ids of one"
    case .smallForInput: "take a smaller input for the network, or a crop with more raw around the labels"
    case .pointsOutside: "points are z, y, x in nm, as roi is"
    case .tooSmall: "take a smaller downsample"
    default: nil
    }
  }

  /// Up to the suffix of a container.
  private static func container(_ path: String) -> String {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = parts.lastIndex(where: { $0.hasSuffix(".zarr") || $0.hasSuffix(".n5") || $0.hasSuffix(".h5") }) else { return parts.dropLast().joined(separator: "/") }
    return parts[...last].joined(separator: "/")
  }
}
