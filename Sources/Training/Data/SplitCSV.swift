// Reads a data split from CSV, in one of two forms; paths are relative to the folder of the file.
//
// with a header   columns in any order: use (train|validate), raw, labels, and optionally mask, weight, roi, name, annotated, points. Fields may be
//                 quoted. roi is "[0um:2um, 0:640, 1280nm:1920nm]", nm where no unit is given; annotated is "a&b", the classes that were looked for;
//                 points is a CSV of places (PointsCSV).
// DaCapo          no header, five fields: train|val, raw_container, raw_dataset, gt_container, gt_dataset
// In both, labels may end in `base/[a&b]`: arrays base/a and base/b become two channels.

import Geometry

/// Paths inside of containers, joined to what names a container only (".zarr", ".n5").
package struct SplitKeys: Sendable {
  package var raw: String?, labels: String?, mask: String?
  package init(raw: String? = nil, labels: String? = nil, mask: String? = nil) { (self.raw, self.labels, self.mask) = (raw, labels, mask) }
}

package enum SplitCSV {
  /// - Parameter open: the bytes of a file of points.
  /// - Returns: what could be read, and a problem for each line that could not.
  package static func read(_ text: String, path: String, keys: SplitKeys = SplitKeys(), open: @escaping (String) throws -> [UInt8]) -> (specs: [CropSpec], problems: [SplitProblem]) {
    let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : ""
    let reader = Reader(folder: folder, keys: keys, open: open)
    var specs: [CropSpec] = [], problems: [SplitProblem] = [], header: [String]?
    let text = text.hasPrefix("\u{feff}") ? String(text.dropFirst()) : text   // a byte order mark, as spreadsheets write
    // Swift sees "\r\n" as one character; a lone "\r" ends a line too
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let trimmed = line.trimmingSpaces()
      if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
      var isHeader = false
      do throws(BadLine) {
        let fields = try reader.fields(trimmed)
        isHeader = header == nil && specs.isEmpty && problems.isEmpty && fields.contains { $0.lowercased() == "use" }
        if isHeader {
          header = try reader.header(fields)
          continue
        }
        var spec: CropSpec
        if let header { spec = try reader.record(header, fields) } else { spec = try reader.dacapo(fields) }
        spec.place = "\(path):\(index + 1)"
        specs.append(spec)
      } catch {
        problems.append(.line(path: path, line: index + 1, reason: error.reason))
        if isHeader { break }   // without its headings nothing below can be read
      }
    }
    return (specs, problems)
  }
}

/// Why a line cannot be read.
struct BadLine: Error { let reason: String }

private struct Reader {
  let folder: String, keys: SplitKeys, open: (String) throws -> [UInt8]

  func bad(_ reason: String) -> BadLine { BadLine(reason: reason) }

  func fields(_ line: String) throws(BadLine) -> [String] {
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
    if quoted { throw bad("a quote is not closed") }
    result.append(wasQuoted ? field : field.trimmingSpaces())
    return result
  }

  func header(_ fields: [String]) throws(BadLine) -> [String] {
    let names = fields.map { $0.lowercased() }, known = ["use", "raw", "labels", "mask", "weight", "roi", "name", "annotated", "points"]
    for (index, name) in names.enumerated() {
      guard known.contains(name) else { throw bad("unknown column `\(name)`; columns are \(known.joined(separator: ", "))") }
      if names[..<index].contains(name) { throw bad("column `\(name)` is named twice") }
    }
    for name in ["use", "raw", "labels"] where !names.contains(name) { throw bad("column `\(name)` is missing") }
    return names
  }

  func record(_ header: [String], _ fields: [String]) throws(BadLine) -> CropSpec {
    guard fields.count == header.count else { throw bad("expected \(header.count) fields (\(header.joined(separator: ", "))), found \(fields.count)") }
    func value(_ name: String) -> String? {
      guard let column = header.firstIndex(of: name), !fields[column].isEmpty else { return nil }
      return fields[column]
    }
    guard let raw = value("raw") else { throw bad("raw is empty") }
    guard let labels = value("labels") else { throw bad("labels is empty") }
    var weight = 1.0
    if let text = value("weight") {
      guard let number = Double(text) else { throw bad("weight must be a number, found \"\(text)\"") }
      weight = number
    }
    let (paths, classes) = expand(located(labels, keys.labels))
    return CropSpec(
      name: value("name"), use: try use(value("use") ?? ""), raw: .path(located(raw, keys.raw)), labels: paths.map { .path($0) }, classes: classes,
      mask: value("mask").map { .path(located($0, keys.mask)) }, weight: weight, roi: try value("roi").map { text throws(BadLine) in try roi(text) },
      annotated: value("annotated").map { $0.filter { $0 != "[" && $0 != "]" }.split(separator: "&").map { $0.trimmingSpaces() } },
      points: try value("points").map { text throws(BadLine) in try points(text) })
  }

  private func points(_ name: String) throws(BadLine) -> [WorldCoordinate] {
    let path = located(name, nil)
    do { return try PointsCSV.parse(String(decoding: try open(path), as: UTF8.self)) } catch let problem as BadLine { throw bad("points \(path): \(problem.reason)") } catch {
      throw bad("points \(path) cannot be read: \(error)")
    }
  }

  func dacapo(_ fields: [String]) throws(BadLine) -> CropSpec {
    guard fields.count == 5 else {
      throw bad("expected a header with use, raw, labels or DaCapo's five fields (train|val, raw container, raw dataset, labels container, labels dataset), found \(fields.count) fields")
    }
    for (field, name) in zip(fields[1...], ["raw container", "raw dataset", "labels container", "labels dataset"]) where field.isEmpty { throw bad("\(name) is empty") }
    let (paths, classes) = expand(located(fields[3] + "/" + fields[4], nil))
    return CropSpec(use: try use(fields[0]), raw: .path(located(fields[1] + "/" + fields[2], nil)), labels: paths.map { .path($0) }, classes: classes)
  }

  private func use(_ text: String) throws(BadLine) -> CropSpec.Use {
    switch text.lowercased() {
    case "train": return .train
    case "val", "validate", "validation": return .validate
    default: throw bad("use must be train or validate, found \"\(text)\"")
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

  private func roi(_ text: String) throws(BadLine) -> WorldRoi {
    var begin: [Rational] = [], end: [Rational] = []
    for part in text.filter({ $0 != "[" && $0 != "]" }).split(whereSeparator: { $0 == "," || $0 == ";" }) {
      let bounds = part.split(separator: ":", omittingEmptySubsequences: false)
      guard bounds.count == 2, let low = Self.length(bounds[0]), let high = Self.length(bounds[1]), low < high else {
        throw bad("roi must be like \"[0um:2um, 0um:1um, 640nm:1280nm]\", found \"\(text)\"")
      }
      begin.append(low)
      end.append(high)
    }
    guard let roi = try? WorldRoi(from: Coordinate(begin), to: Coordinate(end)), roi.rank > 0 else { throw bad("roi is too large: \(text)") }
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
