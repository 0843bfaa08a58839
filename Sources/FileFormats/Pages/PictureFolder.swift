// A folder of pictures, PNG or TIFF, one plane each: a stack in the natural order of their names (z2 before z10).

import Arrays
import Geometry
import Storage

/// Pictures in files of their own.
struct PictureFiles: Pages {
  let layout: PageLayout
  let unit: (rows: Int, columns: Int)
  let paths: [String]
  let isPNG: Bool

  func read(page: Int, _ box: PageBox, to target: UnsafeMutableRawPointer) throws {
    let path = paths[page]
    if isPNG {
      let picture = try PNGFile(path)
      guard picture.header.layout == layout else { throw PictureFolder.difference(path, "\(picture.header.layout)", paths[0], layout) }
      try picture.read(box, to: target)
    } else {
      let tiff = try PictureFolder.tiff(path)
      guard tiff.layout == layout else { throw PictureFolder.difference(path, "\(tiff.layout)", paths[0], layout) }
      try tiff.read(page: 0, box, to: target)
    }
  }
}

enum PictureFolder {
  static let suffixes = [".png", ".tif", ".tiff"]

  static func isPicture(_ name: String) -> Bool { suffixes.contains { name.lowercased().hasSuffix($0) } && !name.hasPrefix(".") }

  /// - Parameter pattern: of the names, with * for any text; nil for all pictures.
  /// - Throws: `StorageError.badFile` that names the first picture of another size or type, or says that there are pictures of both kinds.
  static func open(_ folder: String, pattern: String?) throws -> FileArray {
    let shown = pattern.map { Files.join(folder, $0) } ?? folder
    let all = try Files.list(folder.isEmpty ? "." : folder).filter { entry in !entry.isFolder && isPicture(entry.name) && (pattern.map { matches($0, entry.name) } ?? true) }.map(\.name)
    let names = all.sorted { naturallyBefore($0, $1) }
    guard let first = names.first else { throw StorageError.notFound(path: shown, near: nil) }
    let isPNG = first.lowercased().hasSuffix(".png")
    if let other = names.first(where: { $0.lowercased().hasSuffix(".png") != isPNG }) {
      throw StorageError.badFile(path: shown, reason: "it holds PNG and TIFF pictures (\(first), \(other)): name those of one kind, such as \"\(Files.join(folder, "*.png"))\"")
    }
    let paths = names.map { Files.join(folder, $0) }
    var layout: PageLayout?, codecText = "deflate", unit = (rows: 1, columns: 1)
    for path in paths {
      let found: PageLayout
      if isPNG {
        let header = try PNGFile(path).header
        found = header.layout
        unit = (header.height, header.width)
      } else {
        let picture = try tiff(path)
        found = picture.layout
        if layout == nil { (unit, codecText) = (picture.unit, picture.format.codecText) }
      }
      if let layout, layout != found { throw difference(path, "\(found)", paths[0], layout) }
      layout = found
    }
    guard let layout else { throw StorageError.notFound(path: shown, near: nil) }
    let files = PictureFiles(layout: layout, unit: unit, paths: paths, isPNG: isPNG)
    // one picture in a folder is a stack of one
    let stack = PageStack(files, counting: [PageStack.StackAxis(axis: .z, count: paths.count, role: .pages(stride: 1))], keepsSingle: true)
    return FileArray(
      path: shown, format: isPNG ? "PNG pictures" : "TIFF pictures", codecText: codecText, dtype: layout.dtype, shape: stack.shape, grid: Grid(unknown: stack.axes.map(\.axis)),
      chunking: stack.chunking, stamp: "\(paths.count) pictures", reader: stack)
  }

  /// A single PNG.
  static func picture(_ path: String) throws -> FileArray {
    let header = try PNGFile(path).header
    let stack = PageStack(PictureFiles(layout: header.layout, unit: (header.height, header.width), paths: [path], isPNG: true), counting: [])
    return FileArray(
      path: path, format: "PNG", codecText: "deflate", dtype: header.layout.dtype, shape: stack.shape, grid: Grid(unknown: stack.axes.map(\.axis)), chunking: stack.chunking,
      stamp: "\(Files.size(path) ?? 0) bytes", reader: stack)
  }

  /// - Throws: `StorageError.badFile` for a TIFF of several pages.
  static func tiff(_ path: String) throws -> TiffFile {
    let file = try OpenFile(path)
    guard let header = TiffHeader(try file.upTo(16, at: 0)) else { throw StorageError.badFile(path: path, reason: "it is no TIFF file") }
    let tiff = try TiffStack.read(file, header).0
    guard tiff.count == 1 else { throw StorageError.badFile(path: path, reason: "it has \(tiff.count) pages, a picture of a folder has one") }
    return tiff
  }

  static func difference(_ path: String, _ found: String, _ first: String, _ layout: PageLayout) -> StorageError {
    .badFile(path: path, reason: "it is \(found), \(Files.name(first)) is \(layout)")
  }

  /// Whether a name is a pattern's, in which * stands for any text.
  static func matches(_ pattern: String, _ name: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard let first = parts.first, let last = parts.last, parts.count > 1 else { return pattern == name }
    guard name.hasPrefix(first), name.count >= first.count + last.count, name.hasSuffix(last) else { return false }
    var rest = name.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }

  /// Runs of digits count as numbers: z2 before z10; equal numbers by their text, so that the order is one.
  static func naturallyBefore(_ a: String, _ b: String) -> Bool {
    func pieces(_ text: String) -> [(isNumber: Bool, text: Substring)] {
      var result: [(Bool, Substring)] = [], rest = Substring(text)
      while let first = rest.first {
        let isNumber = first.isASCII && first.isNumber
        let piece = rest.prefix { ($0.isASCII && $0.isNumber) == isNumber }
        result.append((isNumber, piece))
        rest = rest[piece.endIndex...]
      }
      return result
    }
    for (left, right) in zip(pieces(a), pieces(b)) where left.text != right.text {
      if left.isNumber, right.isNumber {
        let x = left.text.drop { $0 == "0" }, y = right.text.drop { $0 == "0" }
        if x.count != y.count { return x.count < y.count }
        if x != y { return x < y }
        continue
      }
      return left.text < right.text
    }
    return a.count != b.count ? a.count < b.count : a < b
  }
}
