// The values of training: tasks, augmentations, data splits.

import Arrays
import Display
import Geometry
import Language
import Storage
import Training

struct TaskValue: ObjectValue {
  let task: Task

  var typeName: String { "task" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["activation", "channels", "context", "kind", "loss", "metrics", "name", "offsets", "sweep", "weights"] }
  var brief: String { task.isCustom ? "task \"\(task.name)\"" : "\(task.kind) \"\(task.name)\"" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "name": .string(task.name)
    case "kind": .string(task.kind)
    case "channels": .list(task.channels.map { .string($0) })
    case "metrics": .list(task.metrics.map { .string($0.name) })
    case "loss": .string(task.loss.description)
    case "activation": .string(task.activation.rawValue)
    case "weights": .string(task.weights.rawValue)
    case "context": .string(task.context.description)
    case "sweep": .record(Record(task.sweep.map { ($0.name, .list($0.values.map { .float($0) })) }))
    case "offsets": taskOffsets(task.record) ?? .nil
    default: nil
    }
  }

  func summary(_ style: DisplayStyle) -> String {
    var parts = task.phrase.isEmpty ? [] : [task.phrase]
    parts.append("\(task.channels.count) channel\(task.channels.count == 1 ? "" : "s") float32")
    parts.append("loss \(task.loss)" + (task.weights == .balanced ? ", balanced" : ""))
    if task.activation != .none { parts.append("activation \(task.activation)") }
    if !task.range.isEmpty { parts.append("predicts in \(task.range)") }
    parts += task.sweep.map { axis in
      let values = axis.values, range = "\(compact(values.first ?? 0))…\(compact(values.last ?? 0))".replacingMinus
      return "\(axis.name) sweep " + (values.count == 1 ? compact(values[0]) : range)
    }
    parts.append("scored by \(task.metrics.map(\.name).joined(separator: ", "))")
    if task.lacksFunctions { parts.append("its functions are in the script that made it") }
    var lines = [brief + "  "]
    for (position, part) in parts.enumerated() {
      let text = part + (position + 1 < parts.count ? ", " : "")
      if lines[lines.count - 1].count + text.count > max(60, style.width) + 1 { lines.append("  ") }
      lines[lines.count - 1] += text
    }
    return lines.map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}

extension String {
  /// A typographic minus, as in ranges of the prompt.
  fileprivate var replacingMinus: String { String(map { $0 == "-" ? "−" : $0 }) }
}

/// The offsets of a task of affinities, as coords; nil for other tasks.
func taskOffsets(_ record: JSON) -> Value? {
  record["offsets"]?.array.map { list in .list(list.map { .voxelCoordinate(Coordinate($0.ints ?? [])) }) }
}

struct AugmentationValue: ObjectValue {
  let augmentation: Augmentation

  var typeName: String { "augmentation" }
  var fieldNames: [String] { [] }
  var brief: String { summary(DisplayStyle()) }
  func field(_ name: String, _ context: CallContext) throws -> Value? { nil }
  func summary(_ style: DisplayStyle) -> String {
    if augmentation.name == Augmentation.functionName { return "fn(raw, labels)" }
    var settings = augmentation.settings.compactMap { key, value -> String? in
      switch (augmentation.name, key) {
      case ("rotate", "plane"): "plane=\(value != 0)"
      case ("elastic", "spacing"), ("elastic", "displacement"): value == 0 ? nil : "\(key)=\(compact(value))nm"
      case ("elastic", "rotation"): value == 0 ? nil : "rotation=\(compact(value))"
      case ("intensity", "scale_min"): "low=\(compact(value))"
      case ("intensity", "scale_max"): "high=\(compact(value))"
      case ("intensity", "shift_min"): "shift_low=\(compact(value))"
      case ("intensity", "shift_max"): "shift_high=\(compact(value))"
      default: "\(key)=\(compact(value))"
      }
    }
    if augmentation.probability < 1 { settings.append("p=\(compact(augmentation.probability))") }
    return "aug.\(augmentation.name)(" + settings.joined(separator: ", ") + ")"
  }
}

struct SplitValue: ObjectValue {
  let split: DataSplit
  /// One a crop, if they were looked at.
  var shares: [LabelShare] = []

