// The split of a run as JSON: what it was made of, and how it is opened again.

import Arrays
import Geometry
import Storage

extension DataSplit {
  var record: JSON {
    let list = crops.map { crop -> JSON in
      let spec = crop.spec
      return .object([
        .init("name", .string(crop.name)), .init("use", .string(crop.use.rawValue)), .init("raw", .string(spec.raw.name)),
        .init("labels", JSON(spec.labels.map(\.name))), .init("mask", spec.mask.map { .string($0.name) } ?? .null), .init("weight", .double(spec.weight)),
        .init("roi", spec.roi.map { JSON([$0.offset.values.map(\.exactText), $0.end.values.map(\.exactText)].map { $0.joined(separator: " ") }) } ?? .null),
        .init("shape", JSON(crop.labels.shape)), .init("dtype", .string(crop.raw.source.dtype.rawValue)),
      ] + (spec.annotated.map { [.init("annotated", JSON($0))] } ?? []) + (spec.points.map { [.init("points", JSON($0.map { $0.values.map(\.exactText).joined(separator: " ") }))] } ?? [])
        + (([spec.raw] + spec.labels).contains { $0.isInMemory } ? [.init("in_memory", .bool(true))] : []))
    }
    return .object([.init("downsample", JSON(downsample)), .init("classes", JSON(classes))] + options.members + [.init("crops", .array(list))])
  }

  /// What a run knows of its data when they are gone; not a setting.
  var facts: JSON {
    ["voxel": hasVoxelSize ? JSON(voxelSize.values.map(\.exactText)) : .null, "rate": JSON(rate), "raw_channels": JSON(rawChannels), "label_channels": JSON(labelChannels)]
  }

  /// - Parameter facts: not nil if the arrays are gone: then they are stood in for by ones that say so when they are read.
  init(record: JSON, path: String, missing: (facts: JSON?, reason: TrainingError)? = nil, open: (String, WorldCoordinate?) throws -> Opened) throws {
    guard let crops = record["crops"]?.array, let downsample = record["downsample"]?.ints else { throw TrainingError.damagedRun(path: path, reason: "`data` is missing or not as expected") }
    if missing == nil, let crop = crops.first(where: { $0["in_memory"]?.bool == true }) { throw TrainingError.inMemory(crop: crop["name"]?.string ?? "") }
    let specs = try crops.map { crop -> CropSpec in
      guard let raw = crop["raw"]?.string, let labels = crop["labels"]?.strings, let use = crop["use"]?.string.flatMap(CropSpec.Use.init(rawValue:)) else {
        throw TrainingError.damagedRun(path: path, reason: "a crop of `data` is not as expected")
      }
      var roi: WorldRoi?
      if missing == nil, let corners = crop["roi"]?.strings, corners.count == 2 {
        let values = corners.map { $0.split(separator: " ").compactMap(Rational.init(exactText:)) }
        roi = try WorldRoi(from: Coordinate(values[0]), to: Coordinate(values[1]))
      }
      return CropSpec(
        name: crop["name"]?.string, use: use, raw: .path(raw), labels: labels.map { $0.isEmpty ? .nothing : .path($0) }, classes: record["classes"]?.strings ?? [],
        mask: crop["mask"]?.string.map { .path($0) }, weight: crop["weight"]?.double ?? 1, roi: roi, annotated: crop["annotated"]?.strings,
        points: missing == nil ? crop["points"]?.strings?.map { Coordinate($0.split(separator: " ").compactMap(Rational.init(exactText:))) } : nil)
    }
    guard let missing else {
      try self.init(specs, downsample: downsample, options: try SplitOptions(record: record, path: path), open: open)
      return
    }
    let sources = MissingSource.sources(of: record, facts: missing.facts, missing.reason)
    try self.init(specs) { path, _ in sources[path].map { .array($0) } ?? .nothing }
  }
}

extension SplitOptions {
  /// What is not as usual.
  fileprivate var members: [JSON.Member] {
    var members: [JSON.Member] = []
    if let voxel { members.append(.init("voxel", JSON(voxel.values.map(\.exactText)))) }
    if let rawVoxel { members.append(.init("raw_voxel", JSON(rawVoxel.values.map(\.exactText)))) }
    if negative { members.append(.init("negative", .bool(true))) }
    if binarize { members.append(.init("binarize", .bool(true))) }
    if !groups.isEmpty { members.append(.init("groups", .object(groups.map { .init($0.name, .array($0.ids.map { JSON($0) })) }))) }
    if !classWeights.isEmpty { members.append(.init("class_weights", .object(classWeights.map { .init($0.name, .double($0.weight)) }))) }
    return members
  }

  fileprivate init(record: JSON, path: String) throws(TrainingError) {
    self.init()
    func size(_ key: String) -> WorldCoordinate? { record[key]?.strings.map { Coordinate($0.compactMap { Rational(exactText: Substring($0)) }) } }
    (voxel, rawVoxel) = (size("voxel"), size("raw_voxel"))
    (negative, binarize) = (record["negative"]?.bool ?? false, record["binarize"]?.bool ?? false)
    groups = (record["groups"]?.members ?? []).map { LabelGroup($0.key, ($0.value.array ?? []).compactMap(\.uint64)) }
    if groups.isEmpty { classes = record["classes"]?.strings ?? [] }
    classWeights = (record["class_weights"]?.members ?? []).map { ClassWeight($0.key, $0.value.double ?? 1) }
  }
}

extension Rational {
  /// "5.24" or, where no short decimal ends, "16/3".
  var exactText: String { description.hasPrefix("≈") ? "\(numerator)/\(denominator)" : description }

  init?(exactText: Substring) {
    let parts = exactText.split(separator: "/")
    if parts.count == 2, let a = Int128(parts[0]), let b = Int128(parts[1]), let value = try? Rational(a, over: b) { self = value; return }
    self.init(decimal: exactText)
  }
}
