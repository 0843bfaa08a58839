// Numbers and quantities of a table as what an axis can show.

import Geometry
import Language

/// A column as numbers in one unit.
struct PlotQuantity {
  /// "length", "time", "bytes"; nil for plain numbers.
  let dimension: String?
  /// In nm, s or bytes.
  private let raw: [Double?]
  let unit: (name: String, size: Double)

  init(_ column: [Value], _ name: String, _ argument: String, _ call: Call) throws {
    let dimensions = column.compactMap { $0.magnitude?.dimension }
    raw = try column.map { value in
      if value.isNil { return nil }
      guard let (number, dimension) = value.magnitude, dimension == dimensions.first else {
        throw call.failure(.type, "column `\(name)` holds \(value.typePhrase)" + (dimensions.isEmpty ? ", not numbers" : " among other values"), at: argument)
      }
      return number
    }
    dimension = dimensions.first.flatMap { $0.isEmpty ? nil : $0 }
    let largest = raw.compactMap { $0?.magnitude }.filter(\.isFinite).max() ?? 0
    let units: [(String, Double)] = switch dimension {
    case "length": [("mm", 1e6), ("µm", 1e3), ("nm", 1)]
    case "time": [("h", 3600), ("min", 60), ("s", 1), ("ms", 0.001)]
    case "bytes": [("TiB", 1_099_511_627_776), ("GiB", 1_073_741_824), ("MiB", 1_048_576), ("KiB", 1024), ("B", 1)]
    default: [("", 1)]
    }
    unit = units.first { $0.1 <= largest } ?? units[units.count - 1]
  }

  var values: [Double?] { values(in: unit) }
  func values(in unit: (name: String, size: Double)) -> [Double?] { raw.map { $0.map { $0 / unit.size } } }

  /// "size [µm]"
  func title(_ name: String) -> String { unit.name.isEmpty ? name : name + (name.isEmpty ? "" : " ") + "[\(unit.name)]" }
}

extension Value {
  /// What an axis can show, and what it measures: "" for a plain number.
  var magnitude: (number: Double, dimension: String)? {
    switch self {
    case .length(let length): (length.double, "length")
    case .duration(let time): (time.double, "time")
    case .bytes(let count): (Double(count), "bytes")
    case .bool(let truth): (truth ? 1 : 0, "")
    default: number.map { ($0, "") }
    }
  }
}
