// A dry run: the script runs, but every word with an effect says what it would do instead of doing it.
//
//     a value in memory          computed as always
//     an array on disk           its metadata are read, its voxels are not
//     a planned result           known in type, shape, grid and path, not in its values
//     anything that needs those  `unknown`: operators, fields, indices and words over it are unknown too
//     a branch or loop over it   ends the dry run there (Undecided), since either way would be a guess
//
// A word with an effect declares it (`Builtin.effect`) and may have a `plan` beside its body: the plan records an `Effect` with `Call.record`
// and returns what stands for the result. A word that writes a path and has no plan is not called; its path is recorded all the same.

import Synchronization

/// What a word would do.
package struct Effect: Sendable {
  /// Something that is read or written: a path, and what is known of it.
  package struct Item: Sendable, Equatable {
    package var path: String
    /// "uint8 (z 64, y 64, x 64)  256 KiB"
    package var detail: String
    package var bytes: Int?
    package init(_ path: String, _ detail: String = "", bytes: Int? = nil) { (self.path, self.detail, self.bytes) = (path, detail, bytes) }
  }

  /// "blockwise clean", "save".
  package var title: String
  package var reads: [Item] = []
  package var writes: [Item] = []
  package var blocks: Int64?
  /// Bytes that it holds at a time.
  package var memory: Int?
  /// Further facts, one a line.
  package var notes: [String] = []
  /// Why it would fail: the output exists, or is an input.
  package var conflicts: [String] = []
  /// It writes where something is, and whether it may is known only when the script runs.
  var mayConflict = false
  /// It writes a part of what is there: others may write there too.
  package var isPart: Bool
  package internal(set) var site: Site?

  package init(_ title: String, reads: [Item] = [], writes: [Item] = [], blocks: Int64? = nil, memory: Int? = nil, notes: [String] = [], conflicts: [String] = [], isPart: Bool = false) {
    (self.title, self.reads, self.writes, self.blocks, self.memory) = (title, reads, writes, blocks, memory)
    (self.notes, self.conflicts, self.isPart) = (notes, conflicts, isPart)
  }
}

