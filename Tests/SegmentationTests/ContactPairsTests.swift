import Arrays
import Execution
import Testing
import Segmentation

/// Labels blocks apart, joins them by contact pairs, and compares with the components of the whole.
@Suite struct ContactPairsTests {
  private func joined(_ mask: NDArray, block: [Int], connectivity: Int, byValue: Bool) throws -> [UInt64] {
    let shape = mask.shape, rank = mask.rank
    let blocks = zip(shape, block).map { ($0 + $1 - 1) / $1 }
    func offset(_ at: [Int]) -> [Int] { zip(at, block).map { $0 * $1 } }
    func extent(_ at: [Int]) -> [Int] { (0..<rank).map { min(block[$0], shape[$0] - at[$0] * block[$0]) } }
    let all = blocks.reduce([[]] as [[Int]]) { heads, count in heads.flatMap { head in (0..<count).map { head + [$0] } } }

    var ids = try NDArray(.uint64, shape), next: UInt64 = 0
    for at in all {
      let part = try labelComponents(mask.slice(offset: offset(at), shape: extent(at)), connectivity: connectivity, byValue: byValue, dtype: .uint64, alone)
      let moved = try part.labels.elements(UInt64.self).map { $0 == 0 ? 0 : $0 + next }
      try ids.assign(NDArray(moved, extent(at)), at: offset(at))
      next += UInt64(part.count)
    }
    var classes = IdUnionFind()
    for at in all {
      for direction in try forwardDirections(rank: rank, connectivity: connectivity) {
        let other = zip(at, direction).map { $0 + $1 }
        guard (0..<rank).allSatisfy({ other[$0] >= 0 && other[$0] < blocks[$0] }) else { continue }
        var from = offset(at), to = offset(other), size = extent(at)
        for axis in 0..<rank where direction[axis] != 0 {
          if direction[axis] > 0 { from[axis] += extent(at)[axis] - 1 } else { to[axis] += extent(other)[axis] - 1 }
          size[axis] = 1
        }
        let a = try ids.slice(offset: from, shape: size), b = try ids.slice(offset: to, shape: size)
        let values = byValue ? (try mask.slice(offset: from, shape: size), try mask.slice(offset: to, shape: size)) : nil
        classes.join(try contactPairs(a, b, direction: direction, connectivity: connectivity, values: values))
      }
    }
    return try compact(relabel(ids, classes.merges(), alone), order: .byFirstVoxel, alone).labels.elements(UInt64.self)
  }

  @Test func everyBlockSizeOfSmallVolumes() throws {
    for (round, shape) in [[3, 4, 5], [5, 3, 3], [4, 4], [7, 3], [1, 6, 2]].enumerated() {
      for connectivity in 1...shape.count { for byValue in [false, true] { for seed in 0..<4 {
        let mask = try randomLabels(.uint8, shape, values: 3, density: [0.2, 0.4, 0.6, 0.8][seed], seed: UInt64(round * 10 + seed))
        let whole = try labelComponents(mask, connectivity: connectivity, byValue: byValue, dtype: .uint64, alone).labels.elements(UInt64.self)
        for block in shapes([1, 2, 3], ranks: shape.count...shape.count) {
          #expect(try joined(mask, block: block, connectivity: connectivity, byValue: byValue) == whole, "\(shape) in \(block) connectivity \(connectivity) seed \(seed)")
        }
      } } }
    }
  }

  @Test func directionCounts() throws {
    #expect(try (1...3).map { try forwardDirections(rank: 3, connectivity: $0).count } == [3, 9, 13])
    #expect(try (1...2).map { try forwardDirections(rank: 2, connectivity: $0).count } == [2, 4])
    #expect(throws: SegmentationError.connectivity(3, rank: 2)) { try forwardDirections(rank: 2, connectivity: 3) }
  }

  @Test func pairsAreSortedAndOnce() throws {
    let a = try NDArray([UInt64(9), 9, 0, 2], [1, 4]), b = try NDArray([UInt64(5), 5, 7, 0], [1, 4])
    #expect(try contactPairs(a, b, direction: [1, 0], connectivity: 1) == [IdPair(9, 5)])
    #expect(try contactPairs(a, b, direction: [1, 0], connectivity: 2) == [IdPair(2, 7), IdPair(9, 5), IdPair(9, 7)])
    #expect(try contactPairs(a.slice(offset: [0, 3], shape: [1, 1]), b.slice(offset: [0, 0], shape: [1, 1]), direction: [1, 1], connectivity: 1) == [])
  }

  @Test func refusals() throws {
    let slab = try NDArray(.uint64, [2, 4])
    for direction in [[0, 0], [1, 0], [2, 0], [1]] { #expect(throws: SegmentationError.self) { try contactPairs(slab, slab, direction: direction, connectivity: 1) } }
  }
}

@Suite struct UnionFindTests {
  @Test func classesDoNotDependOnOrder() {
    var random = KeyedGenerator(seed: 1, purpose: "pairs")
    for _ in 0..<200 {
      let pairs = (0..<random.index(below: 30)).map { _ in IdPair(UInt64(random.index(below: 20)) << 58, UInt64(random.index(below: 20)) << 58) }
      var forward = IdUnionFind(), backward = IdUnionFind()
      forward.join(pairs)
      backward.join(pairs.reversed().map { IdPair($0.b, $0.a) })
      #expect(forward.merges() == backward.merges())
      // plain: spread the smallest id until nothing changes
      var smallest = [UInt64: UInt64](pairs.flatMap { [($0.a, $0.a), ($0.b, $0.b)] }, uniquingKeysWith: { a, _ in a })
      for _ in 0..<20 { for pair in pairs { let low = min(smallest[pair.a]!, smallest[pair.b]!); smallest[pair.a] = low; smallest[pair.b] = low } }
      #expect(forward.merges() == smallest.filter { $0.key != $0.value }.map { IdPair($0.key, $0.value) }.sorted())
    }
  }

  @Test func dense() {
    var sets = UnionFind(count: 5)
    sets.join(4, 2)
    sets.join(2, 1)
    #expect(sets.roots() == [0, 1, 1, 3, 1])
    #expect(UnionFind(count: -1).count == 0)
  }
}
