// Whether two trees say the same: all but places, help lines and the names of sources.

extension Script {
  func isSame(as other: Script) -> Bool { same(statements, other.statements) { $0.isSame(as: $1) } }
}

private func same<T>(_ a: [T], _ b: [T], _ equal: (T, T) -> Bool) -> Bool { a.count == b.count && zip(a, b).allSatisfy(equal) }

private func same<T>(_ a: T?, _ b: T?, _ equal: (T, T) -> Bool) -> Bool {
  switch (a, b) {
  case (nil, nil): true
  case (let a?, let b?): equal(a, b)
  default: false
  }
}

private func same(_ a: Expression, _ b: Expression) -> Bool { a.isSame(as: b) }
private func same(_ a: Block, _ b: Block) -> Bool { same(a.statements, b.statements) { $0.isSame(as: $1) } }
private func same(_ a: IndexSyntax, _ b: IndexSyntax) -> Bool {
  guard a.axis?.text == b.axis?.text else { return false }
  switch (a.kind, b.kind) {
  case (.at(let a), .at(let b)): return same(a, b)
  case (.slice(let a1, let a2, let a3), .slice(let b1, let b2, let b3)): return same([a1, a2, a3], [b1, b2, b3]) { same($0, $1, same) }
  default: return false
  }
}

extension Statement {
  func isSame(as other: Statement) -> Bool {
    guard isSilent == other.isSilent else { return false }
    switch (kind, other.kind) {
    case (.import(let a, _, let name), .import(let b, _, let otherName)):
      switch (a, b) {
      case (.name(let a), .name(let b)): return a == b && name.text == otherName.text
      case (.file(let a, _), .file(let b, _)): return a == b && name.text == otherName.text
      default: return false
      }
    case (.param(let a), .param(let b)):
      return a.name.text == b.name.text && a.type?.text == b.type?.text && same(a.initial, b.initial, same)
    case (.for(let names, let a, let block), .for(let otherNames, let b, let otherBlock)):
      return names.map(\.text) == otherNames.map(\.text) && same(a, b) && same(block, otherBlock)
    case (.while(let a, let block), .while(let b, let otherBlock)): return same(a, b) && same(block, otherBlock)
    case (.return(let a), .return(let b)): return same(a, b, same)
    case (.break, .break), (.continue, .continue): return true
    case (.assign(let a, let operation, let value, _), .assign(let b, let otherOperation, let otherValue, _)):
      return a.isSame(as: b) && operation == otherOperation && same(value, otherValue)
    case (.expression(let a), .expression(let b)): return same(a, b)
    default: return false
    }
  }
}

extension Target {
  fileprivate func isSame(as other: Target) -> Bool {
    name.text == other.name.text && same(path, other.path) { a, b in
      switch (a, b) {
      case (.field(let a), .field(let b)): a.text == b.text
      case (.index(let a, _), .index(let b, _)): same(a, b, same)
      default: false
      }
    }
  }
}

extension Expression {
  func isSame(as other: Expression) -> Bool {
    switch (kind, other.kind) {
    case (.literal(let a), .literal(let b)): return a.typeName == b.typeName && a.equals(b)
    case (.name(let a), .name(let b)): return a == b
    case (.end, .end): return true
    case (.interpolation(let a), .interpolation(let b)):
      return same(a, b) { a, b in
        switch (a, b) {
        case (.text(let a), .text(let b)): a == b
        case (.value(let a, let format), .value(let b, let otherFormat)): same(a, b) && format == otherFormat
        default: false
        }
      }
    case (.coordinate(let a, let unit), .coordinate(let b, let otherUnit)): return same(a, b, same) && unit?.text == otherUnit?.text
    case (.list(let a), .list(let b)): return same(a, b, same)
    case (.record(let a), .record(let b)): return same(a, b) { $0.key.text == $1.key.text && same($0.value, $1.value) }
    case (.call(let callee, let a, let isPiped), .call(let otherCallee, let b, let otherPiped)):
      return isPiped == otherPiped && same(callee, otherCallee) && same(a, b) { $0.name?.text == $1.name?.text && same($0.value, $1.value) }
    case (.index(let base, let a), .index(let otherBase, let b)): return same(base, otherBase) && same(a, b, same)
    case (.field(let base, let a), .field(let otherBase, let b)): return same(base, otherBase) && a.text == b.text
    case (.unary(let operation, let a), .unary(let otherOperation, let b)): return operation == otherOperation && same(a, b)
    case (.binary(let operation, let a1, let a2, _), .binary(let otherOperation, let b1, let b2, _)):
      return operation == otherOperation && same(a1, b1) && same(a2, b2)
    case (.logical(let operation, let a1, let a2, _), .logical(let otherOperation, let b1, let b2, _)):
      return operation == otherOperation && same(a1, b1) && same(a2, b2)
    case (.range(let a1, let a2), .range(let b1, let b2)), (.tryElse(let a1, let a2), .tryElse(let b1, let b2)): return same(a1, b1) && same(a2, b2)
    case (.function(let a), .function(let b)): return a.isSame(as: b)
    case (.conditional(let a, let otherwise), .conditional(let b, let otherOtherwise)):
      return same(a, b) { same($0.condition, $1.condition) && same($0.block, $1.block) } && same(otherwise, otherOtherwise, same)
    case (.tryCatch(let a1, let name, let a2), .tryCatch(let b1, let otherName, let b2)): return same(a1, b1) && name.text == otherName.text && same(a2, b2)
    default: return false
    }
  }
}

extension FunctionSyntax {
  fileprivate func isSame(as other: FunctionSyntax) -> Bool {
    guard name?.text == other.name?.text else { return false }
    guard same(parameters, other.parameters, { $0.name.text == $1.name.text && same($0.initial, $1.initial, same) }) else { return false }
    switch (body, other.body) {
    case (.expression(let a), .expression(let b)): return same(a, b)
    case (.block(let a), .block(let b)): return same(a, b)
    default: return false
    }
  }
}
