// Help on what is not a function: keywords, operators, punctuation. A test runs every example and finds an entry for every keyword and operator.

struct SyntaxHelp: Sendable {
  /// What `?` finds it by.
  let spellings: [String]
  let form: HelpPage.Form

  private init(_ spellings: String, _ usage: String, _ summary: String, details: [String] = [], _ examples: Example...) {
    self.spellings = spellings.split(separator: " ").map(String.init)
    form = HelpPage.Form(signature: Text.split(usage, at: "    ").joined(separator: "\n"), summary: summary, details: details, examples: examples)
  }

  static let keywords: [SyntaxHelp] = [
    SyntaxHelp("if else", "if condition { … } else if condition { … } else { … }", "Runs the first block whose condition is true; its value is the block's last expression.",
      details: ["Only true and false are conditions: an array needs any(…) or all(…)."], Example("if 2 > 1 { \"yes\" } else { \"no\" }", prints: "\"yes\"")),
    SyntaxHelp("for in", "for v in xs { … }    for i, v in xs { … }", "Runs a block for every element of a list, range, table or record; with two names, for index and value, or key and value.",
      details: ["`break` ends the loop, `continue` its present turn. A loop opens no scope: what it binds stays bound."],
      Example("total = 0; for v in [1, 2, 3] { total += v }; total", prints: "6"), Example("keys = []; for k, v in {a: 1, b: 2} { keys += [k] }; keys", prints: "[\"a\", \"b\"]")),
    SyntaxHelp("while", "while condition { … }", "Runs a block as long as a condition is true.", Example("n = 1; while n < 100 { n *= 2 }; n", prints: "128")),
    SyntaxHelp("break", "break", "Ends the innermost loop.", Example("n = 0; while true { n += 1; if n == 3 { break } }; n", prints: "3")),
    SyntaxHelp("continue", "continue", "Goes on with the next turn of the innermost loop.", Example("s = 0; for v in 0..5 { if v % 2 == 0 { continue }; s += v }; s", prints: "4")),
    SyntaxHelp("fn", "fn name(a, b=2) = expression    fn name(a) { … }    fn(a) = expression",
      "Makes a function; as a statement it also binds its name. The value of a block is its last expression.",
      details: ["Functions read names around them but cannot assign them, so that blocks can run in parallel."],
      Example("fn twice(x, n=2) = x * n; twice(21)", prints: "42"), Example("map([1, 2], fn(v) = v + 1)", prints: "[2, 3]")),
    SyntaxHelp("return", "return    return value", "Ends a function with a value; without one, nil.", Example("fn sign(x) { if x < 0 { return -1 }; 1 }; sign(-5)", prints: "-1")),
    SyntaxHelp("param", "param name = default    param name: type    param name", "An argument of the script: `dcs script.dcs --name value`; without a default it is required.",
      details: ["A `##` comment behind it is its help, which `dcs script.dcs --help` shows."], Example("param sigma = 16nm; sigma", prints: "16 nm")),
    SyntaxHelp("import as", "import metrics    import \"kernels.dcs\" as k", "Runs a module of the standard library, or a file beside the script, once; its names are read through a dot."),
    SyntaxHelp("try catch", "try { … } catch e { … }    try expression else value",
      "Goes on after an error: with a block that sees it as e.message, e.kind, e.hint, e.at and e.calls, or with another value.",
      Example("try fail(\"no data\") else 0", prints: "0"), Example("try { fail(\"no data\") } catch e { e.message }", prints: "\"no data\"")),
    SyntaxHelp("and", "a and b", "True where both are; b is not looked at if a is false.", Example("1 < 2 and 2 < 3", prints: "true")),
    SyntaxHelp("or", "a or b", "True where one of them is; b is not looked at if a is true.", Example("1 > 2 or 2 < 3", prints: "true")),
    SyntaxHelp("not", "not a", "True where a is false; elementwise for masks.", Example("not 1 > 2", prints: "true")),
    SyntaxHelp("in", "a in b", "Whether a list, range, string, record (a key) or roi holds a value.", Example("3 in 0..10", prints: "true"), Example("\"em\" in \"volume.em\"", prints: "true")),
    SyntaxHelp("true false", "true    false", "The two truth values: the only conditions that `if`, `while`, `and`, `or` and `not` take.", Example("true and not false", prints: "true")),
    SyntaxHelp("nil", "nil", "No value. `x ?? default` replaces it; the prompt does not show it.", Example("nil ?? 3", prints: "3")),
    SyntaxHelp("end", "a[0:end]    xs[end - 1]", "Inside `[ ]`, the length of the axis that is indexed.", Example("[1, 2, 3][end - 1]", prints: "3")),
  ]

