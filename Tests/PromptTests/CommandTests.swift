// Commands, help and the pager at the prompt.

import Glibc
import Testing

@Suite(.serialized) struct CommandTests {
  private let place: Place
  init() throws { place = try Place() }

  /// On a narrow screen no line of the greeting, of the list of commands or of a function's signature is longer than the screen, and parameters stay whole.
  @Test func listsFitNarrowScreens() throws {
    let screen = try place.prompt(columns: 60)
    try screen.enter(":", shows: "what was edited.")
    try screen.enter("unet", shows: "     kernel: int|coord = 3, ")
    let lines = screen.text.split(whereSeparator: \.isNewline)
    #expect(lines.allSatisfy { $0.count <= 60 })
  }

  @Test func theListNamesThemAll() throws {
    let screen = try place.prompt()
    screen.type(":\r")
    for word in ["quit", "save FILE", "edit [NAME]", "load FILE", "reload", "vars", "history [TEXT]", "time EXPR", "mem", "jobs", "set KEY VALUE", "why", "trace", "more", "cd", "ls", "!CMD"] {
      #expect(screen.rest().contains(":" + word) || screen.text.contains(":" + word), "\(word)")
    }
    try screen.enter(":sa", shows: ":save needs a file")
    try screen.enter(":l x", shows: "could be :load :ls")
    try screen.enter(":hsitory", shows: "did you mean `:history`?")
    try screen.enter(":frobnicate", shows: "no command")
  }

  /// What other prompts have, alone on a line; a name of the session comes first.
  @Test func helpAndExitByThemselves() throws {
    let screen = try place.prompt()
    try screen.enter("help", shows: "TAB completes.")
    try screen.enter("quit = 3", shows: "dcs> ")
    try screen.enter("quit", shows: "\n3\n")
    try screen.enter("ls", shows: "hint: :ls [FOLDER]  Lists files")
    try screen.enter("exit", shows: "\n")
    #expect(screen.wait() == 0)
  }

  /// The session, saved, passes the check and leaves the same names and values.
  @Test func aSavedSessionReplays() throws {
    let screen = try place.prompt()
    for line in ["x = 20", "x + 1", "y = _ * 2", "treshold(y)", "a = arange(4) * 3", "fn f(v) = v + x", "z = f(y)", "[z, y]", "|> sum()", "total = _"] { try screen.enter(line) }
    try screen.enter(":save session", shows: "session.dcs")
    try screen.expect("dcs> ")
    let vars = try screen.answer(to: ":vars")
    #expect(vars.contains("total  int    104") && vars.contains("z      int    62"), "\(vars)")
    #expect(try place.run("--check session.dcs") == 0, "\(place.read("out"))")
    let again = try Screen(["-i", "session.dcs"], in: place)
    try again.expect("dcs> ")
    let same = { (text: String) in text.split(separator: "\n").filter { $0.hasPrefix("  ") } }
    #expect(same(try again.answer(to: ":vars")) == same(vars))
    let saved = place.read("session.dcs")
    #expect(saved.contains("# failed: unknown name `treshold`\n# treshold(y)\n"), "\(saved)")
    #expect(saved.contains("\n[z, y]\n_ = _ |> sum()\n") || saved.contains("[z, y]\n|> sum()"), "\(saved)")
    try screen.enter(":save session", shows: "session.dcs")   // its own file again
    let other = try place.prompt()
    try other.enter(":save session", shows: "exists")
  }

  /// A script before the prompt belongs to the session: with the arguments that it was given, and up to where it failed.
  @Test func aScriptBeforeThePromptReplays() throws {
    place.write("given.dcs", "param a: int   ## what is doubled\nparam area: roi = nil\nparam s = \"x\"\nb = a * 2\nprint(b, area.shape, s)\n")
    let screen = try Screen(["-i", "given.dcs", "21", "--area", "[1um:2um, 0nm:1nm]", "--s", "a {b}"], in: place)
    try screen.expect("42 (1000, 1) nm a {b}")
    try screen.expect("dcs> ")
    try screen.enter("b + 1", shows: "\n43\n")
    try screen.enter(":save c", shows: "2 of 2 statements")
    #expect(try place.run("--check c.dcs") == 0, "\(place.read("c.dcs")) \(place.read("out"))")
    #expect(try place.run("c.dcs") == 0 && place.read("out") == "42 (1000, 1) nm a {b}\n", "\(place.read("c.dcs")) \(place.read("out"))")

    place.write("fails.dcs", "x = 1\ny = x + 1\nz = y / 0\nw = 4\n")
    let other = try Screen(["-i", "fails.dcs"], in: place)
    try other.expect("dcs> ")
    try other.enter("y", shows: "\n2\n")
    try other.enter(":save d", shows: "d.dcs")
    #expect(try place.run("d.dcs") == 0)
    #expect(place.read("d.dcs").contains("\nx = 1\ny = x + 1\n# failed: division by zero\n# z = y / 0\n# w = 4\n"), "\(place.read("d.dcs"))")
  }

