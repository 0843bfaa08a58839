import Arrays
import Execution
import Glibc
import Testing

/// Shewchuk's growing expansion, rounded as Python's fsum does: an oracle by another method.
private func expansionSum(_ values: [Double]) -> Double {
  var partials: [Double] = []
  for value in values {
    var x = value, kept: [Double] = []
    for partial in partials {
      let (a, b) = abs(x) < abs(partial) ? (partial, x) : (x, partial)
      let high = a + b, low = b - (high - a)
      if low != 0 { kept.append(low) }
      x = high
    }
    partials = kept + [x]
  }
  var total = 0.0
  while let part = partials.popLast() {
    let before = total
    total = before + part
    let low = part - (total - before)
    if low != 0 {
      if let next = partials.last, (low < 0) == (next < 0) {
        let twice = low * 2, moved = total + twice
        if moved - total == twice { total = moved }
      }
      break
    }
  }
  return total
}

@Suite struct ExactSumTests {
  @Test func knownSums() {
    func sum(_ values: [Double]) -> Double {
      var total = ExactSum()
      for value in values { total.add(value) }
      return total.value
    }
    #expect(sum([]) == 0)
    #expect(sum([1e16, 1, -1e16]) == 1)
    #expect(sum([1e308, 1e308, -1e308]) == 1e308)
    #expect(sum([1e308, 1e308]) == .infinity)
    #expect(sum([-1e308, -1e308]) == -.infinity)
    #expect(sum(Array(repeating: 0.1, count: 10)) == 1)
    #expect(sum([0x1p-1074, 0x1p-1074]) == 0x1p-1073)
    #expect(sum([-0x1p-1074, 0x1p-1022]) == 0x1p-1022 - 0x1p-1074)
    #expect(sum([1, 0x1p-53]) == 1)                       // a tie goes to the even one
    #expect(sum([1, 0x1p-53, 0x1p-1074]) == 1.0.nextUp)   // and any more than a tie goes up
    #expect(sum([-1, -0x1p-53, -0x1p-1074]) == -1 - Double.ulpOfOne)
    #expect(sum([-1, -0x1p-53, -0x1p-1074]) == -(1.0.nextUp))
    #expect(sum([.greatestFiniteMagnitude, -.greatestFiniteMagnitude, -0.0]) == 0)
  }

  @Test func randomSumsInAnyOrder() {
    for seed in 0..<200 {
      var generator = KeyedGenerator(seed: UInt64(seed), purpose: "exact sum")
      var values = (0..<Int.random(in: 1...60, using: &generator)).map { _ in scalbn(generator.normal(), Int32.random(in: -300...300, using: &generator)) }
      values += values.shuffled(using: &generator).prefix(values.count / 2).map { -$0 * (1 + 0x1p-50) }
      let expected = expansionSum(values)
      var forward = ExactSum(), left = ExactSum(), right = ExactSum()
      for value in values { forward.add(value) }
      for (i, value) in values.shuffled(using: &generator).enumerated() { if i % 3 == 0 { left.add(value) } else { right.add(value) } }
      left.add(right)
      #expect(forward.value == expected, "seed \(seed)")
      #expect(left == forward, "seed \(seed)")
    }
  }

  @Test func integersOfAnySize() {
    for value in [0, 1, -1, Int128(Int64.max), Int128(UInt64.max) + 1, -(1 << 100) - 1, .max, .min] {
      var sum = ExactSum()
      sum.add(value)
      #expect(sum.value == Double(value))
      sum.add(-(value / 2))
      sum.add(-(value - value / 2))
      #expect(sum.value == 0)
    }
  }
}
