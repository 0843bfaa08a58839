/// The small change of messages: articles, plurals, lists, numbers.
package enum Words {
  private static let uncounted: Set<String> = ["nil", "bytes", "anything"]

  /// "an array", "a roi", "nil".
  package static func article(_ noun: String) -> String {
    if uncounted.contains(noun) { return noun }
    return (noun.first.map { "aeiou".contains($0) } ?? false ? "an " : "a ") + noun
  }

  /// "1 chunk", "4,096 chunks".
  package static func count(_ count: Int, _ noun: String) -> String { "\(grouped(count)) \(count == 1 ? noun : noun + "s")" }

  /// "1 axis", "3 axes".
  package static func axes(_ count: Int) -> String { count == 1 ? "1 axis" : "\(count) axes" }

  /// "a, b or c".
  package static func either(_ words: [String]) -> String { joined(words, "or") }
  /// "a, b and c".
  package static func all(_ words: [String]) -> String { joined(words, "and") }

  private static func joined(_ words: [String], _ last: String) -> String {
    words.count < 2 ? words.first ?? "" : words.dropLast().joined(separator: ", ") + " \(last) " + (words.last ?? "")
  }

  /// 12,345,678
  package static func grouped(_ number: some BinaryInteger) -> String {
    let digits = String(number)
    return digits.first == "-" ? "-" + grouped(digits: String(digits.dropFirst())) : grouped(digits: digits)
  }

  static func grouped(digits: String) -> String {
    var result = ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.utf8.count - position) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }
}
