import Arrays
import Geometry
import Language
import Storage
import Training

extension Builtin {
  static let datasplit = Builtin(
    "datasplit",
    """
    (of: string|list|table, raw: string = nil, labels: string|list = nil, mask: string = nil, downsample: int|coord = 1, voxel: coord = nil, raw_voxel: coord = nil, classes: list = nil, negative=false,
     binarize: bool|record = false, class_weights: record = nil, input: int|coord = nil) -> split
    """,
    "Says which crops train and which validate: a CSV file, a folder, or records with use, raw, labels and perhaps mask, weight, roi, name, annotated, points; checked at once.",
    details: [
      "CSV: five columns without a heading (train|val, raw container, raw dataset, labels container, labels dataset), or headings use, raw, labels, mask, weight, roi, name, annotated, points. "
        + "labels may end in [a&b]: arrays of classes, a channel each.",
      "Folder: train/…/raw with train/…/labels (and mask), and the same below validate; a group of labels is a class an array. raw, labels and mask give other names.",
      "Every crop is looked at before any training, and all that is wrong is said at once: what is missing, of another voxel size, beside raw, swapped, empty, smaller than input. The share of "
        + "labelled voxels is read from small crops whole and estimated on 64 boxes of larger ones. d.train and d.validate list crops with name, raw, labels, roi; d.crops is a table.",
      "voxel: of the level of a pyramid to take, else a finer one is averaged (labels by majority), coarser labels are repeated. downsample=2 trains and predicts at twice the voxel size.",
      "raw_voxel: the same of raw, where a network with upsample=[…] shall predict finer than it sees: voxel=4nm, raw_voxel=8nm. Labels finer than raw by whole factors need neither.",
      "classes: which become channels, in this order. A crop without one of them needs negative=true (it is absent where another class is labelled) or annotated, the classes that were looked for "
        + "(a list, or a&b in CSV): the others give no loss in this crop.",
      "binarize=true makes every id 1; binarize={mito: [3, 4], er: 5} makes channels of ids. class_weights={er: 3} draws foreground of er three times as often as that of another class.",
      "points: places in nm that patches of a crop are centred on: a list of coords, or a CSV of z, y, x.",
    ],
    searchTerms: ["data", "csv", "train", "validate", "crops", "classes"]
  ) { call in
    let factor: [Int] = if case .voxelCoordinate(let c) = try call.value("downsample") { c.values } else { [try call.int("downsample", in: 1...64)] }
    let options = try splitOptions(call)
    func look(_ crop: Crop) throws -> CropLook? {
      do { return try crop.look(input: try call.optionalVoxels("input", rank: crop.raw.rank)?.values, call.execution) } catch is NotRead { return nil }   // a dry run
    }
    func open(_ path: String, _ voxel: WorldCoordinate?) throws -> Opened { try opened(path, voxel, call) }
    let specs: [CropSpec]
    if case .string(let path) = try call.value("of") {
      let labels: String? = if case .list = try call.value("labels") { "[" + (try call.names("labels")).joined(separator: "&") + "]" } else { try call.optionalString("labels") }
      let keys = SplitKeys(raw: try call.optionalString("raw"), labels: labels, mask: try call.optionalString("mask"))
      guard try isFolder(path) else { return Value(SplitValue(split: try DataSplit(csv: path, keys: keys, downsample: factor, options: options, look: look, open: open))) }
      specs = try SplitFolder.specs(path, keys: keys)
    } else if let table = try call.value("of").object(as: TableValue.self) { specs = try (0..<table.count).map { try spec(table.row($0), $0, call) } } else {
      specs = try call.list("of").enumerated().map {
        guard case .record(let row) = $1 else { throw call.failure(.type, "`of` must hold records such as {use: \"train\", raw: …, labels: …}, not \($1.typePhrase)", at: "of") }
        return try spec(row, $0, call)
      }
    }
    return Value(SplitValue(split: try DataSplit(specs, downsample: factor, options: options, look: look, open: open)))
  }

  private static func isFolder(_ path: String) throws -> Bool {
    if path.lowercased().hasSuffix(".csv") { return false }
    if Files.kind(path) == .folder { return true }
    if case .group? = try? Opened.path(path) { return true }   // in a file, or elsewhere
    return false
  }

