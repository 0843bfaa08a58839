// Seeing an array another way without touching a voxel of what is on disk.

import Arrays
import Execution
import Geometry
import Language

extension ArrayValue {
  /// What `change` makes of it: of an array on disk a view, of an expression and of an array in memory a part of the expression around it.
  func viewed(_ execution: ExecutionContext, _ change: (SourceView) throws -> SourceView) throws -> ArrayValue {
    switch content {
    case .view(let view): return ArrayValue(try change(view))
    case .expression(let expression): return ArrayValue(ArrayExpression(try change(SourceView(expression))))
    case .memory(let volume):
      let view = try change(SourceView(volume))
      if idBlocks == nil, let inPlace = try view.inPlace() { return ArrayValue(ArrayExpression(inPlace)) }
      var result = ArrayValue(try Volume(try view.read(try VoxelRoi(shape: view.shape), execution.reading), view.grid))
      if view.base is Volume { result.idBlocks = idBlocks?.seen(by: view.walks) }
      return result
    }
  }

  /// What is made of several arrays: of arrays in memory in memory, else read when it is needed.
  static func made(of parts: [ArrayValue], _ expression: ArrayExpression, _ execution: ExecutionContext) throws -> ArrayValue {
    let isSettled = parts.allSatisfy { if case .memory = $0.content { true } else { false } }
    let result = ArrayValue(expression)
    return isSettled ? ArrayValue(try result.volume(execution)) : result
  }
}

extension Call {
  /// The axis that an argument names, or counts: `axis="z"`, `axis=0`.
  func axis(_ name: String, of grid: Grid) throws -> Int { try axis(try value(name), name, grid) }

  func axis(_ value: Value, _ argument: String, _ grid: Grid) throws -> Int {
    switch value {
    case .string(let text): try axis(text, argument, grid)
    case .int(let position) where grid.axes.indices.contains(position): position
    case let other: throw failure(.value, "`\(argument)` is no axis of the array: \(other.shown())", at: argument, label: "axes: \(grid.axes.map(\.name).joined(separator: ", "))")
    }
  }

  /// The name of a new axis, which indices use: `a[c=0]`.
  func axisName(_ text: String, _ argument: String) throws -> String {
    guard let first = text.first, first.isLetter || first == "_", text.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
      throw failure(.value, "`\(argument)` must be a name such as \"c\", not \(Value.quoted(text))", at: argument)
    }
    return text
  }

  func axis(_ text: String, _ argument: String, _ grid: Grid) throws -> Int {
    guard let axis = grid.axes.firstIndex(where: { $0.name == text }) else {
      throw failure(.value, "the array has no axis `\(text)`", at: argument, label: "axes: \(grid.axes.map(\.name).joined(separator: ", "))")
    }
    return axis
  }

  /// The variadic arrays, or those of the one list among them.
  func arrays(_ noun: String) throws -> [ArrayValue] {
    var values = rest
    if values.count == 1, case .list(let inner) = values[0] { values = inner }
    guard !values.isEmpty else { throw failure(.argument, "`\(builtin.name)` needs at least one array") }
    return try values.enumerated().map { position, value in
      guard let array = value.object(as: ArrayValue.self) else {
        throw Failure(.type, "`\(noun)` must be arrays, not \(value.typePhrase)", argument: noun, argumentPosition: position)
      }
      return array
    }
  }
}

extension Axis {
  /// An axis of this name: x, y, z are space, t is time, all others are channels.
  static func named(_ name: String) -> Axis { Axis(name, ["z", "y", "x"].contains(name) ? .space : name == "t" ? .time : .channel) }
}

extension NDArray {
  /// All elements in C order; integers beyond 2⁵³ are rounded.
  func asDoubles() throws(ArrayError) -> [Double] {
    let packed = try contiguous()
    func read<T: Element>(_: T.Type) -> [Double] { packed.withElements(T.self) { $0.map(\.double) } }
    return read(dtype.type)
  }
}
