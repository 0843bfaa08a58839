// Where labels meet: the faces between two neighbouring voxels with different ids, and how strongly affinities bind across them. Contacts of blocks add.
//
// labels      [z, y, x], bool or integer, nothing negative, 0 = background, which meets nobody
// affinities  [offset, z, y, x], taken as float32: the value at p speaks of p and p + offset. Only offsets to a face neighbour matter, such as (0, 0, 1) or (0, -1, 0).
// Sums are exact for integers of up to 32 bits and float16, so blocks may be added in any order; else they are added in block order.
// Checked against its plain twin.

import Arrays
import CKernels
import Execution

/// Two ids that meet.
package struct Contact: Equatable, Sendable {
  package let a, b: UInt64
  /// Faces between them; those with an affinity, where affinities are given.
  package var faces: Int
  /// Of the affinities of those faces; 0 without affinities.
  package var sum: Double

  package var mean: Double { sum / Double(faces) }

  package init(a: UInt64, b: UInt64, faces: Int, sum: Double) { (self.a, self.b, self.faces, self.sum) = (a, b, faces, sum) }
}

/// Which faces are looked at.
package struct FaceRule: Sendable {
  /// Voxels that own faces: those of [0, owned) along each axis; the others only stand beside them.
  package var owned: [Int]
  /// nil: all faces. Else only those between blocks of this shape, of which one begins `origin` voxels before the first voxel.
  package var between: [Int]?
  package var origin: [Int]
  /// nil: faces across all axes. Else only those across this one.
  package var axis: Int?

  package init(owned: [Int], between: [Int]? = nil, origin: [Int]? = nil, axis: Int? = nil) {
    (self.owned, self.between, self.origin, self.axis) = (owned, between, origin ?? owned.map { _ in 0 }, axis)
  }
}

/// The contacts of a volume, or of a block with one voxel more beyond its upper faces; ascending by a, then b.
///
/// - Parameter offsets: of the channels of `affinities`; ignored without.
/// - Parameter name: of the function that the user called.
/// - Throws: `SegmentationError.rank`, `.shapes`, `.dtype`, `.parameter` (also where a sum is not a number); `ArrayError.noMemory`; `Cancelled`.
/// - Complexity: O(voxels · axes), one look-up a run of equal pairs.
package func contacts(_ labels: NDArray, affinities: NDArray? = nil, offsets: [[Int]] = [], rule: FaceRule? = nil, for name: String = "touching", _ context: ExecutionContext) throws -> [Contact] {
  let box = try Box(labels, name)
  try checkIds(name, labels, context)
  let steps = try faceSteps(box, affinities, offsets, name).filter { step in rule?.axis.map { step.axis == 3 - box.rank + $0 } ?? true }
  let missing = [Int](repeating: 0, count: 3 - box.rank)
  let faces = FacePlaces(
    box: box, owned: rule.map { missing.map { $0 + 1 } + $0.owned } ?? box.extents, between: rule?.between.map { missing.map { $0 + 1 } + $0 },
    origin: missing + (rule?.origin ?? labels.shape.map { _ in 0 }))
  let packed = try labels.contiguous(), size = packed.dtype.size, table = try ContactTable()
  if box.isEmpty { return [] }
  for step in steps {
    let weights = try affinities.map { try asFloat32($0.dropping(axis: 0, at: step.channel ?? 0), context) }
    try packed.withBytes { voxels in
      try withOptionalBytes(weights) { weights in
        guard let voxels = voxels.baseAddress else { return }
        let lines = faces.along(1, step), columns = faces.columns(step)
        for z in faces.along(0, step) {
          try context.cancellation.check()
          for y in lines {
            for columns in columns {
              let low = (z * box.height + y) * box.width + columns.lowerBound, high = low + [box.plane, box.width, 1][step.axis]
              let place = step.isUpward ? low : high
              try table.add(voxels + low * size, voxels + high * size, size, weights.map { $0.assumingMemoryBound(to: Float.self) + place }, columns.count)
            }
          }
        }
      }
    }
  }
  let found = table.take()
  if let broken = found.first(where: { $0.sum.isNaN }) {
    throw SegmentationError.parameter(function: name, name: "affinities", expected: "numbers", found: "NaN, or infinities of both signs, between \(broken.a) and \(broken.b)")
  }
  return found
}

/// A direction in which faces are looked for, and the channel that speaks of them.
private struct FaceStep {
  var axis: Int
  var isUpward = true
  var channel: Int?
}

