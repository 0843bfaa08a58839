// What `stats` finds, with a face of its own.

import Arrays
import Display
import Language

struct StatsValue: ObjectValue {
  let stats: Stats

  var typeName: String { "stats" }
  var fieldNames: [String] { ["count", "dtype", "inf", "max", "mean", "median", "min", "nan", "p1", "p99", "std"] }
  var identity: String? { "stats \(stats)" }
  var brief: String { "stats of \(grouped(stats.count)) values" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "count": .int(stats.count)
    case "dtype": .string(stats.dtype.rawValue)
    case "nan": .int(stats.nan)
    case "inf": .int(stats.infinite)
    case "min": number(stats.min)
    case "max": number(stats.max)
    case "mean": .float(stats.mean)
    case "std": .float(stats.std)
    case "p1": .float(stats.p1)
    case "median": .float(stats.median)
    case "p99": .float(stats.p99)
    default: nil
    }
  }

  private func number(_ scalar: Scalar?) -> Value {
    // of a mask, numbers too: 0 and 1
    if case .bool(let value)? = scalar { return .int(value ? 1 : 0) }
    return scalar.map { Value(scalar: $0) } ?? .float(.nan)
  }

  func summary(_ style: DisplayStyle) -> String {
    let paint = Style(width: style.width, color: style.color)
    func text(_ scalar: Scalar?) -> String {
      switch scalar {
      case .int(let value)?: Words.grouped(value)
      case .bool(let value)?: value ? "1" : "0"
      case .float(let value)?: compact(value)
      case nil: "none"
      }
    }
    func counted(_ name: String, _ count: Int) -> String {
      let text = "\(name) \(grouped(count))"
      return count > 0 ? paint.red(text) : text
    }
    if stats.count == 0 { return "no values of \(stats.dtype)" }
    var lines = ["\(grouped(stats.count)) values of \(stats.dtype)    " + counted("NaN", stats.nan) + "    " + counted("inf", stats.infinite)]
    lines.append("  min \(text(stats.min))    p1 \(compact(stats.p1))    median \(compact(stats.median))    p99 \(compact(stats.p99))    max \(text(stats.max))")
    lines.append("  mean \(compact(stats.mean))    std \(compact(stats.std))")
    if !stats.histogram.isEmpty { lines.append("  \(sparkline(stats.histogram.map(Double.init)))   \(text(stats.min)) → \(text(stats.max))") }
    return lines.joined(separator: "\n")
  }
}
