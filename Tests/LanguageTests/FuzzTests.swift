import Accidents
import Execution
import Language
import Synchronization
import TestSupport
import Testing

/// Scripts with accidents, as many as a test may take: no crash, no hang, every error has a place. dcs-fuzz does the same by the minute.
struct FuzzTests {
  static let corpus = Corpus(Repository.root)

  @Test func snippetsNeverCrashOrHang() throws {
    try #require(Self.corpus.snippets.count > 300)
    let cancellation = Cancellation(), clock = ContinuousClock()
    let done = Mutex(false), began = Mutex(clock.now)
    // a mutation may well be an endless loop: stop each after a while
    let watch = Task.detached {
      while !done.withLock({ $0 }) {
        try? await Task.sleep(for: .milliseconds(20))
        if began.withLock({ clock.now - $0 > .milliseconds(60) }) { cancellation.cancel() }
      }
    }
    defer { done.withLock { $0 = true }; watch.cancel() }
    var ran = 0
    for number in 0..<3000 {
      let text = Self.corpus.text(seed: 1, number: UInt64(number), snippetsOnly: true)
      let i = try interpreter(TestHost(), execution: execution(cancellation))
      began.withLock { $0 = clock.now }
      cancellation.reset()
      let ending = i.enter(Source(name: "t", text: text)) { _ = $0.shown() }
      if case .rejected = ending {} else { ran += 1 }
      for diagnostic in ending.diagnostics.prefix(200) {
        #expect(diagnostic.site != nil, "case \(number): \(text.prefix(400))\n\(diagnostic.drawn())")
        #expect(diagnostic.drawn().split(separator: "\n", omittingEmptySubsequences: false).count <= 8, "case \(number)")
      }
    }
    #expect(ran > 300)
  }

  @Test func scriptsNeverCrashTheChecker() throws {
    let clock = ContinuousClock(), i = try interpreter(TestHost(modules: Self.corpus.modules), ScriptTests.words)
    for number in 0..<1000 {
      let text = Self.corpus.text(seed: 2, number: UInt64(number), snippetsOnly: false), before = clock.now
      let findings = i.check(Source(name: "t", text: text))
      #expect(findings.allSatisfy { $0.site != nil }, "case \(number)")
      #expect(clock.now - before < .seconds(20), "case \(number)")
    }
  }
}
