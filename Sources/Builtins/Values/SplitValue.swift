// A data split as a value: its table at the prompt, its crops for scripts.

import Arrays
import Display
import Geometry
import Language
import Training

struct SplitValue: ObjectValue {
  let split: DataSplit
  /// One a crop, if they were looked at.
  private var looks: [CropLook] { split.looks }

  init(split: DataSplit) { self.split = split }

  var typeName: String { "split" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["classes", "crops", "raw_voxel", "train", "validate", "voxel"] }
  var brief: String { "split of \(split.crops.count) crops" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "train": try crops(split.train)
    case "validate": try crops(split.validate)
    case "classes": .list(split.classes.map { .string($0) })
    case "crops": Value(table)
    case "voxel": .worldCoordinate(split.voxelSize)
    case "raw_voxel": .worldCoordinate(split.rawVoxelSize)
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
    if looks.count == crops.count {
      columns.append("labelled")
      values.append(looks.map { .float($0.share) })
      if split.classes.count > 1 {
        columns += split.classes.map { "labelled_\($0)" }
        values += split.classes.indices.map { channel in looks.map { $0.shares.indices.contains(channel) ? .float($0.shares[channel]) : .nil } }
      }
    }
    return TableValue(columns: columns, values: values)
  }

  /// What is odd with a crop but no error.
  private func problem(_ position: Int) -> String {
    guard looks.indices.contains(position) else { return "" }
    let look = looks[position]
    if look.share.isNaN { return "nothing to trust" }
    if look.share == 0 { return look.isBackground ? "no labels" : "no labels found" }
    return look.share == 1 && look.isExact ? "no background" : ""
  }

  func summary(_ style: DisplayStyle) -> String {
    let rows = split.crops.enumerated().map { position, crop -> [String] in
      let voxel = crop.labels.source.grid
      return [
        crop.use.rawValue, crop.name, crop.bounds.shape.values.map(String.init).joined(separator: " × "), "\(crop.raw.source.dtype)" + remark(crop), "\(crop.labels.source.dtype)",
        voxel.isKnown ? sizeText(voxel.voxelSize) : "unknown", looks.indices.contains(position) ? percent(looks[position]) : "", crop.mask == nil ? "" : crop.spec.annotated == nil ? "masked" : "by class",
        crop.weight == 1 ? "" : compact(crop.weight), crop.points.map { "\($0.count)" } ?? "", problem(position),
      ]
    }
    var headings = ["use", "crop", "voxels", "raw", "labels", "voxel size", "labelled", "mask", "weight", "points", "problem"], kept = rows
    for column in [10, 9, 8, 7, 6] where kept.allSatisfy({ $0[column].isEmpty }) {
      headings.remove(at: column)
      kept = kept.map { var row = $0; row.remove(at: column); return row }
    }
    let table = TextTable(headings: headings, rows: kept, numeric: headings.map { $0 == "labelled" || $0 == "weight" }).rendered(Style(width: style.width, color: style.color))
    return table + (split.classes.isEmpty ? "" : "\n  classes \(split.classes.joined(separator: ", "))")
  }

  /// Of raw: its voxel size where that is another than the labels', or its shape.
  private func remark(_ crop: Crop) -> String {
    let size = crop.raw.source.grid.voxelSize
    if crop.rate.contains(where: { $0 > 1 }) { return ", " + (Set(size.values).count == 1 ? "\(size[0]) nm" : sizeText(size)) }
    return crop.raw.shape == crop.bounds.shape.values ? "" : " " + crop.raw.shape.map(String.init).joined(separator: " × ")
  }

  /// "12.3 %", "≈ 12 %" where only a part was looked at; "12.3, 0.4 %" of two classes, "–" for one that was not annotated.
  private func percent(_ look: CropLook) -> String {
    func text(_ share: Double) -> String { share.isNaN ? "–" : look.isExact ? fixed(100 * share, 1) : fixed(100 * share, share < 0.1 ? 1 : 0) }
    let shares = look.shares.count > 1 && look.shares.count <= 6 ? look.shares : [look.share]
    if shares.allSatisfy(\.isNaN) { return "–" }
    return (look.isExact ? "" : "≈ ") + shares.map(text).joined(separator: ", ") + " %"
  }
}
