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

  static let tree = Builtin(
    "tree", "(of: string|group) -> string", "Lists what a container holds, with shapes and types; reads metadata only.", searchTerms: ["ls", "list"], plan: planTree
  ) { call in .string(try treeText(call)) }

  /// In a dry run: what is there, and below it what would be written; nil where nothing would be.
  private static func planTree(_ call: Call) throws -> Value? {
    if try call.value("of").object(as: FileGroupValue.self) != nil { return nil }
    let place = if case .string(let path) = try call.value("of") { try Location(path).description } else { try call.object("of", as: GroupValue.self).group.path }
    guard let dry = call.dryRun else { return nil }
    if try Location.kind(place) == nil, let value = dry.made(at: place) { return .string("\(place)  \(value.object?.brief ?? "unknown")  planned") }
    let planned = dry.made(below: place)
    if planned.isEmpty { return nil }
    var lines = [try Location.kind(place) == nil ? place : try treeText(call)]
    var open: [Substring] = []
    for (key, value) in planned {
      let parts = key.split(separator: "/"), groups = parts.dropLast()
      let shared = zip(open, groups).prefix { $0 == $1 }.count
      for depth in shared..<groups.count { lines.append(String(repeating: "  ", count: depth + 1) + groups[depth] + "/") }
      lines.append(String(repeating: "  ", count: parts.count) + parts[parts.count - 1] + "  \(value.object?.brief ?? "unknown")  planned")
      open = Array(groups)
    }
    return .string(lines.joined(separator: "\n"))
  }

  private static func treeText(_ call: Call) throws -> String {
    let root: StoredGroup
    var file = try call.value("of").object(as: FileGroupValue.self)?.group
    if case .string(let path) = try call.value("of"), let node = try FileFormats.open(path) {
      switch node {
      case .array(let array): return "\(array.path)  \(ArrayValue(array).brief)"
      case .group(let group): file = group
      }
    }
    if let file {
      var lines = [file.path]
      try list(file, "  ", &lines, depth: 0)
      return lines.joined(separator: "\n")
    }
    if case .string(let path) = try call.value("of") {
      switch try StoredNode.open(path) {
      case .group(let group): root = group
      case .array(let array): return "\(array.path)  \(ArrayValue(array).brief)"
      }
    } else {
      root = try call.object("of", as: GroupValue.self).group
    }
    var lines = [root.path + roleText(root)]
    try list(root, "  ", &lines, depth: 0)
    return lines.joined(separator: "\n")
  }

  private static func roleText(_ group: StoredGroup) -> String { group.role.map { "  " + $0 } ?? "" }

  private static func list(_ group: StoredGroup, _ indent: String, _ lines: inout [String], depth: Int) throws {
    for child in try group.children() {
      if lines.count > 2000 || depth > 30 { lines.append(indent + "…"); return }
      switch try group.open(child.name) {
      case .array(let array): lines.append("\(indent)\(child.name)  \(ArrayValue(array).brief)\(array.grid.isKnown ? "  " + ArrayValue.placeText(array) : "")  \(array.codecText)")
      case .group(let inner):
        lines.append("\(indent)\(child.name)/\(roleText(inner))")
        try list(inner, indent + "  ", &lines, depth: depth + 1)
      }
    }
  }

  /// Depth is bounded, as links of HDF5 may run in a circle.
  private static func list(_ group: any FileGroup, _ indent: String, _ lines: inout [String], depth: Int) throws {
    for child in try group.children() {
      if lines.count > 2000 || depth > 30 { lines.append(indent + "…"); return }
      if let problem = child.problem { lines.append("\(indent)\(child.name)  not read: \(problem)"); continue }
      switch try group.open(child.name) {
      case .array(let array): lines.append("\(indent)\(child.name)  \(ArrayValue(array).brief)  \(array.codecText)")
      case .group(let inner):
        lines.append("\(indent)\(child.name)/")
        try list(inner, indent + "  ", &lines, depth: depth + 1)
      }
    }
  }

  static let create = Builtin(
    "create",
    """
    (path: string, shape: coord|int = nil, dtype: fn|string = nil, like: array = nil, chunks: coord|int = nil, shards: coord|int = nil, axes: list = nil, voxel: coord|length = nil,
     offset: coord|length = nil, \(DiskLayout.codec(default: "\"blosc/zstd 5 + bitshuffle\"")), fill: int|float|bool = 0, replace=false,
     \(DiskLayout.format), \(DiskLayout.details)) -> array
    """,
    "Makes an array on disk, all fill value, and opens it for editing.",
    details: ["`like` gives whatever else is not said. `shards` (Zarr v3) keeps many chunks in one file."] + DiskLayout.help,
    searchTerms: ["new", "zarr", "n5"], effect: .writes("path"), plan: { call in
      try call.planArray("create", at: try call.string("path"), try arraySpec(call), replace: try call.bool("replace"))
    }
  ) { call in Value(ArrayValue(try StoredArray.create(try call.string("path"), try arraySpec(call), replace: try call.bool("replace")))) }

  /// What `create` is asked for.
  private static func arraySpec(_ call: Call) throws -> ArraySpec {
    let model = try call.optionalArray("like")
    guard let shape = try call.isGiven("shape") ? call.shape("shape") : model?.shape else {
      throw call.failure(.argument, "`create` needs a shape", hint: "create(path, shape=(64, 64, 64), dtype=uint8)   or   create(path, like=a)")
    }
    guard let dtype = try call.dtype("dtype") ?? model?.dtype else { throw call.failure(.argument, "`create` needs a dtype", hint: "dtype=uint8") }
    var grid = try call.newGrid(rank: shape.count)
    if let model, !grid.isKnown, model.shape.count == shape.count { grid = model.grid }
    let shards = try call.chunks("shards", shape)
    var chunks = model?.shape.count == shape.count ? model?.stored?.chunks : nil
    if let shards, let shown = chunks, !zip(shards, shown).allSatisfy({ $0 % $1 == 0 }) { chunks = nil }
    var spec = ArraySpec(
      dtype, shape, grid: grid, chunks: try call.chunks("chunks", shape) ?? chunks, shards: shards, fillValue: try call.value("fill").json, attributes: call.provenance())
    try call.layOut(&spec)
    return spec
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

  /// A chunk shape: an int for every axis, or a coord.
  func chunks(_ name: String, _ shape: [Int]) throws -> [Int]? {
    guard let coordinate = try optionalVoxels(name, rank: shape.count) else { return nil }
    guard coordinate.values.allSatisfy({ $0 >= 1 }) else { throw failure(.value, "`\(name)` must be at least 1 on each axis", at: name) }
    return coordinate.values
  }
}

extension Value {
  /// As metadata; what JSON lacks as the text that shows it.
  var json: JSON {
    switch self {
    case .nil: .null
    case .bool(let value): .bool(value)
    case .int(let value): .int(Int64(value))
    case .wide(let value): UInt64(exactly: value).map(JSON.uint) ?? .string(shown())
    case .float(let value): value.isFinite ? .double(value) : .string(value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity")
    case .string(let value): .string(value)
    case .list(let values): .array(values.map(\.json))
    case .record(let record): .object(record.fields.map { JSON.Member($0.key, $0.value.json) })
    case .length, .duration, .bytes, .range, .voxelCoordinate, .worldCoordinate: .string(shown())
    case .function(let function): .string(function.sourceText ?? function.name)
    case .object(let box): .string(box.object.brief)
    }
  }
}
