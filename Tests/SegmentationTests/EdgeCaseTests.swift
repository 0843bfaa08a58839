import Arrays
import Execution
import Testing
import Segmentation

/// What is at the rims of segmentation: nothing, one voxel, background alone, the largest id, numbers that are none, views, threads.
@Suite struct EdgeCaseTests {
  static let offsets = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, -2, 3]]
  static let faces = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
  private static let two = ExecutionContext(pool: ThreadPool(threads: 2))

  /// Everything that is made of labels and of affinities, as bytes and text.
  private func all(_ labels: NDArray, _ affinities: NDArray, _ context: ExecutionContext) throws -> [String] {
    func bytes(_ array: NDArray) throws -> String { try "\(array.shape)" + array.contiguous().withBytes { $0.map { String($0, radix: 16) }.joined(separator: " ") } }
    let heights = try affinities.dropping(axis: 0, at: 0)
    return [
      try bytes(watershed(heights, seeds: labels, context)), try bytes(watershed(labels, seeds: labels, mask: heights.cast(to: .int8), connectivity: 3, context)),
      try bytes(mutexWatershed(affinities, offsets: Self.offsets, mask: labels, context).labels), try bytes(Segmentation.affinities(labels, neighborhood: Self.offsets, context)),
      try bytes(descriptors(labels, sigma: [1, 2, 1], voxelSize: [1, 1, 2], context)), try bytes(descriptors(labels, sigma: [1, 2, 1], voxelSize: [1, 1, 2], factor: 2, context)),
      try "\(Array(objects(labels, context)))", try "\(objectCorners(labels, context).sorted { $0.key < $1.key })", try "\(contacts(labels, affinities: affinities, offsets: Self.offsets, context))",
      try "\(contingency(labels, labels, context))", try bytes(agglomerate(labels, affinities: affinities, offsets: Self.offsets, thresholds: [0.2], context)[0]),
    ]
  }

  @Test(arguments: [[0, 3, 4], [3, 0, 4], [3, 4, 0], [0, 0, 0], [1, 1, 1], [1, 1, 5], [5, 1, 1]]) func nothingAndBackground(_ shape: [Int]) throws {
    let labels = try NDArray(.uint32, shape), affinities = try randomFloats([4] + shape, seed: 31)
    _ = try all(labels, affinities, Self.two)
    #expect(try objects(labels, alone).isEmpty && objectCorners(labels, alone).isEmpty && contacts(labels, alone).isEmpty)
    #expect(try watershed(affinities.dropping(axis: 0, at: 0), seeds: labels, alone).elements(UInt32.self).allSatisfy { $0 == 0 })
    #expect(try descriptors(labels, sigma: [1, 1, 1], voxelSize: [1, 1, 1], alone).elements(Float.self).allSatisfy { $0 == 0 })
  }

  @Test func theLargestId() throws {
    let ids: [UInt64] = [.max, .max, 0, .max - 1], labels = try NDArray(ids, [1, 2, 2]), affinities = try NDArray([Float](repeating: 1, count: 12), [3, 1, 2, 2])
    #expect(try objects(labels, alone).map(\.id) == [.max - 1, .max] && objectCorners(labels, alone).keys.sorted() == [.max - 1, .max])
    #expect(try contacts(labels, alone) == [Contact(a: .max - 1, b: .max, faces: 1, sum: 0)])
    #expect(try agglomerate(labels, affinities: affinities, offsets: Self.faces, thresholds: [0.5], alone)[0].elements(UInt64.self) == [.max - 1, .max - 1, 0, .max - 1])
    #expect(try watershed(labels, seeds: labels, alone).elements(UInt64.self) == [.max, .max, .max, .max - 1])
    #expect(try contingency(labels, labels, alone).cells.map(\.truth) == [0, .max - 1, .max])
    #expect(try descriptors(labels, sigma: [1, 1, 1], voxelSize: [1, 1, 1], alone).elements(Float.self)[36..<40].map { $0 > 0 } == [true, true, false, true])
    #expect(try Segmentation.affinities(labels, neighborhood: [[0, 0, 1]], alone).elements(UInt8.self) == [1, 0, 0, 0])
  }

  @Test func numbersThatAreNone() throws {
    let labels = try NDArray([UInt8(1), 2, 2], [1, 1, 3])
    func graph(_ value: Float) throws -> NDArray { try NDArray([value, 0.5, 0.25], [1, 1, 1, 3]) }
    func isRefused(_ body: () throws -> Void) -> Bool {
      do { try body() } catch SegmentationError.parameter(_, "affinities", "numbers", _) { return true } catch { return false }
      return false
    }
    #expect(isRefused { _ = try mutexWatershed(graph(.nan), offsets: [[0, 0, 1]], alone) })
    #expect(isRefused { _ = try contacts(labels, affinities: graph(.nan), offsets: [[0, 0, 1]], alone) })
    #expect(isRefused { _ = try agglomerate(labels, affinities: graph(.nan), offsets: [[0, 0, 1]], thresholds: [0.5], alone) })
    #expect(try mutexWatershed(graph(.infinity), offsets: [[0, 0, 1]], alone).labels.elements(UInt64.self) == [1, 1, 1])
    #expect(try mutexWatershed(graph(-.infinity), offsets: [[0, 0, 1]], alone).labels.elements(UInt64.self) == [0, 1, 1])
    #expect(try agglomerate(labels, affinities: graph(.infinity), offsets: [[0, 0, 1]], thresholds: [0.5], alone)[0].elements(UInt8.self) == [1, 1, 1])
    // NaN, of either sign, is above all heights: the other seed gets there first
    for none in [Float.nan, -Float.nan] {
      #expect(try watershed(NDArray([0, none, 5, .infinity, 0], [5]), seeds: NDArray([UInt8(1), 0, 0, 0, 2], [5]), alone).elements(UInt32.self) == [1, 1, 2, 2, 2])
    }
  }

  @Test func viewsAndThreads() throws {
    let labels = try randomLabels(.uint16, [7, 9, 22], values: 5, density: 0.8, seed: 32), affinities = try randomFloats([8, 7, 9, 22], seed: 33)
    let view = try labels.slice(offset: [1, 0, 2], shape: [6, 9, 20]).strided(axis: 2, begin: 1, step: 2, count: 9)
    let graph = try affinities.slice(offset: [2, 1, 0, 2], shape: [4, 6, 9, 20]).strided(axis: 3, begin: 1, step: 2, count: 9)
    let expected = try all(view.contiguous(), graph.contiguous(), alone)
    for context in [alone, Self.two, crowd] { #expect(try all(view, graph, context) == expected) }
  }

  /// A landscape of one height, of as many heights as voxels, and of few: rows, heaps and both.
  @Test(arguments: [1, 5, 1 << 20]) func largerLandscapes(_ levels: Int) throws {
    var random = KeyedGenerator(seed: 34, purpose: "landscape"), shape = [3, 24, 25]
    for _ in 0..<2 {
      let count = shape.reduce(1, *), heights = try NDArray((0..<count).map { _ in Float(random.index(below: levels)) }, shape)
      let seeds = try NDArray((0..<count).map { _ in UInt8(random.index(below: 300) == 0 ? 1 + random.index(below: 200) : 0) }, shape)
      #expect(try watershed(heights, seeds: seeds, alone).elements(UInt32.self).map(UInt64.init) == plainWatershed(heights, seeds: seeds))
      shape = [1, 30, 31]
    }
  }
}
