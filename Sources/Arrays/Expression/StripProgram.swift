import Geometry

/// An expression as a list of kernel calls on numbered registers, each the length of a strip.
///
/// Steps stand in the order in which they would be computed at once, operands first; a step used twice appears once. Registers are reused
/// after their last use, so a long expression needs no more of them than its widest moment.
struct StripProgram: Sendable {
  enum Call: Sendable {
    /// Source number.
    case load(Int)
    case widen, cast(CastMode), unary(UnaryFunction), binary(Int32), compare(Comparison), select
  }

  struct Instruction: Sendable {
    let call: Call
    /// Types of the first operand, of the second, and of the result.
    let from: DType, with: DType, to: DType
    /// Registers; unused ones repeat the first.
    let a: Int, b: Int, c: Int, out: Int
  }

  private(set) var sources: [any ArraySource] = []
  private(set) var constants: [(register: Int, bits: UInt64, dtype: DType)] = []
  private(set) var instructions: [Instruction] = []
  private(set) var registers = 0
  let result: Int
  let dtype: DType
  init(_ root: ExpressionNode) {
    let steps = Self.ordered(root)
    var lastUse: [ObjectIdentifier: Int] = [:]
    for (index, step) in steps.enumerated() { for input in step.inputs { lastUse[ObjectIdentifier(input)] = index } }
    lastUse[ObjectIdentifier(root)] = steps.count

    var place: [ObjectIdentifier: Int] = [:], free: [Int] = [], seen: [Seen: Int] = [:], pinned: Set<Int> = []
    var sources: [any ArraySource] = [], constants: [(Int, UInt64, DType)] = [], instructions: [Instruction] = [], registers = 0
    func fresh() -> Int {
      registers += 1
      return registers - 1
    }
    for (index, step) in steps.enumerated() {
      let inputs = step.inputs.compactMap { place[ObjectIdentifier($0)] }, types = step.inputs.map(\.dtype)
      func emit(_ call: Call, to out: Int) {
        let a = inputs.first ?? out
        instructions.append(Instruction(
          call: call, from: types.first ?? step.dtype, with: types.count > 1 ? types[1] : step.dtype, to: step.dtype,
          a: a, b: inputs.count > 1 ? inputs[1] : a, c: inputs.count > 2 ? inputs[2] : a, out: out))
        place[ObjectIdentifier(step)] = out
      }
      switch step.step {
      case .source(let source):
        let key = source.identity.map { Seen(identity: $0, axes: source.grid.axes) }
        if let key, let register = seen[key] { place[ObjectIdentifier(step)] = register; continue }
        let register = fresh()   // its own: it may point into the source's memory
        pinned.insert(register)
        if let key { seen[key] = register }
        emit(.load(sources.count), to: register)
        sources.append(source)
        continue
      case .constant(let bits):
        let register = fresh()
        pinned.insert(register)
        constants.append((register, bits, step.dtype))
        place[ObjectIdentifier(step)] = register
        continue
      case .widen: emit(.widen, to: free.popLast() ?? fresh())
      case .cast(_, let mode): emit(.cast(mode), to: free.popLast() ?? fresh())
      case .unary(let function, _): emit(.unary(function), to: free.popLast() ?? fresh())
      case .binary(let code, _, _): emit(.binary(code), to: free.popLast() ?? fresh())
      case .compare(let op, _, _): emit(.compare(op), to: free.popLast() ?? fresh())
      case .select: emit(.select, to: free.popLast() ?? fresh())
      }
      for input in Set(step.inputs.map(ObjectIdentifier.init)) where lastUse[input] == index {
        if let register = place[input], !pinned.contains(register) { free.append(register) }
      }
    }
    (self.sources, self.constants, self.instructions, self.registers) = (sources, constants.map { (register: $0.0, bits: $0.1, dtype: $0.2) }, instructions, registers)
    result = place[ObjectIdentifier(root)] ?? 0
    dtype = root.dtype
  }

  /// One stored array under the same axis names: read once, however often it is written.
  private struct Seen: Hashable {
    let identity: [Int]
    let axes: [Axis]
  }

  /// Every step once, operands before users, left before right; without recursion, for expressions of any depth.
  private static func ordered(_ root: ExpressionNode) -> [ExpressionNode] {
    var result: [ExpressionNode] = [], done: Set<ObjectIdentifier> = [], stack: [(node: ExpressionNode, next: Int)] = [(root, 0)]
    while let (node, next) = stack.last {
      let inputs = node.inputs
      if next < inputs.count {
        stack[stack.count - 1].next += 1
        if !done.contains(ObjectIdentifier(inputs[next])) { stack.append((inputs[next], 0)) }
      } else {
        stack.removeLast()
        if done.insert(ObjectIdentifier(node)).inserted { result.append(node) }
      }
    }
    return result
  }
}
