import Arrays
import Display
import Geometry
import Language
import Storage

extension ArrayValue {
  func axisLength(_ position: Int, name: String?, of count: Int) -> Int? {
    if let name { return grid.axes.firstIndex { $0.name == name }.map { shape[$0] } }
    return position < shape.count ? shape[position] : nil
  }

  // `for` and `len` go along the first axis.
  var elementCount: Int? { shape.first }
  func element(at position: Int, _ context: CallContext) throws -> Value { try index([IndexArgument(.at(.int(position)))], context) }

  func index(_ indices: [IndexArgument], _ context: CallContext) throws -> Value {
    let index = try ArrayIndex(indices, of: self)
    if !isSettled, context.session.dryRun != nil, let known = try settled(.storing, context).object(as: ArrayValue.self) { return try known.index(indices, context) }
    let source: SourceView
    switch content {
    case .memory(let volume): source = SourceView(volume)
    case .view(let view): source = view
    case .expression: source = SourceView(try volume(context.execution))
    }
    let view = try index.view(of: source)
    if view.shape.isEmpty { do { return try Self.scalar(view) } catch is NotRead { return .unknown } }
    var result: ArrayValue
    if case .view = content { result = ArrayValue(view) } else {
      result = ArrayValue(try Volume(try view.read(try VoxelRoi(shape: view.shape), ReadContext()), view.grid))
      result.idBlocks = idBlocks?.seen(by: view.walks)
    }
    if index.moved > .zero { result.remark = "snapped out by ≤ \(atMost(index.moved)) nm" }
    return Value(result)
  }

  private static func scalar(_ view: SourceView) throws -> Value {
    let element = try view.read(try VoxelRoi(shape: []), ReadContext())
    func read<T: Element>(_: T.Type) -> Value { element.withElements(T.self) { Value(scalar: $0[0].scalar) } }
    return read(element.dtype.type)
  }

  mutating func assign(_ value: Value, at indices: [IndexArgument], _ context: CallContext) throws {
    let index = try ArrayIndex(indices, of: self, isExact: true)
    if let dry = context.session.dryRun, try plannedStore(value, index, dry) { return }
    guard let box = index.box(shape: shape) else { throw Failure(.index, "values can be stored into slices of step 1 only") }
    switch content {
    case .memory(var volume):
      self = ArrayValue(Volume.empty)   // this value alone holds the bytes while they change
      defer { self = ArrayValue(volume) }
      let block = try Self.block(value, dtype: volume.dtype, box: box.shape, dropped: index.dropped, grid: volume.grid, context)
      try volume.array.assign(block, at: box.offset)
    case .view(let view):
      if let file { throw Failure(.data, "`\(file.path)` is a file that is only read", hint: "a copy can be changed: copy(open(\(Value.quoted(file.path))), \"out.zarr/name\")") }
      guard let stored = view.base as? StoredArray, view.isWhole else { throw Failure(.data, "only a whole array opened with mode=\"edit\" can be changed on disk") }
      guard stored.mode == .edit else {
        throw Failure(.data, "`\(stored.location)` is open for reading only", hint: "open(\"\(stored.location)\", mode=\"edit\")")
      }
      let block = try Self.block(value, dtype: stored.dtype, box: box.shape, dropped: index.dropped, grid: stored.grid, context)
      try stored.edited()   // before, where this is killed, and after, where others looked meanwhile
      defer { stored.touch() }
      try stored.write(block, at: box.offset, ReadContext(pool: context.execution.pool, cancellation: context.execution.cancellation))
    case .expression:
      self = ArrayValue(try volume(context.execution))
      try assign(value, at: indices, context)
    }
  }

  /// `value` as an array of the box's shape and the target's dtype, checked by the rules of `cast`.
  private static func block(_ value: Value, dtype: DType, box: [Int], dropped: [Int], grid: Grid, _ context: CallContext) throws -> NDArray {
    if let array = value.object(as: ArrayValue.self) {
      let volume = try array.volume(context.execution)
      let expected = box.indices.filter { !dropped.contains($0) }.map { box[$0] }
      guard volume.shape == expected else {
        throw Failure(.shape, "shapes do not match: \(shapeText(expected)) selected, \(shapeText(volume.shape)) given")
      }
      return try naming(volume.grid.axes) { try volume.array.cast(to: dtype, .checked, context.execution.pool).reshaped(box) }
    }
    guard let number = value.scalar else { throw Failure(.type, "an array holds numbers, not \(value.typePhrase)") }
    guard number.bits(as: dtype) != nil else { throw Failure(.value, "\(value.shown()) does not fit \(dtype)") }
    return try NDArray.filled(number, dtype, box)
  }
}

/// A distance rounded up to two digits: "2.3", "0.14", "120".
private func atMost(_ length: Rational) -> String {
  var unit = 1.0
  while length.double < 10 * unit, unit > 1e-9 { unit /= 10 }
  while length.double >= 100 * unit { unit *= 10 }
  return compact((length.double / unit - 1e-9).rounded(.up) * unit)
}

extension Volume {
  /// Holds nothing.
  static var empty: Volume {
    guard let array = try? NDArray(.uint8, [0]) else { preconditionFailure("no memory for an empty array") }
    return Volume(array)
  }
}

extension Value {
  init(scalar: Scalar) {
    switch scalar {
    case .bool(let value): self = .bool(value)
    case .int(let value): self.init(integer: value)
    case .float(let value): self = .float(value)
    }
  }

  /// The number it is for arrays: bool, int or float.
  var scalar: Scalar? {
    switch self {
    case .bool(let value): .bool(value)
    case .float(let value): .float(value)
    default: integer.map { .int($0) }
    }
  }
}
