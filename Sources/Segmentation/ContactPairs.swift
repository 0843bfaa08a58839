// Which labels of two neighbouring blocks touch, so that a union–find over all such pairs joins blockwise components into whole ones.
//
// Two blocks are neighbours in a direction δ ∈ {−1, 0, 1}ⁿ. A voxel p of the first touches a voxel q of the second if q − p has at most `connectivity`
// non-zero entries, each ±1, and equals δ where δ is not 0. So the voxels that can touch are one thick along the axes of δ, and along the others q may
// stand one aside, for as many axes as the connectivity leaves after δ:
//
//     connectivity 2, δ = (0, 1):   a a a │ b b b     along the face each voxel sees three others; with δ = (1, 1), the corner, only one
//
// Every contact between blocks is seen in exactly one direction whose first non-zero entry is +1: 3 directions for connectivity 1 in 3D, 9 for 2, 13 for 3
// (2, 4 in 2D). Diagonal directions are not optional: two voxels that touch only across an edge or corner where four or eight blocks meet are in no face slab pair.
// a, b  slabs of equal shape: the last voxels of the first block and the first voxels of the second, one thick along the axes of δ.
// Checked against components of the joined volume for every small block size (Tests/SegmentationTests/ContactPairsTests.swift).

import Arrays

/// The directions in which a block must be compared with its neighbours, the first non-zero entry being +1; lexicographically ascending.
///
/// - Throws: `SegmentationError.connectivity`.
package func forwardDirections(rank: Int, connectivity: Int) throws(SegmentationError) -> [[Int]] {
  try checkConnectivity(connectivity, rank: rank)
  var all: [[Int]] = [[]]
  for _ in 0..<rank { all = all.flatMap { head in [-1, 0, 1].map { head + [$0] } } }
  return all.filter { direction in
    guard let first = direction.first(where: { $0 != 0 }) else { return false }
    return first == 1 && direction.count { $0 != 0 } <= connectivity
  }
}

/// Pairs of labels that touch between two neighbouring blocks, each once, ascending.
///
/// - Parameter a: labels of the first block next to the second, one voxel thick along each axis where `direction` is not 0.
/// - Parameter b: labels of the second block next to the first, same shape.
/// - Parameter direction: from the first block to the second, one of −1, 0, 1 an axis.
/// - Parameter values: of both slabs, if only equal values belong together (see `labelComponents(byValue:)`).
/// - Returns: (label in a, label in b), 0 never among them; empty if `direction` has more entries than `connectivity` allows.
/// - Throws: `SegmentationError.shapes`, `.rank`, `.dtype`, `.connectivity`, `.parameter`.
/// - Complexity: O(voxels of a slab · offsets).
package func contactPairs(_ a: NDArray, _ b: NDArray, direction: [Int], connectivity: Int, values: (NDArray, NDArray)? = nil) throws -> [IdPair] {
  let box = try Box(a, "touching")
  try checkSameShape("touching", a, b)
  try checkConnectivity(connectivity, rank: box.rank)
  let steps = try box.perAxis(direction, missing: 0, "direction", "touching")
  guard steps.allSatisfy({ abs($0) <= 1 }), steps.contains(where: { $0 != 0 }), (0..<3).allSatisfy({ steps[$0] == 0 || box.extents[$0] <= 1 }) else {
    throw SegmentationError.parameter(function: "touching", name: "direction", expected: "-1, 0 or 1 an axis, with slabs one voxel thick where it is not 0", found: "\(direction) for \(shapeText(a.shape))")
  }
  for array in [a, b] { try checkDiscrete("touching", array) }
  let spare = connectivity - steps.count { $0 != 0 }
  if spare < 0 || box.isEmpty { return [] }
  if let values {
    try checkSameShape("touching", a, values.0)
    try checkSameShape("touching", a, values.1)
  }
  let first = try plainIds(a), second = try plainIds(b)
  let firstValues = try values.map { try plainIds($0.0) }, secondValues = try values.map { try plainIds($0.1) }
  let aside = [(0, 0, 0)] + plainNeighbours(spare).filter { offset in [offset.0, offset.1, offset.2].enumerated().allSatisfy { $1 == 0 || steps[$0] == 0 } }

  var pairs: Set<IdPair> = []
  var last = IdPair(0, 0)   // labels come in runs
  for z in 0..<box.depth { for y in 0..<box.height { for x in 0..<box.width {
    let p = z * box.plane + y * box.width + x
    if first[p] == 0 { continue }
    for (dz, dy, dx) in aside {
      let (qz, qy, qx) = (z + dz, y + dy, x + dx)
      guard qz >= 0, qz < box.depth, qy >= 0, qy < box.height, qx >= 0, qx < box.width else { continue }
      let q = qz * box.plane + qy * box.width + qx
      let pair = IdPair(first[p], second[q])
      guard pair.b != 0, pair != last else { continue }
      if let firstValues, let secondValues, firstValues[p] != secondValues[q] { continue }
      pairs.insert(pair)
      last = pair
    }
  } } }
  return pairs.sorted()
}
