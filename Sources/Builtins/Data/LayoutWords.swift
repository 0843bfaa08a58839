// The same voxels in another order or shape, and margins around them.

import Arrays
import Geometry
import Language

extension Builtin {
  static let transpose = Builtin(
    "transpose", "(a: array, axes: list|coord = nil) -> array", "Reorders the axes, by name or number; without `axes` reverses them. Of an array on disk it is a view.",
    examples: [Example("transpose(zeros((1, 2, 3)), [\"x\", \"z\", \"y\"]).shape", prints: "(3, 1, 2)"), Example("transpose(zeros((1, 2))).axes", prints: "[\"x\", \"y\"]")],
    searchTerms: ["permute", "axes", "swap"], streams: ["a"]
  ) { call in
    let array = try call.array("a"), grid = array.grid
    let order: [Int]
    switch try call.value("axes") {
    case .nil: order = grid.axes.indices.reversed()
    case .voxelCoordinate(let numbers): order = numbers.values
    case .list(let entries):
      order = try entries.map { entry in
        switch entry {
        case .string(let name): try call.axis(name, "axes", grid)
        case .int(let number): number
        default: throw call.failure(.type, "`axes` holds names or numbers of axes, not \(entry.typePhrase)", at: "axes")
        }
      }
    default: throw call.failure(.type, "`axes` must be a list such as [\"x\", \"y\", \"z\"]", at: "axes")
    }
    guard order.sorted() == Array(grid.axes.indices) else {
      throw call.failure(.value, "`axes` must name each axis once", at: "axes", label: "axes: \(grid.axes.map(\.name).joined(separator: ", "))")
    }
    return Value(try array.viewed(call.execution) { try $0.transposed(order) })
  }

  static let flip = Builtin(
    "flip", "(a: array, axis: string|int|list) -> array", "Reverses the order along one axis or several; the place in the world stays. Of an array on disk it is a view.",
    examples: [Example("flip(arange(3), \"x\")[0]", prints: "2")], searchTerms: ["mirror", "reverse"], streams: ["a"]
  ) { call in
    let array = try call.array("a")
    let axes: [Int]
    if case .list(let entries) = try call.value("axis") {
      axes = try entries.map { try call.axis($0, "axis", array.grid) }
      guard Set(axes).count == axes.count else { throw call.failure(.value, "`axis` names an axis twice", at: "axis") }
    } else {
      axes = [try call.axis("axis", of: array.grid)]
    }
    return Value(try array.viewed(call.execution) { view in
      try axes.reduce(view) { view, axis in
        let length = view.shape[axis]
        return length < 2 ? view : try view.walking(axis: axis, begin: length - 1, step: -1, count: length)
      }
    })
  }

  static let reshape = Builtin(
    "reshape", "(a: array, shape: int|coord, axes: list = nil) -> array", "The same values, in the same order, under another shape; in memory, without a place in the world.",
    examples: [Example("reshape(arange(6), (2, 3))[1, 0]", prints: "3")], searchTerms: ["ravel", "flatten"]
  ) { call in
    let volume = try call.volume("a"), shape = try call.shape("shape")
    guard (try? NDArray.byteCount(volume.dtype, shape)) == volume.array.byteCount else {
      throw call.failure(.shape, "\(ArrayValue(volume).axesText) has \(Words.grouped(volume.array.count)) values, \(shapeText(shape)) has another number", at: "shape")
    }
    let axes = try call.axes(rank: shape.count) ?? Axis.defaults(rank: shape.count)
    return Value(ArrayValue(try Volume(try volume.array.reshaped(shape), Grid(unknown: axes))))
  }

