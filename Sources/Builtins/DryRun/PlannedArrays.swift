// Arrays in a dry run: those on disk refuse to be read, results are known but for their values (Language/Registry/DryRun.swift).

import Arrays
import Execution
import FileFormats
import Geometry
import Language
import Storage

extension NotRead: NotKnown {
  package var reads: [Effect.Item] { path.map { [Effect.Item($0, "\(dtype) \(shapeText(shape))  \(byteText(byteCount))", bytes: byteCount)] } ?? [] }
  private var byteCount: Int { (try? NDArray.byteCount(dtype, shape)) ?? .max }
}

extension ArrayValue {
  /// What it shows, where that is the result of a dry run.
  var planned: PlannedArray? {
    if case .view(let view) = content { view.base as? PlannedArray } else { nil }
  }

  var readItems: [Effect.Item] { expression.sources.flatMap { items(read: $0) } }

  func withoutValues() -> (any ObjectValue)? {
    guard case .view(let view) = content else { return nil }
    var copy = self
    if let stored = view.base as? StoredArray, !stored.isMetadataOnly { copy.content = .view(view.showing(stored.metadataOnly)) }
    else if let file = view.base as? FileArray, !file.isMetadataOnly { copy.content = .view(view.showing(file.metadataOnly)) }
    else { return nil }
    return copy
  }

  /// What an expression would give, if it needs values that a dry run does not have; nil if it can be computed.
  ///
  /// - Throws: E6 as the real run would.
  func planning(_ expression: ArrayExpression, _ execution: ExecutionContext, _ dry: DryRun) throws -> ArrayValue? {
    let missing = expression.sources.filter { !isInMemory($0) }
    if missing.isEmpty { return nil }
    try checkBudget(execution)
    let reads = missing.flatMap { items(read: $0) }
    if !reads.isEmpty { dry.record(Effect("compute \(dtype) \(axesText)", reads: reads, memory: byteCount)) }
    return ArrayValue(try PlannedArray(dtype, shape, grid))
  }

  /// `a[…] = value` in a dry run; false where it can really be done, in memory.
  mutating func plannedStore(_ value: Value, _ index: ArrayIndex, _ dry: DryRun) throws -> Bool {
    let given = value.object(as: ArrayValue.self)
    let isKnown = !value.isUnknown && (given.map { $0.expression.sources.allSatisfy(isInMemory) } ?? true)
    switch content {
    case .memory where isKnown, .expression: return false
    case .memory:
      self = ArrayValue(try PlannedArray(dtype, shape, grid))
      return true
    case .view(let view):
      if let planned = view.base as? PlannedArray, planned.path == nil { return true }
      if view.base is FileArray { return false }
      if let stored = view.base as? StoredArray, stored.mode != .edit || !view.isWhole { return false }   // the error is that of the real run
      guard let box = index.box(shape: shape), let path = stored?.path ?? planned?.path else { return false }
      if let given {
        let expected = box.shape.indices.filter { !index.dropped.contains($0) }.map { box.shape[$0] }
        guard given.shape == expected else { throw Failure(.shape, "shapes do not match: \(shapeText(expected)) selected, \(shapeText(given.shape)) given") }
      }
      let bytes = (try? NDArray.byteCount(dtype, box.shape)) ?? .max
      dry.record(Effect(
        "store into \(path)", reads: given.map { $0.expression.sources.flatMap { items(read: $0) } } ?? [],
        writes: [Effect.Item(path, "\(dtype) \(shapeText(box.shape)) at \(shapeText(box.offset))  \(byteText(bytes))", bytes: bytes)], isPart: true))
      return true
    }
  }
}

/// Whether a source can be read in a dry run.
func isInMemory(_ source: any ArraySource) -> Bool {
  switch source {
  case is Volume, is RandomField: true   // or made from what is known
  case is StoredArray, is FileArray, is PlannedArray: false
  default: !source.inputs.isEmpty && source.inputs.allSatisfy(isInMemory)
  }
}

/// The arrays on disk behind a source: their paths, and where a dry run would make them.
func pathsRead(_ source: any ArraySource) -> [String] { stored(source).map(\.path) }

/// The same with the type of what is stored, which a filter over it may change.
private func stored(_ source: any ArraySource) -> [(path: String, dtype: DType)] {
  switch source {
  case let array as StoredArray: [(array.path, array.dtype)]
  case let file as FileArray: [(file.path, file.dtype)]
  case let planned as PlannedArray: planned.path.map { [($0, planned.dtype)] } ?? []
  default: source.inputs.flatMap(stored)
  }
}

/// All of a source as something that is read; `bytes` where it is read more or less often than once.
func items(read source: any ArraySource, bytes: Int? = nil) -> [Effect.Item] {
  stored(source).map { path, dtype in
    let size = bytes ?? (try? NDArray.byteCount(dtype, source.shape)) ?? .max
    return Effect.Item(path, "\(dtype) \(shapeText(source.shape))  \(byteText(size))", bytes: size)
  }
}
