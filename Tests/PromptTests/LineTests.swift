// Lines: how statements are typed, recalled, pasted, given up.

import Glibc
import Testing

@Suite(.serialized) struct LineTests {
  private let place: Place
  init() throws { place = try Place() }

  @Test func valuesAreShownAndNamesKept() throws {
    let screen = try place.prompt()
    try screen.enter("40 + 2", shows: "\n42\n")
    try screen.enter("_ * 2", shows: "\n84\n")
    try screen.enter("|> string()", shows: "\n\"84\"\n")
    try screen.enter("x = 7", shows: "dcs> ")
    try screen.enter("x + 1", shows: "\n8\n")
    try screen.enter("x + 2;", shows: "dcs> ")
    #expect(!screen.rest().contains("9"))
    try screen.enter("µ_ä = 3µm; µ_ä", shows: "\n3 µm\n")
    try screen.enter(":quit", shows: "\n")
    #expect(screen.wait() == 0)
  }

  /// An array is shown under its name where it is bound and where the name alone is typed, without one elsewhere; a run's next step is written with its name.
  @Test func valuesAreShownUnderTheirNames() throws {
    let screen = try place.prompt()
    try screen.enter("cells = zeros((4, 5, 6), uint8)", shows: "\ncells  uint8 (z 4, y 5, x 6)  in memory")
    try screen.enter("cells", shows: "\ncells  uint8 (z 4, y 5, x 6)  in memory")
    try screen.enter("cells + 0", shows: "\nint32 (z 4, y 5, x 6)  in memory")
    try screen.enter("|> cast(uint8)", shows: "\nuint8 (z 4, y 5, x 6)  in memory")
    try screen.enter("_", shows: "\nuint8 (z 4, y 5, x 6)  in memory")
    try screen.enter("save(cells, \"c.zarr/em\");")
    try screen.enter("em = open(\"c.zarr/em\")", shows: "look(em) reads ≤ 1 chunk,")
  }

  @Test func statementsSpanLines() throws {
    let screen = try place.prompt()
    try screen.enter("fn f(a) {", shows: "...> ")
    try screen.enter("a * 2", shows: "...> ")
    try screen.enter("}")
    try screen.enter("f(", shows: "...> ")
    try screen.enter("21)", shows: "\n42\n")
    try screen.enter("1 +", shows: "...> ")
    try screen.enter("1", shows: "\n2\n")
    // an empty line is a line of the statement
    for line in ["fn g(a) {", "b = a + 1", "", "b * 2"] { try screen.enter(line, shows: "...> ") }
    try screen.enter("}")
    try screen.enter("g(20)", shows: "\n42\n")
    // given up: with one after a mistake, with two in a row after none
    try screen.enter("fn h(a) { b = = a", shows: "...> ")
    try screen.enter("", shows: "error: ")
    try screen.enter("f((((", shows: "...> ")
    try screen.enter("", shows: "...> ")
    try screen.enter("", shows: "error: ")
    try screen.enter("5", shows: "\n5\n")
  }

  @Test func errorsLeaveThePromptIntact() throws {
    let screen = try place.prompt()
    try screen.enter("x = 1")
    try screen.enter("treshold(x)", shows: "did you mean `threshold`?")
    try screen.enter("x / 0", shows: "division by zero")
    try screen.enter("_err.kind", shows: "\"arithmetic\"")
    try screen.enter("fail(\"on purpose\")", shows: "error: on purpose")
    try screen.enter("x", shows: "\n1\n")
    try screen.enter("exit(7)", shows: "\n")
    #expect(screen.wait() == 7)
  }

  @Test func timeIsSaidAfterASecond() throws {
    let screen = try place.prompt()
    try screen.enter("t = now(); while now() - t < 1.1 { }", shows: "(1.")
    try screen.enter("1 + 1", shows: "\n2\n")
    #expect(!screen.rest().contains("("))
    try screen.enter(":time 6 * 7", shows: "\n42\n")
    try screen.expect(" ms)")
  }

  @Test func controlCClearsTheLineAndSaysHowToLeave() throws {
    let screen = try place.prompt()
    screen.type("40 + " + Screen.controlC)
    try screen.expect("dcs> ")
    try screen.enter("2", shows: "\n2\n")
    try screen.expect("dcs> ")
    screen.type("f(" + "\r")
    try screen.expect("...> ")
    screen.type(Screen.controlC)
    try screen.expect("dcs> ")
    screen.type(Screen.controlC)
    try screen.expect(":quit")
    try screen.enter("3", shows: "\n3\n")
  }

  @Test func controlDTwiceLeaves() throws {
    let screen = try place.prompt()
    screen.pressControlD()
    try screen.expect("again")
    try screen.enter("6", shows: "\n6\n")
    try screen.expect("dcs> ")
    screen.pressControlD()
    try screen.expect("again")
    screen.pressControlD()
    #expect(screen.wait() == 0)
  }

  // MARK: History

