// Which files are opened here, by what they are and then by what they are called.
//
// file       .npy, TIFF, PNG and HDF5 by their first bytes; .npz by its name
// inside     x.h5/path/to/dataset, x.npz/name: the first part of a path that is a file
// folder     one that holds pictures, or a name with * in it: folder/*.png
// Zarr and N5 containers are Storage's: a path that leads into one is none of ours.

import Arrays
import Storage

package enum FileFormats {
  /// Opens what is at a path, if it is a file of another program or a folder of pictures; reads metadata only.
  ///
  /// - Returns: nil for anything else, containers and missing files included.
  /// - Throws: `StorageError`.
  package static func open(_ text: String) throws -> FileNode? {
    var text = text.hasPrefix("file://") ? String(text.dropFirst(7)) : text
    while text.count > 1, text.hasSuffix("/") { text.removeLast() }
    guard !text.isEmpty, !text.contains("://"), !text.utf8.contains(0), !isInContainer(text) else { return nil }
    switch Files.kind(text) {
    case .file: return try file(text)
    case .folder:
      if try holdsPictures(text) { return .array(try PictureFolder.open(text, pattern: nil)) }
      return nil
    case .other: return nil
    case nil:
      if Files.name(text).contains("*"), Files.kind(Files.parent(text).isEmpty ? "." : Files.parent(text)) == .folder {
        return .array(try PictureFolder.open(Files.parent(text), pattern: Files.name(text)))
      }
      return try inside(text)
    }
  }

  /// What is at a place inside of a file.
  private static func inside(_ text: String) throws -> FileNode? {
    var outer = Files.parent(text)
    while !outer.isEmpty, outer != "/" {
      if let kind = Files.kind(outer) {
        guard kind == .file, case .group(let group)? = try file(outer) else { return nil }
        return try group.open(String(text.dropFirst(outer.count + 1)))
      }
      outer = Files.parent(outer)
    }
    return nil
  }

  private static func file(_ path: String) throws -> FileNode? {
    let name = path.lowercased()
    if name.hasSuffix(".npz") { return .group(try NpzFile(path)) }
    let file = try OpenFile(path), head = try file.upTo(16, at: 0)
    if head.starts(with: [0x93] + Array("NUMPY".utf8)) || name.hasSuffix(".npy") { return .array(try NumpyFile.open(path)) }
    if TiffHeader(head) != nil { return .array(try TiffStack.open(path)) }
    if PNGHeader.isPNG(head) { return .array(try PictureFolder.picture(path)) }
    if try isHdf5(file) { return .group(Hdf5Group(file: try Hdf5File(path), key: "")) }
    if name.hasSuffix(".tif") || name.hasSuffix(".tiff") { throw StorageError.badFile(path: path, reason: "it is no TIFF file") }
    if [".h5", ".hdf5", ".hdf"].contains(where: name.hasSuffix) { throw StorageError.badFile(path: path, reason: "it is no HDF5 file") }
    if name.hasSuffix(".png") { throw StorageError.badFile(path: path, reason: "it is no PNG picture") }
    return nil
  }

  /// The signature stands at byte 0, 512, 1024, 2048, …: a user block may come before it.
  private static func isHdf5(_ file: OpenFile) throws(StorageError) -> Bool {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    var place = 0
    while place < file.count, place <= 1 << 20 {
      if try file.upTo(8, at: place) == signature { return true }
      place = place == 0 ? 512 : 2 * place
    }
    return false
  }

  package static func isInContainer(_ path: String) -> Bool { path.split(separator: "/").contains { $0.hasSuffix(".zarr") || $0.hasSuffix(".n5") } }

  /// Whether a folder is a stack of pictures: it holds some, and no metadata of a container.
  private static func holdsPictures(_ path: String) throws(StorageError) -> Bool {
    let names = try Files.list(path).map(\.name)
    return names.contains(where: PictureFolder.isPicture) && !names.contains { [".zarray", ".zgroup", "zarr.json", "attributes.json"].contains($0) }
  }

  /// The order of pictures in a folder: runs of digits count as numbers.
  package static func isNaturallyBefore(_ a: String, _ b: String) -> Bool { PictureFolder.naturallyBefore(a, b) }

  /// Whether a path may lead into a file of ours that has something inside: for completion, by the name alone.
  package static func hasInside(_ name: String) -> Bool { [".h5", ".hdf5", ".hdf", ".npz"].contains(where: name.lowercased().hasSuffix) }
}
