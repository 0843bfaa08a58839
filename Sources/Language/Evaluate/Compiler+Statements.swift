// Statements and blocks. A statement answers how it ended (`Flow`); the value of `return` waits in the machine. A block in an expression
// has no such way out: `return`, `break` and `continue` in it are thrown as `Signal`s, and only code that needs to catch them does.

import Execution

extension Compiler {
  // MARK: Bodies

  func body(_ body: FunctionSyntax.Body) -> Code {
    let code: Code
    switch body {
    case .expression(let expression): code = self.code(expression)
    case .block(let block): code = tail(block.statements)
    }
    guard scope.usesSignals else { return code }
    return { f in
      do { return try code(f) } catch let signal as Signal where signal.flow == .return { return f.takeResult() }
    }
  }

  /// Statements of which the last gives the value of a function.
  private func tail(_ statements: [Statement]) -> Code {
    guard let last = statements.last else { return { _ in .nil } }
    // `if c { …; return x }` with statements after it is a choice between two tails
    if statements.count > 1, case .expression(let expression) = statements[0].kind, case .conditional(let branches, otherwise: nil) = expression.kind,
      branches.count == 1, let end = branches[0].block.statements.last, case .return = end.kind {
      return choice([ValueBranch(test(branches[0].condition), tail(branches[0].block.statements), intervalTest(branches[0].condition))], tail(Array(statements.dropFirst())))
    }
    let steps = statements.dropLast().map { Action(run: step($0)) }, value = tail(last)
    switch steps.count {
    case 0: return value
    case 1:
      let last = Last(steps[0].run, value)
      return { f in try last.step(f) == .next ? try last.value(f) : f.takeResult() }
    default:
      return { f in
        for step in steps where try step.run(f) != .next { return f.takeResult() }
        return try value(f)
      }
    }
  }

  private final class Last {
    let step: Step, value: Code
    init(_ step: @escaping Step, _ value: @escaping Code) { (self.step, self.value) = (step, value) }
  }

  private func tail(_ statement: Statement) -> Code {
    switch statement.kind {
    case .return(let value?): return code(value)
    case .expression(let expression):
      switch expression.kind {
      case .function(let syntax) where syntax.name != nil: break
      case .conditional(let branches, let otherwise):
        return choice(branches.map { ValueBranch(test($0.condition), tail($0.block.statements), intervalTest($0.condition)) }, tail(otherwise?.statements ?? []))
      case .tryCatch: break
      default: return code(expression)
      }
    default: break
    }
    if case .expression(let expression) = statement.kind, case .tryCatch = expression.kind { return blockValue(expression) }
    let step = step(statement)
    return { f in try step(f) == .return ? f.takeResult() : .nil }
  }

  /// Statements whose last gives the value of a block inside an expression.
  private func value(_ block: Block) -> Code {
    guard let last = block.statements.last else { return { _ in .nil } }
    var steps = block.statements.dropLast().map { Action(run: step($0)) }
    var value: Code = { _ in .nil }
    if case .expression(let expression) = last.kind, !expression.bindsFunction { value = code(expression) } else { steps.append(Action(run: step(last))) }
    if block.mayJump { scope.usesSignals = true }
    return { f in
      for step in steps {
        let flow = try step.run(f)
        if flow != .next { throw Signal(flow: flow) }
      }
      return try value(f)
    }
  }

  /// `if` and `try` as expressions.
  func blockValue(_ expression: Expression) -> Code {
    switch expression.kind {
    case .conditional(let branches, let otherwise):
      return choice(branches.map { ValueBranch(test($0.condition), value($0.block), intervalTest($0.condition)) }, otherwise.map(value) ?? { _ in .nil })
    case .tryCatch(let body, let name, let handler):
      return catching(value(body), name, value(handler))
    default: return code(expression)
    }
  }

  private final class Fork {
    let test: Test, value: Code, otherwise: Code, interval: IntervalTest
    init(_ branch: ValueBranch, _ otherwise: @escaping Code) { (test, value, interval, self.otherwise) = (branch.test, branch.value, branch.interval, otherwise) }
  }

  private func choice(_ branches: [ValueBranch], _ otherwise: @escaping Code) -> Code {
    if branches.count == 1 {
      let choice = Fork(branches[0], otherwise)
      return { f in
        if choice.interval.slot >= 0, case .some(.int(let value)) = f.slots[choice.interval.slot] {
          return try choice.interval.holds(value) ? choice.value(f) : choice.otherwise(f)
        }
        return try choice.test(f) ? choice.value(f) : choice.otherwise(f)
      }
    }
    return { f in
      for branch in branches where try branch.test(f) { return try branch.value(f) }
      return try otherwise(f)
    }
  }

  private final class Pair {
    let first: Step, second: Step
    init(_ first: @escaping Step, _ second: @escaping Step) { (self.first, self.second) = (first, second) }
  }