  static let operators: [SyntaxHelp] = [
    SyntaxHelp("|>", "x |> f(a)", "Puts the value on its left first into the call on its right: x |> f(a) is f(x, a).",
      details: ["A line that starts with |> goes on with the line above; at the prompt, with the last value shown."], Example("[3, 1, 2] |> sort() |> reverse()", prints: "[3, 2, 1]")),
    SyntaxHelp("+", "a + b", "Adds numbers, lengths, times, coords and arrays; joins two lists or two strings.", Example("16nm + 1um", prints: "1.016 µm"), Example("[1] + [2]", prints: "[1, 2]")),
    SyntaxHelp("-", "a - b    -a", "Subtracts, or changes the sign. Ints never wrap: an overflow is an error.", Example("(64, 64) - (1, 2)", prints: "(63, 62)")),
    SyntaxHelp("*", "a * b", "Multiplies numbers, arrays, and a quantity with a number.", Example("4.56nm * 100", prints: "456 nm")),
    SyntaxHelp("/", "a / b", "Divides; the quotient of ints is a float, that of two lengths a number.", Example("7 / 2", prints: "3.5"), Example("1um / 4nm", prints: "250.0")),
    SyntaxHelp("//", "a // b", "Divides and rounds down.", Example("-7 // 2", prints: "-4")),
    SyntaxHelp("%", "a % b", "The rest of `//`, with the sign of b.", Example("-7 % 3", prints: "2")),
    SyntaxHelp("**", "a ** b", "Raises to a power; binds tighter than a sign before it.", Example("2 ** 10", prints: "1024")),
    SyntaxHelp("== !=", "a == b    a != b", "Whether two values are equal: deep for lists, records, rois and coords, elementwise for arrays; same(a, b) compares whole arrays.",
      Example("[1, {k: 2}] == [1, {k: 2}]", prints: "true"), Example("1 == 1.0", prints: "true")),
    SyntaxHelp("< <= > >=", "a < b    a <= b    a > b    a >= b", "Compares numbers, quantities, strings, and arrays elementwise; does not chain.", Example("500nm < 1um", prints: "true")),
    SyntaxHelp("&", "a & b", "Both masks, the bits both ints have, or the roi that two rois share.", Example("any((arange(4) > 0) & (arange(4) < 2))", prints: "true")),
    SyntaxHelp("|", "a | b", "Either mask, the bits of both ints, or the smallest roi around two rois.", Example("count((arange(4) < 1) | (arange(4) > 2))", prints: "2")),
    SyntaxHelp("??", "x ?? default", "The default where x is nil, else x; the default is computed only then.", Example("{lr: nil}.lr ?? 0.5", prints: "0.5")),
    SyntaxHelp("..", "a..b", "The ints from a up to b, b left out.", Example("sum(0..5)", prints: "10")),
    SyntaxHelp("=", "name = value    r.field = value    a[roi] = value    f(name=value)", "Binds a name, changes a field or a part, or names an argument. It is no comparison; == is.", Example("r = {lr: 1}; r.lr = 2; r.lr", prints: "2")),
    SyntaxHelp("+= -= *= /=", "a += b    a -= b    a *= b    a /= b", "Computes and binds again: a += b is a = a + b.", Example("xs = [1]; xs += [2]; xs", prints: "[1, 2]")),
    SyntaxHelp(".", "value.field    module.name", "A field of a record or value, a column of a table, or a name of a module.", Example("{lr: 0.5}.lr", prints: "0.5")),
    SyntaxHelp(":", "a[from:to:step]    {key: value}", "Inside `[ ]`, a slice, its end left out, every part optional; in a record, between key and value.", Example("[0, 1, 2, 3, 4][1:end:2]", prints: "[1, 3]")),
    SyntaxHelp("[ ] []", "[1, 2]    xs[0]    a[z=30, x=0:64]    a[roi]", "A list; or behind a value an element, a slice, a roi of an array, or a row or column of a table. Nothing outside is clipped: it is an error.",
      Example("[4, 5, 6][1]", prints: "5"), Example("arange(10)[2:4].shape", prints: "(2,)")),
    SyntaxHelp("{ } {}", "{name: value, …}    { statements }    \"text {expression:format}\"", "A record; a block; or, inside double quotes, an expression written into the text.",
      Example("n = 3; \"{n} of {n * 2:.1f}\"", prints: "\"3 of 6.0\"")),
    SyntaxHelp("( ) ()", "(a + b) * c    f(x)    (64, 64, 64)    (8, 8, 8)nm", "Groups, calls, or makes a coord of voxels or, with a unit, of lengths.", Example("(8, 4, 4)nm * 2", prints: "(16, 8, 8) nm")),
    SyntaxHelp(";", "a; b", "Ends a statement as a new line does; at the end of a line it also silences what the prompt would show.", Example("a = 1; a + 1", prints: "2")),
    SyntaxHelp(",", "f(a, b)    [a, b]    {a: 1, b: 2}", "Separates arguments, elements and fields; one may stand behind the last.", Example("[1, 2,]", prints: "[1, 2]")),
    SyntaxHelp("# ##", "# comment    ## help", "A comment to the end of the line; `##` above a function or behind a param is its help.", Example("1 + 1   # two", prints: "2")),
  ]

  static let entries = keywords + operators
}

extension HelpPage {
  /// Pages of all keywords, then of all operators and punctuation, each under its first spelling: for the reference page.
  package static var syntax: (keywords: [HelpPage], operators: [HelpPage]) {
    func pages(_ entries: [SyntaxHelp]) -> [HelpPage] { entries.map { HelpPage(title: $0.spellings.joined(separator: " "), forms: [$0.form]) } }
    return (pages(SyntaxHelp.keywords), pages(SyntaxHelp.operators))
  }

  /// What must have a page: every keyword and every symbol of the lexer.
  package static var requiredSpellings: [String] { Keyword.allCases.map(\.rawValue) + Symbol.allCases.map(\.rawValue) }
}
