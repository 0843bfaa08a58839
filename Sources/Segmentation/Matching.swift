// Which object found is which true object: pairs of one segment and one true object each, whose intersection over union (IoU) is large enough.
//
// As many pairs as possible, and among such choices the one of the greatest total IoU. Above one half no object has a second partner and nothing is to be chosen;
// at or below, each connected group of candidates is an assignment problem, solved exactly by shortest augmenting paths
// (Kuhn 1955; Jonker & Volgenant 1987). IoU counts in steps of 2⁻³², so that all sums are exact.
// Checked against scipy's linear_sum_assignment (Tests/Fixtures/segmentation/scores) and every choice of small groups (MatchingTests).

import Execution

/// A segment and a true object that meet.
package struct Overlap: Equatable, Sendable {
  package var segmentation, truth: UInt64
  /// Voxels in both.
  package var count: Int
  package var iou: Double

  package init(segmentation: UInt64, truth: UInt64, count: Int, iou: Double) { (self.segmentation, self.truth, self.count, self.iou) = (segmentation, truth, count, iou) }
}

extension Contingency {
  /// Voxels of each segment and of each true object, 0 among them.
  ///
  /// - Throws: `Cancelled`.
  package func sizes(_ cancellation: Cancellation? = nil) throws(Cancelled) -> (segmentation: [UInt64: Int], truth: [UInt64: Int]) {
    var ofSegment: [UInt64: Int] = [:], ofTruth: [UInt64: Int] = [:]
    for (index, cell) in cells.enumerated() {
      if index % 4096 == 0 { try cancellation?.check() }
      ofSegment[cell.segmentation, default: 0] += cell.count
      ofTruth[cell.truth, default: 0] += cell.count
    }
    return (ofSegment, ofTruth)
  }

  /// Every pair of ids that meet, 0 among them.
  ///
  /// - Throws: `Cancelled`.
  package func overlaps(_ cancellation: Cancellation? = nil) throws(Cancelled) -> [Overlap] {
    let (ofSegment, ofTruth) = try sizes(cancellation)
    return cells.map {
      let union = (ofSegment[$0.segmentation] ?? 0) + (ofTruth[$0.truth] ?? 0) - $0.count
      return Overlap(segmentation: $0.segmentation, truth: $0.truth, count: $0.count, iou: Double($0.count) / Double(union))
    }
  }
}

/// - Parameter overlaps: each pair of ids once; those with id 0 are passed over.
/// - Parameter least: the smallest IoU of a pair, above 0.
/// - Returns: the pairs, ascending by truth.
/// - Throws: `Cancelled`.
/// - Complexity: O(pairs · log pairs) above one half; else a shortest path an object, inside its group, most often short.
package func matchObjects(_ overlaps: [Overlap], least: Double, _ context: ExecutionContext) throws -> [Overlap] {
  let candidates = overlaps.filter { $0.segmentation != 0 && $0.truth != 0 && $0.iou >= least && $0.iou > 0 }.sorted { ($0.truth, $0.segmentation) < ($1.truth, $1.segmentation) }
  var chosen: [Overlap] = []
  for (number, group) in connectedGroups(candidates).enumerated() {
    if number & 1023 == 0 { try context.cancellation.check() }
    if group.count == 1 { chosen.append(candidates[group[0]]) } else {
      var assignment = Assignment(group.map { candidates[$0] })
      chosen += try assignment.solve(context)
    }
  }
  return chosen.sorted { $0.truth < $1.truth }
}

/// Positions of candidates that share objects, directly or through others.
private func connectedGroups(_ candidates: [Overlap]) -> [[Int]] {
  var parents = Array(candidates.indices), ofTruth: [UInt64: Int] = [:], ofSegment: [UInt64: Int] = [:]
  func root(_ start: Int) -> Int {
    var at = start
    while parents[at] != at {
      parents[at] = parents[parents[at]]
      at = parents[at]
    }
    return at
  }
  for (position, candidate) in candidates.enumerated() {
    for other in [ofTruth[candidate.truth], ofSegment[candidate.segmentation]] {
      guard let other else { continue }
      let a = root(other), b = root(position)
      parents[max(a, b)] = min(a, b)
    }
    (ofTruth[candidate.truth], ofSegment[candidate.segmentation]) = (position, position)
  }
  var groups: [[Int]] = [], numbers: [Int: Int] = [:]
  for position in candidates.indices {
    let first = root(position)
    if let number = numbers[first] { groups[number].append(position) } else {
      numbers[first] = groups.count
      groups.append([position])
    }
  }
  return groups
}

