import FileFormats
import Language
import Storage

extension Builtin {
  static let tree = Builtin(
    "tree", "(of: string|group) -> string", "Lists what a container holds, with shapes and types; reads metadata only.", searchTerms: ["ls", "list"], plan: planTree
  ) { call in .string(try treeText(call)) }

  /// In a dry run: what is there, and below it what would be written; nil where nothing would be.
  private static func planTree(_ call: Call) throws -> Value? {
    if try call.value("of").object(as: FileGroupValue.self) != nil { return nil }
    let place = if case .string(let path) = try call.value("of") { try Location(path).description } else { try call.object("of", as: GroupValue.self).group.path }
    guard let dry = call.dryRun else { return nil }
    if try Location.kind(place) == nil, let value = dry.made(at: place) { return .string("\(place)  \(value.object?.brief ?? "unknown")  planned") }
    let planned = dry.made(below: place)
    if planned.isEmpty { return nil }
    var lines = [try Location.kind(place) == nil ? place : try treeText(call)]
    var open: [Substring] = []
    for (key, value) in planned {
      let parts = key.split(separator: "/"), groups = parts.dropLast()
      let shared = zip(open, groups).prefix { $0 == $1 }.count
      for depth in shared..<groups.count { lines.append(String(repeating: "  ", count: depth + 1) + groups[depth] + "/") }
      lines.append(String(repeating: "  ", count: parts.count) + parts[parts.count - 1] + "  \(value.object?.brief ?? "unknown")  planned")
      open = Array(groups)
    }
    return .string(lines.joined(separator: "\n"))
  }

  private static func treeText(_ call: Call) throws -> String {
    let root: StoredGroup
    var file = try call.value("of").object(as: FileGroupValue.self)?.group
    if case .string(let path) = try call.value("of"), let node = try FileFormats.open(path) {
      switch node {
      case .array(let array): return "\(array.path)  \(ArrayValue(array).brief)"
      case .group(let group): file = group
      }
    }
    if let file {
      var lines = [file.path]
      try list(file, "  ", &lines, depth: 0)
      return lines.joined(separator: "\n")
    }
    if case .string(let path) = try call.value("of") {
      switch try StoredNode.open(path) {
      case .group(let group): root = group
      case .array(let array): return "\(array.path)  \(ArrayValue(array).brief)"
      }
    } else {
      root = try call.object("of", as: GroupValue.self).group
    }
    var lines = [root.path + roleText(root)]
    try list(root, "  ", &lines, depth: 0)
    return lines.joined(separator: "\n")
  }

  private static func roleText(_ group: StoredGroup) -> String { group.role.map { "  " + $0 } ?? "" }

  private static func list(_ group: StoredGroup, _ indent: String, _ lines: inout [String], depth: Int) throws {
    for child in try group.children() {
      if lines.count > 2000 || depth > 30 { lines.append(indent + "…"); return }
      switch try group.open(child.name) {
      case .array(let array): lines.append("\(indent)\(child.name)  \(ArrayValue(array).brief)\(array.grid.isKnown ? "  " + ArrayValue.placeText(array) : "")  \(array.codecText)")
      case .group(let inner):
        lines.append("\(indent)\(child.name)/\(roleText(inner))")
        try list(inner, indent + "  ", &lines, depth: depth + 1)
      }
    }
  }

  /// Depth is bounded, as links of HDF5 may run in a circle.
  private static func list(_ group: any FileGroup, _ indent: String, _ lines: inout [String], depth: Int) throws {
    for child in try group.children() {
      if lines.count > 2000 || depth > 30 { lines.append(indent + "…"); return }
      if let problem = child.problem { lines.append("\(indent)\(child.name)  not read: \(problem)"); continue }
      switch try group.open(child.name) {
      case .array(let array): lines.append("\(indent)\(child.name)  \(ArrayValue(array).brief)  \(array.codecText)")
      case .group(let inner):
        lines.append("\(indent)\(child.name)/")
        try list(inner, indent + "  ", &lines, depth: depth + 1)
      }
    }
  }
}
