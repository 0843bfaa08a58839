import Testing
import Language

/// Not timed here: only that nothing is quadratic or leaks slots. The figures come from `scripts/bench language`.
struct SpeedTests {
  @Test func fibonacci() throws {
    let i = try interpreter()
    let clock = ContinuousClock()
    let t = clock.measure { #expect(shown("fn fib(n) {\n if n < 2 { return n }\n fib(n - 1) + fib(n - 2)\n}\nfib(27)", i) == "196418") }
    print("fib", t)
    let t2 = clock.measure { #expect(shown("fn f(m) {\n i = 0; s = 0.0\n while i < m { s = s + i * 0.5; i = i + 1 }\n s\n}\nf(5_000_000)", i) == "6249998750000.0") }
    print("loop", t2)
    let t3 = clock.measure { #expect(shown("i = 0; s = 0.0\n while i < 5000000 { s = s + i * 0.5; i = i + 1 }\n s", i) == "6249998750000.0") }
    print("toploop", t3)
    let t4 = clock.measure { #expect(shown("s = 0\nfor k in 0..1000000 { s += k }\ns", i) == "499999500000") }
    print("for", t4)
    let t5 = clock.measure { #expect(shown("xs = []\nfor k in 0..20000 { xs += [k] }\nfor k in 0..20000 { xs[k] = xs[k] + 1 }\nlen(xs)", i) == "20000") }
    print("list", t5)
  }
}
