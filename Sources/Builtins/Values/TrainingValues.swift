// The values of training: tasks, augmentations, data splits.

import Arrays
import Display
import Geometry
import Language
import Training

struct TaskValue: ObjectValue {
  let task: Task

  var typeName: String { "task" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["channels", "kind", "metrics", "name"] }
  var brief: String { "\(task.kind) \"\(task.name)\"" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "name": .string(task.name)
    case "kind": .string(task.kind)
    case "channels": .list(task.channels.map { .string($0) })
    case "metrics": .list(task.metrics.map { .string($0.name) })
    default: nil
    }
  }

  func summary(_ style: DisplayStyle) -> String {
    let sweep = task.sweep.map { axis in "\(axis.name) sweep \(compact(axis.values.first ?? 0))…\(compact(axis.values.last ?? 0))" }
    let parts = ["\(task.channels.count) channel\(task.channels.count == 1 ? "" : "s") float32", "loss \(task.loss)", "activation \(task.activation)", "scored by \(task.metrics.map(\.name).joined(separator: ", "))"]
    return "\(brief)  " + (parts + sweep).joined(separator: ", ")
  }
}

struct AugmentationValue: ObjectValue {
  let augmentation: Augmentation

  var typeName: String { "augmentation" }
  var fieldNames: [String] { [] }
  var brief: String { summary(DisplayStyle()) }
  func field(_ name: String, _ context: CallContext) throws -> Value? { nil }
  func summary(_ style: DisplayStyle) -> String {
    "aug.\(augmentation.name)(" + augmentation.settings.map { "\($0.key)=\(compact($0.value))" }.joined(separator: ", ") + ")"
  }
}

struct SplitValue: ObjectValue {
  let split: DataSplit

  var typeName: String { "split" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["classes", "train", "validate", "voxel"] }
  var brief: String { "split of \(split.crops.count) crops" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "train": try crops(split.train)
    case "validate": try crops(split.validate)
    case "classes": .list(split.classes.map { .string($0) })
    case "voxel": .worldCoordinate(split.voxelSize)
    default: nil
    }
  }

  private func crops(_ crops: [Crop]) throws -> Value {
    .list(try crops.map { crop in
      ["name": .string(crop.name), "raw": Value(ArrayValue(crop.raw.source)), "labels": Value(ArrayValue(crop.labels.source)), "roi": Value(RoiValue(roi: try crop.roi, grid: crop.labels.source.grid))]
    })
  }

  func summary(_ style: DisplayStyle) -> String {
    let rows = split.crops.map { crop -> [String] in
      let voxel = crop.labels.source.grid
      return [
        crop.use.rawValue, crop.name, crop.bounds.shape.values.map(String.init).joined(separator: " × "), "\(crop.raw.source.dtype)", "\(crop.labels.source.dtype)",
        voxel.isKnown ? sizeText(voxel.voxelSize) : "unknown", crop.mask == nil ? "" : "masked", crop.weight == 1 ? "" : compact(crop.weight),
      ]
    }
    var headings = ["use", "crop", "voxels", "raw", "labels", "voxel size", "mask", "weight"], kept = rows
    for column in [7, 6] where kept.allSatisfy({ $0[column].isEmpty }) {
      headings.remove(at: column)
      kept = kept.map { var row = $0; row.remove(at: column); return row }
    }
    let table = TextTable(headings: headings, rows: kept, numeric: headings.map { _ in false }).rendered(Style(width: style.width, color: style.color))
    return table + (split.classes.isEmpty ? "" : "\n  classes \(split.classes.joined(separator: ", "))")
  }
}