  @Test func statementsAreRecalledWhole() throws {
    let screen = try place.prompt()
    for (line, shown) in [("fn g(a) {", "...> "), ("a + 100", "...> "), ("}", "dcs> "), ("g(1)", "\n101\n")] { try screen.enter(line, shows: shown) }
    try screen.expect("dcs> ")
    screen.type(Screen.up + Screen.up + "\r")   // the function again, all three lines
    try screen.expect("dcs> ")
    try screen.enter("g(2)", shows: "\n102\n")
    let file = place.read("home/state/dcs/history")
    #expect(file.contains("\nfn g(a) {\na + 100\n}\n#: "), "\(file)")
    #expect(file.hasPrefix("#: "))
  }

  @Test func historyIsSearched() throws {
    let screen = try place.prompt()
    try screen.enter("needle = 77", shows: "dcs> ")
    try screen.enter("1 + 1", shows: "\n2\n")
    try screen.expect("dcs> ")
    usleep(100_000)   // the prompt is drawn just before the keys are the editor's
    screen.type(Screen.controlR + "needle")
    try screen.expect("77")
    screen.type("\r")
    try screen.expect("dcs> ")
    try screen.enter(":history needl", shows: "  needle = 77\n")
  }

  @Test func twoSessionsShareOneHistory() throws {
    let first = try place.prompt(), second = try place.prompt()
    for number in 0..<5 {
      try first.enter("\(number) + 1000", shows: "\n\(number + 1000)\n")
      try second.enter("\(number) + 2000", shows: "\n\(number + 2000)\n")
    }
    try second.enter("4 + 1000", shows: "\n1004\n")
    let third = try place.prompt()
    third.type(Screen.up + Screen.up + "\r")   // 4 + 1000 is kept once, the latest; before it 4 + 2000
    try third.expect("\n2004\n")
    let file = place.read("home/state/dcs/history")
    #expect(file.split(separator: "\n").count { $0.hasPrefix("#: ") } == 12)
  }

  /// A relative XDG_STATE_HOME is none: its specification says so, and the folder would change with `:cd`.
  @Test func aRelativeStateFolderIsNone() throws {
    let screen = try place.prompt(environment: ["XDG_STATE_HOME": "relative"])
    try screen.enter("1 + 1", shows: "\n2\n")
    #expect(place.read("home/.local/state/dcs/history").hasSuffix("\n1 + 1\n"))
    #expect(place.read("relative/dcs/history").isEmpty)
  }

  // MARK: Pasting

  @Test func aPastedBlockIsOneStatement() throws {
    let screen = try place.prompt()
    screen.type(Screen.pasted("fn h(a) {\n\tb = a + 1\n\n\tif b > 3µm / 1µm {\n\t\tb * 10\n\t} else { b }\n}\n"))
    screen.type("\r")
    try screen.expect("dcs> ")
    try screen.enter("h(1) + h(5)", shows: "\n62\n")
    screen.type(Screen.pasted("a = 1\nb = 2\n[a, b]\n"))
    screen.type("\r")
    try screen.expect("\n[1, 2]\n")
    try screen.expect("dcs> ")
    screen.type(Screen.pasted("dcs> z = 20\ndcs> z +\n...> 2\n22\n"))   // copied from a session
    screen.type("\r")
    try screen.expect("\n22\n")
  }

  // MARK: Terminals

  @Test func plainTerminals() throws {
    let screen = try place.prompt(environment: ["TERM": "dumb"])
    try screen.enter("40 + 2", shows: "\n42\n")
    try screen.enter(":quit", shows: "\n")
    #expect(screen.wait() == 0)
  }

  @Test func localesWithoutUTF8() throws {
    let screen = try place.prompt(environment: ["LC_ALL": "C"])
    try screen.enter("1µm + 500nm", shows: "\n1.5 µm\n")
    try screen.enter("1μm == 1µm", shows: "\ntrue\n")   // U+03BC and U+00B5
  }

  @Test func narrowAndResized() throws {
    let screen = try place.prompt(rows: 24, columns: 20)
    try screen.enter("1 + 1", shows: "\n2\n")
    try screen.enter("stats(arange(10))", shows: "max")
    try screen.enter("treshold(1)", shows: "^^^^")
    try screen.enter("?threshold", shows: "example")
    try screen.expect("dcs> ")
    screen.type("12345 + 1111")
    screen.resize(rows: 30, columns: 80)
    _ = screen.rest()
    screen.type("1\r")
    try screen.expect("\n23456\n")
    try screen.enter(":set width 33", shows: "width 33")
    try screen.enter(":set width", shows: "width 33")
  }

  @Test func theUsersKeysAreKept() throws {
    place.write("home/.editrc", "bind -v\n")
    let screen = try place.prompt()
    // vi: escape, to the start, delete a character, run
    screen.type("x40 + 2\u{1b}")
    usleep(300_000)
    screen.type("0x\r")
    try screen.expect("\n42\n")
    try screen.expect("dcs> ")
    screen.type("thresh" + Screen.tab)
    try screen.expect("old")
  }

  @Test func colourIsNeverForced() throws {
    for environment in [["NO_COLOR": "1"], ["NO_COLOR": "", "TERM": "dumb"]] {
      let screen = try place.prompt(environment: environment)
      try screen.enter("1 / 0", shows: "error: division by zero")
    }
    let colored = try place.prompt(environment: ["NO_COLOR": ""])
    try colored.enter("1 / 0", shows: "error: division by zero")
    try colored.enter("2 + 2", shows: "\n4\n")
  }
}
