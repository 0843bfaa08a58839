// Errors of arrays in the user's words: voxels by the names of their axes, counts grouped, and a hint where one is sure.

import Arrays
import Blockwise
import Display
import Execution
import Geometry
import Language

extension ArrayError: FailureConvertible {
  package var failure: Failure { failure(axes: []) }

  /// - Parameter axes: of the array whose voxels the error counts; without them voxels are bare numbers.
  func failure(axes: [Axis]) -> Failure {
    func arithmetic(_ message: String, _ index: [Int], hint: String? = nil) -> Failure {
      let names = axes.count == index.count ? axes.map(\.name) : []
      var failure = Failure(.arithmetic, message + (index.isEmpty ? "" : " at \(voxelText(index, names))"), hint: hint)
      (failure.voxel, failure.voxelAxes) = (index, names)
      return failure
    }
    switch self {
    case .overBudget, .noMemory, .tooLarge: return Failure(.memory, description)
    case .lengths(let axis, let a, let b, let extents): return Self.shapesDoNotMatch(axis, a, b, extents)
    case .shapes, .rank, .axisTwice: return Failure(.shape, description)
    case .grids(let axis, let a, let b): return Self.gridsDoNotMatch(axis, a, b)
    case .outside: return Failure(.index, description)
    case .doesNotFit(let dtype, let count, let total, let first, let index):
      if total == 1, index.isEmpty { return Failure(.arithmetic, "\(first) does not fit \(dtype)") }
      return arithmetic(
        "\(grouped(count)) of \(grouped(total)) values \(count == 1 ? "does" : "do") not fit \(dtype), first \(first)", index, hint: "cast(a, \(dtype), clip=true) saturates")
    case .overflow(let operation, let index): return arithmetic("\(operation) overflows", index, hint: "integers never wrap: compute in a wider type, cast(a, float64)")
    case .divisionByZero(let index): return arithmetic("division by zero", index)
    case .negativePower(let index): return arithmetic("an integer has no negative power", index)
    case .dtypes(let a, let b) where [a, b].contains(.uint64) && (a.isSigned || b.isSigned):
      return Failure(
        .type, "no integer type holds both \(a) and \(b), and a float would merge labels above 2⁵³", hint: "cast one side: cast(a, uint64), an error if a value is negative")
    default: return Failure(.type, description)
    }
  }
}

/// "z 3, y 9, x 80", or "voxel (3, 9, 80)" where the axes have no names.
func voxelText(_ index: [Int], _ names: [String]) -> String {
  names.count == index.count ? zip(names, index).map { "\($0) \($1)" }.joined(separator: ", ") : "voxel \(shapeText(index))"
}

/// Errors of a computation, with the axes of the array that it gives.
func naming<R>(_ axes: [Axis], _ body: () throws -> R) throws -> R {
  do { return try body() } catch let error as ArrayError { throw error.failure(axes: axes) }
}

extension ArrayValue {
  /// Refuses what is above the budget before any work: E6.
  func checkBudget(_ execution: ExecutionContext, _ reason: SettleReason? = nil) throws {
    let bytes = byteCount, budget = execution.memoryBudget
    if bytes <= budget { return }
    let stored = isOnDisk
    var failure = Failure(
      .memory, "this would \(stored ? "read" : "hold") \(byteText(bytes)) \(stored ? "into" : "in") memory (budget \(byteText(budget)))",
      hint: isSettled ? "read a part: a[roi]" : "compute a part: a[roi]   or write it: save(…, \"out.zarr/name\")")
    let consequence: String
    switch reason {
    case .binding(let name): consequence = "binding `\(name)` would hold all of it"
    case .showing: consequence = "showing it would hold all of it"
    case .passing(let argument, let word):
      consequence = "`\(word)` needs all of `\(argument)` in memory"
      let form = Vocabulary.registry.sets[word]?.builtins.first { $0.signature.parameter("to") != nil }
      if let form, !WholeResult.words.contains(word) {
        let more = form.signature.parameters.count { $0.defaultValue == nil } > 1 ? ", …" : ""
        failure.hint = "\(word)(‹\(argument)›\(more), to=\"out.zarr/\(word)\")   or a part: \(word)(‹\(argument)›[r]\(more))"
      }
    case .storing, .returning, nil: consequence = "all of it would be held at once"
    }
    failure.label = consequence
    failure.reword = { failure, around in
      var copy = failure
      let big = around.names.first { $0.value.object(as: ArrayValue.self).map { $0.isOnDisk && $0.byteCount >= bytes / 8 } ?? false }
      guard let big else { return copy }
      copy.label = "\(big.name) is on disk: \(consequence)"
      if around.expression.count <= 48 {
        copy.hint = "save(\(around.expression), \"out.zarr/\(reason?.boundName ?? "name")\")   or   \(replacing(big.name, by: "\(big.name)[roi]", in: around.expression))"
      }
      return copy
    }
    throw failure
  }

  /// Whether any of it is read from files when it is computed.
  var isOnDisk: Bool {
    switch content {
    case .memory: false
    case .view(let view): !pathsOnDisk(of: view).isEmpty
    case .expression(let expression): !pathsOnDisk(of: expression).isEmpty
    }
  }

  /// Refuses a box that is not exactly on this array's grid: E3.
  func offGrid(_ axis: Int, _ value: Rational, isEnd: Bool) -> Failure {
    let name = grid.axes[grid.spatialAxes[axis]].name, size = grid.voxelSize[axis], corner = grid.offset[axis]
    var label = "\(name) \(isEnd ? "ends" : "starts") at \(lengthText(value)) nm; grid is \(lengthText(corner)) + k × \(lengthText(size)) nm"
    if let below = try? (try (try value - corner) / size).rounded(.down), below < .max {
      func place(_ k: Int) -> String { (try? corner + (try size * Rational(k))).map { "\(lengthText($0)) (k \(k))" } ?? "k \(k)" }
      label += "; nearest \(place(below)) or \(place(below + 1))"
    }
    var failure = Failure(.grid, "roi is not on the voxel grid of the array", label: label, hint: "out[snap(r, out)] = …   or give `create` the offset of what you write")
    failure.reword = { failure, around in
      var copy = failure
      guard let target = around.target else { return copy }
      copy.message = "roi is not on the voxel grid of `\(target)`"
      let written = around.names.first { $0.name == around.expression }?.name
      let index = around.index.flatMap { $0.contains(":") || $0.count > 24 ? nil : $0 } ?? "r"
      copy.hint = "\(target)[snap(\(index), \(target))] = …   or give `create` the offset of \(written.map { "`\($0)`" } ?? "what you write")"
      return copy
    }
    return failure
  }
}

extension SettleReason {
  fileprivate var boundName: String? { if case .binding(let name) = self { name } else { nil } }
}

/// Every whole word `name` of an expression, replaced.
private func replacing(_ name: String, by other: String, in text: String) -> String {
  var result = "", word = ""
  func isPart(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
  for character in text + " " {
    if isPart(character) { word.append(character); continue }
    result += word == name ? other : word
    word = ""
    result.append(character)
  }
  return String(result.dropLast())
}

/// "15,997.72": a length in nanometres, exact where three decimals are, the whole part grouped.
func lengthText(_ value: Rational) -> String {
  let text = value.description
  guard let dot = text.firstIndex(of: ".") else { return value.int.map(grouped) ?? text }
  let whole = Int(text[..<dot]) ?? 0
  return (text.hasPrefix("-") && whole == 0 ? "-0" : grouped(whole)) + text[dot...]
}
