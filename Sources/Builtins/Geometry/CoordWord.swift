import Geometry
import Language

extension Builtin {
  static let coord = Builtin(
    "coord", "(values…: int|length|list|coord) -> coord", "Makes a coord: of ints one in voxels, of lengths one in the world; also of a list of them.",
    examples: [Example("coord(64)", prints: "(64,)"), Example("coord(map([1, 2], fn(k) = k * 8nm))", prints: "(8, 16) nm")], searchTerms: ["point", "shape"]
  ) { call in
    var entries = call.rest
    if entries.count == 1, case .list(let inner) = entries[0] { entries = inner }
    if entries.count == 1 {
      switch entries[0] {
      case .voxelCoordinate, .worldCoordinate: return entries[0]
      default: break
      }
    }
    guard !entries.isEmpty else { throw call.failure(.value, "`coord` needs at least one number") }
    var voxels: [Int] = [], lengths: [Rational] = []
    for (position, entry) in entries.enumerated() {
      switch entry {
      case .int(let value): voxels.append(value)
      case .length(let value): lengths.append(value)
      default: throw Failure(.type, "a coord holds ints or lengths, not \(entry.typePhrase)", argument: "values", argumentPosition: call.rest.count == 1 ? 0 : position)
      }
    }
    guard voxels.isEmpty || lengths.isEmpty else { throw call.failure(.units, "a coord is all voxels or all world, not both", hint: "write each as a length, such as 64nm") }
    return lengths.isEmpty ? .voxelCoordinate(Coordinate(voxels)) : .worldCoordinate(Coordinate(lengths))
  }
}
