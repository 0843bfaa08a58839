// Arrays as the language sees them: a volume in memory, a view on disk (never copied until it must be), or an expression that lives
// inside its statement.

import Arrays
import Blockwise
import Display
import Execution
import FileFormats
import Geometry
import Language
import Storage

struct ArrayValue: ObjectValue {
  enum Content: Sendable {
    case memory(Volume)
    /// A view of something that reads on demand: a stored array, or an upsampled one.
    case view(SourceView)
    case expression(ArrayExpression)
  }

  var content: Content
  /// Facts about how it came about, for `attrs`: objects found, parameters used.
  var notes = Record()
  /// Of an array in memory whose ids lie in blocks, as ids="unique" makes them; of what is on disk its attributes say it.
  var idBlocks: IdBlocks?
  /// Said once below the summary: "snapped out by ≤ 2.3 nm".
  var remark: String?

  init(_ volume: Volume) { content = .memory(volume) }
  init(_ source: any ArraySource) { content = if let volume = source as? Volume { .memory(volume) } else { .view(SourceView(source)) } }
  init(_ view: SourceView) { content = .view(view) }
  init(_ expression: ArrayExpression) { content = .expression(expression) }

  var typeName: String { "array" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["attrs", "axes", "dtype", "format", "grid_known", "nbytes", "offset", "path", "roi", "shape", "size", "voxel"] }

  var dtype: DType {
    switch content {
    case .memory(let volume): volume.dtype
    case .view(let view): view.dtype
    case .expression(let expression): expression.dtype
    }
  }
  var shape: [Int] {
    switch content {
    case .memory(let volume): volume.shape
    case .view(let view): view.shape
    case .expression(let expression): expression.shape
    }
  }
  var grid: Grid {
    switch content {
    case .memory(let volume): volume.grid
    case .view(let view): view.grid
    case .expression(let expression): expression.grid
    }
  }

  var byteCount: Int { (try? NDArray.byteCount(dtype, shape)) ?? .max }
  var count: Int { shape.reduce(1, saturated) }

  /// The array on disk that it shows, if it does.
  var stored: StoredArray? {
    if case .view(let view) = content { view.base as? StoredArray } else { nil }
  }

  /// The array on disk that it shows all of; nil for views of parts and for what is computed.
  var wholeStored: StoredArray? {
    if case .view(let view) = content, view.isWhole { view.base as? StoredArray } else { nil }
  }

  /// The array in a file of another program that it shows, if it does.
  var file: FileArray? {
    if case .view(let view) = content { view.base as? FileArray } else { nil }
  }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "dtype": .string(dtype.rawValue)
    case "shape": .voxelCoordinate(Coordinate(shape))
    case "size": .int(count)
    case "nbytes": .bytes(byteCount)
    case "axes": .list(grid.axes.map { .string($0.name) })
    case "voxel": .worldCoordinate(grid.voxelSize)
    case "offset": .worldCoordinate(grid.offset)
    case "grid_known": .bool(grid.isKnown)
    case "roi": Value(RoiValue(roi: try roi(), grid: grid, owner: stored?.path ?? file?.path))
    case "path": (stored?.path ?? file?.path ?? planned?.path).map { .string($0) } ?? .nil
    case "attrs" where planned != nil, "format" where planned != nil: .unknown
    case "format": (stored?.format.description ?? file?.format).map { .string($0) } ?? .nil
    case "attrs": .record(attributes())
    default: nil
    }
  }

  func roi() throws -> WorldRoi { try grid.world(try VoxelRoi(shape: shape)) }

  private func attributes() -> Record {
    var record = notes
    if case .object(let members)? = stored?.attributes ?? file?.attributes { for member in members where record[member.key] == nil { record[member.key] = Value(json: member.value) } }
    return record
  }

  // MARK: Laziness

  var isSettled: Bool { if case .expression = content { false } else { true } }

  func settled(_ reason: SettleReason, _ context: CallContext) throws -> Value {
    guard case .expression(let expression) = content else { return Value(self) }
    if let dry = context.session.dryRun, let planned = try planning(expression, context.execution, dry) { return Value(planned) }
    return Value(ArrayValue(try compute(expression, context.execution, reason)))
  }

  /// - Throws: E6 if the result is above the budget.
  private func compute(_ expression: ArrayExpression, _ execution: ExecutionContext, _ reason: SettleReason? = nil) throws -> Volume {
    try checkBudget(execution, reason)
    return try naming(expression.grid.axes) { try expression.evaluate(execution) }
  }

  /// Everything, in memory.
  ///
  /// - Throws: E6 if it is above the budget, before anything is read.
  func volume(_ execution: ExecutionContext) throws -> Volume {
    switch content {
    case .memory(let volume): return volume
    case .expression(let expression): return try compute(expression, execution)
    case .view(let view):
      try checkBudget(execution)
      return try naming(view.grid.axes) { try Volume(try view.read(try VoxelRoi(shape: view.shape), execution.reading), view.grid) }
    }
  }

  /// As something that blocks can be read from. Only words that stream are ever given an expression: they read each voxel of it once, or few times.
  func source(_ execution: ExecutionContext) throws -> any ArraySource {
    switch content {
    case .memory(let volume): volume
    case .view(let view): view.isWhole ? view.base : view
    case .expression(let expression): expression
    }
  }
}

extension Call {
  func array(_ name: String) throws -> ArrayValue { try object(name, as: ArrayValue.self) }
  func optionalArray(_ name: String) throws -> ArrayValue? { try optionalObject(name, as: ArrayValue.self) }
  /// An argument that is an array, in memory.
  ///
  /// - Throws: E6, said of the argument.
  func volume(_ name: String) throws -> Volume {
    let array = try array(name)
    do {
      try array.checkBudget(execution, .passing(argument: name, to: builtin.name))
      return try array.volume(execution)
    } catch var failure as Failure where failure.argument == nil {
      failure.argument = name   // of an expression that is computed here, too
      throw failure
    }
  }
}