  func steps(_ block: Block) -> Step {
    let steps = block.statements.map { Action(run: step($0)) }
    switch steps.count {
    case 0: return { _ in .next }
    case 1: return steps[0].run
    case 2:
      let pair = Pair(steps[0].run, steps[1].run)
      return { f in
        let flow = try pair.first(f)
        return flow == .next ? try pair.second(f) : flow
      }
    default:
      return { f in
        for step in steps {
          let flow = try step.run(f)
          if flow != .next { return flow }
        }
        return .next
      }
    }
  }

  // MARK: Statements

  func step(_ statement: Statement) -> Step {
    switch statement.kind {
    case .expression(let expression): return step(expression)
    case .assign(let target, let operation, let value, let span): return assignment(target, operation, value, span)
    case .for(let names, let sequence, let block): return loop(names, sequence, block)
    case .while(let condition, let block): return loop(condition, block)
    case .return(let value):
      guard let value else { return { _ in .return } }
      let code = code(value)
      return { f in
        f.state.pointee.result = try code(f)
        return .return
      }
    case .break: return { _ in .break }
    case .continue: return { _ in .continue }
    case .import(let reference, let place, let name): return importing(reference, place, name)
    case .param(let param): return parameter(param)
    case .error:
      let code = fail(Failure(.syntax, "this could not be read"), statement.span)
      return { f in
        _ = try code(f)
        return .next
      }
    }
  }

  private final class Choice {
    let test: Test, then: Step, otherwise: Step, interval: IntervalTest
    init(_ test: @escaping Test, _ then: @escaping Step, _ otherwise: @escaping Step, _ interval: IntervalTest) {
      (self.test, self.then, self.otherwise, self.interval) = (test, then, otherwise, interval)
    }

    @inline(__always) func holds(_ f: Frame) throws -> Bool {
      if interval.slot >= 0, case .some(.int(let value)) = f.slots[interval.slot] { return interval.holds(value) }
      return try test(f)
    }
  }

  private func step(_ expression: Expression) -> Step {
    switch expression.kind {
    case .conditional(let branches, let otherwise):
      if branches.count == 1 {
        let choice = Choice(test(branches[0].condition), steps(branches[0].block), otherwise.map(steps) ?? { _ in .next }, intervalTest(branches[0].condition))
        if otherwise == nil { return { f in try choice.holds(f) ? try choice.then(f) : .next } }
        return { f in try choice.holds(f) ? try choice.then(f) : try choice.otherwise(f) }
      }
      let branches = branches.map { StepBranch(test: test($0.condition), step: steps($0.block)) }
      let other = otherwise.map(steps) ?? { _ in .next }
      return { f in
        for branch in branches where try branch.test(f) { return try branch.step(f) }
        return try other(f)
      }
    case .tryCatch(let body, let name, let handler): return catching(steps(body), name, steps(handler))
    case .function(let syntax):
      guard let name = syntax.name else { break }
      let code = function(syntax, isBound: true), store = store(name.text)
      return { f in
        store(f, try code(f))
        return .next
      }
    default: break
    }
    let code = shown(expression)
    return { f in
      // an expression that nobody takes is computed all the same: its errors and effects happen here
      _ = try code(f)
      return .next
    }
  }

  // MARK: try

  private func catching<T>(_ body: @escaping (Frame) throws -> T, _ name: Name, _ handler: @escaping (Frame) throws -> T) -> (Frame) throws -> T {
    let store = store(name.text)
    return { f in
      do { return try body(f) } catch let error where !(error is Signal || error is any Uncatchable) {
        let failure = Failure(error)
        store(f, failure.value)
        guard failure.kind == .interrupted else { return try handler(f) }
        // the handler may finish its work (a second request stops it too); then the interrupt goes on
        if !f.machine.isWorker { f.state.pointee.cancellation._withUnsafeGuaranteedRef { $0.reset() } }
        _ = try handler(f)
        throw failure
      }
    }
  }

  func tryElse(_ value: Expression, _ otherwise: Expression) -> Code {
    let a = code(value), b = code(otherwise)
    return { f in
      do { return try f.settle(try a(f), .binding("try")) } catch let error where !(error is Signal || error is any Uncatchable) {
        if error is Cancelled || (error as? Failure)?.kind == .interrupted { throw error }
        return try b(f)
      }
    }
  }

  // MARK: Loops

  private final class While {
    let test: Test, body: Step, site: Site
    init(_ test: @escaping Test, _ body: @escaping Step, _ site: Site) { (self.test, self.body, self.site) = (test, body, site) }
  }

  private func loop(_ condition: Expression, _ block: Block) -> Step {
    let loop = While(test(condition), loopBody(block), site(condition.span))
    return { f in
      while try loop.test(f) {
        switch try loop.body(f) {
        case .next, .continue: break
        case .break: return .next
        case .return: return .return
        }
        do { try f.poll() } catch { throw located(error, loop.site) }
      }
      return .next
    }
  }

