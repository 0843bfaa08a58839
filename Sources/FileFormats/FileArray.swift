// FileFormats reads arrays out of files of other programs: TIFF stacks, folders of pictures, HDF5, NumPy.

import Arrays
import Geometry
import Storage

/// Reads boxes of voxels out of one kind of file.
protocol VoxelReader: Sendable {
  /// Voxels of a box inside of the array, contiguous.
  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray
}

/// An array in a file that another program wrote. Opening has read its metadata; reading goes by boxes.
package final class FileArray: ArraySource, Sendable {
  /// As it was opened: "stack.tif", "x.h5/volumes/raw".
  package let path: String
  /// "TIFF", "HDF5", ".npy".
  package let format: String
  /// "deflate", "gzip 4 + shuffle"; "raw".
  package let codecText: String
  package let dtype: DType
  package let shape: [Int]
  package let grid: Grid
  /// What the voxel size was read from ("ImageJ"); nil if nothing says.
  package let gridSource: String?
  package let chunking: Chunking?
  /// As the file has them.
  package let attributes: JSON
  /// What a reader should know: "the first of 3 series".
  package let remark: String?
  /// What changes when the file is another one.
  package let stamp: String
  /// The arguments of `open` beside the path that make this array of the file.
  package let declared: Declared
  /// Voxels are not read: what a dry run works with.
  package let isMetadataOnly: Bool
  let reader: any VoxelReader

  init(
    path: String, format: String, codecText: String = "raw", dtype: DType, shape: [Int], grid: Grid, gridSource: String? = nil, chunking: Chunking?, attributes: JSON = .emptyObject,
    remark: String? = nil, stamp: String, reader: any VoxelReader
  ) {
    (self.path, self.format, self.codecText, self.dtype, self.shape, self.grid) = (path, format, codecText, dtype, shape, grid)
    (self.gridSource, self.chunking, self.attributes, self.remark, self.stamp, self.reader) = (gridSource, chunking, attributes, remark, stamp, reader)
    (declared, isMetadataOnly) = (Declared(), false)
  }

  private init(_ other: FileArray, grid: Grid, gridSource: String?, declared: Declared, isMetadataOnly: Bool) {
    (path, format, codecText, dtype, shape) = (other.path, other.format, other.codecText, other.dtype, other.shape)
    (chunking, attributes, remark, stamp, reader) = (other.chunking, other.attributes, other.remark, other.stamp, other.reader)
    (self.grid, self.gridSource, self.declared, self.isMetadataOnly) = (grid, gridSource, declared, isMetadataOnly)
  }

  /// The same array, but reading voxels throws `NotRead`.
  package var metadataOnly: FileArray { isMetadataOnly ? self : FileArray(self, grid: grid, gridSource: gridSource, declared: declared, isMetadataOnly: true) }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    if isMetadataOnly { throw NotRead(path: path, dtype: dtype, shape: roi.shape.values) }
    guard roi.rank == shape.count else { throw ArrayError.rank(expected: shape.count, found: roi.shape.values) }
    for axis in shape.indices where roi.offset[axis] < 0 || roi.shape[axis] < 0 || roi.offset[axis] > shape[axis] - roi.shape[axis] {
      throw StorageError.outside(path: path, offset: roi.offset.values, shape: roi.shape.values, arrayShape: shape)
    }
    if roi.isEmpty { return try NDArray(dtype, roi.shape.values) }
    return try reader.read(roi, context)
  }
}

extension FileArray {
  /// The same voxels with the axes and at the place that are declared: see `Declared`.
  package func declaring(_ given: Declared) throws -> FileArray {
    if given.isEmpty { return self }
    let (placed, source) = try given.place(grid, gridSource, path: path)
    return FileArray(self, grid: placed, gridSource: source, declared: given, isMetadataOnly: isMetadataOnly)
  }
}

/// What a path into a file leads to.
package enum FileNode: Sendable {
  case array(FileArray)
  case group(any FileGroup)
}

/// Arrays by name inside of one file.
package protocol FileGroup: Sendable {
  /// "x.h5/volumes"
  var path: String { get }
  var attributes: JSON { get }
  /// What lies directly below, by name.
  func children() throws -> [FileChild]
  /// A child or what lies deeper, by its path from here.
  func open(_ path: String) throws -> FileNode
}

package struct FileChild: Sendable, Equatable {
  package let name: String
  package let isGroup: Bool
  /// Of an array that cannot be opened: why, in a few words.
  package var problem: String?
  package init(name: String, isGroup: Bool, problem: String? = nil) { (self.name, self.isGroup, self.problem) = (name, isGroup, problem) }
}
