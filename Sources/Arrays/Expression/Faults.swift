import Synchronization

/// What went wrong in one step, gathered over strips and blocks so that the report does not depend on how the work was cut.
struct Faults: Sendable {
  enum Kind: Sendable, Equatable {
    case overflow(String), zeroDivisor, negativePower
    case misfit(DType, first: String)
  }

  struct Entry: Sendable {
    var kind: Kind
    var count: Int
    /// The first voxel, as an element of the block, later of the whole.
    var element: Int
  }

  /// By number of the step.
  private(set) var entries: [Int: Entry] = [:]
  var isEmpty: Bool { entries.isEmpty }

  /// - Parameter locate: the first fault of the strip; called only if the step has none yet, because strips come in order.
  mutating func add(_ step: Int, bad: Int, _ first: Int, _ locate: () -> (index: Int, kind: Kind)?) {
    if entries[step] != nil { entries[step]?.count += bad; return }
    guard let (index, kind) = locate() else { return }
    entries[step] = Entry(kind: kind, count: bad, element: first + index)
  }

  /// The same faults, with elements of a block turned into elements of the whole.
  func placed(_ place: (Int) -> Int) -> Faults {
    var result = self
    for step in entries.keys { result.entries[step]?.element = place(entries[step]?.element ?? 0) }
    return result
  }

  mutating func merge(_ other: Faults) {
    for (step, entry) in other.entries {
      guard var mine = entries[step] else { entries[step] = entry; continue }
      mine.count += entry.count
      if entry.element < mine.element { (mine.element, mine.kind) = (entry.element, entry.kind) }
      entries[step] = mine
    }
  }

  /// The error of the first step that failed, `total` values having been looked at: all of `shape` unless said otherwise.
  func error(_ shape: [Int], of total: Int? = nil) -> ArrayError? {
    guard let step = entries.keys.min(), let entry = entries[step] else { return nil }
    let voxel = voxelIndex(entry.element, shape)
    switch entry.kind {
    case .overflow(let operation): return .overflow(operation: operation, index: voxel)
    case .zeroDivisor: return .divisionByZero(index: voxel)
    case .negativePower: return .negativePower(index: voxel)
    case .misfit(let dtype, let first): return .doesNotFit(dtype, count: entry.count, total: total ?? shape.reduce(1, *), first: first, index: voxel)
    }
  }
}