private func faceSteps(_ box: Box, _ affinities: NDArray?, _ offsets: [[Int]], _ name: String) throws -> [FaceStep] {
  guard let affinities else { return (3 - box.rank..<3).map { FaceStep(axis: $0) } }
  guard affinities.rank == box.rank + 1, Array(affinities.shape.dropFirst()) == Array(box.extents.suffix(box.rank)) else {
    throw SegmentationError.shapes(function: name, Array(box.extents.suffix(box.rank)), affinities.shape)
  }
  guard offsets.count <= affinities.shape[0] else {
    throw SegmentationError.parameter(function: name, name: "offsets", expected: "at most \(affinities.shape[0]), one a channel", found: "\(offsets.count)")
  }
  let steps = try offsets.enumerated().compactMap { channel, offset -> FaceStep? in
    let offset = try box.perAxis(offset, missing: 0, "each offset", name)
    guard offset.count(where: { $0 != 0 }) == 1, let axis = offset.firstIndex(where: { abs($0) == 1 }) else { return nil }
    return FaceStep(axis: axis, isUpward: offset[axis] > 0, channel: channel)
  }
  if steps.isEmpty { throw SegmentationError.parameter(function: name, name: "offsets", expected: "to hold a face neighbour, such as (0, 0, 1)", found: "\(offsets)") }
  return steps
}

/// Where the lower voxels of faces are.
private struct FacePlaces {
  let box: Box
  let owned: [Int], between: [Int]?, origin: [Int]

  func along(_ axis: Int, _ step: FaceStep) -> [Int] {
    let end = min(owned[axis], step.axis == axis ? box.extents[axis] - 1 : box.extents[axis])
    guard step.axis == axis, let block = between?[axis] else { return Array(0..<max(0, end)) }
    return (0..<max(0, end)).filter { (origin[axis] + $0 + 1) % block == 0 }
  }

  /// Likewise along x, as runs.
  func columns(_ step: FaceStep) -> [Range<Int>] {
    let columns = along(2, step)
    if step.axis == 2 && between != nil { return columns.map { $0..<$0 + 1 } }
    return columns.isEmpty ? [] : [0..<columns.count]
  }
}

/// Owner of a C table.
private struct ContactTable: ~Copyable {
  private let table: OpaquePointer

  init() throws(ArrayError) {
    guard let table = dcs_seg_contacts_create() else { throw .noMemory(bytes: 1 << 13) }
    self.table = table
  }

  deinit { dcs_seg_contacts_destroy(table) }

  func add(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ size: Int, _ weights: UnsafePointer<Float>?, _ count: Int) throws(ArrayError) {
    guard dcs_seg_contacts_add(table, a, b, Int32(size), weights, Int64(count)) == 0 else {
      throw .noMemory(bytes: Int(clamping: dcs_seg_contacts_size(table)) &* 4 &* MemoryLayout<dcs_seg_contact>.stride)
    }
  }

  func take() -> [Contact] {
    let found = [dcs_seg_contact](unsafeUninitializedCapacity: Int(dcs_seg_contacts_size(table))) { buffer, count in
      dcs_seg_contacts_take(table, buffer.baseAddress)
      count = buffer.count
    }
    return found.map { Contact(a: $0.a, b: $0.b, faces: Int($0.count), sum: $0.sum) }
  }
}

/// Contacts of several blocks, added in the order in which they came; ascending by a, then b.
package func summed(_ contacts: [Contact]) -> [Contact] {
  let order = contacts.indices.sorted { (contacts[$0].a, contacts[$0].b, $0) < (contacts[$1].a, contacts[$1].b, $1) }
  var all: [Contact] = []
  for index in order {
    let contact = contacts[index]
    if let last = all.last, last.a == contact.a, last.b == contact.b {
      all[all.count - 1].faces += contact.faces
      all[all.count - 1].sum += contact.sum
    } else { all.append(contact) }
  }
  return all
}

// MARK: Plain twin

/// The definition, face by face.
package func plainContacts(_ labels: NDArray, affinities: NDArray? = nil, offsets: [[Int]] = []) throws -> [Contact] {
  let box = try Box(labels, "touching"), ids = try plainIds(labels), weights = try affinities.map { try $0.elements(Float.self) }
  let all = affinities == nil ? (0..<box.rank).map { axis in (0..<box.rank).map { $0 == axis ? 1 : 0 } } : offsets
  var found: [IdPair: (Int, Double)] = [:]
  for (channel, offset) in all.enumerated() where offset.reduce(0, { $0 + abs($1) }) == 1 {
    for voxel in ids.indices {
      let at = box.index(of: voxel), near = zip(at, offset).map { $0 + $1 }
      guard zip(near, labels.shape).allSatisfy({ $0 >= 0 && $0 < $1 }) else { continue }
      let other = zip(near, NDArray.packedStrides(labels.shape)).reduce(0) { $0 + $1.0 * $1.1 }
      guard ids[voxel] != 0, ids[other] != 0, ids[voxel] != ids[other] else { continue }
      let pair = IdPair(min(ids[voxel], ids[other]), max(ids[voxel], ids[other])), old = found[pair] ?? (0, 0)
      found[pair] = (old.0 + 1, old.1 + Double(weights?[channel * ids.count + voxel] ?? 0))
    }
  }
  return found.keys.sorted().map { Contact(a: $0.a, b: $0.b, faces: found[$0]?.0 ?? 0, sum: found[$0]?.1 ?? 0) }
}
