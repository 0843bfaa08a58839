import Geometry
import Testing

@Suite struct RationalTests {
  @Test(arguments: [("4.56", 456, 100), ("-1e-3", -1, 1000), ("5.24", 524, 100), ("1_000", 1000, 1), ("0", 0, 1), ("2.50", 5, 2), ("1e3", 1000, 1), (".5", 1, 2)])
  func readsDecimalText(text: String, numerator: Int, denominator: Int) throws {
    #expect(Rational(decimal: text) == (try Rational(Int128(numerator), over: Int128(denominator))))
  }

  @Test(arguments: ["", "-", ".", "1.2.3", "x", "1e", "1e99", "٣", "99999999999999999999999999999999999999999"])
  func refusesOtherText(text: String) { #expect(Rational(decimal: text) == nil) }

  @Test func hundredTimes456IsExact() throws {
    let voxel = try #require(Rational(decimal: "4.56"))
    #expect(try voxel * Rational(100) == Rational(456))
    #expect(Rational(4.56) == voxel)
    #expect(Rational(Double.nan) == nil)
  }

  @Test func roundsBothWays() throws {
    for numerator in -9...9 {
      for denominator in 1...4 {
        let value = try Rational(Int128(numerator), over: Int128(denominator)), double = Double(numerator) / Double(denominator)
        #expect(try value.rounded(.down) == Int(double.rounded(.down)))
        #expect(try value.rounded(.up) == Int(double.rounded(.up)))
        #expect(try value.rounded(.nearest) == Int(double.rounded(.toNearestOrEven)))
      }
    }
  }

  /// What ends is written to its end and reads back; what does not has no such text.
  @Test(arguments: [(456, 100, "4.56"), (-7, 1000, "-0.007"), (1, 1024, "0.0009765625"), (3, 1, "3"), (-40, 1, "-40"), (1, 3, nil), (22, 7, nil)] as [(Int, Int, String?)])
  func writesAllDecimals(numerator: Int, denominator: Int, text: String?) throws {
    let value = try Rational(Int128(numerator), over: Int128(denominator))
    #expect(value.decimalText == text)
    if let text { #expect(Rational(decimal: text) == value) }
  }

  @Test func overflowIsAnError() throws {
    let large = try Rational(Int128.max / 2, over: 1)
    #expect(throws: GeometryError.overflow) { try large * large }
    #expect(throws: GeometryError.overflow) { try large + large + large }
    #expect(throws: GeometryError.divisionByZero) { try large / .zero }
    #expect(throws: GeometryError.overflow) { try large.rounded(.down) }
  }

  @Test func printsDecimals() throws {
    #expect("\(try Rational(524, over: 100))" == "5.24")
    #expect("\(try Rational(-1, over: 4))" == "-0.25")
    #expect("\(try Rational(1, over: 3))" == "≈0.333333")
  }
}
