// Random volumes and what the references say of them: Tests/Fixtures/segmentation/random/volumes.zip, which generate.py beside it made and describes.

import Arrays
import Execution
import Segmentation
import Storage
import Testing
import TestSupport

/// One volume of a kernel. `take` hands out its arrays, which must be taken in every case, once each.
struct RandomVolume {
  let number: Int, shape: [Int], voxelSize: [Double], parameters: [Int]
  fileprivate let arrays: Arrays

  /// The flat arrays of a kernel, and how far each was read.
  fileprivate final class Arrays {
    private let store: any ByteStore, kernel: String
    private var held: [String: (array: NDArray, at: Int)] = [:]

    init(_ kernel: String) throws {
      (store, self.kernel) = (try Location(Repository.root + "/Tests/Fixtures/segmentation/random/volumes.zip").store, kernel)
    }

    func whole(_ name: String) throws -> NDArray {
      let bytes = try #require(try store.get("\(kernel)/\(name).npy", limit: 1 << 28), "\(kernel)/\(name)")
      return try bytes.withBytes { try Npy.parse($0, of: name) }
    }

    func take(_ name: String, _ shape: [Int]) throws -> NDArray {
      var (array, at) = try held[name] ?? (whole(name), 0)
      let count = shape.reduce(1, *)
      try #require(at + count <= array.count, "\(kernel)/\(name) has no more")
      let part = try array.slice(offset: [at], shape: [count]).copied().reshaped(shape)
      at += count
      held[name] = (array, at)
      return part
    }
  }

  /// Threads differ from case to case.
  var context: ExecutionContext { number % 2 == 0 ? alone : crowd }
  var rank: Int { shape.count }
  /// Parameters that have one number for each of three axes.
  func perAxis(_ at: Int) -> [Int] { Array(parameters[at..<at + 3].suffix(rank)) }
  /// A list of them, with its length before.
  func offsets(count: Int, at: Int) -> [[Int]] { (0..<count).map { perAxis(at + 3 * $0) } }

  /// An array as it is stored, in every third case as a view with its axes in another order in memory.
  func take(_ name: String = "in", channels: Int? = nil) throws -> NDArray {
    let array = try arrays.take(name, (channels.map { [$0] } ?? []) + shape)
    if number % 3 != 0 { return array }
    let order = Array((0..<array.rank).reversed())
    return try array.transposed(order).copied().transposed(order)
  }

  func expected<T: Element>(_: T.Type, _ name: String = "out", channels: Int? = nil) throws -> [T] { try arrays.take(name, (channels.map { [$0] } ?? []) + shape).elements(T.self) }
  func list<T: Element>(_: T.Type, _ name: String = "out", count: Int) throws -> [T] { try arrays.take(name, [count]).elements(T.self) }

  /// Labels of one type or another, with its largest value in the place of 255.
  func labels(_ name: String = "in") throws -> NDArray {
    let ids = try take(name)
    func make<T: Element & FixedWidthInteger>(_: T.Type) throws -> NDArray { try NDArray(ids.elements(UInt8.self).map { $0 == 255 ? T.max : T(truncatingIfNeeded: $0) }, ids.shape) }
    switch labelType {
    case .uint8: return ids
    case .uint16: return try make(UInt16.self)
    case .uint32: return try make(UInt32.self)
    case .uint64: return try make(UInt64.self)
    case .int8: return try make(Int8.self)
    case .int16: return try make(Int16.self)
    case .int32: return try make(Int32.self)
    default: return try make(Int64.self)
    }
  }

  private var labelType: DType { [.uint8, .uint16, .uint32, .uint64, .int8, .int16, .int32, .int64][number % 8] }
  /// An expected id as the labels hold it.
  func id(_ stored: some BinaryInteger) -> UInt64 { stored == 255 ? UInt64.max >> (64 - 8 * UInt64(labelType.size) + (labelType.isSigned ? 1 : 0)) : UInt64(stored) }
  func expectedIds(_ name: String = "out") throws -> [UInt64] { try expected(UInt8.self, name).map(id) }
}

/// Calls `body` with every volume of a kernel, and sees to it that there are many.
func overRandomVolumes(_ kernel: String, _ body: (RandomVolume) throws -> Void) throws {
  let arrays = try RandomVolume.Arrays(kernel), table = try arrays.whole("cases"), width = table.shape[1], rows = try table.elements(Int32.self).map(Int.init)
  let voxels = [1, 4, 8, 40, 0.5, 3.3, 4.56, 5.24]
  #expect(table.shape[0] >= 200)
  for number in 0..<table.shape[0] {
    let row = Array(rows[number * width..<(number + 1) * width]), rank = row[0]
    try body(RandomVolume(number: number, shape: Array(row[4 - rank..<4]), voxelSize: row[(7 - rank)..<7].map { voxels[$0] }, parameters: Array(row[7...]), arrays: arrays))
  }
}
