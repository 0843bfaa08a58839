import Geometry
import Language

/// A box in the world; voxel bounds beside it where it came from, or was snapped to, an array's grid.
struct RoiValue: ObjectValue {
  var roi: WorldRoi
  /// Whose voxels `summary` shows.
  var grid: Grid?

  var typeName: String { "roi" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["center", "end", "offset", "shape"] }
  var brief: String { "roi \(worldText(roi))" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "offset": return .worldCoordinate(roi.offset)
    case "shape": return .worldCoordinate(roi.shape)
    case "end": return .worldCoordinate(roi.end)
    case "center":
      var center = roi.offset
      let half = try Rational(1, over: 2)
      for axis in 0..<roi.rank { center[axis] = try center[axis] + (try roi.shape[axis] * half) }
      return .worldCoordinate(center)
    default: return nil
    }
  }

  func summary(_ style: DisplayStyle) -> String {
    var text = "roi  world   \(worldText(roi))"
    if let grid, grid.isKnown, let voxels = try? grid.voxels(roi, .outward) {
      text += "\n     voxels  \(voxels)    shape \(voxels.shape.values.map(String.init).joined(separator: " × "))"
    }
    return text
  }

  func binary(_ operation: BinaryOperator, _ other: Value, selfIsLeft: Bool, _ context: CallContext) throws -> Value? {
    if let other = other.object(as: RoiValue.self) {
      let (left, right) = selfIsLeft ? (self, other) : (other, self)
      switch operation {
      case .and: return Value(RoiValue(roi: try left.roi.intersection(right.roi), grid: left.grid ?? right.grid))
      case .or: return Value(RoiValue(roi: try left.roi.union(right.roi), grid: left.grid ?? right.grid))
      case .equal: return .bool(left.roi == right.roi)
      case .notEqual: return .bool(left.roi != right.roi)
      case .isIn: return .bool(right.roi.contains(left.roi))
      default: return nil
      }
    }
    switch (operation, other) {
    case (.add, .worldCoordinate(let delta)): return Value(RoiValue(roi: try roi.shifted(by: delta), grid: grid))
    case (.add, .length(let each)): return Value(RoiValue(roi: try roi.shifted(by: WorldCoordinate(repeating: each, count: roi.rank)), grid: grid))
    case (.subtract, .worldCoordinate(let delta)) where selfIsLeft:
      return Value(RoiValue(roi: try roi.shifted(by: WorldCoordinate(delta.values.map { -$0 })), grid: grid))
    case (.isIn, .worldCoordinate(let point)) where !selfIsLeft: return .bool(roi.contains(point))
    case (.add, .voxelCoordinate), (.add, .int), (.subtract, .voxelCoordinate), (.subtract, .int):
      throw Failure(.units, "cannot \(operation.verb) a roi in nanometres and voxels", hint: "write the shift as a length, such as 64nm")
    default: return nil
    }
  }

  func equals(_ other: any ObjectValue) -> Bool { (other as? RoiValue)?.roi == roi }
}

/// "[15.998:18.005, 3:5, 20:22] µm": one unit for all axes, the largest in which the box is at least 1.
func worldText(_ roi: WorldRoi) -> String {
  let largest = (roi.shape.values + roi.end.values.map { max($0, -$0) }).max() ?? .zero
  let (unit, size): (String, Int) = largest >= Rational(1_000_000) ? ("mm", 1_000_000) : largest >= Rational(1000) ? ("µm", 1000) : ("nm", 1)
  let scaled = { (value: Rational) -> String in (try? value / Rational(size))?.description ?? value.description }
  return "[" + (0..<roi.rank).map { "\(scaled(roi.offset[$0])):\(scaled(roi.end[$0]))" }.joined(separator: ", ") + "] \(unit)"
}

/// "5.24 × 4 × 4 nm"
func sizeText(_ size: WorldCoordinate) -> String { size.values.map(\.description).joined(separator: " × ") + " nm" }
