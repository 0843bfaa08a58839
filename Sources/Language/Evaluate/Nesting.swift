// How deep values may hold each other. What walks or frees a nested value does so on the native stack, level by level; a loop such as
// `x = [x]` would end the process. Depth grows by a small step in each operation that puts values into a value, so those operations are
// counted, and only where the count says that a value might have become too deep is everything within reach measured.

enum Nesting {
  /// Levels that a new value may have.
  static let limit = 1000
  /// Levels that are not counted where a short look shows that there are no more.
  private static let shallow = 16
  /// Values that the short look looks at.
  private static let glance = 512

  /// Whether a short look shows that a value has few levels.
  static func isShallow(_ value: Value) -> Bool {
    var left = glance
    return look(value, shallow, &left)
  }

  private static func look(_ value: Value, _ levels: Int, _ left: inout Int) -> Bool {
    func all(_ values: [Value]) -> Bool {
      left -= values.count
      if left < 0 || levels == 0 { return false }
      for inner in values where inner.holdsValues { if !look(inner, levels - 1, &left) { return false } }
      return true
    }
    switch value {
    case .list(let values): return all(values)
    case .record(let record): return all(record.values)
    case .function(let function): return function.captures.isEmpty || all(function.captures.compactMap { $0 })
    case .object(let box): return !box.object.holdsValues || all(box.object.heldValues)
    default: return true
    }
  }

  /// Levels of values, each container measured once however many hold it; stops at the first that has more than `bound`.
  struct Measure {
    let bound: Int
    private var known: [UnsafeRawPointer: Int] = [:]

    init(bound: Int) { self.bound = bound }

    /// Levels, at most `bound` + 1.
    mutating func levels(_ value: Value, above: Int = 0) -> Int {
      guard value.holdsValues, above <= bound else { return 0 }
      let inner: [Value] =
        switch value {
        case .list(let values): values
        case .record(let record): record.values
        case .function(let function): function.captures.compactMap { $0 }
        case .object(let box): box.object.heldValues
        default: []
        }
      let place = inner.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }
      if let place, let levels = known[place] { return levels }
      var deepest = 0
      for value in inner where value.holdsValues { deepest = max(deepest, levels(value, above: above + 1)) }
      if let place, deepest > 0, value.keepsItsValues { known[place] = deepest + 1 }
      return deepest + 1
    }
  }
}

extension Value {
  /// Whether it may hold other values of the language.
  @inline(__always) var holdsValues: Bool {
    switch self {
    case .list, .record, .function: true
    case .object(let box): box.object.holdsValues
    default: false
    }
  }

  /// Whether what it holds lies in an array of its own, whose address tells it from others.
  fileprivate var keepsItsValues: Bool {
    switch self {
    case .list, .record: true
    default: false
    }
  }
}

extension Frame {
  /// To be called for each new value that holds values which hold values.
  ///
  /// - Throws: a failure of kind `recursion` if it has more than `Nesting.limit` levels.
  @inline(never) func nested(_ value: Value) throws {
    if Nesting.isShallow(value) { return }
    state.pointee.nestings += 1
    if state.pointee.nestings <= state.pointee.nestingRoom { return }
    var own = Nesting.Measure(bound: Nesting.limit)
    if own.levels(value) > Nesting.limit {
      throw Failure(.recursion, "values are nested more than \(Words.grouped(Nesting.limit)) deep", hint: "a list of equals: xs += [x]")
    }
    state.pointee.nestings = 0
    state.pointee.nestingRoom = max(0, Nesting.limit - machine.deepest(globals.pointee.owner))
  }
}

extension Machine {
  /// Levels of the deepest value that a name holds: what grows from now on starts below that.
  fileprivate func deepest(_ globals: Globals) -> Int {
    var measure = Nesting.Measure(bound: 4 * Nesting.limit), deepest = 0
    for globals in [globals, session.globals] + session.modules.loadedGlobals {
      for slot in globals.names.indices { if let value = globals[slot] { deepest = max(deepest, measure.levels(value)) } }
    }
    var slot = bottom
    while slot < state.pointee.top {
      if let value = slot.pointee { deepest = max(deepest, measure.levels(value)) }
      slot += 1
    }
    return deepest
  }
}
