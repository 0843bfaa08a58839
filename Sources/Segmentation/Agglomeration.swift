// Merging fragments by the mean affinity between them, strongest pair first.
//
// The graph of contacts (Contacts.swift) is contracted: the pair with the greatest mean affinity merges, its edges to common neighbours add up, and so on while a pair
// reaches the threshold. Equal means are taken by the ids of both sides, where a class has the id that its side with more neighbours had. This is waterz's mean affinity scoring (Funke et al. 2019) on exact means instead of 256 bins.
// Limits: the graph is in memory, about 200 bytes a contact. Checked against its plain twin.

import Arrays
import Execution

/// Which ids belong together, at each of several thresholds: the graph is contracted once, from the highest to the lowest.
///
/// - Parameter thresholds: pairs with a mean affinity of at least this merge; any order.
/// - Returns: in the order of the thresholds, each merged id that is not the smallest of its class, with that smallest id; ascending.
/// - Complexity: O(contacts · log²), and O(ids) a threshold.
package func agglomerate(_ contacts: [Contact], thresholds: [Double], _ context: ExecutionContext) throws -> [[IdPair]] {
  let ids = Set(contacts.flatMap { [$0.a, $0.b] }).sorted()
  var indexOf: [UInt64: Int] = [:]
  indexOf.reserveCapacity(ids.count)
  for (index, id) in ids.enumerated() { indexOf[id] = index }
  var graph = RegionGraph(count: ids.count, floor: thresholds.min() ?? .infinity)
  for part in pieces(contacts.count, contacts.count >> 14) {
    try context.cancellation.check()
    for contact in contacts[part] { if let a = indexOf[contact.a], let b = indexOf[contact.b] { graph.add(a, b, contact.faces, contact.sum) } }
  }
  var classes = UnionFind(count: ids.count), steps = 0, results = thresholds.map { _ in [IdPair]() }
  for place in thresholds.indices.sorted(by: { thresholds[$0] > thresholds[$1] }) {
    while let (keep, gone) = graph.contractStrongest(atLeast: thresholds[place]) {
      classes.join(keep, gone)
      steps += 1
      if steps % 1024 == 0 { try context.cancellation.check() }
    }
    results[place] = ids.indices.compactMap { index in
      let root = classes.root(index)
      return root == index ? nil : IdPair(ids[index], ids[root])
    }
  }
  return results
}

/// Fragments merged by the affinities between them, once a threshold; a class carries its smallest id, the arrays keep their type.
///
/// - Parameter offsets: of the channels of `affinities`, of which those to a face neighbour count.
/// - Throws: as `contacts`; `ArrayError.overBudget`.
package func agglomerate(_ fragments: NDArray, affinities: NDArray, offsets: [[Int]], thresholds: [Double], _ context: ExecutionContext) throws -> [NDArray] {
  let found = try contacts(fragments, affinities: affinities, offsets: offsets, for: "agglomerate", context)
  return try agglomerate(found, thresholds: thresholds, context).map { try mergeIds(fragments, $0, context) }
}

/// Nodes with edges that hold a count and a sum; the edge with the greatest mean is found by a heap whose entries may be out of date.
private struct RegionGraph {
  private struct Edge { var faces: Int, sum: Double }
  private struct Entry { var mean: Double, low: Int, high: Int, faces: Int, sum: Double }

  private var edges: [[Int: Edge]]
  private var heap = Heap<Entry> { $0.mean != $1.mean ? $0.mean > $1.mean : ($0.low, $0.high) < ($1.low, $1.high) }

  /// Means below this merge nothing, so the heap does without them.
  private let floor: Double

  init(count: Int, floor: Double) { (edges, self.floor) = ([[Int: Edge]](repeating: [:], count: count), floor) }

  mutating func add(_ a: Int, _ b: Int, _ faces: Int, _ sum: Double) {
    var edge = edges[a][b] ?? Edge(faces: 0, sum: 0)
    edge.faces += faces
    edge.sum += sum
    edges[a][b] = edge
    edges[b][a] = edge
    let mean = edge.sum / Double(edge.faces)
    if mean >= floor { heap.push(Entry(mean: mean, low: min(a, b), high: max(a, b), faces: edge.faces, sum: edge.sum)) }
  }

  /// Merges the node with fewer edges into the other; nil if no edge reaches the threshold.
  mutating func contractStrongest(atLeast threshold: Double) -> (keep: Int, gone: Int)? {
    while let entry = heap.pop() {
      guard entry.mean >= threshold else {
        heap.push(entry)
        return nil
      }
      guard let edge = edges[entry.low][entry.high], edge.faces == entry.faces, edge.sum == entry.sum else { continue }
      let (keep, gone) = edges[entry.low].count >= edges[entry.high].count ? (entry.low, entry.high) : (entry.high, entry.low)
      let moved = edges[gone]
      edges[gone] = [:]
      edges[keep][gone] = nil
      for neighbour in moved.keys.sorted() where neighbour != keep {
        guard let edge = moved[neighbour] else { continue }
        edges[neighbour][gone] = nil
        add(keep, neighbour, edge.faces, edge.sum)
      }
      return (keep, gone)
    }
    return nil
  }
}

/// A binary heap; `isBefore` says what comes out first.
struct Heap<Element> {
  private var items: [Element] = []
  private let isBefore: (Element, Element) -> Bool

  init(_ isBefore: @escaping (Element, Element) -> Bool) { self.isBefore = isBefore }

  mutating func push(_ item: Element) {
    items.append(item)
    var at = items.count - 1
    while at > 0, isBefore(items[at], items[(at - 1) / 2]) {
      items.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  mutating func pop() -> Element? {
    guard let top = items.first, let last = items.popLast() else { return nil }
    if items.isEmpty { return top }
    var at = 0
    while true {
      var next = 2 * at + 1
      if next >= items.count { break }
      if next + 1 < items.count && isBefore(items[next + 1], items[next]) { next += 1 }
      if !isBefore(items[next], last) { break }
      items[at] = items[next]
      at = next
    }
    items[at] = last
    return top
  }
}

// MARK: Plain twin

/// The definition: look through all pairs of classes for the strongest, merge, begin again.
package func plainAgglomerate(_ contacts: [Contact], threshold: Double) -> [IdPair] {
  var classOf: [UInt64: UInt64] = [:]
  for contact in contacts { (classOf[contact.a], classOf[contact.b]) = (contact.a, contact.b) }
  while true {
    var edges: [IdPair: (Int, Double)] = [:]
    for contact in contacts {
      guard let a = classOf[contact.a], let b = classOf[contact.b], a != b else { continue }
      let pair = IdPair(min(a, b), max(a, b)), old = edges[pair] ?? (0, 0)
      edges[pair] = (old.0 + contact.faces, old.1 + contact.sum)
    }
    var best: (pair: IdPair, mean: Double)?
    for pair in edges.keys.sorted() {
      guard let edge = edges[pair], edge.1 / Double(edge.0) >= threshold, edge.1 / Double(edge.0) > best?.mean ?? -.infinity else { continue }
      best = (pair, edge.1 / Double(edge.0))
    }
    guard let best else { break }
    for (id, root) in classOf where root == best.pair.b { classOf[id] = best.pair.a }
  }
  return classOf.keys.sorted().compactMap { id in classOf[id] == id ? nil : IdPair(id, classOf[id] ?? id) }
}
