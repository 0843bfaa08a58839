// Reads a data split from CSV, in one of two forms; paths are relative to the folder of the file.
//
// with a header   columns in any order: use (train|validate), raw, labels, and optionally mask, weight, roi, name. Fields may be quoted.
//                 roi is "[0um:2um, 0:640, 1280nm:1920nm]", nm where no unit is given.
// DaCapo          no header, five fields: train|val, raw_container, raw_dataset, gt_container, gt_dataset
// In both, labels may end in `base/[a&b]`: arrays base/a and base/b become two channels.

import Geometry

package enum SplitCSV {
  /// - Parameter rawKey, labelsKey: joined to paths of the header form that name a container only (".zarr", ".n5").
  /// - Throws: `TrainingError.csv` for the first line that cannot be read, `.split([.empty])` if there is none.
  package static func parse(_ text: String, path: String, rawKey: String? = nil, labelsKey: String? = nil, maskKey: String? = nil) throws(TrainingError) -> [CropSpec] {
    let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : ""
    let reader = Reader(path: path, folder: folder, rawKey: rawKey, labelsKey: labelsKey, maskKey: maskKey)
    var specs: [CropSpec] = [], header: [String]?
    let text = text.hasPrefix("\u{feff}") ? String(text.dropFirst()) : text   // a byte order mark, as spreadsheets write
    // Swift sees "\r\n" as one character; a lone "\r" ends a line too
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let trimmed = line.trimmingSpaces()
      if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
      let fields = try reader.fields(trimmed, index + 1)
      if let header {
        specs.append(try reader.record(header, fields, index + 1))
      } else if specs.isEmpty && fields.contains(where: { $0.lowercased() == "use" }) {
        header = try reader.header(fields, index + 1)
      } else {
        specs.append(try reader.dacapo(fields, index + 1))
      }
    }
    if specs.isEmpty { throw .split([.empty]) }
    return specs
  }
}

private struct Reader {
  let path: String, folder: String, rawKey: String?, labelsKey: String?, maskKey: String?

  func bad(_ line: Int, _ reason: String) -> TrainingError { .csv(path: path, line: line, reason: reason) }

  func fields(_ line: String, _ number: Int) throws(TrainingError) -> [String] {
    var result: [String] = [], field = "", quoted = false, wasQuoted = false
    var rest = Substring(line)
    while let c = rest.popFirst() {
      switch (c, quoted) {
      case ("\"", true) where rest.first == "\"": field.append("\""); rest.removeFirst()
      case ("\"", true): quoted = false
      case ("\"", false) where field.trimmingSpaces().isEmpty: (quoted, wasQuoted, field) = (true, true, "")
      case (",", false):
        result.append(wasQuoted ? field : field.trimmingSpaces())
        (field, wasQuoted) = ("", false)
      default: if quoted || !wasQuoted { field.append(c) }
      }
    }
    if quoted { throw bad(number, "a quote is not closed") }
    result.append(wasQuoted ? field : field.trimmingSpaces())
    return result
  }

  func header(_ fields: [String], _ line: Int) throws(TrainingError) -> [String] {
    let names = fields.map { $0.lowercased() }, known = ["use", "raw", "labels", "mask", "weight", "roi", "name"]
    for (index, name) in names.enumerated() {
      guard known.contains(name) else { throw bad(line, "unknown column `\(name)`; columns are \(known.joined(separator: ", "))") }
      if names[..<index].contains(name) { throw bad(line, "column `\(name)` is named twice") }
    }
    for name in ["use", "raw", "labels"] where !names.contains(name) { throw bad(line, "column `\(name)` is missing") }
    return names
  }

