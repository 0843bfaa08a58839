import Arrays
import FileFormats
import Geometry
import Language
import Storage

extension Builtin {
  static let open = Builtin(
    "open",
    """
    (path: string, mode: "read|edit" = "read", origin: "center|corner" = "center", voxel: length|coord = nil, offset: length|coord = nil,
     axes: string|list = nil) -> array|group
    """,
    "Opens an array or group of a Zarr or N5 container, a TIFF stack, a folder of pictures, an HDF5 file, a .npy or .npz; reads metadata only.",
    details: [
      "Files: \"stack.tif\", \"folder/\" or \"folder/*.png\" (one plane a picture), \"x.h5/volumes/raw\", \"x.npy\", \"x.npz/name\". docs/files.md says how axes and voxel sizes are found.",
      "A path is a folder, a .zip file or an address: open(\"https://host/a.zarr/em/s0\"), open(\"s3://bucket/a.zarr\"), gs://, memory:// (docs/stores.md: credentials, limits).",
      "voxel: the voxel size. Of a multiscale group it picks the level; of an array that does not say its own it sets it, and what is declared here wins. offset and axes (\"czyx\") likewise.",
      "mode=\"edit\" makes a[…] = … write through, in containers. origin=\"corner\" takes NGFF translations as corners; the specification says centres.",
    ],
    searchTerms: ["load", "read", "zarr", "n5", "npy", "npz", "tif", "tiff", "png", "h5", "hdf5", "stack", "http", "s3", "gs", "zip", "cloud"], plan: { call in
      guard let dry = call.dryRun else { return nil }
      let place = try Location(try call.string("path")).description
      if let made = dry.made(at: place) { return made }
      return try dry.makes(below: place) && Location.kind(place) == nil ? .unknown : nil
    }
  ) { call in
    let path = try call.string("path")
    let isEdit = try call.string("mode") == "edit"
    if let node = try FileFormats.open(path) {
      if isEdit { throw call.failure(.data, "files of other programs are only read: `\(path)`", at: "mode", hint: "copy(\(Value.quoted(path)), \"out.zarr/name\")   makes an array that can be changed") }
      switch node {
      case .array(let array): return Value(ArrayValue(try array.declaring(try call.declared(array.grid))))
      case .group:
        if call.isDeclared { throw call.failure(.data, "`\(path)` is a group: voxel, offset and axes are said of an array in it", at: "path") }
        return Value(node)
      }
    }
    let origin: Origin = try call.string("origin") == "corner" ? .corner : .center
    return try call.opened(try StoredNode.open(path, mode: isEdit ? .edit : .read, origin: origin))
  }
}

extension Call {
  var isDeclared: Bool { ["voxel", "offset", "axes"].contains(where: isGiven) }

  /// What `voxel`, `offset` and `axes` say of an array whose own grid is given.
  func declared(_ grid: Grid) throws -> Declared {
    var axes: [Axis]?
    switch try value("axes") {
    case .nil: break
    case .string(let text): axes = text.map { Axis.meaning(String($0)) }
    default:
      axes = try list("axes").map {
        guard case .string(let name) = $0 else { throw failure(.type, "`axes` must hold names, not \($0.typePhrase)", at: "axes") }
        return Axis.meaning(name)
      }
    }
    if let axes {
      guard axes.count == grid.rank else { throw failure(.shape, "`axes` names \(Words.axes(axes.count)), the array has \(grid.rank)", at: "axes") }
      guard Set(axes.map(\.name)).count == axes.count else { throw failure(.value, "`axes` names an axis twice", at: "axes") }
    }
    let rank = (axes ?? grid.axes).count { $0.kind == .space }
    let voxel = try optionalWorld("voxel", rank: rank)
    if let voxel, voxel.values.contains(where: { $0 <= .zero }) { throw failure(.value, "`voxel` must be above 0", at: "voxel") }
    return Declared(axes: axes, voxelSize: voxel, offset: try optionalWorld("offset", rank: rank))
  }
}
