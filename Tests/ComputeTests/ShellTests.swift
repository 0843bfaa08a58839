import Arrays
import Compute
import Execution
import Storage
import Testing

@Suite struct ShellTests {
  @Test func codeAndOutput() throws {
    let (code, output) = try Shell.run(["sh", "-c", "echo out; echo err >&2; exit 3"], Shell.Limits())
    #expect(code == 3 && output == "out\nerr\n")
  }

  /// What hangs is stopped, and says so.
  @Test func limit() {
    let begin = ContinuousClock.now
    #expect(throws: ComputeError.silent(command: "sleep", seconds: 0.2)) { try Shell.run(["sleep", "20"], Shell.Limits(seconds: 0.2)) }
    #expect(ContinuousClock.now - begin < .seconds(5))
  }

  /// The first request ends a question; a submission goes on until the second.
  @Test func cancellation() throws {
    let cancellation = Cancellation(), begin = ContinuousClock.now
    cancellation.cancel()
    #expect(throws: Cancelled.self) { try Shell.run(["sleep", "20"], Shell.Limits(cancellation)) }
    #expect(try Shell.run(["sleep", "0.1"], Shell.Limits(cancellation, isUrgent: true)).code == 0)
    cancellation.cancel()
    #expect(throws: Cancelled.self) { try Shell.run(["sleep", "20"], Shell.Limits(cancellation, isUrgent: true)) }
    #expect(ContinuousClock.now - begin < .seconds(5))
  }
}

@Suite struct ExternalProgramTests {
  private let context = ExecutionContext(pool: ThreadPool(threads: 1))

  /// Any command line will do, not only the name of a program.
  @Test(arguments: ["cat", "A=1 cat", "cd / && cat", "cat; true"]) func commandLines(_ command: String) throws {
    let block = try NDArray([1, 2, 3] as [Int32], [3])
    #expect(try ExternalProgram(command, timeout: 20).call([block], context).isIdentical(to: block))
  }

  /// A program that reads to the end of its input may finish what it is at when nobody calls it any more.
  @Test func programsMayEnd() throws {
    let mark = Files.temporaryPath()
    defer { try? Files.remove(mark) }
    do {
      let program = ExternalProgram("cat; sleep 0.1; echo ended > \(mark)", timeout: 20)
      _ = try program.call([try NDArray([1] as [UInt8], [1])], context)
    }
    #expect(try Files.read(mark) == Array("ended\n".utf8))
  }

  /// One that does not is killed soon.
  @Test func othersAreKilled() throws {
    let begin = ContinuousClock.now
    do { _ = try ExternalProgram("cat; sleep 20", timeout: 20).call([try NDArray([1] as [UInt8], [1])], context) }
    #expect(ContinuousClock.now - begin < .seconds(5))
  }
}
