/// "1,234,567".
package func grouped(_ value: Int) -> String {
  let digits = String(value.magnitude)
  var text = ""
  for (position, digit) in digits.enumerated() {
    if position > 0 && (digits.count - position) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return value < 0 ? "-" + text : text
}

/// Fixed decimals, half to even of the decimal text's double: `fixed(0.12345, 3)` is "0.123".
package func fixed(_ value: Double, _ decimals: Int) -> String {
  if value.isNaN { return "nan" }
  if value.isInfinite { return value < 0 ? "-inf" : "inf" }
  var scale = 1.0
  for _ in 0..<max(0, min(decimals, 15)) { scale *= 10 }
  let scaled = (value.magnitude * scale).rounded(.toNearestOrEven)
  guard scaled < 1e15 else { return "\(value)" }
  let whole = Int(scaled / scale), rest = Int(scaled - Double(whole) * scale)
  let sign = value < 0 && scaled > 0 ? "-" : ""
  if decimals <= 0 { return sign + String(whole) }
  let digits = String(rest)
  return sign + String(whole) + "." + String(repeating: "0", count: max(0, decimals - digits.count)) + digits
}

/// Where a value stands between two others, 0 to 1; 0 for NaN, and where they are equal. The difference of huge values may overflow.
package func share(_ value: Double, _ low: Double, _ high: Double) -> Double {
  let span = high - low
  let share = span.isFinite ? (value - low) / span : (value / 2 - low / 2) / (high / 2 - low / 2)
  return share > 0 ? min(1, share) : 0
}

/// Which of `count` equal parts of `low ... high` holds a value; the last one holds its end, too.
package func bin(_ value: Double, _ low: Double, _ high: Double, of count: Int) -> Int {
  min(count - 1, Int(share(value, low, high) * Double(count)))
}

/// Three or four significant digits, without noise: 0.0381, 12.5, 1,250, 1.2e-7.
package func compact(_ value: Double) -> String {
  guard value.isFinite else { return fixed(value, 0) }
  if value == 0 { return "0" }
  let size = value.magnitude
  if size < 1e-4 || size >= 1e15 { return scientific(value) }
  if value == value.rounded(), size < 1e15 { return grouped(Int(value)) }
  let decimals = size >= 1000 ? 1 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : size >= 0.1 ? 4 : size >= 0.01 ? 5 : 6
  var text = fixed(value, decimals)
  while text.contains("."), text.hasSuffix("0") { text.removeLast() }
  if text.hasSuffix(".") { text.removeLast() }
  return text
}

private func scientific(_ value: Double) -> String {
  var mantissa = value, exponent = 0
  while mantissa.magnitude >= 10 { mantissa /= 10; exponent += 1 }
  while mantissa.magnitude < 1 { mantissa *= 10; exponent -= 1 }
  return "\(fixed(mantissa, 1))e\(exponent)"
}

/// "850 ms", "12.4 s", "3 min 05 s", "2 h 14 min".
package func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "?" }
  if seconds < 1 { return "\(Int((seconds * 1000).rounded())) ms" }
  if seconds < 60 { return "\(fixed(seconds, 1)) s" }
  let whole = Int(seconds.rounded())
  let two = { (n: Int) in n < 10 ? "0\(n)" : "\(n)" }
  if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
  if whole < 86400 { return "\(whole / 3600) h \(two(whole / 60 % 60)) min" }
  return "\(whole / 86400) d \(two(whole / 3600 % 24)) h"
}
