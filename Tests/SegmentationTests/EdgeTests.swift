// What every kernel does at the edges of its domain: nothing, one voxel, all of one kind, the greatest label, views that are not packed, one thread or several.

import Arrays
import Execution
import Testing
import Segmentation

private typealias Kernel = (name: String, run: @Sendable (NDArray, ExecutionContext) throws -> NDArray)

/// Works on masks and labels of any discrete type.
private let ofLabels: [Kernel] = [
  ("label", { try labelComponents($0, $1).labels }), ("label each", { try labelComponents($0, connectivity: $0.rank, byValue: true, $1).labels }),
  ("distance", { try distanceTransform($0, voxelSize: $0.shape.map { _ in 4 }, $1) }), ("distance each", { try distanceTransform($0, voxelSize: $0.shape.map { _ in 4 }, each: true, $1) }),
  ("signed distance", { try signedDistance($0, voxelSize: $0.shape.map { _ in 4 }, $1) }),
  ("erode by a ball", { try erode($0, .ball(radius: 1.5, voxelSize: $0.shape.map { _ in 1 }), $1) }), ("dilate by a ball", { try dilate($0, .ball(radius: 2, voxelSize: $0.shape.map { _ in 1 }), $1) }),
  ("erode by a large ball", { try erode($0, .ball(radius: 60, voxelSize: $0.shape.map { _ in 1 }), $1) }),
  ("fill holes", { try fillHoles($0, $1) }), ("compact", { try compact($0, $1).labels }), ("size of", { try sizeOf($0, $1) }), ("remove small", { try removeSmall($0, size: 3, $1) }),
]

/// Works on numbers of any type.
private let ofNumbers: [Kernel] = [
  ("gaussian", { try gaussian($0, sigma: $0.shape.map { _ in 1.5 }, $1) }), ("median", { try median($0, radius: $0.shape.map { _ in 1 }, $1) }),
  ("opening by a box", { try opening($0, .box(radius: $0.shape.map { _ in 2 }), $1) }), ("closing by a box", { try closing($0, .box(radius: $0.shape.map { _ in 1 }), $1) }),
]

private func bytes(_ array: NDArray) throws -> [UInt8] { try array.contiguous().withBytes(Array.init) }

@Suite struct EdgeTests {
  @Test func nothingAtAll() throws {
    for (name, run) in ofLabels + ofNumbers {
      for shape in [[0], [0, 4], [4, 0], [0, 3, 4], [3, 0, 4], [3, 4, 0]] {
        let found = try run(NDArray(.uint32, shape), alone)
        #expect(found.shape == shape, "\(name)")
      }
    }
    #expect(try objects(NDArray(.uint32, [0, 3]), alone).isEmpty)
    #expect(try sizes(NDArray(.uint32, [3, 0]), alone).entries.isEmpty)
  }

  @Test func oneVoxelAndOneValue() throws {
    for shape in [[1], [1, 1], [1, 1, 1], [3, 4], [2, 3, 70]] {
      for value in [UInt64(0), 1, .max] {
        let array = try NDArray([UInt64](repeating: value, count: shape.reduce(1, *)), shape)
        func all(_ kernel: (NDArray, ExecutionContext) throws -> NDArray) throws -> Set<UInt64> { Set(try plainIds(try kernel(array, crowd))) }
        let object: Set<UInt64> = value == 0 ? [0] : [1]
        #expect(try all { try labelComponents($0, $1).labels } == object && all { try labelComponents($0, byValue: true, $1).labels } == object)
        #expect(try all { try compact($0, $1).labels } == object && all { try fillHoles($0, $1) } == [value])
        for each in [false, true] {
          #expect(try distanceTransform(array, voxelSize: shape.map { _ in 1 }, each: each, crowd).elements(Float.self).allSatisfy { $0 == (value == 0 ? 0 : .infinity) })
        }
        for radius in [0, 2, 60.0] {
          #expect(try all { try erode($0, .ball(radius: radius, voxelSize: shape.map { _ in 1 }), $1) } == object && all { try dilate($0, .ball(radius: radius, voxelSize: shape.map { _ in 1 }), $1) } == object)
        }
        #expect(try objects(array, crowd).map(\.id) == (value == 0 ? [] : [value]) && sizes(array, crowd).entries == [.init(id: value, count: array.count)])
        #expect(try median(array, radius: shape.map { _ in 1 }, crowd).elements(UInt64.self).allSatisfy { $0 == value })
      }
    }
  }

  /// Transposed, strided, flipped and cut-out views give what their packed copies give; and one thread what three give.
  @Test func viewsAndThreads() throws {
    let whole = try randomLabels(.uint64, [9, 11, 70], values: 5, density: 0.7, seed: 9)
    let views = [try whole.transposed([2, 0, 1]), try whole.strided(axis: 2, begin: 1, step: 3, count: 20), try whole.flipped([0, 2]), try whole.slice(offset: [1, 2, 3], shape: [5, 6, 66]), try whole.dropping(axis: 0, at: 3)]
    for (name, run) in ofLabels + ofNumbers {
      for (number, view) in views.enumerated() {
        let packed = try view.copied(), expected = try bytes(run(packed, alone))
        #expect(try bytes(run(view, alone)) == expected, "\(name), view \(number)")
        #expect(try bytes(run(packed, crowd)) == expected, "\(name), view \(number), threads")
      }
    }
    for view in views {
      #expect(try objects(view, crowd) == objects(view.copied(), alone))
      #expect(try sizes(view, crowd) == sizes(view.copied(), alone))
    }
  }

  /// NaN spreads as far as the window reaches and no farther; infinities keep their sign.
  @Test func notANumber() throws {
    for bad in [Float.nan, .infinity, -.infinity] {
      var values = [Float](repeating: 1, count: 40)
      values[20] = bad
      let array = try NDArray(values, [40]), smooth = try gaussian(array, sigma: [1], alone).elements(Float.self)
      for (x, value) in smooth.enumerated() { #expect(abs(x - 20) <= 4 ? (bad.isNaN ? value.isNaN : value == bad) : abs(value - 1) < 1e-6) }
      for (name, run) in ofNumbers { #expect(try bytes(run(array, alone)) == bytes(run(array, crowd)), "\(name) of \(bad)") }
    }
    let infinite = try NDArray([Float](repeating: .infinity, count: 9), [3, 3])
    #expect(try median(infinite, radius: [1, 1], alone).elements(Float.self).allSatisfy { $0 == .infinity })
    for (name, run) in ofLabels { #expect(throws: SegmentationError.self, "\(name)") { try run(infinite, alone) } }
  }
}
