/// What `for`, `len` and list functions walk over.
enum Iteration {
  /// How many elements; nil: not a sequence.
  static func count(_ value: Value) -> Int? {
    switch value {
    case .list(let values): values.count
    case .record(let record): record.count
    case .range(let range): range.count
    case .string(let text): Text.count(text)
    case .voxelCoordinate(let coordinate): coordinate.rank
    case .worldCoordinate(let coordinate): coordinate.rank
    case .object(let box): box.object.elementCount
    default: nil
    }
  }

  /// The element at a position below the count.
  static func element(_ value: Value, _ position: Int, _ context: CallContext) throws -> Value {
    switch value {
    case .list(let values): values[position]
    case .record(let record): record.field(at: position).value
    case .range(let range): range.element(position)
    case .voxelCoordinate(let coordinate): .int(coordinate[position])
    case .worldCoordinate(let coordinate): .length(coordinate[position])
    case .object(let box): try box.object.element(at: position, context).known(context)
    default: throw notASequence(value)
    }
  }

  /// What the first of two loop names gets.
  static func key(_ value: Value, _ position: Int) -> Value {
    switch value {
    case .record(let record): .string(record.field(at: position).key)
    case .object(let box): box.object.elementKey(at: position)
    default: .int(position)
    }
  }

  /// The count for a loop.
  static func loopCount(_ value: Value) throws -> Int {
    if case .string = value { throw notASequence(value) }
    if value.isUnknown { throw Undecided(reason: "what the loop goes over is known only when the script runs") }
    guard let count = count(value) else { throw notASequence(value) }
    return count
  }

  static func notASequence(_ value: Value) -> Failure {
    let hint: String? =
      switch value {
      case .int(let count) where count >= 0: "0..\(count) counts from 0 to \(max(0, count - 1))"
      case .string: "split(text, \"\") gives its characters"
      default: nil
      }
    return Failure(.type, "cannot loop over \(value.typePhrase)", hint: hint)
  }
}

extension Value {
  /// The elements of a list, range, coord or other sequence that a function asks for at once.
  package func elements(_ context: CallContext) throws -> [Value] {
    if case .list(let values) = self { return values }
    let count = try Iteration.loopCount(self)
    let size = MemoryLayout<Value>.stride, budget = context.execution.memoryBudget
    if count > budget / size {
      throw Failure(.memory, "a list of \(Words.grouped(count)) elements does not fit (budget \(Value.bytesText(Double(budget))))")
    }
    return try (0..<count).map { try Iteration.element(self, $0, context) }
  }
}
