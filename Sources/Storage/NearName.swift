// "Did you mean": the entry of a folder whose name is close to one that is missing.

/// The path of the nearest sibling of the first missing component of `path`; nil if none is within two edits or shares a beginning.
func nearSibling(of path: String) -> String? {
  if Address.isRemote(path) { return nil }
  var parent = Files.parent(path), missing = Files.name(path)
  while !parent.isEmpty, parent != "/", Files.kind(parent) == nil { (parent, missing) = (Files.parent(parent), Files.name(parent)) }
  guard !missing.isEmpty, let names = try? Files.list(parent.isEmpty ? "." : parent), names.count <= 10_000,
    let near = nearName(missing, among: names.map(\.name))
  else { return nil }
  return parent.isEmpty ? near : Files.join(parent, near)
}

/// The closest of `names`: one edit away, or two where that is at most a third of the name; else sharing a beginning of at least
/// three letters.
package func nearName(_ name: String, among names: [String]) -> String? {
  let candidates = names.filter { $0 != name && !$0.hasPrefix(".") }.sorted()
  let measured = candidates.map { (name: $0, edits: editDistance(name, $0)) }
  if let best = measured.min(by: { $0.edits < $1.edits }), best.edits <= 2, best.edits < name.count, best.edits == 1 || best.edits * 3 <= name.count {
    return best.name
  }
  return name.count >= 3 ? candidates.first { $0.hasPrefix(name) || ($0.count >= 3 && name.hasPrefix($0)) } : nil
}

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). O(a · b).
private func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a), b = Array(b)
  if abs(a.count - b.count) > 3 { return 4 }
  var before: [Int] = [], previous = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var edits = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { edits = min(edits, before[j - 1] + 1) }
      row.append(edits)
    }
    (before, previous) = (previous, row)
  }
  return previous[b.count]
}
