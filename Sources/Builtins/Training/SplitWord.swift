import Arrays
import Geometry
import Language
import Storage
import Training

extension Builtin {
  static let datasplit = Builtin(
    "datasplit", "(of: string|list|table, raw: string = nil, labels: string|list = nil, mask: string = nil, downsample: int|coord = 1, voxel: coord = nil) -> split",
    "Says which crops train and which validate: a CSV file, or records with use, raw, labels and perhaps mask, weight, roi, name; checked at once.",
    details: [
      "CSV: five columns without a heading (train|val, raw container, raw dataset, labels container, labels dataset), or headings use, raw, labels, mask, weight, roi.",
      "The share of labelled voxels is read from small crops whole and estimated on 64 boxes of larger ones. d.train and d.validate list crops with name, raw, labels, roi; d.crops is a table.",
      "downsample=2 trains and predicts at twice the voxel size: raw by mean, labels by majority. Arrays may be given in place of paths.",
    ],
    searchTerms: ["data", "csv", "train", "validate"]
  ) { call in
    let factor: [Int] = if case .voxelCoordinate(let c) = try call.value("downsample") { c.values } else { [try call.int("downsample", in: 1...64)] }
    let voxel: WorldCoordinate? = if case .worldCoordinate(let c) = try call.value("voxel") { c } else { nil }
    if case .string(let path) = try call.value("of") {
      let labels: String? = if case .list = try call.value("labels") { "[" + (try call.names("labels")).joined(separator: "&") + "]" } else { try call.optionalString("labels") }
      return Value(try looked(try DataSplit(
        csv: path, rawKey: try call.optionalString("raw"), labelsKey: labels, maskKey: try call.optionalString("mask"), downsample: factor) { try opened($0, voxel, call) }, call))
    }
    let rows: [Record]
    if let table = try call.value("of").object(as: TableValue.self) { rows = (0..<table.count).map { table.row($0) } } else {
      rows = try call.list("of").map {
        guard case .record(let row) = $0 else { throw call.failure(.type, "`of` must hold records such as \\{use: \"train\", raw: …, labels: …\\}, not \($0.typePhrase)", at: "of") }
        return row
      }
    }
    let specs = try rows.enumerated().map { try spec($1, $0, call) }
    return Value(try looked(try DataSplit(specs, downsample: factor) { try opened($0, voxel, call) }, call))
  }

  /// What a path leads to; in a dry run also what would be there by then.
  private static func opened(_ path: String, _ voxel: WorldCoordinate?, _ call: Call) throws -> Opened {
    if let dry = call.dryRun, let planned = dry.made(at: try Location(path).description)?.object(as: ArrayValue.self)?.planned { return .array(planned) }
    return try Opened.path(path, voxelSize: voxel)
  }

  /// With the share of labelled voxels of each crop; in a dry run without where the labels are not there yet.
  private static func looked(_ split: DataSplit, _ call: Call) throws -> SplitValue {
    do { return SplitValue(split: split, shares: try split.crops.map { try $0.labelShare(call.execution) }) } catch is NotRead { return SplitValue(split: split) }
  }

  private static func spec(_ row: Record, _ position: Int, _ call: Call) throws -> CropSpec {
    func fail(_ message: String) -> Failure { call.failure(.value, "crop \(position): \(message)", at: "of") }
    for key in row.keys where !["name", "use", "raw", "labels", "mask", "weight", "roi", "classes"].contains(key) { throw fail("unknown key `\(key)`") }
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
    return CropSpec(
      name: try optional("name", "a string") { if case .string(let text) = $0 { text } else { nil } }, use: use, raw: try input(raw, "raw"), labels: several,
      classes: try optional("classes", "a list of strings") { value in
        guard case .list(let list) = value else { return nil }
        let names = list.compactMap { if case .string(let name) = $0 { name } else { nil } }
        return names.count == list.count ? names : nil
      } ?? [],
      mask: try optional("mask", "a path or an array") { try input($0, "mask") }, weight: weight ?? 1, roi: roi?.roi)
  }
}
