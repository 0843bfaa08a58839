import Arrays
import Geometry
import Language
import Storage

extension Builtin {
  static let open = Builtin(
    "open", "(path: string, mode: \"read|edit\" = \"read\", origin: \"center|corner\" = \"center\", voxel: length|coord = nil) -> array|group",
    "Opens an array or group of a Zarr or N5 container, or a .npy file; reads metadata only.",
    details: [
      "A path is a folder, a .zip file or an address: open(\"https://host/a.zarr/em/s0\"), open(\"s3://bucket/a.zarr\"), gs://, memory:// (docs/stores.md: credentials, limits).",
      "mode=\"edit\" makes a[…] = … write through. origin=\"corner\" takes NGFF translations as corners; the specification says centres.",
      "voxel: of a multiscale group it picks the level with that voxel size, open(\"c.zarr/em\", voxel=8nm); of an array that does not say its own it sets it.",
    ],
    searchTerms: ["load", "read", "zarr", "n5", "npy", "http", "s3", "gs", "zip", "cloud"], plan: { call in
      guard let dry = call.dryRun else { return nil }
      let place = try Location(try call.string("path")).description
      if let made = dry.made(at: place) { return made }
      return try dry.makes(below: place) && Location.kind(place) == nil ? .unknown : nil
    }
  ) { call in
    let path = try call.string("path")
    if path.hasSuffix(".npy") {
      let array = try Npy.read(path, limit: call.execution.memoryBudget), axes = Axis.defaults(rank: array.rank), rank = axes.count { $0.kind == .space }
      guard let voxel = try call.optionalWorld("voxel", rank: rank) else { return Value(ArrayValue(Volume(array))) }
      return Value(ArrayValue(try Volume(array, try Grid(axes: axes, voxelSize: voxel, offset: Coordinate(repeating: .zero, count: rank)))))
    }
    let origin: Origin = try call.string("origin") == "corner" ? .corner : .center
    return try call.opened(try StoredNode.open(path, mode: try call.string("mode") == "edit" ? .edit : .read, origin: origin))
  }

  static let tree = Builtin(
    "tree", "(of: string|group) -> string", "Lists what a container holds, with shapes and types; reads metadata only.", searchTerms: ["ls", "list"], plan: planTree
  ) { call in .string(try treeText(call)) }

  /// In a dry run: what is there, and below it what would be written; nil where nothing would be.
  private static func planTree(_ call: Call) throws -> Value? {
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
