import Language
import Testing

struct ConformanceTests {
  // The files of Tests/Conformance use the whole vocabulary: BuiltinsTests/ConformanceTests.swift runs them.

  /// The runner itself must be able to fail.
  @Test(arguments: ["1 + 1 #=> 3", "1 / 0", "1 #! E1", "print(1) #> 2", "1 / 0 #! E11 1:1", "#! E1 1:1\nx = 1", "if true {", "a = 1 #=> 1"])
  func wrongExpectation(_ text: String) {
    let results = Conformance.run(text, name: "t.dcs", host: TestHost()) { try interpreter($0) }
    #expect(results.contains { !$0.passed }, "\(results)")
  }

  @Test(arguments: Builtin.core.flatMap { builtin in builtin.examples.map { (builtin.name, $0) } })
  func example(_ name: String, _ example: Example) throws {
    let text = shown(example.code, try interpreter())
    #expect(!text.hasPrefix("error:"), "\(name): \(text)")
    if let prints = example.prints { #expect(text == prints, "\(name)") }
  }
}
