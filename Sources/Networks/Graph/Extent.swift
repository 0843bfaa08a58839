/// Three spatial lengths, z, y, x. An image of two axes has z = 1.
package struct Extent: Sendable, Hashable, CustomStringConvertible {
  package var z, y, x: Int

  package init(_ z: Int, _ y: Int, _ x: Int) { (self.z, self.y, self.x) = (z, y, x) }
  package init(repeating value: Int) { self.init(value, value, value) }

  /// From the lengths of the last one, two or three axes; missing ones are 1. More than three keep the last three.
  package init(_ lengths: some Collection<Int>) {
    let last = Array(repeatElement(1, count: 3)) + lengths
    self.init(last[last.count - 3], last[last.count - 2], last[last.count - 1])
  }

  package subscript(axis: Int) -> Int {
    get { axis == 0 ? z : axis == 1 ? y : x }
    set { if axis == 0 { z = newValue } else if axis == 1 { y = newValue } else { x = newValue } }
  }

  package var values: [Int] { [z, y, x] }
  /// The last `rank` of the three.
  package func last(_ rank: Int) -> [Int] { Array(values.suffix(rank)) }
  /// Overflow is excluded where extents enter: see `Network.shapes`.
  package var count: Int { z * y * x }
  package var description: String { "\(z)×\(y)×\(x)" }

  package static let one = Extent(1, 1, 1)
}
