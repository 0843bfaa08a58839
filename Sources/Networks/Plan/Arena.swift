// Which storage lies where in one block of memory, so that those that live at the same time never overlap.
//
// Greedy by size (Pisarchyk & Lee 2020, "Efficient memory management for deep neural net inference"): the largest first, each at
// the lowest place that is free for as long as it lives.

package struct Storage: Sendable, Equatable {
  package enum Kind: Sendable, Equatable { case arena, input, output, outputGradient }
  package let kind: Kind
  /// Floats of one item, and how many items it holds.
  package let itemFloats: Int
  package let items: Int
  /// Steps, both included, between which its bytes matter.
  package var first: Int
  package var last: Int
  /// Floats from the start of the arena.
  package var offset = 0

  /// With the slack that kernels may read behind it, on whole cache lines.
  package var floats: Int { (itemFloats * items + 15) / 16 * 16 }
}

enum Arena {
  /// Places the storages of kind `.arena` and returns the floats they need together.
  static func place(_ storages: inout [Storage]) -> Int {
    let order = storages.indices.filter { storages[$0].kind == .arena && storages[$0].floats > 0 }.sorted {
      storages[$0].floats != storages[$1].floats ? storages[$0].floats > storages[$1].floats : $0 < $1
    }
    var placed: [Int] = [], total = 0
    for index in order {
      let storage = storages[index]
      let rivals = placed.filter { storages[$0].first <= storage.last && storage.first <= storages[$0].last }.sorted { storages[$0].offset < storages[$1].offset }
      var offset = 0
      for rival in rivals {
        if storages[rival].offset - offset >= storage.floats { break }
        offset = max(offset, storages[rival].offset + storages[rival].floats)
      }
      storages[index].offset = offset
      placed.append(index)
      total = max(total, offset + storage.floats)
    }
    return total
  }
}
