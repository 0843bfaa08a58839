/// A colour for a label id: 0 is black, others get well-spread hues that do not depend on which ids are present.
package func labelColor(_ id: UInt64) -> (UInt8, UInt8, UInt8) {
  if id == 0 { return (0, 0, 0) }
  // Golden-ratio steps around the hue circle keep consecutive ids apart; two brightness levels double the set.
  let hue = (Double(id % 1_000_003) * 0.618033988749895).truncatingRemainder(dividingBy: 1)
  let value = id % 2 == 0 ? 1.0 : 0.8
  return hsv(hue, 0.65, value)
}

private func hsv(_ hue: Double, _ saturation: Double, _ value: Double) -> (UInt8, UInt8, UInt8) {
  let sector = hue * 6, index = Int(sector) % 6, part = sector - Double(Int(sector))
  let p = value * (1 - saturation), q = value * (1 - saturation * part), t = value * (1 - saturation * (1 - part))
  let (r, g, b) = [(value, t, p), (q, value, p), (p, value, t), (p, q, value), (t, p, value), (value, p, q)][index]
  return (UInt8(r * 255), UInt8(g * 255), UInt8(b * 255))
}
