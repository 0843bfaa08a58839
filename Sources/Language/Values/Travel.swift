// Functions and values as a script that another process can run: what the plan of a worker is made of.
//
// A function travels as its own text inside a maker, a function that first binds the names it uses: captured ones and top-level ones alike,
// with their values at this moment. Makers call makers, so nothing collides. Functions of stdlib and builtins travel by their names.
// What cannot travel (functions that call each other in a ring, objects that live in this process only) is an error that names it.

package struct TravelWriter {
  private var imports: [String] = []
  private var makers: [String] = []
  private var made: [ObjectIdentifier: String] = [:]
  private var underWay: Set<ObjectIdentifier> = []
  /// The expression for an object; nil where it cannot travel.
  private let object: (any ObjectValue, inout TravelWriter) throws -> String?

  /// - Parameter object: may ask the writer for what an object holds.
  package init(object: @escaping (any ObjectValue, inout TravelWriter) throws -> String?) { self.object = object }

  /// The statements that `expression`s need before them.
  package var preamble: String { (imports + makers).map { $0 + "\n" }.joined() }

  /// - Parameter name: what messages call the value.
  /// - Throws: a failure that names what cannot travel.
  package mutating func expression(_ value: Value, _ name: String) throws -> String {
    var copy = self
    let text = try value.source { inner in
      switch inner {
      case .function(let function): return try copy.expression(function, name)
      case .object(let box):
        if let module = box.object as? ModuleValue { return try copy.reference(module, as: name) }
        return try copy.object(box.object, &copy)
      default: return nil
      }
    }
    self = copy
    if let text { return text }
    throw Failure(.failed, "`\(name)` is \(value.typePhrase) that cannot be sent to another process", hint: "on=local() runs here")
  }

  private mutating func reference(_ module: ModuleValue, as name: String) throws -> String {
    let text: String = switch module.reference {
    case .name(let name): name
    case .file(let path, let from): Value.quoted(path.hasPrefix("/") ? path : (from.contains("/") ? from[..<(from.lastIndex(of: "/") ?? from.startIndex)] + "/" : "") + path)
    }
    let line = "import \(text) as \(name)"
    if !imports.contains(line) { imports.append(line) }
    return name
  }

  private mutating func expression(_ function: Function, _ name: String) throws -> String {
    guard let template = function.template, let globals = function.globals else { return function.name }
    if template.source.isLibrary {
      let module = String(template.source.name.prefix { $0 != "." })
      guard function.captures.isEmpty, case .function(let found)? = globals[template.name], found.template === template else {
        throw Failure(.failed, "`\(name)` was made inside `\(module)`: it cannot be sent to another process", hint: "write it as a function of the script")
      }
      if module == "prelude" { return template.name }
      let line = "import \(module)"
      if !imports.contains(line) { imports.append(line) }
      return "\(module).\(template.name)"
    }
    let key = ObjectIdentifier(function)
    if let maker = made[key] { return maker + "()" }
    guard underWay.insert(ObjectIdentifier(template)).inserted else {
      throw Failure(.failed, "`\(template.name)` is part of a ring of functions that call each other: it cannot be sent to another process", hint: "on=local() runs here")
    }
    defer { underWay.remove(ObjectIdentifier(template)) }

    var lines: [String] = []
    let syntax = Parser.parse(Source(name: "", text: template.sourceText)).script
    var names = NameCollector()
    for statement in syntax.statements { names.collect(statement) }
    for used in names.read.sorted() where used != template.name {
      var value: Value?
      if let slot = template.names[used], case let place = slot - template.parameterCount, function.captures.indices.contains(place) { value = function.captures[place] }
      else if template.names[used] == nil { value = globals[used] }
      guard let value else { continue }
      var text = try expression(value, used)
      if text == used { continue }
      if case .function = value {} else if value.source() == nil {
        // made outside, where none of the names that are bound here hides a builtin
        makers.append("fn make_\(makers.count + 1)() = \(text)")
        text = "make_\(makers.count)()"
      }
      lines.append("  \(used) = \(text)")
    }
    lines.append("  " + template.sourceText)
    if !template.name.isEmpty { lines.append("  " + template.name) }
    let maker = "make_\(makers.count + 1)"
    makers.append("fn \(maker)() {\n" + lines.joined(separator: "\n") + "\n}")
    made[key] = maker
    return maker + "()"
  }
}
