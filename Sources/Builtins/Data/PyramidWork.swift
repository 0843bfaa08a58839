import Arrays
import Geometry
import Language
import Storage

/// What one call of `pyramid` is to do, checked before anything is written.
struct PyramidWork {
  let array: ArrayValue
  /// Of the group.
  let location: Location
  let isInPlace: Bool
  let plan: PyramidPlan
  let method: Downsampling
  let document: MultiscaleDocument
  /// nil: what a new array there gets.
  let format: Storage.Format?

  init(_ call: Call) throws {
    array = try Self.input(call)
    let own = array.stored?.path ?? array.planned?.path
    var prefix = "s"
    if let to = try call.optionalString("to") {
      location = try Location(to)
      let target = Files.join(location.description, "s0")
      isInPlace = own.map { Files.absolute($0) == Files.absolute(target) } ?? false
    } else {
      guard let own, let place = try? Location(own), array.isWhole else { throw call.failure(.argument, "an array that is not on disk needs `to`", at: "a", hint: "pyramid(a, to=\"out.zarr/em\")") }
      let name = Files.name(place.key)
      guard !place.key.isEmpty, name == "s0" || name == "0" else {
        throw call.failure(.data, "levels come beside an array called s0, this one is called \(name.isEmpty ? Files.name(place.root) : name)", at: "a", hint: "pyramid(open(\"\(own)\"), to=\"\(own)_pyramid\")")
      }
      prefix = String(name.dropLast())
      location = try Location(root: place.root, key: Files.parent(place.key))
      isInPlace = true
    }
    let grid = array.grid
    guard grid.isKnown else { throw call.failure(.units, "the voxel size is unknown, and a pyramid is placed by it", at: "a", hint: own.map { "pyramid(open(\"\($0)\", voxel=(8, 8, 8)nm), …)" }) }
    let factor = try call.optionalVoxels("factor", rank: grid.spatialRank)?.values
    if let factor, !(factor.allSatisfy { (1...64).contains($0) } && factor.contains { $0 > 1 }) { throw call.failure(.value, "`factor` must be from 1 to 64 on each axis, and above 1 on one", at: "factor") }
    let count = try call.value("levels").isNil ? nil : try call.int("levels", in: 1...32)
    plan = try PyramidPlan(shape: array.shape, grid: grid, prefix: prefix, factor: factor, count: count)
    let dtype = array.dtype, isIds = dtype == .bool || (dtype.isInteger && dtype.size >= 4), chosen = try call.string("reduce")
    method = Downsampling(rawValue: chosen) ?? (isIds ? .mode : .mean)
    if method == .mode, dtype.isFloat { throw call.failure(.type, "mode counts equal values: it is for ids, not for \(dtype)", at: "reduce", hint: "reduce=\"mean\"") }
    document = MultiscaleDocument(name: location.key.isEmpty ? Files.name(location.root) : Files.name(location.key), levels: plan.levels, method: method, program: "dcs \(call.host.version)")
    format = try Self.format(call, location, isInPlace ? array.stored : nil)
    try document.check(format ?? .zarr2, path: location.description)
  }

  private static func input(_ call: Call) throws -> ArrayValue {
    guard case .string(let path) = try call.value("a") else { return try call.array("a") }
    let place = try Location(path).description
    if let made = call.dryRun?.made(at: place)?.object(as: ArrayValue.self) { return made }
    switch try StoredNode.open(path) {
    case .array(let array): return ArrayValue(array)
    case .group(let group): throw StorageError.notAnArray(path: group.path, children: try group.children().map(\.name))
    }
  }

  private static func format(_ call: Call, _ location: Location, _ inPlace: StoredArray?) throws -> Storage.Format? {
    let there = try inPlace?.format ?? Format.ofContainer(location)
    guard let version = try call.optionalString("version") else { return there }
    let wanted: Storage.Format = version == "0.5" ? .zarr3 : .zarr2
    if let there, there != wanted { throw call.failure(.value, "OME-NGFF \(version) is written in \(wanted), `\(location.root)` is \(there)", at: "version") }
    return wanted
  }

  func path(of level: PyramidPlan.Level) -> String { Files.join(location.description, level.name) }

