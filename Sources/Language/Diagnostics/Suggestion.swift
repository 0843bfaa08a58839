// "did you mean …?": only for a name within two edits or with a shared prefix; a wrong guess is worse than none.

package enum Suggestion {
  /// The nearest of the candidates, if one is near: at most two edits and a third of the name, or else a prefix of three letters shared by one only.
  package static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    let letters = Array(name)
    guard letters.count > 1, letters.count <= 64 else { return nil }
    var best: (distance: Int, name: String)?
    var prefixed: [String] = []
    for candidate in candidates where candidate != name {
      let other = Array(candidate)
      if abs(other.count - letters.count) <= 2 {
        let distance = edits(letters, other)
        if distance <= 2, distance * 3 <= max(letters.count, 3), best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true { best = (distance, candidate) }
      }
      if letters.count >= 3, candidate.hasPrefix(name) { prefixed.append(candidate) }
    }
    if let best { return best.name }
    return prefixed.count == 1 ? prefixed[0] : nil
  }

  static func label(for name: String, among candidates: some Sequence<String>) -> String? {
    nearest(to: name, among: candidates).map { "did you mean `\($0)`?" }
  }

  /// The near name, else the names there are, of many the first ones.
  static func label(for name: String, amongMembers members: [String]) -> String? {
    if let near = label(for: name, among: members) { return near }
    return members.isEmpty ? nil : "it has " + members.prefix(8).joined(separator: ", ") + (members.count > 8 ? ", …" : "")
  }

  /// Insertions, deletions, replacements and swaps of neighbours (Damerau–Levenshtein, restricted).
  static func edits(_ a: [Character], _ b: [Character]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var before: [Int] = []
    var previous = Array(0...b.count)
    for i in 1...a.count {
      var row = [i]
      for j in 1...b.count {
        var cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, before[j - 2] + 1) }
        row.append(cost)
      }
      (before, previous) = (previous, row)
    }
    return previous[b.count]
  }
}
