// What a block leaves for joining its components with those of its neighbours: how many it has, where each begins, and the labels on its
// outer faces as runs.
//
//     count             components of the block, numbered 1 … count in raster order of their first voxels
//     firsts[k]         first voxel of component k + 1, as an index into the whole region in raster order
//     values[k]         the value of component k + 1 in the array that was labelled, where only equal values belong together; else empty
//     faces[2 axis]     labels of the first plane along an axis; faces[2 axis + 1] of the last one
//
// Bytes: variable-length integers (LEB128): count, the firsts as differences, then for each face the number of runs and (label, length) of each, then the values if
// there are any.

import Arrays

package struct FaceRecord: Sendable, Equatable {
  package struct Run: Sendable, Equatable {
    package var label: UInt32
    package var length: Int
  }

  package var shape: [Int]
  package var firsts: [Int]
  package var values: [UInt64] = []
  package var faces: [[Run]]

  package var count: Int { firsts.count }

  /// - Parameter labels: uint32, numbered 1, 2, … by first voxel.
  /// - Parameter values: what was labelled, if only equal values belong together.
  /// - Parameter origin: of the block in the region, whose shape is `whole`.
  init(_ labels: NDArray, count: Int, values: NDArray? = nil, origin: [Int], whole: [Int]) throws {
    shape = labels.shape
    let rank = shape.count, strides = NDArray.packedStrides(whole)
    var firsts: [Int] = [], places: [Int] = []
    firsts.reserveCapacity(count)
    try labels.contiguous().withElements(UInt32.self) { values in
      for at in values.indices where Int(values[at]) > firsts.count {
        places.append(at)
        var rest = at, place = 0
        for axis in (0..<rank).reversed() {
          place += (origin[axis] + rest % labels.shape[axis]) * strides[axis]
          rest /= labels.shape[axis]
        }
        firsts.append(place)
      }
    }
    self.firsts = firsts
    if let values { self.values = try values.contiguous().withBytes { bytes in places.map { bytes.id(at: $0, size: values.dtype.size) } } }
    faces = []
    for axis in 0..<rank {
      for side in [0, max(0, shape[axis] - 1)] {
        let plane = shape[axis] == 0 ? [] : try labels.dropping(axis: axis, at: side).elements(UInt32.self)
        faces.append(Self.runs(plane))
      }
    }
  }

  /// The labels next to a neighbour in `direction`, one thick along each axis where that is not 0.
  func slab(toward direction: [Int]) throws -> NDArray {
    guard let axis = direction.firstIndex(where: { $0 != 0 }) else { throw BlockwiseError.model("no direction") }
    var plane: [UInt32] = []
    for run in faces[2 * axis + (direction[axis] > 0 ? 1 : 0)] { plane.append(contentsOf: repeatElement(run.label, count: run.length)) }
    var box = shape
    box[axis] = 1
    var slab = try NDArray(plane, box)
    for other in direction.indices where other > axis && direction[other] != 0 {
      var offset = [Int](repeating: 0, count: box.count)
      offset[other] = direction[other] > 0 ? box[other] - 1 : 0
      box[other] = 1
      slab = try slab.slice(offset: offset, shape: box)
    }
    return try slab.contiguous()
  }

  private static func runs(_ labels: [UInt32]) -> [Run] {
    var runs: [Run] = []
    for label in labels {
      if let last = runs.last, last.label == label { runs[runs.count - 1].length += 1 } else { runs.append(Run(label: label, length: 1)) }
    }
    return runs
  }
}

// MARK: Bytes

extension FaceRecord {
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    func put(_ value: Int) { put(wide: UInt64(bitPattern: Int64(value))) }
    func put(wide value: UInt64) {
      var rest = value
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }
    put(shape.count)
    shape.forEach(put)
    put(firsts.count)
    var last = 0
    for first in firsts {
      put(first - last)
      last = first
    }
    for face in faces {
      put(face.count)
      for run in face {
        put(Int(run.label))
        put(run.length)
      }
    }
    for value in values { put(wide: value) }
    return bytes
  }

  /// nil for bytes that are no record.
  init?(_ bytes: some Sequence<UInt8>) {
    var source = bytes.makeIterator()
    func take() -> Int? { takeWide().flatMap { Int(exactly: $0) } }
    func takeWide() -> UInt64? {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 64, by: 7) {
        guard let byte = source.next() else { return nil }
        value |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return value }
      }
      return nil
    }
    guard let rank = take(), (0...32).contains(rank) else { return nil }
    var shape: [Int] = []
    for _ in 0..<rank {
      guard let extent = take() else { return nil }
      shape.append(extent)
    }
    guard let count = take(), let volume = try? NDArray.byteCount(.uint8, shape), count <= volume else { return nil }
    var firsts: [Int] = [], last = 0
    for _ in 0..<count {
      guard let step = take() else { return nil }
      let (first, overflow) = last.addingReportingOverflow(step)
      if overflow { return nil }
      firsts.append(first)
      last = first
    }
    var faces: [[Run]] = []
    for face in 0..<(2 * rank) {
      var expected = volume == 0 ? 0 : volume / shape[face / 2]
      guard let runs = take(), runs <= expected else { return nil }
      faces.append([])
      for _ in 0..<runs {
        guard let label = take(), label <= count, let length = take(), length > 0, length <= expected, let label = UInt32(exactly: label) else { return nil }
        faces[face].append(Run(label: label, length: length))
        expected -= length
      }
      if expected != 0 { return nil }
    }
    var values: [UInt64] = []
    while values.count < count, let value = takeWide() { values.append(value) }
    guard values.isEmpty || values.count == count, source.next() == nil else { return nil }
    (self.shape, self.firsts, self.values, self.faces) = (shape, firsts, values, faces)
  }
}

extension UnsafeRawBufferPointer {
  /// A bool or integer of `size` bytes as its bits, zero-extended.
  fileprivate func id(at index: Int, size: Int) -> UInt64 {
    switch size {
    case 1: UInt64(self[index])
    case 2: UInt64(loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
    case 4: UInt64(loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
    default: loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
    }
  }
}
