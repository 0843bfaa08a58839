// Places from CSV: a line each, its last one to three columns named (z, y, x) or without a heading; nm, or voxels where the data have no voxel size.

import Geometry

package enum PointsCSV {
  static func parse(_ text: String) throws(BadLine) -> [WorldCoordinate] {
    var points: [WorldCoordinate] = [], columns: [Int]?
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingSpaces() }
      if line.trimmingSpaces().isEmpty || line.hasPrefix("#") { continue }
      let numbers = fields.map { Rational(decimal: $0) }
      if points.isEmpty && columns == nil && numbers.contains(where: { $0 == nil }) {
        let names = fields.map { $0.lowercased() }, found = ["z", "y", "x"].compactMap { names.firstIndex(of: $0) }
        guard !found.isEmpty else { throw BadLine(reason: "line \(index + 1): expected columns z, y, x") }
        columns = found
        continue
      }
      let wanted = columns ?? Array(fields.indices), place = wanted.compactMap { fields.indices.contains($0) ? numbers[$0] : nil }
      guard place.count == wanted.count, (1...3).contains(place.count), points.first.map({ $0.rank == place.count }) ?? true else {
        throw BadLine(reason: "line \(index + 1): expected \(points.first?.rank ?? 3) numbers, found \"\(line)\"")
      }
      points.append(Coordinate(place))
    }
    return points
  }

  /// As many lines as places.
  package static func parse(text: String, path: String) throws(TrainingError) -> [WorldCoordinate] {
    do throws(BadLine) { return try parse(text) } catch { throw .settings(name: "points", expected: "a CSV of places", found: "\(path): \(error.reason)") }
  }
}