  @Test func scriptsAreLoadedAndReloaded() throws {
    place.write("part.dcs", "fn area(w, h) = w * h\nside = 3\n")
    place.write("kernels.dcs", "fn twice(x) = x * 2\n")
    let screen = try place.prompt()
    try screen.enter(":load part.dcs")
    try screen.enter("area(side, 4)", shows: "\n12\n")
    try screen.enter("import \"kernels.dcs\" as k")
    try screen.enter("k.twice(4)", shows: "\n8\n")
    place.write("part.dcs", "fn area(w, h) = w * h + 100\nside = 3\n")
    place.write("kernels.dcs", "fn twice(x) = x * 20\n")
    try screen.enter(":reload", shows: "part.dcs")
    try screen.enter("area(side, 4)", shows: "\n112\n")
    try screen.enter("k.twice(4)", shows: "\n80\n")
    try screen.enter(":load nothing.dcs", shows: "error: ")
  }

  @Test func functionsAreEdited() throws {
    place.write("editor", "#!/bin/sh\nsed -i 's/+ 1/+ 5/' \"$1\"\n")
    _ = Place.shell("chmod +x '\(place.folder)/editor'")
    let screen = try place.prompt(environment: ["EDITOR": place.folder + "/editor"])
    try screen.enter("fn f(a) = a + 1")
    try screen.enter(":edit f", shows: "fn f(a) = a + 5")
    try screen.enter("f(10)", shows: "\n15\n")
    try screen.enter("1 + 1", shows: "\n2\n")
    try screen.enter(":edit", shows: "\n6\n")
  }

  @Test func errorsExplainThemselves() throws {
    let screen = try place.prompt()
    try screen.enter(":why", shows: "no error yet")
    screen.type(Screen.pasted("fn inner(a) {\n  b = a - 3\n  12 / b\n}\nfn outer(c) = inner(c + 1)"))
    screen.type("\r")
    try screen.expect("dcs> ")
    try screen.enter("outer(2)", shows: "division by zero")
    try screen.enter(":why", shows: "b  int  0")
    try screen.expect("E11 arithmetic")
    try screen.expect("dcs> ")
    let trace = try screen.answer(to: ":trace")
    #expect(trace.contains("inner") && trace.contains("outer") && trace.contains("script"), "\(trace)")
    try screen.enter("_err.message", shows: "\"division by zero\"")
    try screen.enter("len(_err.calls)", shows: "\n2\n")
  }

  @Test func settingsChange() throws {
    let screen = try place.prompt()
    try screen.enter(":set memory 64MiB", shows: "64 MiB")
    try screen.enter("zeros((1000, 1000, 100))", shows: "budget 64 MiB")
    try screen.enter(":set jobs 1", shows: "jobs 1")
    try screen.enter(":set seed 5", shows: "seed 5")
    try screen.enter(":set color on", shows: "color on")
    try screen.enter(":set colour on", shows: "no setting `colour`")
    try screen.enter(":set jobs many", shows: "not `many`")
    try screen.enter(":set", shows: "memory  64 MiB")
    try screen.enter("big = zeros((1000, 1000)); 1", shows: "\n1\n")
    try screen.enter(":mem", shows: "big")
    try screen.expect("3.8 MiB")
    try screen.enter(":jobs", shows: "no jobs")
  }

