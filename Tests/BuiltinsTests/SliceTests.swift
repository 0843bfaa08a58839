// Slices of the language, of every step sign, against index lists, in memory and on disk.

import Builtins
import Execution
import Language
import TestSupport
import Testing

@Suite struct SliceTests {
  /// What NumPy's rules give for bounds that lie inside; nil where a bound does not.
  private func indices(_ from: Int?, _ to: Int?, _ step: Int, _ length: Int) -> [Int]? {
    if step > 0 {
      let begin = from ?? 0, end = to ?? length
      return begin <= length && end <= length && begin <= end ? Array(stride(from: begin, to: end, by: step)) : nil
    }
    let begin = from ?? length - 1, end = to ?? -1
    return begin < length && end <= begin ? Array(stride(from: begin, to: end, by: step)) : nil
  }

  @Test func everySliceEqualsItsIndexList() throws {
    try withTemporaryDirectory { folder in
      let interpreter = try Interpreter(registry: Vocabulary.registry, host: SilentHost(), execution: ExecutionContext(pool: ThreadPool(threads: 1)))
      var last: String?
      func shown(_ code: String) -> String? {
        last = nil
        let ending = interpreter.enter(Source(name: "test", text: code)) { last = $0.shown() }
        return ending.diagnostics.contains { $0.severity == .error } ? nil : last
      }
      let length = 5
      #expect(shown("fn values(a) = map(range(0, len(a)), fn(i) = a[i])\na = arange(\(length));\nd = save(a, \"\(folder)/t.zarr/a\", chunks=2);\n1") == "1")
      let bounds: [Int?] = [nil, 0, 1, 2, 4, 5, 6]
      for step in [1, 2, 3, 7, -1, -2, -3, -7] {
        for from in bounds { for to in bounds {
          let slice = "[\(from.map(String.init) ?? ""):\(to.map(String.init) ?? ""):\(step)]"
          let expected = indices(from, to, step, length).map { "[" + $0.map(String.init).joined(separator: ", ") + "]" }
          #expect(shown("values(a\(slice))") == expected, "a\(slice)")
          #expect(shown("values(d\(slice))") == expected, "on disk a\(slice)")
        } }
      }
    }
  }
}