  var typeName: String { "split" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["classes", "crops", "train", "validate", "voxel"] }
  var brief: String { "split of \(split.crops.count) crops" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "train": try crops(split.train)
    case "validate": try crops(split.validate)
    case "classes": .list(split.classes.map { .string($0) })
    case "crops": Value(table)
    case "voxel": .worldCoordinate(split.voxelSize)
    default: nil
    }
  }

  /// What scripts use of crops; labels are cut to the voxels that count.
  private func crops(_ crops: [Crop]) throws -> Value {
    .list(try crops.map { crop in
      var labels = SourceView(crop.labels.source)
      let channels = labels.shape.count - crop.labels.rank
      for axis in 0..<crop.labels.rank {
        labels = try labels.walking(axis: axis + channels, begin: crop.bounds.offset[axis], step: 1, count: crop.bounds.shape[axis])
      }
      return [
        "name": .string(crop.name), "raw": Value(ArrayValue(crop.raw.source)), "labels": Value(ArrayValue(labels)), "roi": Value(RoiValue(roi: try crop.roi, grid: crop.labels.source.grid)),
        "mask": crop.mask.map { Value(ArrayValue($0.source)) } ?? .nil,
      ]
    })
  }

  private var table: TableValue {
    let crops = split.crops, voxel = crops.map(\.labels.source.grid)
    var columns = ["use", "crop", "shape", "voxel", "raw", "labels", "weight", "masked"], values: [[Value]] = [
      crops.map { .string($0.use.rawValue) }, crops.map { .string($0.name) }, crops.map { .voxelCoordinate($0.bounds.shape) },
      voxel.map { $0.isKnown ? .worldCoordinate($0.voxelSize) : .nil }, crops.map { .string($0.raw.source.dtype.rawValue) }, crops.map { .string($0.labels.source.dtype.rawValue) },
      crops.map { .float($0.weight) }, crops.map { .bool($0.mask != nil) },
    ]
    if shares.count == crops.count {
      columns.append("labelled")
      values.append(shares.map { .float($0.share) })
    }
    return TableValue(columns: columns, values: values)
  }

  /// What is odd with a crop but no error.
  private func problem(_ position: Int) -> String {
    guard shares.indices.contains(position) else { return "" }
    let share = shares[position].share
    if share.isNaN { return "the mask trusts nothing" }
    if share == 0 { return shares[position].isExact ? "no labels" : "no labels found" }
    return share == 1 && shares[position].isExact ? "no background" : ""
  }

  func summary(_ style: DisplayStyle) -> String {
    let rows = split.crops.enumerated().map { position, crop -> [String] in
      let voxel = crop.labels.source.grid
      return [
        crop.use.rawValue, crop.name, crop.bounds.shape.values.map(String.init).joined(separator: " × "), "\(crop.raw.source.dtype)", "\(crop.labels.source.dtype)",
        voxel.isKnown ? sizeText(voxel.voxelSize) : "unknown", shares.indices.contains(position) ? percent(shares[position]) : "", crop.mask == nil ? "" : "masked",
        crop.weight == 1 ? "" : compact(crop.weight), problem(position),
      ]
    }
    var headings = ["use", "crop", "voxels", "raw", "labels", "voxel size", "labelled", "mask", "weight", "problem"], kept = rows
    for column in [9, 8, 7, 6] where kept.allSatisfy({ $0[column].isEmpty }) {
      headings.remove(at: column)
      kept = kept.map { var row = $0; row.remove(at: column); return row }
    }
    let table = TextTable(headings: headings, rows: kept, numeric: headings.map { $0 == "labelled" || $0 == "weight" }).rendered(Style(width: style.width, color: style.color))
    return table + (split.classes.isEmpty ? "" : "\n  classes \(split.classes.joined(separator: ", "))")
  }

  /// "12.3 %", "≈ 12 %" where only a part was looked at.
  private func percent(_ share: LabelShare) -> String {
    if share.share.isNaN { return "–" }
    return share.isExact ? "\(fixed(100 * share.share, 1)) %" : "≈ \(fixed(100 * share.share, share.share < 0.1 ? 1 : 0)) %"
  }
}
