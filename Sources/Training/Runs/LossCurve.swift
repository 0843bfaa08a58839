// The losses of a run as its progress line shows them: smoothed, all of it, ever coarser.

import Arrays

struct LossCurve {
  private(set) var last = Double.nan
  /// At most 256.
  private(set) var values: [Double] = []
  private var every = 1, count = 0

  mutating func add(_ loss: Double) {
    last = last.isNaN ? loss : 0.97 * last + 0.03 * loss
    count += 1
    if count % every == 0 { values.append(last) }
    if values.count > 256 {
      values = stride(from: 1, to: values.count, by: 2).map { values[$0] }
      every *= 2
    }
  }

  /// Three significant digits for small numbers, plain ones for others.
  static func rounded(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "?" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    while value != 0 && abs(value) * scale < 10 && scale < 1e9 { scale *= 10 }
    let number = (value * scale).rounded() / scale
    return scale == 1 ? "\(Int(clamping: Int64.nearest(number)))" : "\(number)"
  }
}