  private func loopBody(_ block: Block) -> Step {
    let steps = steps(block)
    guard block.mayJumpInExpression else { return steps }
    return { f in
      do { return try steps(f) } catch let signal as Signal { return signal.flow }
    }
  }

  private func loop(_ names: [Name], _ sequence: Expression, _ block: Block) -> Step {
    let loop = For(code(sequence), loopBody(block), site(sequence.span), key: names.count == 2 ? store(names[0].text) : nil, element: names[names.count - 1].text, self)
    return { f in
      let values = try f.settle(try loop.code(f), .binding("for"))
      let count: Int
      do { count = try Iteration.loopCount(values) } catch { throw located(error, loop.site) }
      var position = 0
      while position < count {
        if let key = loop.key { key(f, Iteration.key(values, position)) }
        try loop.bind(values, position, f)
        switch try loop.body(f) {
        case .next, .continue: break
        case .break: return .next
        case .return: return .return
        }
        do { try f.poll() } catch { throw located(error, loop.site) }
        position += 1
      }
      return .next
    }
  }

  private final class For {
    let code: Code, body: Step, site: Site
    let key: ((Frame, Value) -> Void)?
    private let store: (Frame, Value) -> Void
    /// Of the loop's name in the frame; -1 at the top level.
    private let slot: Int

    init(_ code: @escaping Code, _ body: @escaping Step, _ site: Site, key: ((Frame, Value) -> Void)?, element: String, _ compiler: Compiler) {
      (self.code, self.body, self.site, self.key) = (code, body, site, key)
      store = compiler.store(element)
      slot = compiler.scope.isTopLevel ? -1 : compiler.scope.slot(element) ?? -1
    }

    @inline(__always) func bind(_ values: Value, _ position: Int, _ f: Frame) throws {
      if slot >= 0 {
        if case .range(.integers(let start, _, step: 1)) = values, case let (sum, overflow) = start.addingReportingOverflow(position), !overflow {
          f.put(slot, .int(sum))
          return
        }
        if case .list(let list) = values {
          f.slots[slot] = list[position]
          return
        }
      }
      do { store(f, try Iteration.element(values, position, f.context)) } catch { throw located(error, site) }
    }
  }
}

extension Frame {
  func takeResult() -> Value {
    let value = state.pointee.result
    state.pointee.result = .nil
    return value
  }
}

extension Failure {
  /// `e` of `catch e`.
  package var value: Value {
    var calls = calls.map { call -> Value in ["function": .string(call.function), "at": .string(call.site.location)] }
    calls = Array(calls.prefix(32))
    return [
      "message": .string(message), "kind": .string(kind.rawValue), "hint": hint.map(Value.string) ?? .nil,
      "at": site.map { .string($0.location) } ?? .nil, "calls": .list(calls), "failed": .list(failed),
    ]
  }
}

// MARK: What a block may do

extension Expression {
  var bindsFunction: Bool { if case .function(let syntax) = kind { syntax.name != nil } else { false } }

  /// A block inside that leaves the loop or the function.
  fileprivate var holdsJump: Bool {
    switch kind {
    case .conditional(let branches, let otherwise):
      branches.contains { $0.condition.holdsJump || $0.block.mayJump } || otherwise?.mayJump ?? false
    case .tryCatch(let body, _, let handler): body.mayJump || handler.mayJump
    default: children.contains(where: \.holdsJump)
    }
  }
}

extension Block {
  var mayJump: Bool { statements.contains(where: \.mayJump) }

  /// Whether some statement of it holds a jump where flow cannot pass: inside an expression.
  var mayJumpInExpression: Bool {
    statements.contains { statement in
      switch statement.kind {
      case .expression(let expression):
        switch expression.kind {
        case .conditional(let branches, let otherwise):
          branches.contains { $0.condition.holdsJump || $0.block.mayJumpInExpression } || otherwise?.mayJumpInExpression ?? false
        case .tryCatch(let body, _, let handler): body.mayJumpInExpression || handler.mayJumpInExpression
        default: expression.holdsJump
        }
      case .assign(_, _, let value, _): value.holdsJump
      case .return(let value): value?.holdsJump ?? false
      case .for(_, let sequence, let block): sequence.holdsJump || block.mayJumpInExpression
      case .while(let condition, let block): condition.holdsJump || block.mayJumpInExpression
      default: false
      }
    }
  }
}

extension Statement {
  fileprivate var mayJump: Bool {
    switch kind {
    case .return, .break, .continue: true
    case .for(_, let sequence, let block): sequence.holdsJump || block.mayJump
    case .while(let condition, let block): condition.holdsJump || block.mayJump
    case .expression(let expression): expression.holdsJump
    case .assign(_, _, let value, _): value.holdsJump
    default: false
    }
  }
}