/// What a dry run has found so far. A session that has one does nothing that can be seen from outside.
package final class DryRun: Sendable {
  private struct State {
    var effects: [Effect] = []
    var made: [String: Value] = [:]
    var end: (reason: String, site: Site?)?
  }
  private let state = Mutex(State())

  /// Whether there is something at a path.
  let exists: @Sendable (String) -> Bool

  package init(exists: @escaping @Sendable (String) -> Bool = { _ in false }) { self.exists = exists }

  package var effects: [Effect] { state.withLock { $0.effects } }

  /// Adds an effect; a path that two effects write is a conflict of the later one.
  package func record(_ effect: Effect) {
    state.withLock { state in
      var effect = effect
      for item in effect.writes where !effect.isPart {
        if let earlier = state.effects.firstIndex(where: { !$0.isPart && $0.writes.contains { $0.path == item.path } }) {
          effect.conflicts.append("\(item.path) is also written by step \(earlier + 1), \(state.effects[earlier].title)")
        }
      }
      state.effects.append(effect)
    }
  }

  /// What stands for the thing that a path will hold; `made(at:)` finds it.
  package func promise(_ value: Value, at path: String) { state.withLock { $0.made[path] = value } }
  package func made(at path: String) -> Value? { state.withLock { $0.made[path] } }
  /// What will be written below a path: the rest of each path, sorted.
  package func made(below path: String) -> [(key: String, value: Value)] {
    state.withLock { $0.made.filter { $0.key.hasPrefix(path + "/") } }.map { (String($0.key.dropFirst(path.count + 1)), $0.value) }.sorted { $0.key < $1.key }
  }
  /// Whether a value is the path of something that will be there only after the run, or a folder of such paths.
  func makes(_ value: Value) -> Bool { if case .string(let path) = value { made(at: path) != nil || makes(below: path) } else { false } }
  /// Whether something below a path will be written.
  package func makes(below path: String) -> Bool { state.withLock { $0.made.keys.contains { $0.hasPrefix(path + "/") } } }

  func stamp(from first: Int, _ site: Site) { state.withLock { for at in $0.effects.indices.dropFirst(first) where $0.effects[at].site == nil { $0.effects[at].site = site } } }
  var count: Int { state.withLock { $0.effects.count } }
  func end(_ reason: String, _ site: Site?) { state.withLock { if $0.end == nil { $0.end = (reason, site) } } }

  /// Whether the script as it stands would fail at some step.
  package var hasConflicts: Bool { effects.contains { !$0.conflicts.isEmpty } }

  /// All of it for people; lines end in "\n".
  ///
  /// - Parameter isWhole: false where the script failed on the way.
  package func report(_ name: String, isWhole: Bool = true) -> String {
    let (effects, end) = state.withLock { ($0.effects, $0.end) }
    var text = "dry run of \(name): nothing was computed on disk, nothing was written\n"
    for (number, effect) in effects.enumerated() { text += effect.text(number + 1) }
    if let end {
      text += "  -  \(end.site.map { $0.place + "  " } ?? "")ends here: \(end.reason)\n"
      if let site = end.site { text += "       \(site.line)\n" }
    }
    func sum(_ of: (Effect) -> [Effect.Item]) -> String {
      let items = effects.flatMap(of), total = items.reduce(0.0) { $0 + Double($1.bytes ?? 0) }
      return Value.bytesText(total) + (items.contains { $0.bytes == nil } ? " and what is not known yet" : "")
    }
    let blocks = effects.reduce(0.0) { $0 + Double($1.blocks ?? 0) }
    text += "total  \(Words.count(effects.count, "step")), \(Words.grouped(Int128(blocks))) \(blocks == 1 ? "block" : "blocks"), reads \(sum(\.reads)), writes \(sum(\.writes))"
    if let most = effects.compactMap(\.memory).max() { text += ", at most about \(Value.bytesText(Double(most))) of memory" }
    let conflicts = effects.reduce(0) { $0 + $1.conflicts.count }
    return text + "\n       " + (conflicts == 0 ? (effects.contains(where: \.mayConflict) ? "no conflicts that can be known before running" : "no conflicts") + (isWhole ? "" : " up to the error") : "\(Words.count(conflicts, "conflict")): the script would fail") + "\n"
  }
}

extension Effect {
  func text(_ number: Int) -> String {
    let digits = String(number)
    var text = String(repeating: " ", count: max(0, 3 - digits.count)) + digits + "  " + (site.map { $0.place + "  " } ?? "") + title + "\n"
    func lines(_ word: String, _ items: [Item]) { for item in items { text += "       \(word)\(item.path)\(item.detail.isEmpty ? "" : "  " + item.detail)\n" } }
    lines("reads     ", reads)
    lines("writes    ", writes)
    for note in notes { text += "       \(note)\n" }
    if let memory { text += "       memory    about \(Value.bytesText(Double(memory)))\n" }
    for conflict in conflicts { text += "       conflict: \(conflict)\n" }
    return text
  }
}

extension Site {
  /// "clean.dcs:14"
  var place: String { "\(source.name):\(source.position(span.start).line)" }
  /// The line that it stands on, without its indentation.
  var line: String { String(source.text.split(separator: "\n", omittingEmptySubsequences: false)[source.position(span.start).line - 1].drop { $0 == " " || $0 == "\t" }) }
}

/// Ends the program whatever `catch` says.
protocol Uncatchable: Error {}
extension Exit: Uncatchable {}

/// A dry run met a branch or loop over a value that only execution can know.
struct Undecided: Uncatchable {
  var reason: String
  var site: Site?
}

/// An error that says: in a dry run this value cannot be known. The result is then `unknown`.
package protocol NotKnown: Error {
  /// What it would have read, if anything.
  var reads: [Effect.Item] { get }
}

/// For words that meet an unknown value inside a list or from a function.
package struct UnknownInside: NotKnown {
  package init() {}
  package var reads: [Effect.Item] { [] }
}

extension Call {
  /// Set in a dry run.
  package var dryRun: DryRun? { session.dryRun }

  /// Says what this call would do; does nothing in a real run.
  package func record(_ effect: Effect) { session.dryRun?.record(effect) }
}
