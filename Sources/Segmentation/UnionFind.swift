// Which things belong together, when told pair by pair (Tarjan 1975: path halving, the smaller index is the root).
//
// The result depends on the set of pairs alone, never on their order: a class is represented by its smallest member.

/// Classes over `0..<count`.
package struct UnionFind: Sendable {
  private var parent: [Int]

  package init(count: Int) { parent = Array(0..<max(0, count)) }

  package var count: Int { parent.count }

  /// The smallest member of the class of `member`.
  ///
  /// - Precondition: `0 <= member < count`.
  /// - Complexity: amortised nearly O(1).
  package mutating func root(_ member: Int) -> Int {
    var member = member
    while parent[member] != member {
      parent[member] = parent[parent[member]]
      member = parent[member]
    }
    return member
  }

  package mutating func join(_ a: Int, _ b: Int) {
    let (a, b) = (root(a), root(b))
    if a < b { parent[b] = a } else { parent[a] = b }
  }

  /// The root of each member.
  package mutating func roots() -> [Int] { parent.indices.map { root($0) } }
}

/// Classes over ids of any size, of which only those that were joined take memory.
package struct IdUnionFind: Sendable {
  private var indexOf: [UInt64: Int] = [:]
  private var ids: [UInt64] = []
  private var pending: [(Int, Int)] = []

  package init() {}

  package mutating func join(_ a: UInt64, _ b: UInt64) { pending.append((index(a), index(b))) }

  package mutating func join(_ pairs: some Sequence<IdPair>) { for pair in pairs { join(pair.a, pair.b) } }

  private mutating func index(_ id: UInt64) -> Int {
    if let known = indexOf[id] { return known }
    indexOf[id] = ids.count
    ids.append(id)
    return ids.count - 1
  }

  /// Each joined id that is not the smallest of its class, with that smallest id; ascending.
  package func merges() -> [IdPair] {
    // dense indices in ascending order of id make the smallest index the smallest id
    let order = ids.indices.sorted { ids[$0] < ids[$1] }
    var rank = [Int](repeating: 0, count: ids.count)
    for (position, index) in order.enumerated() { rank[index] = position }
    var classes = UnionFind(count: ids.count)
    for (a, b) in pending { classes.join(rank[a], rank[b]) }
    return order.indices.compactMap { position in
      let root = classes.root(position)
      return root == position ? nil : IdPair(ids[order[position]], ids[order[root]])
    }
  }
}

/// Two ids that have something to do with each other.
package struct IdPair: Hashable, Comparable, Sendable {
  package var a, b: UInt64
  package init(_ a: UInt64, _ b: UInt64) { (self.a, self.b) = (a, b) }
  package static func < (p: IdPair, q: IdPair) -> Bool { (p.a, p.b) < (q.a, q.b) }
}
