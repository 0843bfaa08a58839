// What became of every weight of a file and every weight of a network.

import Arrays

package struct WeightReport: Sendable, Equatable {
  package struct Match: Sendable, Equatable {
    /// Of the network, and of the file.
    package let name: String, from: String
    /// Of the file, where it is another than the network's but for axes of length 1.
    package let reshaped: [Int]?
    package let dtype: DType
  }

  package let path: String, network: String
  /// Whose names the file has.
  package let scheme: String
  package var loaded: [Match] = []
  /// Of the file: counters, settings, and second names of what was loaded.
  package var skipped: [(name: String, why: String)] = []
  /// Of the network: nothing in the file has such a name.
  package var missing: [String] = []
  /// Of the file: nothing in the network has such a name.
  package var unused: [String] = []
  package var otherShapes: [(name: String, expected: [Int], found: [Int])] = []
  /// Two names for one weight with different values.
  package var contradictions: [String] = []

  package var isComplete: Bool { missing.isEmpty && unused.isEmpty && otherShapes.isEmpty && contradictions.isEmpty }

  /// Rows for a table: what happened, the network's name, the file's, a remark.
  package var rows: [(state: String, name: String, from: String, note: String)] {
    loaded.map { match in
      let notes = [match.reshaped.map { "from \(shapeText($0))" }, match.dtype == .float32 ? nil : "from \(match.dtype)"].compactMap(\.self)
      return (match.reshaped != nil ? "reshaped" : match.name == match.from ? "loaded" : "renamed", match.name, match.from, notes.joined(separator: ", "))
    } + skipped.map { ("skipped", "", $0.name, $0.why) } + missing.map { ("missing", $0, "", "") } + unused.map { ("unused", "", $0, "") }
      + otherShapes.map { ("other shape", $0.name, "", "expected \(shapeText($0.expected)), found \(shapeText($0.found))") } + contradictions.map { ("contradiction", $0, "", "") }
  }

  /// "28 of 28 weights loaded as DaCapo 0.3 names them, 30 skipped".
  package var summary: String {
    let total = loaded.count + missing.count + otherShapes.count + contradictions.count
    let parts = [
      "\(loaded.count) of \(total) weights loaded by \(scheme == "its own names" ? scheme : "the names of \(scheme)")", count(loaded.filter { $0.reshaped != nil }.map(\.name), "reshaped"),
      skipped.isEmpty ? nil : "\(skipped.count) skipped", count(otherShapes.map { "\($0.name) \(shapeText($0.found)) for \(shapeText($0.expected))" }, "of another shape"),
      count(missing, "missing"), count(unused, "unused"), count(contradictions, "there twice with different values"),
    ]
    return parts.compactMap(\.self).joined(separator: "; ")
  }

  private func count(_ names: [String], _ what: String) -> String? {
    names.isEmpty ? nil : "\(names.count) \(what): " + names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
  }

  package static func == (a: WeightReport, b: WeightReport) -> Bool {
    a.summary == b.summary && a.path == b.path && a.network == b.network && a.rows.elementsEqual(b.rows, by: ==)
  }
}
