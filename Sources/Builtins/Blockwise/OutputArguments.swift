// What blockwise statements share: where results go, how kernels are named in plans, what failures look like.

import Arrays
import Blockwise
import Geometry
import Language
import Storage

extension Call {
  /// `to`, `chunks`, `replace`, `resume` as an output.
  func output(rank: Int) throws -> OutputSpec {
    OutputSpec(
      path: try optionalString("to"), chunks: isKnown("chunks") ? try optionalVoxels("chunks", rank: rank)?.values : nil,
      attributes: .object([.init("dcs", .object([.init("version", .string(host.version)), .init("seed", .int(Int64(truncatingIfNeeded: context.seed)))]))]),
      resume: isKnown("resume") ? try bool("resume") : true, replace: try bool("replace"))
  }

  /// Refuses `on` until there are clusters; local threads are what there is.
  func checkContext() throws {
    if let context = try value("on").object, context.typeName != "context" || context.brief != "local()" { throw failure(.failed, "work runs on this machine only in this version: `on` must be local()", at: "on") }
  }

  func isKnown(_ argument: String) -> Bool { builtin.signature.parameters.contains { $0.name == argument } }

  /// The block size, checked.
  func block(rank: Int) throws -> [Int]? {
    guard let block = try optionalVoxels("block", rank: rank)?.values else { return nil }
    guard block.allSatisfy({ $0 >= 1 }) else { throw failure(.value, "`block` must be at least 1 on each axis", at: "block") }
    return block
  }

  func workers() throws -> Int? {
    guard let workers = try optionalInt("workers") else { return nil }
    guard (1...1024).contains(workers) else { throw failure(.value, "`workers` must be from 1 to 1024, not \(workers)", at: "workers") }
    return workers
  }

  func optionalRoi(_ name: String) throws -> WorldRoi? { try optionalObject(name, as: RoiValue.self)?.roi }
}

extension BlockwiseResult {
  /// The output as a value.
  var value: Value { Value(ArrayValue(output)) }
}

extension BlockwiseError: FailureConvertible {
  package var failure: Failure {
    switch self {
    case .blocksFailed: Failure(.block, description, hint: hint)
    default: Failure(isInterruption ? .interrupted : .data, description, hint: hint)
    }
  }
}

extension StorageError: FailureConvertible {
  package var failure: Failure { Failure(.data, description, hint: hint) }
}
