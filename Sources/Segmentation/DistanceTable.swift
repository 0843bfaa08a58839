// Many distances, kept so that sums, means and percentiles of them are exact whatever the order and the blocks that they came in.

import Arrays
import Execution

/// A sum of non-negative float32 without rounding: significands are added up for each exponent.
package struct FloatSum: Equatable, Sendable {
  private var exact = ExactSum()

  package init() {}

  /// Adds what a loop has added up: `bins[e]` is the sum of the significands of values with exponent bits `e`.
  mutating func add(bins: [UInt64]) {
    for (exponent, sum) in bins.enumerated() where sum != 0 {
      if exponent == 255 { continue }   // infinite: there was nothing to measure to, and no score is made of it
      let unit = Double(sign: .plus, exponent: max(exponent, 1) - 150, significand: 1)
      exact.add(Double(sum >> 32) * unit * 4_294_967_296)
      exact.add(Double(sum & 0xffff_ffff) * unit)
    }
  }

  mutating func add(_ value: Float, times count: Int) {
    guard value.isFinite else { return }
    var rest = count, scale = 1.0
    while rest > 0 {   // 24 + 28 bits are a double
      exact.add(Double(value) * Double(rest & 0xfff_ffff) * scale)
      rest >>= 28
      scale *= 268_435_456
    }
  }

  package static func += (a: inout FloatSum, b: FloatSum) { a.exact.add(b.exact) }
  package var value: Double { exact.value }

  /// The place in `bins` of a value, and what to add there. Room for 2⁴⁰ values.
  @inline(__always) static func parts(_ value: Float) -> (bin: Int, significand: UInt64) {
    let bits = value.bitPattern, exponent = Int(bits >> 23 & 0xff)
    return (exponent, UInt64(bits & 0x7f_ffff) | (exponent == 0 ? 0 : 1 << 23))
  }
}

/// Distinct distances with how often each occurs, ascending. On a grid they are few.
package struct DistanceTable: Equatable, Sendable {
  package struct Entry: Equatable, Sendable {
    package let distance: Float
    package var count: Int
  }
  package private(set) var entries: [Entry] = []

  package init() {}

  /// Any order; counts of equal distances are added.
  init(_ distances: [Float]) {
    for distance in distances.sorted() {
      if let last = entries.last, last.distance == distance { entries[entries.count - 1].count += 1 } else { entries.append(Entry(distance: distance, count: 1)) }
    }
  }

  /// Counts of equal distances added, two tables at a time, so that each entry is met log(tables) times.
  static func merging(_ tables: [DistanceTable], _ cancellation: Cancellation) throws -> DistanceTable {
    var left = tables
    while left.count > 1 {
      left = try stride(from: 0, to: left.count, by: 2).map { i in
        try cancellation.check()
        return i + 1 < left.count ? left[i].adding(left[i + 1]) : left[i]
      }
    }
    return left.first ?? DistanceTable()
  }

  private func adding(_ other: DistanceTable) -> DistanceTable {
    if other.entries.isEmpty { return self }
    var sum = DistanceTable(), i = 0, j = 0
    sum.entries.reserveCapacity(entries.count + other.entries.count)
    while i < entries.count || j < other.entries.count {
      if j == other.entries.count || (i < entries.count && entries[i].distance < other.entries[j].distance) {
        sum.entries.append(entries[i])
        i += 1
      } else if i == entries.count || other.entries[j].distance < entries[i].distance {
        sum.entries.append(other.entries[j])
        j += 1
      } else {
        sum.entries.append(Entry(distance: entries[i].distance, count: entries[i].count + other.entries[j].count))
        i += 1
        j += 1
      }
    }
    return sum
  }

  package var count: Int { entries.reduce(0) { $0 + $1.count } }
  var byteCount: Int { entries.count * MemoryLayout<Entry>.stride }

  package var sum: FloatSum {
    var sum = FloatSum()
    for entry in entries { sum.add(entry.distance, times: entry.count) }
    return sum
  }

  /// Linear between ranks, as numpy has it; NaN if there are none.
  package func percentile(_ percent: Double) -> Double {
    let count = count
    if count == 0 { return .nan }
    let place = min(max(percent, 0), 100) / 100 * Double(count - 1), low = Int(place)
    let first = at(low), second = at(min(low + 1, count - 1))
    return first == second ? first : first + (place - Double(low)) * (second - first)
  }

  private func at(_ rank: Int) -> Double {
    var before = 0
    for entry in entries {
      before += entry.count
      if rank < before { return Double(entry.distance) }
    }
    return .nan
  }
}
