import Geometry

/// Suffixes of numbers: how many nanometres, seconds or bytes one of them is.
enum Unit: String, CaseIterable, Sendable {
  case nm, um, µm, mm, ms, s, min, h, KiB, MiB, GiB, TiB

  /// U+03BC, the Greek letter, is the micro sign too.
  init?(suffix: String) { self.init(rawValue: suffix == "\u{3bc}m" ? "µm" : suffix) }

  enum Dimension: Sendable { case length, duration, bytes }

  var dimension: Dimension {
    switch self {
    case .nm, .um, .µm, .mm: .length
    case .ms, .s, .min, .h: .duration
    case .KiB, .MiB, .GiB, .TiB: .bytes
    }
  }

  /// In nm, s or bytes.
  var factor: Rational {
    switch self {
    case .nm, .s: .one
    case .um, .µm: Rational(1000)
    case .mm: Rational(1_000_000)
    case .ms: (try? Rational(1, over: 1000)) ?? .zero
    case .min: Rational(60)
    case .h: Rational(3600)
    case .KiB: Rational(1 << 10)
    case .MiB: Rational(1 << 20)
    case .GiB: Rational(1 << 30)
    case .TiB: Rational(1 << 40)
    }
  }

  /// A number of this unit; nil where it does not fit.
  func value(of number: Rational) -> Value? {
    guard let amount = try? number * factor else { return nil }
    switch dimension {
    case .length: return .length(amount)
    case .duration: return .duration(amount)
    case .bytes: return (try? amount.rounded(.nearest)).map(Value.bytes)
    }
  }

  static let list = "nm um µm mm, ms s min h, KiB MiB GiB TiB"
}
