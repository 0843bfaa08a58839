import Arrays
import Execution
import Geometry
import Storage
import TestSupport

/// Damages a container a case, and reads it.
final class Fuzzer: CaseFuzzer {
  private let corpus: Corpus
  private let seed: UInt64
  private(set) var findings: [String] = []
  private var cases = 0, opened = 0, readable = 0
  private var errors: [String: Int] = [:]

  init(_ corpus: Corpus, seed: UInt64) { (self.corpus, self.seed) = (corpus, seed) }

  var report: String {
    let kinds = errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    return (findings.prefix(20) + ["\(cases) damaged containers: \(opened) opened, \(readable) read to the end; errors: \(kinds.isEmpty ? "none" : kinds)", "\(findings.count) findings"])
      .joined(separator: "\n")
  }

  func probe(_ number: UInt64) {
    Crash.begin(number)
    cases += 1
    let (container, _) = damaged(number)
    for line in read(container) { findings.append("case \(number), \(container.name): \(line)") }
  }

  /// Prints a case; false if something is wrong with it.
  func show(_ number: UInt64) -> Bool {
    Crash.begin(number)
    let (container, key) = damaged(number)
    print("\(container.name), \(key):")
    let bytes = container.files[key] ?? []
    print(Container.isMetadata(key) ? String(decoding: bytes, as: UTF8.self) : bytes.map { String($0, radix: 16) }.joined(separator: " "))
    let lines = read(container)
    print(report)
    for line in lines { print(line) }
    return lines.isEmpty
  }

  private func damaged(_ number: UInt64) -> (Container, key: String) {
    var damage = Damage(random: KeyedGenerator(seed: seed, purpose: "storage", index: number))
    var container = corpus.containers[damage.random.index(below: corpus.containers.count)]
    let wantsMetadata = damage.random.index(below: 2) == 0
    // a document of a few bytes has little to say
    let keys = container.keys.filter { Container.isMetadata($0) == wantsMetadata && (container.files[$0]?.count ?? 0) > 40 }
    let key = (keys.isEmpty ? container.keys : keys)[damage.random.index(below: keys.isEmpty ? container.keys.count : keys.count)]
    let bytes = container.files[key] ?? []
    container.files[key] = Container.isMetadata(key) ? damage.document(bytes) : damage.bytes(bytes)
    return (container, key)
  }

  /// What is wrong with how a container is read: nothing, or a line a fault.
  private func read(_ container: Container) -> [String] {
    let store = DamagedStore(container)
    var faults: [String] = []
    faults += reading(store) { [self] in var faults: [String] = []; visit("/damaged/" + container.name, depth: 0, &faults); return faults }
    for key in store.strays.prefix(1) { faults.append("the key \"\(key)\" leaves the container") }
    return faults
  }

  private func visit(_ path: String, depth: Int, _ faults: inout [String]) {
    attempt(&faults) { faults in
      switch try StoredNode.open(path) {
      case .array(let array):
        opened += 1
        try self.read(array)
        readable += 1
      case .group(let group):
        _ = try group.levels()
        for child in try group.children() where depth < 4 { visit(Files.join(path, child.name), depth: depth + 1, &faults) }
      }
    }
  }

  /// The corner of an array, as much as a picture of it would need, and its first and last chunk.
  private func read(_ array: StoredArray) throws {
    if array.shape.contains(0) { return }
    let box = array.shape.map { min($0, 24) }
    guard box.count <= 5 else { return }
    let context = ReadContext()
    _ = try array.read(try VoxelRoi(offset: Coordinate(box.map { _ in 0 }), shape: Coordinate(box)), context)
    _ = try array.verifyChunk(array.chunkGrid.map { $0 - 1 })
    _ = array.gridSource
  }

  private func attempt(_ faults: inout [String], _ body: (inout [String]) throws -> Void) {
    do { try body(&faults) } catch let error as StorageError {
      errors[String("\(Mirror(reflecting: error).children.first?.label ?? "?")"), default: 0] += 1
      let text = error.description
      if text.isEmpty || text.count > 600 { faults.append("a message of \(text.count) characters: \(text.prefix(120))") }
      if text.contains("no memory for") { faults.append("memory was asked for that is not there: \(text)") }
    } catch let error as ArrayError {
      faults.append("memory was asked for that is not there: \(error)")
    } catch { faults.append("an error of another kind: \(error)") }
  }
}
