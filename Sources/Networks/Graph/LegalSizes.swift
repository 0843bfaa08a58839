/// The input sizes a network takes: along each axis `smallest + step · k`.
package struct LegalSizes: Sendable, Equatable, CustomStringConvertible {
  package let smallest: [Int]
  package let step: [Int]

  package init(smallest: [Int], step: [Int]) { (self.smallest, self.step) = (smallest, step) }

  package func contains(_ size: [Int]) -> Bool {
    size.count == smallest.count && size.indices.allSatisfy { size[$0] >= smallest[$0] && (size[$0] - smallest[$0]) % step[$0] == 0 }
  }

  /// The smallest legal size that is at least `length` (up to 2⁴⁰) along `axis`, counted from 0.
  package func atLeast(_ length: Int, axis: Int) -> Int {
    let missing = max(0, min(length, 1 << 40) - smallest[axis])
    return smallest[axis] + (missing + step[axis] - 1) / step[axis] * step[axis]
  }

  /// "92 + 8 k", or one such term an axis where axes differ.
  package var description: String {
    let terms = zip(smallest, step).map { $1 == 1 ? "\($0) or more" : "\($0) + \($1) k" }
    guard Set(terms).count > 1 else { return terms.first ?? "" }
    return zip(["z", "y", "x"].suffix(terms.count), terms).map { "\($0) \($1)" }.joined(separator: ", ")
  }
}
