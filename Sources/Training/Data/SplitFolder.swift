// A split from where things lie:
//
//     folder/train/…/raw        folder/validate/…/raw        (val, validation and test are other names of validate)
//     folder/train/…/labels     folder/validate/…/labels     an array, a pyramid, or a group of arrays: a class each
//     folder/train/…/mask       folder/validate/…/mask       if there is one
//
// Where … is nothing, a crop, a container, or a crop in a container. The folder may itself be a container, and raw, labels and mask may be files
// (raw.tif, labels.npy). raw, labels and mask may have other names.

import FileFormats
import Storage

package enum SplitFolder {
  /// Levels below train or validate that are looked through.
  private static let depth = 3

  /// - Throws: `TrainingError.split([.noCrops])`.
  package static func specs(_ folder: String, keys: SplitKeys = SplitKeys()) throws -> [CropSpec] {
    var folder = folder
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    let names = (raw: keys.raw ?? "raw", labels: keys.labels ?? "labels", mask: keys.mask ?? "mask"), top = try children(folder)
    var specs: [CropSpec] = []
    for (words, use) in [(["train"], CropSpec.Use.train), (["validate", "val", "validation", "test"], .validate)] {
      for word in words {
        guard let place = top.first(where: { stem($0) == word }) else { continue }
        try collect(join(folder, place), "", use, names, depth, &specs)
        break   // test is not for choosing where there is a validate
      }
    }
    if specs.isEmpty { throw TrainingError.split([.noCrops(folder: folder, wanted: "train/…/\(names.raw) and train/…/\(names.labels)", found: top)]) }
    return specs
  }

  private static func collect(_ place: String, _ name: String, _ use: CropSpec.Use, _ names: (raw: String, labels: String, mask: String), _ depth: Int, _ specs: inout [CropSpec]) throws {
    let below = try children(place)
    func path(_ name: String) throws -> String? {
      if let slash = name.lastIndex(of: "/") {   // "volumes/raw"
        let folder = join(place, String(name[..<slash])), last = String(name[name.index(after: slash)...])
        return try children(folder).first { stem($0) == last }.map { join(folder, $0) }
      }
      return below.first { stem($0) == name }.map { join(place, $0) }
    }
    if let raw = try path(names.raw), let labels = try path(names.labels) {
      let (inputs, classes) = try self.classes(labels)
      specs.append(CropSpec(name: name.isEmpty ? use.rawValue : name, use: use, raw: .path(raw), labels: inputs.map { .path($0) }, classes: classes, mask: try path(names.mask).map { .path($0) }))
      return
    }
    if depth == 0 { return }
    for child in below where try isFolder(join(place, child)) { try collect(join(place, child), name.isEmpty ? stem(child) : name + "/" + stem(child), use, names, depth - 1, &specs) }
  }

  /// The arrays of a group of labels, a class each.
  private static func classes(_ path: String) throws -> (paths: [String], classes: [String]) {
    guard case .group(let children)? = try? Opened.path(path), !children.isEmpty else { return ([path], []) }
    return (children.map { join(path, $0) }, children.map(stem))
  }

  private static func stem(_ name: String) -> String { String(name.prefix { $0 != "." }) }
  private static func join(_ folder: String, _ name: String) -> String { folder.hasSuffix("/") ? folder + name : folder + "/" + name }

  private static func isFolder(_ path: String) throws -> Bool {
    switch try? Opened.path(path) {
    case .group?: true
    case nil, .nothing?: Files.kind(path) == .folder
    default: false
    }
  }

  /// Names below a plain folder, a container or a group in one; none below a file.
  private static func children(_ path: String) throws -> [String] {
    switch try? Opened.path(path) {
    case .group(let children)?: return children
    case .array?, .level?: return []
    case .nothing?, nil: return Files.kind(path) == .folder ? try Files.list(path).map(\.name).filter { !$0.hasPrefix(".") } : []
    }
  }
}