  static let pad = Builtin(
    "pad", "(a: array, by: int|coord|length = 0, before: int|coord|length = nil, after: int|coord|length = nil, mode: \"constant|edge|reflect|symmetric\" = \"constant\", value: int|float|bool = 0) -> array",
    "Adds a margin on both sides of every axis of space, or of the axes given; `before` and `after` say it for each side.",
    details: [
      "constant: `value` everywhere, v v|a b c|v v.", "edge: the outermost voxel again and again, a a|a b c|c c.",
      "reflect: a mirror in the outermost voxel, which stands once, c b|a b c|b a.", "symmetric: a mirror behind it, so that it stands twice, b a|a b c|c b.",
    ],
    examples: [Example("pad(arange(3), 1, mode=\"edge\").shape", prints: "(5,)"), Example("sum(pad(ones((2, 2)), before=(1, 0), value=5))", prints: "14.0")],
    searchTerms: ["margin", "border"], streams: ["a"]
  ) { call in
    let array = try call.array("a")
    let both = try call.margin("by", array) ?? [Int](repeating: 0, count: array.shape.count)
    let before = try call.margin("before", array) ?? both, after = try call.margin("after", array) ?? both
    let source = try naming(array.grid.axes) { try PaddedSource(array.expression, before: before, after: after, try call.edge(try call.string("mode"), at: "mode", constant: "value")) }
    return Value(try ArrayValue.made(of: [array], ArrayExpression(source), call.execution))
  }

  static let read = Builtin(
    "read", "(a: array, r: roi = nil, pad: int|float|bool|string = nil) -> array",
    "Reads an array, or the part in a roi, into memory; with `pad` the roi may reach outside: a number, or \"edge\", \"reflect\", \"symmetric\".",
    examples: [Example("a = ones((2, 2), voxel=4nm); sum(read(a, grow(a.roi, 4nm), pad=0))", prints: "4.0")], searchTerms: ["load", "memory"]
  ) { call in
    let array = try call.array("a")
    guard let roi = try call.optionalObject("r", as: RoiValue.self) else { return Value(ArrayValue(try call.volume("a"))) }
    let pad = try call.value("pad")
    guard !pad.isNil else {
      let part = try array.index([IndexArgument(.at(Value(roi)))], call.context)
      guard var result = part.object(as: ArrayValue.self) else { return part }
      result.content = .memory(try result.volume(call.execution))
      return Value(result)
    }
    let voxels = try array.grid.voxels(try roi.roi(on: array.grid), .outward), rank = array.shape.count
    var before = [Int](repeating: 0, count: rank), after = before
    for (position, axis) in array.grid.spatialAxes.enumerated() {
      before[axis] = try Voxel.subtract(0, voxels.offset[position])
      after[axis] = try Voxel.subtract(voxels.end[position], array.shape[axis])
    }
    var edge = EdgeRule.constant(pad.scalar ?? .int(0))
    if case .string(let mode) = pad { edge = try call.edge(mode, at: "pad") }
    return Value(ArrayValue(try ArrayValue(ArrayExpression(try PaddedSource(array.expression, before: before, after: after, edge))).volume(call.execution)))
  }
}

extension Call {
  /// Voxels to add before or after each axis; none for axes that are not space, unless a coord names them all.
  fileprivate func margin(_ name: String, _ array: ArrayValue) throws -> [Int]? {
    let given = try value(name), rank = array.shape.count, spatial = array.grid.spatialAxes
    if given.isNil { return nil }
    var margin = [Int](repeating: 0, count: rank)
    if case .voxelCoordinate(let all) = given, all.rank == rank {
      margin = all.values
    } else {
      for (axis, size) in zip(spatial, try sizeInVoxels(name, array.grid)) {
        guard size == size.rounded(), let whole = Int(exactly: size) else { throw failure(.grid, "`\(name)` is not a whole number of voxels: \(given.shown())", at: name) }
        margin[axis] = whole
      }
    }
    guard margin.allSatisfy({ $0 >= 0 }) else { throw failure(.value, "`\(name)` must not be negative", at: name, hint: "a[1:end-1] takes voxels away") }
    return margin
  }

  /// - Parameter constant: the argument that holds the number for `"constant"`, where that is a mode.
  fileprivate func edge(_ mode: String, at argument: String, constant: String? = nil) throws -> EdgeRule {
    switch mode {
    case "constant" where constant != nil:
      guard let constant, let scalar = try value(constant).scalar else { throw failure(.type, "`value` must be a number", at: constant ?? argument) }
      return .constant(scalar)
    case "edge": return .edge
    case "reflect": return .reflect
    case "symmetric": return .symmetric
    default: throw failure(.value, "`\(argument)` must be a number, \"edge\", \"reflect\" or \"symmetric\", not \"\(mode)\"", at: argument)
    }
  }
}