/// The assignment of one group: true objects on the left, segments on the right; an edge costs 1 − IoU. True objects come in one after the other, each by the cheapest
/// path to a free segment. Each has a segment of its own besides, which stands for none and costs more than all others together: so as many as can be are paired.
private struct Assignment {
  private let edges: [Overlap]
  private var costs: [Int] = [], leftOf: [Int] = [], rightOf: [Int] = []   // of each edge; those after `edges` lead to none
  private var left: [[Int]] = []                        // edges of each true object
  private var takenLeft: [Int?], takenRight: [Int?]     // the edge chosen for each object
  private var height: [Int]                             // potentials, left then right
  // of one search; what it touched is put back after it
  private var distance: [Int], reachedBy: [Int?], touched: [Int] = []

  init(_ edges: [Overlap]) {
    self.edges = edges
    var lefts: [UInt64: Int] = [:], rights: [UInt64: Int] = [:]
    for (position, edge) in edges.enumerated() {
      let l = lefts[edge.truth] ?? lefts.count, r = rights[edge.segmentation] ?? rights.count
      (lefts[edge.truth], rights[edge.segmentation]) = (l, r)
      if l == left.count { left.append([]) }
      left[l].append(position)
      leftOf.append(l)
      rightOf.append(r)
      costs.append((1 << 32) - Int((edge.iou * 0x1p32).rounded()))
    }
    for l in left.indices {
      left[l].append(costs.count)
      leftOf.append(l)
      rightOf.append(rights.count + l)
      costs.append((left.count + 1) << 32)
    }
    takenLeft = [Int?](repeating: nil, count: left.count)
    takenRight = [Int?](repeating: nil, count: rights.count + left.count)
    height = [Int](repeating: 0, count: takenLeft.count + takenRight.count)
    distance = [Int](repeating: .max, count: height.count)
    reachedBy = [Int?](repeating: nil, count: height.count)
  }

  mutating func solve(_ context: ExecutionContext) throws -> [Overlap] {
    for l in left.indices {
      try context.cancellation.check()
      place(l)
    }
    return takenLeft.compactMap { $0.flatMap { $0 < edges.count ? edges[$0] : nil } }
  }

  private mutating func place(_ start: Int) {
    let lefts = left.count
    var queue = Queue(), end: Int?
    func reduced(_ edge: Int) -> Int { costs[edge] + height[leftOf[edge]] - height[lefts + rightOf[edge]] }
    reach(start, 0, by: nil, &queue)
    while let (far, node) = queue.removeNearest() {
      if far > distance[node] { continue }
      if node < lefts {
        for edge in left[node] where takenLeft[node] != edge { reach(lefts + rightOf[edge], far + reduced(edge), by: edge, &queue) }
      } else if let edge = takenRight[node - lefts] {
        reach(leftOf[edge], far, by: edge, &queue)   // back along a chosen edge, whose reduced cost is 0
      } else {
        end = node
        break
      }
    }
    guard var node = end else { return }   // there is always the segment that stands for none
    let far = distance[node]
    for node in touched {
      if distance[node] < far { height[node] += distance[node] - far }
      distance[node] = .max
    }
    touched.removeAll(keepingCapacity: true)
    while let edge = reachedBy[node] {
      let l = leftOf[edge], before = takenLeft[l]
      (takenRight[node - lefts], takenLeft[l]) = (edge, edge)
      guard let before else { break }
      node = lefts + rightOf[before]   // the segment that it had: the path came through it
    }
  }

  private mutating func reach(_ node: Int, _ far: Int, by edge: Int?, _ queue: inout Queue) {
    if far >= distance[node] { return }
    if distance[node] == .max { touched.append(node) }
    (distance[node], reachedBy[node]) = (far, edge)
    queue.add(far, node)
  }
}

/// A binary heap of (distance, node); equal distances by node.
private struct Queue {
  private var items: [(far: Int, node: Int)] = []

  mutating func add(_ far: Int, _ node: Int) {
    items.append((far, node))
    var at = items.count - 1
    while at > 0, items[at] < items[(at - 1) / 2] {
      items.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  mutating func removeNearest() -> (far: Int, node: Int)? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    if items.isEmpty { return first }
    items[0] = last
    var at = 0
    while true {
      var least = at
      for child in [2 * at + 1, 2 * at + 2] where child < items.count && items[child] < items[least] { least = child }
      if least == at { return first }
      items.swapAt(at, least)
      at = least
    }
  }
}
