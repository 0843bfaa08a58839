// How often segments meet true objects where ids have two words.

import Blockwise
import Language
import Segmentation

extension Builtin {
  /// Pairs of the numbers that wide ids get, on one side or both. Numbers are in the order of the ids, so scores are those of ordinary ids in that order to the
  /// last bit.
  static func countedWide(_ call: Call) throws -> Contingency {
    let context = call.execution, blocks = try ScoreBlocks(call, names: ["segmentation", "truth"], wide: true)
    var cells = Doubling<Contingency.Cell>("pairs of ids", bytesEach: 48, budget: context.memoryBudget) { Contingency($0).cells }
    // numbers in the order in which ids are met, of each side
    var met: [[WideId: UInt64]] = [[:], [:]]
    try blocks.forEach { parts, mask in
      var local: [[UInt64]?] = [nil, nil], plain = parts
      for side in 0..<2 where blocks.isWide(side) {
        let ids = try wideIds(parts[side], for: call.builtin.name, context)
        plain[side] = try WideNumbers(ids, dtype: .uint32, for: call.builtin.name, context).apply(to: parts[side], context)
        var numbers: [UInt64] = [0]
        for (place, id) in ids.enumerated() {
          if place % 4096 == 0 { try context.cancellation.check() }
          let number = met[side][id] ?? UInt64(met[side].count + 1)
          met[side][id] = number
          numbers.append(number)
        }
        local[side] = numbers
        let bytes = saturated(met[side].count, 64)
        if bytes > context.memoryBudget { throw BlockwiseError.budget(what: "\(met[side].count) ids", bytes: bytes, budget: context.memoryBudget) }
      }
      try cells.add(try Segmentation.contingency(plain[0], plain[1], mask: mask, for: call.builtin.name, context).cells.map { cell in
        Contingency.Cell(segmentation: local[0]?[Int(cell.segmentation)] ?? cell.segmentation, truth: local[1]?[Int(cell.truth)] ?? cell.truth, count: cell.count)
      })
    }
    let ranks = met.enumerated().map { side, numbers -> [UInt64]? in
      guard blocks.isWide(side) else { return nil }
      var ranks = [UInt64](repeating: 0, count: numbers.count + 1)
      for (rank, entry) in numbers.sorted(by: { $0.key < $1.key }).enumerated() { ranks[Int(entry.value)] = UInt64(rank + 1) }
      return ranks
    }
    return Contingency(try cells.settled().map { cell in
      Contingency.Cell(segmentation: ranks[0]?[Int(cell.segmentation)] ?? cell.segmentation, truth: ranks[1]?[Int(cell.truth)] ?? cell.truth, count: cell.count)
    })
  }
}