  private static func splitOptions(_ call: Call) throws -> SplitOptions {
    var options = SplitOptions()
    if case .worldCoordinate(let voxel) = try call.value("voxel") { options.voxel = voxel }
    if case .worldCoordinate(let voxel) = try call.value("raw_voxel") { options.rawVoxel = voxel }
    if try call.optionalList("classes") != nil { options.classes = try call.names("classes") }
    options.negative = try call.bool("negative")
    if options.negative && options.classes.isEmpty { throw call.failure(.argument, "negative=true needs classes: which ones are absent where they are not labelled", at: "negative", hint: "classes=[\"mito\", \"er\"]") }
    switch try call.value("binarize") {
    case .record(let groups):
      guard options.classes.isEmpty else { throw call.failure(.argument, "classes are the names in binarize, where that is a record", at: "classes") }
      options.groups = try groups.fields.map { field in
        let ids: [Value] = if case .list(let list) = field.value { list } else { [field.value] }
        return LabelGroup(field.key, try ids.map {
          guard let id = $0.integer, let whole = UInt64(exactly: id) else { throw call.failure(.type, "`binarize`: ids of \(field.key) must be ints of 0 or more, not \($0.typePhrase)", at: "binarize") }
          return whole
        })
      }
    default: options.binarize = try call.bool("binarize")
    }
    options.classWeights = try (try call.optionalRecord("class_weights")?.fields ?? []).map { field in
      guard let weight = field.value.number, weight >= 0, weight.isFinite else { throw call.failure(.value, "`class_weights`: \(field.key) must be a number of 0 or more", at: "class_weights") }
      return ClassWeight(field.key, weight)
    }
    return options
  }

  /// What a path leads to; in a dry run also what would be there by then.
  private static func opened(_ path: String, _ voxel: WorldCoordinate?, _ call: Call) throws -> Opened {
    if let dry = call.dryRun, let planned = dry.made(at: try Location(path).description)?.object(as: ArrayValue.self)?.planned { return .array(planned) }
    return try Opened.path(path, voxelSize: voxel)
  }

  private static func spec(_ row: Record, _ position: Int, _ call: Call) throws -> CropSpec {
    func fail(_ message: String) -> Failure { call.failure(.value, "crop \(position): \(message)", at: "of") }
    for key in row.keys where !["name", "use", "raw", "labels", "mask", "weight", "roi", "classes", "annotated", "points"].contains(key) { throw fail("unknown key `\(key)`") }
    func input(_ value: Value, _ key: String) throws -> CropSpec.Input {
      if case .string(let path) = value { return .path(path) }
      if let array = value.object(as: ArrayValue.self) { return .source(try array.source(call.execution), name: array.stored?.path ?? array.file?.path ?? "\(key) \(position)") }
      throw fail("`\(key)` must be a path or an array, not \(value.typePhrase)")
    }
    guard case .string(let word)? = row["use"], let use = CropSpec.Use(rawValue: word == "val" ? "validate" : word) else {
      throw fail("`use` must be \"train\" or \"validate\"")
    }
    guard let raw = row["raw"] else { throw fail("`raw` is missing") }
    guard let labels = row["labels"] else { throw fail("`labels` is missing") }
    let several: [CropSpec.Input] = if case .list(let list) = labels { try list.map { try input($0, "labels") } } else { [try input(labels, "labels")] }
    /// The value of a key that may be missing or nil; another kind than it must be is an error.
    func optional<T>(_ key: String, _ what: String, _ read: (Value) throws -> T?) throws -> T? {
      guard let value = row[key], !value.isNil else { return nil }
      guard let found = try read(value) else { throw fail("`\(key)` must be \(what), not \(value.typePhrase)") }
      return found
    }
    let roi = try optional("roi", "a roi") { $0.object(as: RoiValue.self) }
    if let roi, roi.isInVoxels, let grid = raw.object(as: ArrayValue.self)?.grid, grid.isKnown {
      throw fail("`roi` is in voxels, of an array whose voxel size is unknown; that of raw is \(lengthsText(grid.voxelSize.values))")
    }
    let weight = try optional("weight", "a number above 0") { value in value.number.flatMap { $0 > 0 && $0 < .infinity ? $0 : nil } }
    func names(_ key: String) throws -> [String]? {
      try optional(key, "a list of strings") { value in
        guard case .list(let list) = value else { return nil }
        let names = list.compactMap { if case .string(let name) = $0 { name } else { nil } }
        return names.count == list.count ? names : nil
      }
    }
    return CropSpec(
      name: try optional("name", "a string") { if case .string(let text) = $0 { text } else { nil } }, use: use, raw: try input(raw, "raw"), labels: several,
      classes: try names("classes") ?? [],
      mask: try optional("mask", "a path or an array") { try input($0, "mask") }, weight: weight ?? 1, roi: roi?.roi,
      annotated: try names("annotated"), points: try optional("points", "a list of coords in nm, or a CSV") { try points($0) })
  }

  /// Places as coords, or the CSV that holds them; nil for other values.
  private static func points(_ value: Value) throws -> [WorldCoordinate]? {
    if case .string(let path) = value { return try PointsCSV.parse(text: String(decoding: try Files.read(path), as: UTF8.self), path: path) }
    guard case .list(let list) = value else { return nil }
    let found = list.compactMap { value -> WorldCoordinate? in
      switch value {
      case .worldCoordinate(let place): place
      case .voxelCoordinate(let place): Coordinate(place.values.map { Rational($0) })   // where no voxel size is known
      default: nil
      }
    }
    return found.count == list.count ? found : nil
  }
}
