import Arrays
import Display
import Language
import Storage

/// A group of a container: arrays and groups by name; a multiscale group also by level number, finest first.
struct GroupValue: ObjectValue {
  let group: StoredGroup

  var typeName: String { "group" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["attrs", "levels", "names", "path"] }
  var brief: String { "group \(group.path)" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "path": .string(group.path)
    case "names": .list(try group.children().map { .string($0.name) })
    case "attrs": Value(json: group.attributes)
    case "levels": .list((try group.levels() ?? []).map { Value(ArrayValue($0)) })
    default: nil
    }
  }

  func index(_ indices: [IndexArgument], _ context: CallContext) throws -> Value {
    guard indices.count == 1, let only = indices.first, only.axis == nil, case .at(let key) = only.selector else {
      throw Failure(.index, "a group is indexed by a name such as \"em/s0\", or by a level number")
    }
    switch key {
    case .string(let path): return Value(try group.open(path))
    case .int(let level):
      guard let levels = try group.levels() else { throw Failure(.index, "`\(group.path)` is not multiscale: it has no levels", hint: try firstChild()) }
      guard levels.indices.contains(level) else { throw Failure(.index, "level \(level) of \(levels.count) levels in `\(group.path)`") }
      return Value(ArrayValue(levels[level]))
    default: throw Failure(.type, "a group is indexed by a name or a level number, not \(key.typePhrase)")
    }
  }

  private func firstChild() throws -> String? { try group.children().first.map { "open(\"\(group.path)/\($0.name)\")" } }

  func summary(_ style: DisplayStyle) -> String {
    let children = (try? group.children()) ?? []
    var lines = ["group \(group.path)  \(children.count) entries"]
    for child in children.prefix(20) { lines.append("  \(child.name)\(child.kind == .group ? "/" : "")") }
    if children.count > 20 { lines.append("  … \(children.count - 20) more") }
    return lines.joined(separator: "\n")
  }
}

extension Value {
  init(_ node: StoredNode) {
    switch node {
    case .array(let array): self.init(ArrayValue(array))
    case .group(let group): self.init(GroupValue(group: group))
    }
  }
}