  /// Decoded chunks that are kept follow the budget of memory, unless the environment bounds them.
  @Test func memoryBoundsTheChunksThatAreKept() throws {
    let screen = try place.prompt()
    try screen.enter(":set memory 64MiB", shows: "64 MiB")
    try screen.enter("a = save(cast(random((64, 64, 64), key=\"a\") * 256, uint16), \"k.zarr/a\", chunks=64)")
    try screen.enter("t = now(); while now() - t < 0.3 {}")   // younger files are not kept
    try screen.enter(":mem", shows: "decoded chunks kept  0 B of at most 16 MiB")
    try screen.enter("max(a[0:9, 0:9, 0:9]) < 257", shows: "true")
    try screen.enter(":mem", shows: "decoded chunks kept  512 KiB of at most 16 MiB")
    try screen.enter(":set memory 1MiB", shows: "1 MiB")
    try screen.enter(":mem", shows: "decoded chunks kept  0 B of at most 256 KiB")
    let bounded = try place.prompt(environment: ["DCS_CHUNK_CACHE": "3MiB"])
    try bounded.enter(":set memory 64MiB", shows: "64 MiB")
    try bounded.enter(":mem", shows: "of at most 3 MiB")
    #expect(try !place.prompt(environment: ["DCS_CHUNK_CACHE": "0"]).answer(to: ":mem").contains("decoded chunks"))
  }

  @Test func theShellIsNear() throws {
    let screen = try place.prompt()
    try screen.enter(":!echo shell-$((40 + 2))", shows: "\nshell-42\n")
    try screen.enter(":!false", shows: "(exit 1)")
    try screen.enter(":cd home", shows: "/home\n")
    try screen.enter(":cd nowhere", shows: "No such file")
    try screen.enter(":cd ..")
    try screen.enter(":ls", shows: "home/")
    // Ctrl-C reaches the command, and the prompt comes back
    screen.type(":!sleep 30\r")
    usleep(300_000)
    screen.type(Screen.controlC)
    try screen.expect("dcs> ", within: 3)
    try screen.enter("1 + 1", shows: "\n2\n")
  }

  // MARK: Help

  @Test func helpOfEverything() throws {
    let screen = try place.prompt()
    try screen.enter("?label", shows: "label(mask: array")
    try screen.enter("?task.onehot", shows: "task.onehot(")
    try screen.enter("?for", shows: "for v in xs")
    try screen.enter("?|>", shows: "x |> f(a)")
    try screen.enter("??smooth", shows: "gaussian")
    try screen.enter("?metrics.f1", shows: "metrics.f1(")
    try screen.enter("?tresold", shows: "did you mean `threshold`?")
    try screen.enter("?:save", shows: ":save FILE")
    try screen.enter("help()", shows: "TAB completes")
    try screen.enter("help(gaussian)", shows: "gaussian(")
    try screen.enter("help(\"while\")", shows: "while condition")
    screen.type(Screen.pasted("## Doubles a number.\nfn double(x, by=2) = x * by"))
    try screen.enter("")
    try screen.enter("?double", shows: "Doubles a number.")
    try screen.enter("a = zeros((4, 4));")
    try screen.enter("?a", shows: "fields")
    try screen.expect("taken by")
  }

  // MARK: Paging

  @Test func tallOutputIsPaged() throws {
    place.write("pager", "#!/bin/sh\nsed 's/^/PAGED /'\n")
    _ = Place.shell("chmod +x '\(place.folder)/pager'")
    let screen = try place.prompt(environment: ["PAGER": place.folder + "/pager"], rows: 12)
    try screen.enter("[1, 2]", shows: "\n[1, 2]\n")
    try screen.enter("t = table(map(0..30, fn(i) = {row: i, square: i * i}));")
    try screen.enter("t", shows: "PAGED ")
    try screen.expect("10 more")
    try screen.enter(":more", shows: "PAGED")
    try screen.expect("841")
    try screen.enter("page(t)", shows: "PAGED")
    try screen.expect("841")
    try screen.enter("??array", shows: "PAGED")
    try screen.enter(":set pager off", shows: "pager off")
    try screen.expect("dcs> ")
    screen.type("t\r")
    #expect(!screen.rest().contains("PAGED"))
  }

  @Test func scriptsAreNotPaged() throws {
    place.write("s.dcs", "page(table(map(0..30, fn(i) = {row: i})))\n")
    let screen = try Screen(["s.dcs"], in: place, environment: ["PAGER": "sed s/^/PAGED/"], rows: 10)
    #expect(screen.wait() == 0)
    #expect(screen.text.contains("29") && !screen.text.contains("PAGED"), "\(screen.text)")
  }
}
