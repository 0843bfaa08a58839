// Which blocks a journal tells of: all, or those of one task among many, K, K + N, K + 2N, …

extension JournalFile {
  /// Every `step`-th block from `first` on.
  package struct Part: Hashable, Sendable {
    package var first: Int64, step: Int64
    package init(first: Int64, step: Int64) { (self.first, self.step) = (first, step) }

    package static let all = Part(first: 0, step: 1)

    /// How many of so many blocks.
    package func count(of blocks: Int64) -> Int64 { blocks > first ? (blocks - first - 1) / step + 1 : 0 }

    /// Of a name such as "blocks.3-of-16.done"; nil for a journal of all blocks.
    init?(ofName name: String) {
      guard let words = name.split(separator: ".").last(where: { $0.contains("-of-") })?.split(separator: "-"), words.count == 3,
        let first = Int64(words[0]), let step = Int64(words[2]), first >= 0, first < step
      else { return nil }
      self.init(first: first, step: step)
    }
  }

  /// Whether it tells of a block.
  package func covers(_ index: Int64) -> Bool { index >= part.first && (index - part.first) % part.step == 0 && (index - part.first) / part.step < count }
}
