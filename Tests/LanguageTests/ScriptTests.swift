import Execution
import Language
import TestSupport
import Testing

/// The scripts of the reference page, against a registry that has their words.
struct ScriptTests {
  static let words: [Builtin] = [
    ("tree", "(path: any)"), ("open", "(path: string, mode=\"read\", origin: string = nil)"), ("roi", "(offset: any, shape: any)"),
    ("stats", "(a: any)"), ("look", "(a: any, width: int = nil, colors: string = nil)"), ("histogram", "(a: any, bins=64)"), ("unique", "(a: any)"),
    ("chunks", "(a: any, verify=false)"), ("chunk", "(a: any, index: coord)"), ("group", "(t: any, by: string)"), ("count", "(t: any)"),
    ("head", "(t: any, n=10)"), ("plot", "(t: any, x: string = nil, y: string = nil, by: string = nil, kind: string = nil)"),
    ("save", "(a: any, path: string)"), ("datasplit", "(path: any, raw: string = nil, labels: string = nil)"),
    ("task.distance", "(name: string, scale: length)"), ("unet", "(levels=4, features=12, growth=5, input: coord)"),
    ("run", "(name: string, model: any, task: any, data: any, lr=1e-4, batch=1, augment=[], validate_every=1000, checkpoint_every=1000)"),
    ("aug.rotate", "()"), ("aug.elastic", "(spacing: length)"), ("aug.intensity", "(low: number, high: number)"), ("preview", "(r: any, batches=1)"),
    ("train", "(r: any, iterations: int)"), ("open_run", "(name: string)"), ("best", "(r: any, by: string)"),
    ("export", "(r: any, iteration: int, to: string, note: string = nil)"), ("keep", "(r: any, which: list, delete=false)"),
    ("predict", "(m: any, a: any, roi: roi = nil, to: string = nil, dtype: any = nil, block: any = nil, workers: int = nil, on: any = nil)"),
    ("sweep", "(f: fn, over: any, name: string = nil)"), ("linspace", "(a: number, b: number, n: int)"), ("table", "(xs: list)"),
    ("filter", "(t: any, keep: fn)"), ("sort", "(t: any, by: any = nil, desc=false)"), ("mean", "(a: any, column: string = nil)"), ("sum", "(a: any)"),
    ("remove_small", "(a: any, size: int, to: string = nil)"), ("label", "(a: any, connectivity=1, to: string = nil)"), ("load_model", "(path: string)"),
    ("mutex_watershed", "(a: any, offsets: any)"),
    ("blockwise", """
      (fn: fn, inputs…, to: string = nil, block: coord = nil, context: any = 0, roi: any = nil, dtype: any = nil, chunks: coord = nil, \
      pad="reflect", ids: string = nil, workers: int = nil, retries=2, resume=true, replace=false, on=local())
      """),
    ("touching", "(a: any, affs: any, at: number)"), ("relabel", "(a: any, merge: any = nil, to: string = nil, compact=false)"),
    ("gaussian", "(a: any, sigma: length|number)"), ("cast", "(a: any, dtype: any, clip=false)"), ("erode", "(a: any, radius=1)"), ("status", "(a: any)"),
    ("lsf", "(queue: string, gpus=0, cpus=1, memory: bytes = nil, time: time = nil, workers: int = nil)"),
    ("submit", "(path: string, args={}, on: any = nil)"), ("wait", "(jobs: any, every=60s)"), ("read_csv", "(path: string)"), ("join", "(xs: any, separator=\"\")"),
    ("uint8", "(a: any)"), ("uint64", "(a: any)"), ("float32", "(a: any)"),
  ].map { name, signature in Builtin(name, signature, "Stands in.") { _ in .nil } }

  static let modules = ["metrics": "fn f1(a, b) = 0\nfn all(a, b, tolerance=nil) = {f1: 0}\n"]

  func registry() throws -> Interpreter { try interpreter(TestHost(modules: Self.modules), Self.words) }

  /// Those that these words are enough for; the others are checked with the real ones, where they run (Tests/Program/examples.sh).
  static let scripts = Repository.scripts("scripts/examples").filter { !$0.hasSuffix("finetune.dcs") && !$0.hasSuffix("tutorial.dcs") }

  @Test(arguments: scripts)
  func checksCleanly(_ path: String) throws {
    let findings = try registry().check(Source(name: path, text: Repository.text(path)))
    #expect(findings.isEmpty, "\(findings.map { $0.drawn() }.joined(separator: "\n"))")
  }

