import Arrays
import Execution
import Testing
import Segmentation

@Suite struct RelabelTests {
  private let unsigned: [DType] = [.bool, .uint8, .uint16, .uint32, .uint64, .int32, .int64]

  @Test func sizesOfRandomVolumes() throws {
    var random = KeyedGenerator(seed: 5, purpose: "sizes")
    for round in 0..<200 {
      let shape = randomShape(&random, upTo: 25, rank: 3), dtype = unsigned[round % unsigned.count]
      let labels = try randomLabels(dtype, shape, values: dtype == .bool ? 2 : 90, seed: UInt64(round))
      var plain: [UInt64: Int] = [:]
      for id in try plainIds(labels) { plain[id, default: 0] += 1 }
      let expected = plain.keys.sorted().map { IdSizes.Entry(id: $0, count: plain[$0]!) }
      #expect(try sizes(labels, alone).entries == expected)
      #expect(try sizes(labels, crowd).entries == expected)
      #expect(try sizes(labels, alone).count(of: 1) == plain[1] ?? 0)
      #expect(try sizes(labels, alone).count(of: 1_000_000) == 0)
    }
  }

  @Test func manyIdsGrowTheTables() throws {
    let ids = (0..<30_000).map { UInt64($0) &* 0x9e37_79b9_7f4a_7c15 | 1 }
    let labels = try NDArray(ids, [30, 1000])
    #expect(try sizes(labels, crowd).ids == Set(ids).sorted())
    let (dense, old) = try compact(labels, crowd)
    #expect(try dense.elements(UInt64.self).map { old[Int($0) - 1] } == ids)
    #expect(try relabel(dense, old.enumerated().map { IdPair(UInt64($0 + 1), $1) }, unmapped: .refuse, crowd).elements(UInt64.self) == ids)
  }

  @Test func blocksAddUp() throws {
    let labels = try randomLabels(.uint16, [9, 10], values: 6, seed: 1)
    var sum = IdSizes()
    for y in 0..<9 { sum += try sizes(labels.slice(offset: [y, 0], shape: [1, 10]), alone) }
    #expect(try sum == sizes(labels, alone))
  }

  @Test func compactInBothOrders() throws {
    let labels = try NDArray([UInt64.max, 0, 7, 7, 3, UInt64.max], [6])
    let byId = try compact(labels, order: .byId, dtype: .uint8, alone)
    #expect(try byId.ids == [3, 7, UInt64.max] && byId.labels.elements(UInt8.self) == [3, 0, 2, 2, 1, 3])
    let byVoxel = try compact(labels, order: .byFirstVoxel, dtype: .uint16, alone)
    #expect(try byVoxel.ids == [UInt64.max, 7, 3] && byVoxel.labels.elements(UInt16.self) == [1, 0, 2, 2, 3, 1])
  }

  @Test func unmappedIds() throws {
    let labels = try NDArray([UInt32(0), 5, 6, 5], [2, 2]), map = [IdPair(5, 1)]
    #expect(try relabel(labels, map, unmapped: .keep, alone).elements(UInt64.self) == [0, 1, 6, 1])
    #expect(try relabel(labels, map, unmapped: .zero, dtype: .uint8, alone).elements(UInt8.self) == [0, 1, 0, 1])
    #expect(throws: SegmentationError.unmapped(id: 6, index: [1, 0])) { try relabel(labels, map, unmapped: .refuse, alone) }
    #expect(try relabel(labels, [IdPair(0, 9)], alone).elements(UInt64.self) == [9, 5, 6, 5])
  }

  @Test func smallObjectsGo() throws {
    let labels = try NDArray([Int16(4), 4, 0, 2, 2, 2], [6])
    #expect(try removeSmall(labels, size: 3, alone).elements(Int16.self) == [0, 0, 0, 2, 2, 2])
    #expect(try removeSmall(labels, size: 2, alone).elements(Int16.self) == [4, 4, 0, 2, 2, 2])
    #expect(try sizeOf(labels, alone).elements(UInt32.self) == [2, 2, 0, 3, 3, 3])
  }

  @Test func emptyArrays() throws {
    let none = try NDArray(.uint64, [0, 3])
    #expect(try sizes(none, alone).entries.isEmpty && compact(none, alone).ids.isEmpty && relabel(none, [], alone).count == 0 && removeSmall(none, size: 3, alone).count == 0)
  }

  @Test func refusals() throws {
    let labels = try NDArray([UInt32(300), 1], [2])
    #expect(throws: SegmentationError.tooManyObjects(found: 300, limit: 255, dtype: .uint8)) { try relabel(labels, [], dtype: .uint8, alone) }
    #expect(throws: SegmentationError.tooManyObjects(found: 256, limit: 255, dtype: .uint8)) { try relabel(labels, [IdPair(300, 256)], dtype: .uint8, alone) }
    #expect(throws: SegmentationError.self) { try relabel(labels, [], dtype: .int32, alone) }
    #expect(throws: SegmentationError.self) { try sizes(NDArray([Int32(-1), 1], [2]), alone) }
    #expect(throws: SegmentationError.self) { try sizes(NDArray([Float(1)], [1]), alone) }
  }
}
