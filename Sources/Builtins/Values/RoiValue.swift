import Geometry
import Language

/// A box in the world; voxel bounds beside it where it came from, or was snapped to, an array's grid.
struct RoiValue: ObjectValue {
  var roi: WorldRoi
  /// Whose voxels `summary` shows.
  var grid: Grid?
  /// The path of the array on disk whose grid that is, if it is one.
  var owner: String?

  var typeName: String { "roi" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["center", "end", "offset", "shape"] }
  var brief: String { isInVoxels ? "\(boundsText(roi, 1)) voxels" : worldText(roi) }
  /// Of an array whose voxel size is unknown: its lengths are voxels, and nothing in the world.
  var isInVoxels: Bool { grid.map { !$0.isKnown } ?? false }
  var isBriefInText: Bool { true }

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
    var lines = Layout(style.width)
    if isInVoxels {
      lines.add("roi  voxels  ", [boundsText(roi, 1), "shape \(roi.shape.values.map { decimals($0, 1) }.joined(separator: " × "))", "voxel size unknown"], indent: 13)
      return lines.text
    }
    lines.add("roi  world   ", [worldText(roi), "shape \(sizeText(roi.shape))"], indent: 13)
    if let grid, grid.isKnown, let voxels = try? grid.voxels(roi, .outward) {
      let isExact = (try? grid.voxels(roi, .exact)) != nil
      let shape = "shape \(voxels.shape.values.map(String.init).joined(separator: " × "))"
      let source = owner.map { "grid of \($0)" } ?? "grid of \(lengthsText(grid.voxelSize.values))"
      lines.add("     voxels  ", ["\(voxels)", shape, isExact ? source : "off the grid: outward to \(source)"], indent: 13)
    }
    return lines.text
  }

  func binary(_ operation: BinaryOperator, _ other: Value, selfIsLeft: Bool, _ context: CallContext) throws -> Value? {
    if let other = other.object(as: RoiValue.self) {
      let (left, right) = selfIsLeft ? (self, other) : (other, self)
      if isInVoxels != other.isInVoxels, [.and, .or, .isIn].contains(operation) {
        throw Failure(.units, "cannot \(operation.verb) a roi in nanometres and one in voxels, of an array whose voxel size is unknown")
      }
      switch operation {
      case .and: return Value(RoiValue(roi: try left.roi.intersection(right.roi), grid: left.grid ?? right.grid, owner: left.owner ?? right.owner))
      case .or: return Value(RoiValue(roi: try left.roi.union(right.roi), grid: left.grid ?? right.grid, owner: left.owner ?? right.owner))
      case .equal: return .bool(left.roi == right.roi)
      case .notEqual: return .bool(left.roi != right.roi)
      case .isIn: return .bool(right.roi.contains(left.roi))
      default: return nil
      }
    }
    switch (operation, other) {
    case (.add, .worldCoordinate(let delta)): return Value(RoiValue(roi: try roi.shifted(by: delta), grid: grid, owner: owner))
    case (.add, .length(let each)): return Value(RoiValue(roi: try roi.shifted(by: WorldCoordinate(repeating: each, count: roi.rank)), grid: grid, owner: owner))
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

extension RoiValue {
  /// The box for an array with a grid.
  ///
  /// - Throws: E4 where one is in nanometres and the other's voxel size is unknown.
  func roi(on grid: Grid) throws -> WorldRoi {
    if grid.isKnown, isInVoxels { throw Failure(.units, "the roi is of an array whose voxel size is unknown, this one's is \(sizeText(grid.voxelSize))") }
    if !grid.isKnown, !isInVoxels { throw Failure(.units, "a roi in nanometres of an array whose voxel size is unknown", hint: "a[0:64] is in voxels, and so is a[0:64].roi") }
    return roi
  }
}

/// "[15.998:18.005, 3:5, 20:22] µm": one unit for all axes, the largest in which the box is at least 1; three decimals.
func worldText(_ roi: WorldRoi) -> String {
  let (unit, size) = unit(roi.shape.values + roi.end.values)
  return "\(boundsText(roi, size)) \(unit)"
}

private func boundsText(_ roi: WorldRoi, _ unit: Int) -> String {
  "[" + (0..<roi.rank).map { "\(decimals(roi.offset[$0], unit)):\(decimals(roi.end[$0], unit))" }.joined(separator: ", ") + "]"
}

/// Two sizes for an error that says they differ: exact where they would look alike.
func differentSizes(_ a: WorldCoordinate, _ b: WorldCoordinate) -> (String, String) {
  let short = (sizeText(a), sizeText(b))
  if short.0 != short.1 { return short }
  func exact(_ size: WorldCoordinate) -> String { size.values.map { $0.decimalText ?? "\($0.numerator)/\($0.denominator)" }.joined(separator: " × ") + " nm" }
  return (exact(a), exact(b))
}

/// "5.24 × 4 × 4 nm", "2.007 × 2 × 2 µm".
func sizeText(_ size: WorldCoordinate) -> String { lengthsText(size.values) }

func lengthsText(_ lengths: [Rational]) -> String {
  let (unit, size) = unit(lengths)
  return lengths.map { decimals($0, size) }.joined(separator: " × ") + " \(unit)"
}

private func unit(_ lengths: [Rational]) -> (String, Int) {
  let largest = lengths.map { max($0, -$0) }.max() ?? .zero
  return largest >= Rational(1_000_000) ? ("mm", 1_000_000) : largest >= Rational(1000) ? ("µm", 1000) : ("nm", 1)
}

/// A length in a unit: exact if three decimals are enough, else rounded to them.
private func decimals(_ length: Rational, _ unit: Int) -> String {
  guard let value = try? length / Rational(unit) else { return length.description }
  if value.isInteger { return value.description }
  guard let thousandths = try? (try value * Rational(1000)).rounded(.nearest) else { return value.description }
  var text = String(thousandths.magnitude)
  while text.count < 4 { text = "0" + text }
  text.insert(".", at: text.index(text.endIndex, offsetBy: -3))
  while text.hasSuffix("0") { text.removeLast() }
  if text.hasSuffix(".") { text.removeLast() }
  return (thousandths < 0 ? "-" : "") + text
}