  /// The nine, and the one that the cluster's script submits.
  @Test func allAreThere() { #expect(Self.scripts.count == 10) }

  /// A slip in any of them is found, in the right line.
  @Test(arguments: [
    ("train_mito", "batch=2", "batsh=2", Failure.Kind.argument), ("clean", "gaussian(", "gausian(", .name), ("sweep", "metrics.f1", "metrics.f2", .key),
    ("affs", "m.output)", "m.output, to=out)", .argument), ("cluster", "lsf(queue=queue, gpus=1", "lsf(gpus=1", .argument),
    ("explore", "(2, 2, 2)um", "(2um, 2um, 2)", .units),
  ])
  func slip(_ script: String, _ old: String, _ new: String, _ kind: Failure.Kind) throws {
    let text = Repository.text("scripts/examples/\(script).dcs")
    let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    try #require(parts.count == 2)
    let findings = try registry().check(Source(name: script, text: parts[0] + new + parts[1]))
    let line = parts[0].filter { $0 == "\n" }.count + 1
    #expect(findings.contains { $0.kind == kind && $0.site?.location.hasPrefix("\(script):\(line):") == true }, "\(findings.map { $0.drawn() })")
  }

  @Test func helpOfAScript() throws {
    let help = ScriptHelp(Source(name: "clean.dcs", text: Repository.text("scripts/examples/clean.dcs")))
    #expect(help.parameters.map(\.name) == ["input", "out", "sigma", "keep"])
    #expect(help.parameters.map(\.isRequired) == [true, true, false, false])
    #expect(help.parameters.map(\.typeName) == ["string", "string", "length", "int"])
    #expect(help.text(script: "clean.dcs").hasPrefix("usage: dcs clean.dcs INPUT OUT [--name value …]"))
  }

  @Test func argumentsOfAScript() throws {
    let i = try registry()
    let help = ScriptHelp(Source(name: "a.dcs", text: "param input: string\nparam sigma = 16nm\nparam verify = false ## doc\nparam n: int\nparam size = (1, 1, 1)\n"))
    let (values, rest) = try i.scriptArguments(["in.zarr", "--sigma", "1.5um", "7", "--verify", "--size=(2, 3, 4)", "--", "x"], help)
    #expect(values["input"]?.shown() == "\"in.zarr\"")
    #expect(values["sigma"]?.shown() == "1.5 µm")
    #expect(values["verify"]?.shown() == "true")
    #expect(values["n"]?.shown() == "7")
    #expect(values["size"]?.shown() == "(2, 3, 4)")
    #expect(rest == ["x"])
    for (words, message) in [
      (["a", "1", "--sigm", "3"], "the script has no argument `--sigm`"), (["a"], "the script needs its argument `n`"),
      (["a", "x"], "`--n` must be an int, not `x`"), (["a", "1", "2"], "`2` is one argument too many"),
      (["a", "1", "--sigma", "16"], "`--sigma` must be a length, such as 16nm, not `16`"), (["a", "1", "--sigma"], "`--sigma` needs a value"),
    ] {
      #expect { try i.scriptArguments(words, help) } throws: { ($0 as? Failure)?.message == message }
    }
  }

  /// What `submit(args=…)` writes on a command line is what a script reads there, whatever the type.
  @Test(arguments: [
    ("30s", "-30s", "-30 s"), ("1", "-18446744073709551615", "-18446744073709551615"), ("1", "-9223372036854775808", "-9223372036854775808"), ("1.0", "inf", "inf"), ("1.0", "-inf", "-inf"),
    ("inf", "0.5", "0.5"), ("1nm", "(10nm / 3)", "≈3.333333 nm"), ("0..3", "(-1..4)", "-1..4"), ("0..3", "range(0, 9, 3)", "range(0, 9, step=3)"), ("10nm / 3", "2nm", "2 nm"),
  ])
  func argumentsOfEveryType(_ initial: String, _ word: String, _ shown: String) throws {
    let help = ScriptHelp(Source(name: "a.dcs", text: "param x = \(initial)\n"))
    #expect(help.parameters[0].typeName != nil)
    #expect(try registry().scriptArguments(["--x", word], help).values["x"]?.shown() == shown)
  }

  /// Without a type, what is more likely text stays text.
  @Test(arguments: ["2024-01-02", "1/2", "range", "a.zarr", "range(0, 9, step=3)", "10nm + 2nm"])
  func wordsStayWords(_ word: String) throws {
    let help = ScriptHelp(Source(name: "a.dcs", text: "param x\n"))
    #expect(try registry().scriptArguments(["--x", word], help).values["x"]?.shown() == Value.string(word).shown())
  }

  @Test func paramsReachTheScript() throws {
    let host = TestHost(), i = try interpreter(host)
    let source = Source(name: "a.dcs", text: "param a = 1\nparam b: string\nprint(a, b)")
    #expect(i.run(source, arguments: ["b": "x"]).exitCode == 0)
    #expect(host.output == "1 x\n")
    #expect(i.run(source).diagnostics.first?.message == "the script needs its argument `b`")
  }
}
