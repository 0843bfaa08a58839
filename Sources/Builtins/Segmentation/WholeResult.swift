// Words that hold everything at once, because every voxel may depend on every other: refused before any work where it does not fit (E6), and written block by block with to="…".

import Arrays
import Blockwise
import Display
import Geometry
import Language
import Storage

struct WholeResult {
  /// Words whose `to` saves no memory.
  static let words: Set = ["watershed", "mutex_watershed"]

  private let inputs: [String]
  private let shape: [Int], grid: Grid, dtype: DType
  /// Held at once: what is not in memory already, and the result.
  private let bytes: Int

  /// - Parameter inputs: names of arguments that are arrays, the first of which decides the shape.
  /// - Throws: E6, of the largest argument.
  init(_ call: Call, inputs: [String], shape: [Int], grid: Grid, dtype: DType) throws {
    (self.inputs, self.shape, self.grid, self.dtype) = (inputs, shape, grid, dtype)
    let arrays = try inputs.compactMap { name in try call.optionalArray(name).map { (name, $0) } }
    bytes = arrays.reduce((try? NDArray.byteCount(dtype, shape)) ?? .max) { sum, input in
      if case .memory = input.1.content { return sum }
      let (total, overflow) = sum.addingReportingOverflow(input.1.byteCount)
      return overflow ? .max : total
    }
    let budget = call.execution.memoryBudget
    if bytes <= budget { return }
    let word = call.builtin.name, largest = arrays.max { $0.1.byteCount < $1.1.byteCount }?.0 ?? inputs[0]
    throw call.failure(
      .memory, "this would hold \(byteText(bytes)) in memory (budget \(byteText(budget)))", at: largest, label: "`\(word)` needs all of its arrays and its result at once",
      hint: "give it a part: \(word)(" + arrays.map { "‹\($0.0)›[r]" }.joined(separator: ", ") + ", …)   or at the prompt :set memory \(bytes / (1 << 30) + 1)GiB")
  }

  private func statement(_ call: Call) throws -> WholeStatement {
    let rank = grid.rank
    guard grid.spatialRank == rank else { throw call.failure(.shape, "`\(call.builtin.name)` needs axes of space only, found \(grid.axes.map(\.name).joined(separator: ", "))", at: inputs[0]) }
    let sources = try inputs.compactMap { try call.optionalArray($0)?.source(call.execution) }
    let parameters = call.builtin.signature.parameters.filter { !(inputs + ["to", "block", "replace"]).contains($0.name) }
    let options = BlockwiseOptions(
      name: call.builtin.name, parameters: try parameters.map { ($0.name, try call.value($0.name).identityText) } + [("inputs", inputs.filter { ((try? call.value($0).isNil) ?? true) == false }.joined(separator: " "))],
      block: try call.block(rank: rank))
    return try WholeStatement(sources, shape: shape, grid: grid, dtype: dtype, bytes: bytes, options: options, to: try call.output(rank: rank))
  }

  /// The effect of the word with `to`.
  func planned(_ call: Call) throws -> Value {
    let statement = try statement(call)
    return try call.planBlocks(try statement.plan(), statement.sources, try call.output(rank: grid.rank), workers: 1)
  }

  /// - Parameter make: the result in memory, and how many objects it has, where that is known.
  func run(_ call: Call, _ make: () throws -> (NDArray, objects: Int?)) throws -> Value {
    if try call.value("to").isNil {
      let (labels, objects) = try make()
      var result = ArrayValue(try Volume(labels, grid))
      if let objects { result.notes["objects"] = .int(objects) }
      return Value(result)
    }
    let output = try statement(call).execute(call.execution) { _ in
      let (labels, objects) = try make()
      return (labels, .object(objects.map { [.init("objects", JSON($0))] } ?? []))
    }.output
    return Value(ArrayValue(output))
  }
}
