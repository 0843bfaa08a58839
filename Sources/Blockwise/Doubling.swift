/// What many blocks found, equal finds summed up: finds are appended, and summed up when they have doubled, because summing block by block would
/// go through all of them each time. In block order, so that the result is the same for any number of workers.
package struct Doubling<Item: Sendable>: Sendable {
  private var summed: [Item] = []
  private var pending: [Item] = []
  private let sum: @Sendable ([Item]) -> [Item]
  private let what: String
  private let bytesEach: Int, budget: Int

  /// - Parameter what: for the message where they do not fit: "ids".
  /// - Parameter sum: equal ones added up; of any order.
  package init(_ what: String, bytesEach: Int, budget: Int, sum: @escaping @Sendable ([Item]) -> [Item]) {
    (self.what, self.bytesEach, self.budget, self.sum) = (what, bytesEach, budget, sum)
  }

  /// - Throws: `BlockwiseError.budget`.
  package mutating func add(_ items: [Item]) throws {
    pending += items
    if pending.count > max(1 << 16, summed.count) { _ = try settled() }
  }

  /// All of them.
  ///
  /// - Throws: `BlockwiseError.budget`.
  package mutating func settled() throws -> [Item] {
    summed = sum(summed + pending)
    pending.removeAll(keepingCapacity: true)
    let bytes = saturated(summed.count, bytesEach)
    if bytes > budget { throw BlockwiseError.budget(what: "\(summed.count) \(what)", bytes: bytes, budget: budget) }
    return summed
  }
}