  func chunks(_ call: Call, _ shape: [Int]) throws -> [Int]? {
    let wanted = try call.chunks("chunks", array.shape) ?? array.stored?.chunks
    return wanted.flatMap { $0.count == shape.count ? zip($0, shape).map { max(1, min($0, $1)) } : nil }
  }

  /// Refuses what is in the way, before hours of work.
  private func checkRoom(_ call: Call) throws {
    let replace = try call.bool("replace"), new = plan.levels.dropFirst(isInPlace ? 1 : 0)
    for level in new {
      guard let occupant = try StoredArray.occupant(of: try Location(path(of: level))) else { continue }
      let isLeftOver = occupant.isArray && (try? StoredArray.open(path(of: level)))?.isUnfinished == true
      guard (replace || isLeftOver) && occupant.isArray else { throw call.failure(.data, "\(path(of: level)) exists already (\(occupant.what))", at: call.isGiven("to") ? "to" : "a", hint: occupant.isArray ? "replace=true" : nil) }
    }
  }

  func run(_ call: Call) throws {
    try checkRoom(call)
    var last = try first(call)
    let format = last.format, provenance = call.provenance(inputs: [isInPlace ? last.path : array.stored?.path].compactMap { $0 })
    let codecs = try call.optionalString("codec").map { try Codec.chain(text: $0, last.dtype, isBigEndian: false) } ?? last.codecs
    let wanted = try call.chunks("shards", array.shape) ?? last.shards
    var made: [StoredArray] = []
    for level in plan.levels.dropFirst() {
      let chunks = try chunks(call, level.shape) ?? zip(last.chunks, level.shape).map { max(1, min($0, $1)) }
      // whole chunks, no more of them than the level has
      let shards = wanted.map { wanted in chunks.indices.map { chunks[$0] * max(1, min(wanted[$0] / chunks[$0], (level.shape[$0] + chunks[$0] - 1) / chunks[$0])) } }
      let spec = ArraySpec(
        last.dtype, level.shape, grid: level.grid, chunks: chunks, shards: shards, codecs: codecs,
        fillValue: format == .n5 ? 0 : last.fillValue.json(last.dtype), format: format, attributes: document.levelAttributes(level, format).merging(provenance.unfinished))
      let out = try StoredArray.create(path(of: level), spec, replace: true, sums: true)
      try last.downsample(into: out, by: level.step, method, label: "pyramid \(level.name)", call.execution)
      made.append(out)
      last = out
    }
    for array in made { try array.setAttributes(provenance.finished(array)) }
    let old = try levelsBefore()
    try StoredGroup.write(document, at: location, format)
    // levels that nothing lists any more
    for name in old where !plan.levels.contains(where: { $0.name == name }) && (try? StoredArray.open(Files.join(location.description, name))) != nil {
      try location.store.removeTree(Files.join(location.key, name))
    }
  }

  /// Names of the levels that the group lists beside this s0.
  private func levelsBefore() throws -> [String] {
    guard case .group(let group) = try StoredNode.open(location.description) else { return [] }
    return group.multiscales.first { $0.paths.first == plan.levels[0].name }?.paths ?? []
  }

  /// s0, where it must be, saying of itself where it lies.
  private func first(_ call: Call) throws -> StoredArray {
    let target = path(of: plan.levels[0])
    if !isInPlace {   // there is room, or what may be replaced
      let isPlain = !call.isGiven("chunks") && !call.isGiven("shards") && !call.isGiven("codec")
      if isPlain, let stored = array.stored, array.isWhole, format.map({ $0 == stored.format }) ?? true, try StoredNode.array(stored).canCopyFiles(to: target) {
        try StoredNode.array(stored).copyFiles(to: target, replace: true, call.execution)
      } else {
        _ = try array.written(to: target, call, format: format, replace: true)
      }
    }
    let there = try StoredArray.open(target), attributes = document.levelAttributes(plan.levels[0], there.format)
    if there.grid != array.grid || attributes != .emptyObject { try StoredArray.open(target, mode: .edit).setAttributes(there.placing(array.grid).merging(attributes)) }
    return there
  }
}

extension ArrayValue {
  /// Whether it is all of what it shows.
  fileprivate var isWhole: Bool { if case .view(let view) = content { view.isWhole } else { false } }
}
