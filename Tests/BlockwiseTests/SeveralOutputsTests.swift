import Arrays
import Execution
import Geometry
import Storage
import Testing

import Blockwise

private struct Broken: Error {}

private func noise(_ count: Int) throws -> Volume {
  var generator = KeyedGenerator(seed: 5, purpose: "test")
  return Volume(try NDArray((0..<count).map { _ in Int32(generator.index(below: 100)) }, [count]))
}

/// Doubles, and halves with two channels that are empty in the second block.
private func kernel(_ counter: Counter? = nil, breaksAt: Int64? = nil) -> BlockKernels {
  { inputs, block, _ in
    counter?.add()
    if block.index == breaksAt { throw Broken() }
    let values = try inputs[0].array.elements(Int32.self)
    let halves = block.index == 1 ? values.map { _ in Int32(0) } : values.map { $0 / 2 }
    return [try NDArray(values.map { 2 * $0 }, [values.count]), try NDArray(halves + halves, [2, values.count])]
  }
}

private func statement(_ whole: Volume, _ paths: [String], replace: Bool = false, _ kernel: @escaping BlockKernels) throws -> BlockwiseStatement {
  var options = BlockwiseOptions(name: "two", parameters: [("function", "two")], block: [4])
  options.retries = 0
  return try BlockwiseStatement([whole], options: options, to: paths.map { BlockTarget(OutputSpec(path: $0, replace: replace)) }, kernel: kernel)
}

private func bytes(_ path: String) throws -> [String: [UInt8]] {
  var files: [String: [UInt8]] = [:]
  func add(_ folder: String) throws {
    for entry in try Files.list(folder) where entry.name != JournalFolder.name {
      let child = folder + "/" + entry.name
      if entry.isFolder { try add(child) } else { files[String(child.dropFirst(path.count))] = try Files.read(child) }
    }
  }
  try add(path)
  return files
}

@Suite struct SeveralOutputsTests {
  @Test func inMemoryAsManyAsTheFunctionReturns() throws {
    let whole = try noise(14), values = try whole.array.elements(Int32.self)
    let result = try BlockwiseStatement([whole], options: BlockwiseOptions(name: "two", block: [4]), to: [BlockTarget(.memory)], kernel: kernel()).execute(context(threads: 2))
    let volumes = result.outputs.compactMap { $0 as? Volume }
    #expect(volumes.map(\.shape) == [[14], [2, 14]])
    #expect(try volumes[0].array.elements(Int32.self) == values.map { 2 * $0 })
    #expect(try volumes[1].array.elements(Int32.self).prefix(14) == values.indices.map { 4..<8 ~= $0 ? 0 : values[$0] / 2 }[...])
  }

  /// A run that fails anywhere, then the same again: both outputs have the bytes of a straight run, and only what was missing was done.
  @Test func resumeIsByteEqual() throws {
    let folder = try TemporaryFolder(), whole = try noise(14)
    let straight = ["x", "y"].map { folder.path + "/a.zarr/" + $0 }
    _ = try statement(whole, straight, kernel()).execute(context())
    for broken in 1..<4 as Range<Int64> {
      let paths = straight.map { $0 + "\(broken)" }
      #expect(throws: BlockwiseError.self) { try statement(whole, paths, kernel(breaksAt: broken)).execute(context()) }
      let counter = Counter()
      let report = try statement(whole, paths, kernel(counter)).execute(context()).report
      #expect(counter.value == 1 && report.skipped == 3 && report.done == 1)
      for (path, other) in zip(paths, straight) {
        #expect(try bytes(path) == bytes(other), "\(path)")
        #expect(try JournalFolder.status(of: path)?.isComplete == true)
      }
      #expect(try statement(whole, paths, kernel(counter)).execute(context()).report.skipped == 4 && counter.value == 1)
    }
  }

  /// Whatever is missing of a block in any of the outputs, the block is done again, once.
  @Test func aBlockIsDoneWhenAllOutputsHaveIt() throws {
    let folder = try TemporaryFolder(), whole = try noise(14)
    let paths = ["x", "y"].map { folder.path + "/a.zarr/" + $0 }
    _ = try statement(whole, paths, kernel()).execute(context())
    let before = try paths.map(bytes)
    func again(_ what: String, _ expected: Int) throws {
      let counter = Counter()
      _ = try statement(whole, paths, kernel(counter)).execute(context())
      #expect(counter.value == expected, "\(what)")
      #expect(try paths.map(bytes) == before, "\(what)")
    }
    try again("nothing", 0)
    try Files.remove(paths[0] + "/3")
    try again("a chunk of the first", 1)
    try Files.remove(paths[1] + "/0/2")
    try again("a chunk of the second", 1)
    try Files.remove(paths[1] + "/.dcs/blocks.done")
    try again("the journal of the second", 4)
    try Files.removeTree(paths[1])
    try again("the second", 5)   // one more for what it returns
    try Files.removeTree(paths[0])
    try again("the first", 5)
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let folder = try TemporaryFolder(), whole = try noise(14), path = folder.path + "/a.zarr/"
    func message(_ names: [String], _ kernel: @escaping BlockKernels) -> String {
      do { _ = try statement(whole, names.map { path + $0 }, kernel).execute(context()) } catch BlockwiseError.blocksFailed(let report, _) { return report.failed.first?.message ?? "" } catch { return "\(error)" }
      return "no error"
    }
    #expect(message(["x", "x"], kernel()) == "two outputs have one place: \(path)x")
    #expect(message(["x", "x/y"], kernel()) == "one output lies in the other: \(path)x and \(path)x/y")
    #expect(message(["x", "y", "z"], kernel()) == "the function returned 2 arrays for 3 outputs")
    #expect(message(["x"], kernel()) == "the function returned 2 arrays for 1 output")
    #expect(Files.kind(path) == nil)   // nothing was made
    #expect(message(["x", "y"], kernel()) == "no error")
    #expect(message(["y", "x"], kernel()).contains("exists with another plan"))
    #expect(throws: BlockwiseError.outputIsInput(path: path + "x")) {
      try BlockwiseStatement([try StoredArray.open(path + "x")], options: BlockwiseOptions(name: "two"), to: ["z", "x"].map { BlockTarget(OutputSpec(path: path + $0, replace: true)) }, kernel: kernel()).execute(context())
    }
  }

  /// Each has an identity of its own: what is made of one is not what is made of the other.
  @Test func outputsAreDifferentInputs() throws {
    let folder = try TemporaryFolder(), whole = try noise(14), paths = ["x", "y"].map { folder.path + "/a.zarr/" + $0 }
    _ = try statement(whole, paths, kernel()).execute(context())
    let identities = try paths.map { contentIdentity(of: try StoredArray.open($0)) }
    #expect(identities[0] != nil && identities[0] != identities[1])
  }
}
