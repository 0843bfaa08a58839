// Ctrl-C in the middle of work: the prompt comes back, and what was bound is still there. The time it took is printed.

import Glibc
import Testing

@Suite(.serialized) struct InterruptTests {
  private let place: Place
  init() throws { place = try Place() }

  private func interrupt(_ statement: String, after microseconds: UInt32 = 700_000, setting up: [String] = [], limit: Double = 2, shows: String = "interrupted", environment: [String: String] = [:]) throws {
    let screen = try place.prompt(environment: environment)
    for line in ["kept = 41"] + up { try screen.enter(line, within: 60) }
    screen.type(statement + "\r")
    usleep(microseconds)
    screen.type(Screen.controlC)
    let seconds = try screen.expect(shows, within: limit)
    try screen.expect("dcs> ", within: limit)
    print("Ctrl-C in `\(statement)`: \(Int(seconds * 1000)) ms")
    try screen.enter("kept + 1", shows: "\n42\n")
    try screen.enter("_err.kind", shows: "\n\"interrupted\"\n")
  }

  @Test func inALoop() throws { try interrupt("while true { }") }
  @Test func inRecursion() throws { try interrupt("fn f(n) = if n < 2 { n } else { f(n - 1) + f(n - 2) }; f(60)") }
  @Test func inAFilter() throws {
    try interrupt("big |> median(radius=3) |> median(radius=3) |> mean()", setting: ["big = random((160, 256, 256), key=\"a\");"])
  }
  @Test func inBlockwise() throws {
    try interrupt("blockwise(fn(b) = median(median(b, radius=3), radius=3), big, to=\"o.zarr/x\", block=32)", setting: ["big = random((160, 192, 192), key=\"a\");"])
  }
  @Test func inTraining() throws {
    try interrupt(
      "train(r, iterations=1000000)", after: 2_500_000,
      setting: [
        "raw = cast(255 * random((64, 64, 64), key=\"a\", voxel=8nm), uint8);", "lab = cast(raw > 128, uint8);",
        "d = datasplit([{use: \"train\", raw: raw, labels: lab}, {use: \"validate\", raw: raw, labels: lab}]);",
        "r = run(\"tiny\", folder=\"runs\", data=d, task=task.onehot([\"a\"]), model=unet(levels=2, features=4, growth=2, input=(28, 28, 28)));",
      ], limit: 6, shows: "was stopped")
  }
  @Test func inAPrint() throws { try interrupt("while true { print(\"line\") }", after: 200_000, limit: 4) }

  /// The request cannot be caught; what a catch block does still happens.
  @Test func catchSeesIt() throws {
    try interrupt("try { while true { } } catch e { print(\"seen {e.kind}\") }", shows: "seen interrupted")
    try interrupt("x = try f() else 3", setting: ["fn f() { while true { } }"])
  }

  /// A script ends with 130.
  @Test func aScriptEnds() throws {
    place.write("s.dcs", "print(\"begun\")\nwhile true { }\n")
    let screen = try Screen(["s.dcs"], in: place)
    try screen.expect("begun")
    screen.type(Screen.controlC)
    #expect(screen.wait(3) == 130)
  }
}
