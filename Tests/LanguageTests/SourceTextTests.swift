import Execution
import Geometry
import Language
import Testing

/// Values as text for command lines and plans: what is written reads back as the same value.
struct SourceTextTests {
  static let values: [Value] = [
    .nil, true, false, 0, -7, .int(.max), Value(integer: Int128(UInt64.max)), 0.1, -2.5e-7, 1e300, "", "a \"b\" \\ {c}\n\tµ", [1, [2.5, "x"], []], ["a": 1, "two words": [Value.nil, true]],
    .length(Rational(160)), .length(Rational(-3)), .duration(Rational(90)), .bytes(1 << 40), .voxelCoordinate(VoxelCoordinate([1, -2, 3])), .worldCoordinate(WorldCoordinate([8, 8, 4].map { Rational($0) })),
    .int(.min), Value(integer: -Int128(UInt64.max)), Value(integer: .max), .float(.nan), .float(.infinity), .float(-.infinity), -0.0, .duration(Rational(-30)), .bytes(1000), .bytes(-3),
    .range(.integers(start: -2, end: 5, step: 1)), .range(.integers(start: 9, end: .min, step: -3)), .voxelCoordinate(VoxelCoordinate([4])), .worldCoordinate(WorldCoordinate([Rational(4)])),
  ]

  @Test(arguments: values) func readsBack(_ value: Value) throws {
    let text = try #require(value.source())
    let back = try #require(Value(literal: text), "\(text) is no literal")
    #expect(back.shown() == value.shown())
    #expect(back.source() == text)
  }

  /// Fractions stay exact: by decimals where these end, else as a quotient.
  @Test func fractionsAreExact() throws {
    #expect(Value.length(try Rational(524, over: 100)).source() == "5.24nm")
    #expect(Value.length(try Rational(1, over: 8)).source() == "0.125nm")
    #expect(Value.length(try Rational(-7, over: 1000)).source() == "-0.007nm")
    #expect(Value.length(try Rational(10, over: 3)).source() == "(10nm / 3)")
  }

  /// Before `)nm` stand ints and floats: lengths with more digits than a float keeps have the unit inside.
  @Test func coordinatesAreExact() throws {
    func text(_ lengths: String...) throws -> String? { Value.worldCoordinate(WorldCoordinate(try lengths.map { try #require(Rational(decimal: $0)) })).source() }
    #expect(try text("5.24", "4") == "(5.24, 4)nm")
    #expect(try text("9007199254740993", "4") == "(9007199254740993, 4)nm")
    #expect(try text("4461040610891844812.8", "4") == "(4461040610891844812.8nm, 4nm)")
    #expect(try text("0.00000095367431640625", "1.00000095367431640625") == "(0.00000095367431640625nm, 1.00000095367431640625nm)")
  }

  /// What has no text says so, at any depth.
  @Test func objectsHaveNone() throws {
    let function = try #require(try interpreter().value(of: "len"))
    #expect(function.source() == nil)
    #expect(Value.list([1, ["f": function]]).source() == nil)
  }

  /// Of every kind that has a text, nested: the text reads back as the same value, and as a default of a script it says its type.
  @Test func whateverHasATextReadsBack() throws {
    for number in 0..<20_000 {
      var random = KeyedGenerator(seed: 1, purpose: "source text", index: UInt64(number))
      let value = Self.value(&random, depth: 3), text = try #require(value.source(), "\(value.shown())")
      let back = try #require(Value(literal: text), "case \(number): \(text) is no literal")
      #expect(Self.isSame(back, value), "case \(number): \(text) is \(back.shown())")
    }
  }

  private static func value(_ random: inout KeyedGenerator, depth: Int) -> Value {
    func integer() -> Int { random.index(below: 2) == 0 ? random.index(below: 2000) - 1000 : [Int.min, .max, 0, 1 << 53, -1][random.index(below: 5)] }
    func rational() -> Rational {
      (try? Rational(Int128(random.index(below: 2_000_001) - 1_000_000) << Int128(random.index(below: 60)), over: Int128([1, 10, 1000, 7, 3 << 40, 1 << 20, 999_999_999_999][random.index(below: 7)]))) ?? .one
    }
    func rank() -> Int { 1 + random.index(below: 4) }
    switch random.index(below: depth > 0 ? 15 : 13) {
    case 0: return .nil
    case 1: return .bool(random.index(below: 2) == 0)
    case 2, 3: return .int(integer())
    case 4: return Value(integer: Int128(integer()) * Int128(1 + random.index(below: .max)))
    case 5: return .float(Double(bitPattern: random.next()))
    case 6: return .float([Double.nan, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude, 1e308][random.index(below: 6)])
    case 7: return .string(String(String.UnicodeScalarView((0..<random.index(below: 8)).map { _ in ["a", "\"", "\\", "{", "}", "'", "\n", "\r", "\t", "µ", "\u{301}", "\0", "\u{1b}", "#"][random.index(below: 14)] })))
    case 8: return .length(rational())
    case 9: return .duration(rational())
    case 10: return .bytes(max(integer(), -.max))
    case 11: return .range(.integers(start: integer(), end: integer(), step: [1, -1, 3, -.max][random.index(below: 4)]))
    case 12:
      return random.index(below: 2) == 0 ? .voxelCoordinate(VoxelCoordinate((0..<rank()).map { _ in integer() })) : .worldCoordinate(WorldCoordinate((0..<rank()).map { _ in rational() }))
    case 13: return .list((0..<random.index(below: 4)).map { _ in value(&random, depth: depth - 1) })
    default: return .record(Record((0..<random.index(below: 4)).map { ("k \($0) {", value(&random, depth: depth - 1)) }))
    }
  }

  /// Equal, and NaN to NaN, and zeros with their signs.
  private static func isSame(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.float(let a), .float(let b)): a.isNaN && b.isNaN || a.bitPattern == b.bitPattern
    case (.list(let a), .list(let b)): a.count == b.count && zip(a, b).allSatisfy(isSame)
    case (.record(let a), .record(let b)): a.keys == b.keys && zip(a.values, b.values).allSatisfy(isSame)
    default: a.typeName == b.typeName && a.equals(b)
    }
  }
}
