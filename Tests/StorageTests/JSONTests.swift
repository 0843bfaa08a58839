import Storage
import Testing

private let valid: [(String, JSON)] = [
  ("null", JSON.null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("-12", -12), ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
  ("9223372036854775808", .uint(1 << 63)), ("18446744073709551615", .uint(.max)), ("18446744073709551616", .double(0x1p64)),
  ("4.56", 4.56), ("1e3", 1000.0), ("-2.5E-3", -0.0025), ("1E+2", 100.0), ("NaN", .double(.nan)), ("-Infinity", .double(-.infinity)),
  ("\"\"", ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"), (#""\u00b5m \ud83d\ude00""#, "µm 😀"), ("\"µm\"", "µm"),
  ("[]", .array([])), ("[1, [2.5], {}]", [1, [2.5], .emptyObject]), ("{\"a\": 1, \"b\": {\"c\": null}}", ["a": 1, "b": ["c": nil]]),
]

@Suite struct JSONTests {
  @Test(arguments: valid)
  func parsesAndComesBack(text: String, value: JSON) throws {
    let parsed = try JSON(parsing: text)
    if value.double?.isNaN == true { #expect(parsed.double?.isNaN == true) } else { #expect(parsed == value) }
    if let number = value.double, !number.isFinite {
      #expect(try JSON(parsing: parsed.compact).double?.description == number.description)
    } else {
      #expect(try JSON(parsing: parsed.compact) == value)
      #expect(try JSON(parsing: parsed.pretty) == value)
    }
  }

  @Test(arguments: [
    ("", 0), ("  ", 2), ("nul", 3), ("tru e", 3), ("01", 0), ("-", 1), ("1.", 2), ("1e", 2), (".5", 0), ("[1,]", 3), ("[1 2]", 3), ("{\"a\" 1}", 5), ("{a: 1}", 1),
    ("{\"a\": 1, \"a\": 2}", 9), ("\"abc", 4), ("\"a\nb\"", 2), (#""\x""#, 1), (#""\ud800""#, 1), (#""\u12"#, 5), ("1 2", 2), ("[1", 2), ("{\"a\":", 5), ("{} x", 3), ("\u{1}", 0),
  ])
  func refusesWithThePlace(text: String, byte: Int) {
    #expect(throws: JSONError.self) { try JSON(parsing: text) }
    do { _ = try JSON(parsing: text) } catch { #expect(error.byte == byte, "\(error)") }
  }

  @Test func everyCutOfADocumentIsRefusedAtItsEnd() throws {
    let text = Array(#"{"shape": [160, 320], "a": {"b": "c\n", "d": true}, "e": -1.5e3, "f": null}"#.utf8)
    for length in 0..<text.count {
      #expect(throws: JSONError.self, "\(length)") { try JSON(parsing: text[..<length]) }
      do { _ = try JSON(parsing: text[..<length]) } catch { #expect(error.byte <= length && error.byte >= length - 1, "cut at \(length): \(error)") }
    }
  }

  @Test func deepNestingAndBadUTF8AreRefused() {
    #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 100_000)) }
    #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xFF, 0x22]) }
  }

  @Test func prettyKeepsPlainListsOnALine() {
    let value: JSON = ["shape": [1, 2], "nested": [["a": 1]], "empty": [:]]
    #expect(value.pretty == "{\n  \"shape\": [1, 2],\n  \"nested\": [\n    {\n      \"a\": 1\n    }\n  ],\n  \"empty\": {}\n}\n")
    #expect(value.compact == #"{"shape":[1,2],"nested":[{"a":1}],"empty":{}}"#)
  }

  @Test func membersAreReadSetAndRemoved() {
    var value: JSON = ["a": 1, "b": 2]
    value["b"] = 3
    value["c"] = [4]
    value["a"] = JSON?.none
    #expect(value == ["b": 3, "c": [4]])
    #expect(value.merging(["b": 5, "d": 6]) == ["b": 5, "c": [4], "d": 6])
    #expect((["a": 64.0] as JSON)["a"]?.int == 64)
    #expect(JSON.double(.infinity).int == nil)
    #expect(([1, "x"] as JSON).ints == nil)
  }
}
