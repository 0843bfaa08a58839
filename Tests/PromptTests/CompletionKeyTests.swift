// TAB on a terminal, in every position, with a real container below the working folder. The container has no chunks: completion needs none.

import Testing

@Suite(.serialized) struct CompletionKeyTests {
  private let place: Place
  init() throws {
    place = try Place()
    #expect(try place.run("-e 'create(\"vol.zarr/em/s0\", shape=(8, 8, 8), dtype=uint8); create(\"vol.zarr/em/s1\", shape=(4, 4, 4), dtype=uint8); create(\"old.n5/raw\", shape=(8, 8), dtype=uint8)'") == 0)
    place.write("script.dcs", "x = 1\n")
  }

  /// What is typed, with TABs; what Enter then shows.
  @Test(arguments: [
    ("whi\t true { break }; 5", "\n5\n"), ("a = zer\t((2, 2)); 1\r" + "a.sha\t", "\n(2, 2)\n"), ("r = {learning: 4}; 1\r" + "r.le\t", "\n4\n"),
    ("[3, 4] |> revers\t)", "\n[4, 3]\n"), ("len(spl\t(\"a-b\", \"-\"))", "\n2\n"), ("random((2, 2), vox\t8nm).shape", "\n(2, 2)\n"),
    ("open(\"vo\tem/\t0\").shape", "\n(8, 8, 8)\n"), ("open(\"vol.zarr/em/s1\t).shape", "\n(4, 4, 4)\n"), ("open(\"old\tr\t).shape", "\n(8, 8)\n"), ("g = open(\"vol.zarr\"); 1\r" + "g[\"em/s0\t].shape", "\n(8, 8, 8)\n"),
    ("t = table([{alpha: 3, beta: 1}, {alpha: 2, beta: 5}]); 1\r" + "(t |> sort(by=\"al\t))[0].alpha", "\n2\n"), ("t = table([{alpha: 3}]); 1\r" + "t[\"al\t]", "\n[3]\n"),
    ("open(\"vol.zarr/em/s0\", mode=\"re\t).shape", "\n(8, 8, 8)\n"), (":ti\t6 * 7", "\n42\n"), (":lo\tscr\t", "dcs> "), ("?thr\t", "threshold("), ("import metr\t", "dcs> "), ("?task.on\t", "task.onehot("),
  ] as [(String, String)])
  func inserts(_ keys: String, _ shown: String) throws {
    let screen = try place.prompt()
    screen.type(keys)
    screen.type("\r")
    try screen.expect(shown)
  }

  /// The name of a file does not move the cursor or colour the screen.
  @Test func controlCharactersAreWrittenOut() throws {
    for name in ["p1\u{1b}[31m", "p2"] { place.write(name, "") }
    let screen = try place.prompt()
    screen.type("open(\"p\t\t")
    try screen.expect("p1\\u{1b}[31m  p2\n")
    try screen.expect("dcs> open(")   // drawn again below the list
    screen.type(Screen.controlC)
    try screen.expect("dcs> ")
    try screen.enter(":ls", shows: "p1\\u{1b}[31m  ")
  }

  @Test func theSecondTabLists() throws {
    let screen = try place.prompt()
    screen.type("open(\"vol.zarr/em/\t\t")
    try screen.expect("s0  s1\n")
    screen.type("0\").size\r")
    try screen.expect("\n512\n")
    try screen.expect("dcs> ")
    screen.type("label(zeros((4, 4)) > 1, \t\t")
    try screen.expect("connectivity=")
    screen.type("conn\t1).shape\r")
    try screen.expect("\n(4, 4)\n")
    try screen.expect("dcs> ")
    screen.type(":s\t\t")
    try screen.expect("save  set\n")
    try screen.expect("dcs> :s")   // drawn again below the list
    screen.type(Screen.controlC)
    try screen.expect("dcs> ")
    screen.type("fn f(a) {\r")
    try screen.expect("...> ")
    screen.type("\ta + thresh\t\t")   // at the start of a line TAB indents
    try screen.expect("  a + threshold")
  }
}
