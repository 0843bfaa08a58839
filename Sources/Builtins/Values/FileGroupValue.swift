import FileFormats
import Language
import Storage

/// A group inside of a file of another program (HDF5, .npz): arrays and groups by name.
struct FileGroupValue: ObjectValue {
  let group: any FileGroup

  var typeName: String { "group" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["attrs", "levels", "names", "path"] }
  var brief: String { "group \(group.path)" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "path": .string(group.path)
    case "names": .list(try group.children().map { .string($0.name) })
    case "attrs": Value(json: group.attributes)
    case "levels": .list([])
    default: nil
    }
  }

  func index(_ indices: [IndexArgument], _ context: CallContext) throws -> Value {
    guard indices.count == 1, let only = indices.first, only.axis == nil, case .at(let key) = only.selector, case .string(let path) = key else {
      throw Failure(.index, "a group in a file is indexed by a name such as \"volumes/raw\"", hint: try group.children().first.map { "open(\(Value.quoted(Files.join(group.path, $0.name))))" })
    }
    return Value(try group.open(path))
  }

  func summary(_ style: DisplayStyle) -> String {
    let children = (try? group.children()) ?? [], name = style.name.map { "\($0)  " } ?? ""
    var lines = ["\(name)group \(group.path)  \(children.count) \(children.count == 1 ? "entry" : "entries")"]
    for child in children.prefix(20) { lines.append("  \(child.name)\(child.isGroup ? "/" : "")\(child.problem.map { "  not read: \($0)" } ?? "")") }
    if children.count > 20 { lines.append("  … \(children.count - 20) more") }
    return lines.joined(separator: "\n")
  }

  var expression: String? { "open(\(Value.quoted(group.path)))" }
}

extension Value {
  init(_ node: FileNode) {
    switch node {
    case .array(let array): self.init(ArrayValue(array))
    case .group(let group): self.init(FileGroupValue(group: group))
    }
  }
}
