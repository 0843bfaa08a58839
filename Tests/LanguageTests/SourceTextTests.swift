import Geometry
import Language
import Testing

/// Values as text for command lines and plans: what is written reads back as the same value.
struct SourceTextTests {
  static let values: [Value] = [
    .nil, true, false, 0, -7, .int(.max), Value(integer: Int128(UInt64.max)), 0.1, -2.5e-7, 1e300, "", "a \"b\" \\ {c}\n\tµ", [1, [2.5, "x"], []], ["a": 1, "two words": [Value.nil, true]],
    .length(Rational(160)), .length(Rational(-3)), .duration(Rational(90)), .bytes(1 << 40), .voxelCoordinate(VoxelCoordinate([1, -2, 3])), .worldCoordinate(WorldCoordinate([8, 8, 4].map { Rational($0) })),
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

  /// What has no text says so, at any depth.
  @Test func objectsHaveNone() {
    #expect(Value.bytes(1000).source() == nil)
    #expect(Value.list([1, .bytes(1)]).source() == nil)
  }
}
