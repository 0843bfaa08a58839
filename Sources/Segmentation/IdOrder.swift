// Sorting by id, in steps between which it can be stopped.

import Execution

/// Ascending by `a`; pairs of equal `a` stay in their order. By digits of a byte from the least on, those that all ids share left out.
///
/// - Throws: `Cancelled`.
/// - Complexity: O(pairs) a digit; as much memory again.
package func ascending(_ pairs: [IdPair], _ context: ExecutionContext) throws -> [IdPair] {
  var from = pairs, to = pairs, differing: UInt64 = 0
  let parts = chunks(pairs.count)
  if let first = pairs.first { for pair in pairs { differing |= pair.a ^ first.a } }
  for shift in stride(from: UInt64(0), to: 64, by: 8) where differing >> shift & 255 != 0 {
    var place = [Int](repeating: 0, count: 256), first = 0
    for part in parts {
      try context.cancellation.check()
      for pair in from[part] { place[Int(pair.a >> shift & 255)] += 1 }
    }
    for digit in place.indices { (place[digit], first) = (first, first + place[digit]) }
    for part in parts {
      try context.cancellation.check()
      for pair in from[part] {
        let digit = Int(pair.a >> shift & 255)
        to[place[digit]] = pair
        place[digit] += 1
      }
    }
    swap(&from, &to)
  }
  return from
}
