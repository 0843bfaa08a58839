import Arrays
import Display
import Geometry
import Language
import Storage

/// A group of a container: arrays and groups by name. A multiscale group is the list of its levels, finest first: by number, in `for`, in `len`.
struct GroupValue: ObjectValue {
  let group: StoredGroup
  /// Of several multiscales the one that was asked for.
  var multiscale: String?

  var typeName: String { "group" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["attrs", "images", "levels", "multiscales", "names", "path"] }
  var brief: String { "group \(group.path)" }

  func levels() throws -> [StoredArray]? { try group.levels(named: multiscale) }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "path": .string(group.path)
    case "names": .list(try group.children().map { .string($0.name) })
    case "attrs": Value(json: group.attributes)
    case "levels": .list((try levels() ?? []).map { Value(ArrayValue($0)) })
    case "multiscales": .list(group.multiscales.map { .string($0.name ?? "") })
    case "images": .list(group.images.map { .string($0) })
    default: nil
    }
  }

  func index(_ indices: [IndexArgument], _ context: CallContext) throws -> Value {
    guard indices.count == 1, let only = indices.first, only.axis == nil, case .at(let key) = only.selector else {
      throw Failure(.index, "a group is indexed by a name such as \"em/s0\", or by a level number")
    }
    switch key {
    case .string(let path):
      let isMultiscale = group.multiscales.contains { $0.name == path } && (try? group.open(path)) == nil
      return isMultiscale ? Value(GroupValue(group: group, multiscale: path)) : Value(try group.open(path))
    case .int(let level):
      guard let levels = try levels() else { throw Failure(.index, "`\(group.path)` is not multiscale: it has no levels", hint: try firstChild()) }
      guard levels.indices.contains(level) else { throw Failure(.index, "level \(level) of \(levels.count) levels in `\(group.path)`") }
      return Value(ArrayValue(levels[level]))
    default: throw Failure(.type, "a group is indexed by a name or a level number, not \(key.typePhrase)")
    }
  }

  func axisLength(_ position: Int, name: String?, of count: Int) -> Int? { position == 0 && count == 1 && name == nil ? elementCount : nil }
  var elementCount: Int? { (try? levels())??.count }
  func element(at position: Int, _ context: CallContext) throws -> Value {
    guard let levels = try levels(), levels.indices.contains(position) else { throw Failure(.index, "level \(position) of `\(group.path)` is not there any more") }
    return Value(ArrayValue(levels[position]))
  }

  /// `open("…/0")`: something inside to go on with.
  func firstChild() throws -> String? {
    let inside = try group.images.first ?? group.children().first?.name
    return inside.map { "open(\"\(group.path)/\($0)\")" }
  }

  func summary(_ style: DisplayStyle) -> String {
    let children = (try? group.children()) ?? [], role = group.role.map { "    \($0)" } ?? ""
    let name = style.name.map { "\($0)  " } ?? ""
    var lines = Layout(style.width), listed: Set<String> = []
    do {
      if let levels = try levels() {
        lines.add("\(name)group \(group.path)  \(levels.count) \(levels.count == 1 ? "level" : "levels")\(role)", [], indent: 2)
        let names = levels.map(level)
        for (level, own) in zip(levels, names) {
          lines.add("  \(own.padded(names.map(\.count).max() ?? 0))  ", [ArrayValue(level).brief, ArrayValue.placeText(level)], indent: 4, separator: "  ")
          listed.insert(own)
        }
      } else {
        lines.add("\(name)group \(group.path)  \(children.count) \(children.count == 1 ? "entry" : "entries")\(role)", [], indent: 2)
      }
    } catch {
      lines.add("\(name)group \(group.path)\(role)", [], indent: 2)
      lines.add("  levels cannot be read: \(error)", [], indent: 2)
    }
    let others = children.filter { !listed.contains($0.name) }
    for child in others.prefix(20) { lines.add("  \(child.name)\(child.kind == .group ? "/" : "")", [], indent: 4) }
    if others.count > 20 { lines.add("  … \(others.count - 20) more", [], indent: 4) }
    return lines.text
  }

  /// Where a level lies below the group.
  private func level(_ array: StoredArray) -> String { array.path.hasPrefix(group.path + "/") ? String(array.path.dropFirst(group.path.count + 1)) : array.path }
}

extension ArrayValue {
  /// "5.24 × 4 × 4 nm", "voxel unknown": beside a level's shape.
  static func placeText(_ stored: StoredArray) -> String { stored.grid.spatialRank == 0 ? "" : stored.grid.isKnown ? sizeText(stored.grid.voxelSize) : "voxel unknown" }
}

extension Value {
  init(_ node: StoredNode) {
    switch node {
    case .array(let array): self.init(ArrayValue(array))
    case .group(let group): self.init(GroupValue(group: group))
    }
  }
}
