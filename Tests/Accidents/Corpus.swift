// Scripts with accidents: what dcs-fuzz and the tests mutate, and how.

import Execution
import Glibc

/// What is mutated.
package struct Corpus: Sendable {
  /// Whole files.
  package let scripts: [[UInt8]]
  /// Single lines and examples.
  package let snippets: [[UInt8]]
  /// The stdlib by name.
  package let modules: [String: String]

  /// - Parameter examples: further snippets.
  package init(_ root: String, examples: [String] = []) {
    let files = ["scripts", "stdlib", "Tests/Conformance"].flatMap { Self.find(root + "/" + $0) }
    scripts = files.map { Array(Self.text($0).utf8) }
    var snippets: [[UInt8]] = []
    for path in files where path.contains("Conformance") {
      for line in Self.text(path).split(separator: "\n") {
        let code = line.prefix { $0 != "#" }
        if code.count > 3 { snippets.append(Array(code.utf8)) }
      }
    }
    self.snippets = snippets + examples.map { Array($0.utf8) }
    modules = Dictionary(Self.find(root + "/stdlib").map { path in
      (String((path.split(separator: "/").last ?? "").dropLast(4)), Self.text(path))
    }, uniquingKeysWith: { first, _ in first })
  }

  private static func text(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func find(_ folder: String) -> [String] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var found: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasPrefix(".") { continue }
      if name.hasSuffix(".dcs") { found.append(folder + "/" + name) } else { found += find(folder + "/" + name) }
    }
    return found.sorted()
  }

  // MARK: Mutations

  private static let pieces: [[UInt8]] = [
    "(", ")", "[", "]", "{", "}", "\"", "'", "=", ":", ",", ".", "..", "|>", "??", " not ", "-", "1", "0", "9223372036854775807", "1e308", "nm", "fn(x) = ", "if ", " else ",
    "try ", " catch e ", "for i in ", "while ", "return ", "break", "end", "nil", "\n", ";", "#", "##", "\\", "{x:", "µ", "é", "\u{301}", "\0", "**", "//", "%", "&", "|", "_",
    "0x", " in ", "[x]", "x = [x]\n", "f(f)", "0nm", "-1", "1e-320", "18446744073709551615", "0..9223372036854775807", "param p = ", "import metrics\n", "漢", "\u{1f600}", "\r\n", "\t",
  ].map { Array($0.utf8) }

  /// One case: the same for the same seed and number.
  package func text(seed: UInt64, number: UInt64, snippetsOnly: Bool) -> String {
    var random = KeyedGenerator(seed: seed, purpose: snippetsOnly ? "run" : "check", index: number)
    var bytes: [UInt8]
    // whole files and nesting without end are a hundred times as long as a line: few of them, or there is time for nothing else
    if snippetsOnly || random.index(below: 32) > 0 {
      bytes = snippets[random.index(below: snippets.count)]
      while random.index(below: 3) == 0 { bytes += [10] + snippets[random.index(below: snippets.count)] }
    } else {
      bytes = scripts[random.index(below: scripts.count)]
    }
    if random.index(below: 256) == 0 { return String(decoding: repeated(&random), as: UTF8.self) }
    // what is to run has to get through the check now and then
    for _ in 0..<(snippetsOnly ? random.index(below: 2) : 1 + random.index(below: 3)) { mutate(&bytes, &random) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A piece many times over: nesting without end.
  private func repeated(_ random: inout KeyedGenerator) -> [UInt8] {
    let piece = Self.pieces[random.index(below: Self.pieces.count)], other = Self.pieces[random.index(below: Self.pieces.count)]
    return Array(repeatElement(piece + (random.index(below: 2) == 0 ? other : []), count: 1 + random.index(below: 12_000)).joined())
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout KeyedGenerator) {
    let place = random.index(below: bytes.count + 1), end = min(bytes.count, place + random.index(below: 12))
    switch random.index(below: 6) {
    case 0: if place < bytes.count { bytes.remove(at: place) }
    case 1: bytes.insert(contentsOf: Self.pieces[random.index(below: Self.pieces.count)], at: place)
    case 2: bytes.insert(contentsOf: bytes[place..<end], at: random.index(below: bytes.count + 1))
    case 3: bytes.removeSubrange(place..<end)
    case 4:
      // a part of another snippet in place of a part of this one
      let other = snippets[random.index(below: snippets.count)], start = random.index(below: other.count + 1)
      bytes.replaceSubrange(place..<end, with: other[start..<min(other.count, start + random.index(below: 24))])
    default: if place < bytes.count { bytes[place] = UInt8(random.index(below: 256)) }
    }
  }
}
