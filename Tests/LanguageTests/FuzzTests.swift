import Execution
import Language
import Synchronization
import TestSupport
import Testing

/// Scripts with accidents: no crash, no hang, every error has a place. The seed is in the message.
struct FuzzTests {
  static let snippets: [String] = Repository.scripts("Tests/Conformance").flatMap { path in
    Repository.text(path).split(separator: "\n").map { line in String(line.prefix { $0 != "#" }) }.filter { $0.count > 3 }
  }
  static let scripts = Repository.scripts("scripts/examples").map(Repository.text)
  static let pieces = [
    "(", ")", "[", "]", "{", "}", "\"", "'", "=", ":", ",", ".", "..", "|>", "??", "not ", "-", "1", "0", "9223372036854775807", "1e308", "nm", "fn(x) = ", "if ", "else ",
    "try ", "catch e ", "for i in ", "while ", "return ", "break", "end", "nil", "\n", ";", "#", "##", "\\", "{x:", "µ", "é", "\u{301}", "\0", "**", "//", "%", "&", "|", "_", "0x", "in ",
  ]

  func mutate(_ text: String, _ random: inout KeyedGenerator) -> String {
    var characters = Array(text)
    for _ in 0...random.index(below: 3) {
      let place = random.index(below: characters.count + 1)
      switch random.index(below: 4) {
      case 0: if place < characters.count { characters.remove(at: place) }
      case 1: characters.insert(contentsOf: Self.pieces[random.index(below: Self.pieces.count)], at: place)
      case 2:
        let end = min(characters.count, place + random.index(below: 8))
        characters.insert(contentsOf: characters[place..<end], at: random.index(below: characters.count + 1))
      default:
        let end = min(characters.count, place + random.index(below: 8))
        characters.removeSubrange(place..<end)
      }
    }
    return String(characters)
  }

  @Test func snippetsNeverCrashOrHang() throws {
    try #require(Self.snippets.count > 300)
    let cancellation = Cancellation(), clock = ContinuousClock(), start = clock.now
    let done = Mutex(false), began = Mutex(clock.now)
    // a mutation may well be an endless loop: stop each after a while
    let watch = Task.detached {
      while !done.withLock({ $0 }) {
        try? await Task.sleep(for: .milliseconds(20))
        if began.withLock({ clock.now - $0 > .milliseconds(60) }) { cancellation.cancel() }
      }
    }
    defer { done.withLock { $0 = true }; watch.cancel() }
    var count = 0
    for seed in 0..<20_000 where clock.now - start < .seconds(4) {
      var random = KeyedGenerator(seed: UInt64(seed), purpose: "fuzz")
      let text = mutate(Self.snippets[random.index(below: Self.snippets.count)], &random)
      let i = try interpreter(TestHost(), execution: execution(cancellation))
      began.withLock { $0 = clock.now }
      cancellation.reset()
      let ending = i.enter(Source(name: "t", text: text)) { _ = $0.shown() }
      for diagnostic in ending.diagnostics {
        #expect(diagnostic.site != nil, "seed \(seed): \(text)\n\(diagnostic.drawn())")
        #expect(diagnostic.drawn().split(separator: "\n", omittingEmptySubsequences: false).count <= 8, "seed \(seed)")
      }
      count += 1
    }
    #expect(count > 500)
  }

  @Test func scriptsNeverCrashTheChecker() throws {
    let clock = ContinuousClock(), start = clock.now
    let i = try interpreter(TestHost(modules: ScriptTests.modules), ScriptTests.words)
    for seed in 0..<3000 where clock.now - start < .seconds(3) {
      var random = KeyedGenerator(seed: UInt64(seed), purpose: "scripts")
      let text = mutate(Self.scripts[random.index(below: Self.scripts.count)], &random)
      let before = clock.now
      let findings = i.check(Source(name: "t", text: text))
      #expect(findings.allSatisfy { $0.site != nil }, "seed \(seed)")
      #expect(clock.now - before < .seconds(1), "seed \(seed)")
    }
  }
}