  func record(_ header: [String], _ fields: [String], _ line: Int) throws(TrainingError) -> CropSpec {
    guard fields.count == header.count else { throw bad(line, "expected \(header.count) fields (\(header.joined(separator: ", "))), found \(fields.count)") }
    func value(_ name: String) -> String? {
      guard let column = header.firstIndex(of: name), !fields[column].isEmpty else { return nil }
      return fields[column]
    }
    guard let raw = value("raw") else { throw bad(line, "raw is empty") }
    guard let labels = value("labels") else { throw bad(line, "labels is empty") }
    var weight = 1.0
    if let text = value("weight") {
      guard let number = Double(text) else { throw bad(line, "weight must be a number, found \"\(text)\"") }
      weight = number
    }
    let (paths, classes) = expand(located(labels, labelsKey))
    return CropSpec(
      name: value("name"), use: try use(value("use") ?? "", line), raw: .path(located(raw, rawKey)), labels: paths.map { .path($0) }, classes: classes,
      mask: value("mask").map { .path(located($0, maskKey)) }, weight: weight, roi: try value("roi").map { text throws(TrainingError) in try roi(text, line) })
  }

  func dacapo(_ fields: [String], _ line: Int) throws(TrainingError) -> CropSpec {
    guard fields.count == 5 else {
      throw bad(line, "expected a header with use, raw, labels or DaCapo's five fields (train|val, raw container, raw dataset, labels container, labels dataset), found \(fields.count) fields")
    }
    for (field, name) in zip(fields[1...], ["raw container", "raw dataset", "labels container", "labels dataset"]) where field.isEmpty { throw bad(line, "\(name) is empty") }
    let (paths, classes) = expand(located(fields[3] + "/" + fields[4], nil))
    return CropSpec(use: try use(fields[0], line), raw: .path(located(fields[1] + "/" + fields[2], nil)), labels: paths.map { .path($0) }, classes: classes)
  }

  private func use(_ text: String, _ line: Int) throws(TrainingError) -> CropSpec.Use {
    switch text.lowercased() {
    case "train": return .train
    case "val", "validate", "validation": return .validate
    default: throw bad(line, "use must be train or validate, found \"\(text)\"")
    }
  }

  private func located(_ path: String, _ key: String?) -> String {
    let full = path.hasPrefix("/") || folder.isEmpty || path.contains("://") ? path : folder + "/" + path
    guard let key, full.hasSuffix(".zarr") || full.hasSuffix(".n5") else { return full }
    return full + "/" + key
  }

  /// `base/[a&b]` as base/a, base/b; a path without brackets is itself, one class without a name.
  private func expand(_ path: String) -> (paths: [String], classes: [String]) {
    guard let open = path.lastIndex(of: "["), let close = path[open...].firstIndex(of: "]") else { return ([path], []) }
    let base = path[..<open], names = path[path.index(after: open)..<close].split(separator: "&").map { $0.trimmingSpaces() }
    return names.isEmpty ? ([path], []) : (names.map { base + $0 }, names)
  }

  private func roi(_ text: String, _ line: Int) throws(TrainingError) -> WorldRoi {
    var begin: [Rational] = [], end: [Rational] = []
    for part in text.filter({ $0 != "[" && $0 != "]" }).split(whereSeparator: { $0 == "," || $0 == ";" }) {
      let bounds = part.split(separator: ":", omittingEmptySubsequences: false)
      guard bounds.count == 2, let low = Self.length(bounds[0]), let high = Self.length(bounds[1]), low < high else {
        throw bad(line, "roi must be like \"[0um:2um, 0um:1um, 640nm:1280nm]\", found \"\(text)\"")
      }
      begin.append(low)
      end.append(high)
    }
    guard let roi = try? WorldRoi(from: Coordinate(begin), to: Coordinate(end)), roi.rank > 0 else { throw bad(line, "roi is too large: \(text)") }
    return roi
  }

  /// nm; "1um", "1.5 µm", "640nm", "640".
  private static func length(_ text: Substring) -> Rational? {
    let trimmed = text.trimmingSpaces()
    for (unit, scale) in [("nm", 1), ("um", 1000), ("µm", 1000), ("μm", 1000), ("mm", 1_000_000)] where trimmed.hasSuffix(unit) {
      guard let number = Rational(decimal: trimmed.dropLast(unit.count).trimmingSpaces()) else { return nil }
      return try? number * Rational(scale)
    }
    return Rational(decimal: trimmed)
  }
}

extension StringProtocol {
  func trimmingSpaces() -> String {
    var rest = Substring(self)
    while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return String(rest)
  }
}
