import Arrays
import Networks
import Storage
import Testing
import TestSupport

/// Files of torch.save against what torch.load makes of them: Tests/Fixtures/weights/generate.py.
struct TorchFileTests {
  static let folder = Repository.root + "/Tests/Fixtures/weights/"

  @Test(arguments: ["odd", "odd_big_endian", "odd_legacy", "odd_protocol3", "odd_protocol4", "odd_protocol5"]) func everyTypeAndStride(name: String) throws {
    let expected = try SafeTensors(reading: Self.folder + "odd.safetensors").byName
    let found = try StateDict(reading: Self.folder + name + ".pt")
    #expect(found.entries.count == 17)
    for entry in found.entries {
      let array = try found.array(entry), wanted = try #require(expected[entry.name])
      #expect(entry.shape == wanted.shape && entry.dtype == wanted.dtype && array.dtype == wanted.dtype, "\(entry.name)")
      #expect(try array.isIdentical(to: wanted), "\(entry.name)")
    }
  }

  @Test func unsignedTypes() throws {
    let expected = try SafeTensors(reading: Self.folder + "odd.safetensors").byName
    let found = try StateDict(reading: Self.folder + "unsigned.pt")
    #expect(found.entries.map(\.name) == ["uint16", "uint64"])
    for entry in found.entries { #expect(try found.array(entry).isIdentical(to: try #require(expected[entry.name])), "\(entry.name)") }
  }

  /// The same nested value by each protocol of pickle.
  @Test(arguments: 0...5) func protocols(version: Int) throws {
    let table = try TorchFile(reading: Self.folder + "plain_\(version).pt").content
    guard case .dictionary(let members)? = table[table.root] else { Issue.record("no dictionary"); return }
    let values = Dictionary(members.map { ($0.key.text ?? "?", $0.value) }, uniquingKeysWith: { first, _ in first })
    #expect(values.count == 14)
    let plain: [String: PickleValue] = [
      "n": .none, "yes": .bool(true), "no": .bool(false), "int": .int(-7), "big": .int(Int128(1) << 70), "byte": .int(200), "short": .int(40_000), "float": .float(0.1), "text": .text("µm\n'\""),
      "bytes": .bytes([0, 255]),
    ]
    for (name, value) in plain { #expect(values[name] == value, "\(name)") }
    func items(_ value: PickleValue?) -> [PickleValue]? {
      switch value.flatMap({ table[$0] }) {
      case .list(let items)?, .tuple(let items)?, .set(let items)?: items
      default: nil
      }
    }
    let list = items(values["list"])
    #expect(list?.first == .int(1))
    let inner = items(list?.last)
    #expect(inner?.count == 3 && inner?.first == .int(2) && items(inner?[1]) == [.int(3)] && items(inner?[2]) == [])
    #expect(items(values["tuple"]) == [.int(1), .int(2), .int(3), .int(4)] && items(values["set"]) == [.int(5)])
    guard case .dictionary(let ordered)? = values["ordered"].flatMap({ table[$0] }) else { Issue.record("no ordered dictionary"); return }
    #expect(ordered.map(\.key.text) == ["a"] && ordered.map(\.value) == [.int(1)])
    #expect(throws: NetworkError.file(path: Self.folder + "plain_\(version).pt", reason: "it holds no dictionary of weights; its top is a dictionary with n, yes, no, int, big, …")) {
      try StateDict(reading: Self.folder + "plain_\(version).pt")
    }
  }

  @Test(arguments: [
    ("refused_call", "\"posix.system\", which is not among what weights are made of; it was not looked up and nothing was run"), ("refused_script", "TorchScript"), ("refused_compressed", "missing or compressed"),
    ("refused_outside", "(4, 5), strides [4, 1] and offset 0 lies outside of its storage of 16"),
  ]) func refused(name: String, reason: String) {
    do {
      let file = try StateDict(reading: Self.folder + name + ".pt")
      for entry in file.entries { _ = try file.array(entry) }
      Issue.record("\(name) was read")
    } catch { #expect("\(error)".contains(reason), "\(error)") }
  }

  /// Every file cut off anywhere is an error, never a trap.
  @Test(arguments: ["odd", "odd_legacy", "plain_0", "plain_4"]) func cutOff(name: String) throws {
    let scratch = try Scratch(), bytes = try Files.read(Self.folder + name + ".pt"), path = scratch.file("cut.pt")
    for length in stride(from: 0, to: bytes.count, by: 97) {
      try Files.writeAtomically(Array(bytes[..<length]), path, sync: false)
      #expect(throws: (any Error).self) { try StateDict(reading: path) }
    }
  }
}
