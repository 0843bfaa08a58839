import Arrays
import Execution
import Geometry
import Networks
import Storage
import TestSupport

/// Damages a file a case, and reads it.
final class WeightsFuzzer: CaseFuzzer {
  private struct Weights {
    let name: String
    let bytes: [UInt8]
    /// Of a zip: its entries by name.
    let entries: [(name: String, bytes: [UInt8])]
  }

  private let seed: UInt64
  private var corpus: [Weights] = []
  private let network: Network
  private let folder: String, path: String
  private(set) var findings: [String] = []
  private var cases = 0, opened = 0, readable = 0, whole = 0
  private var errors: [String: Int] = [:]

  init(_ fixtures: String, seed: UInt64) throws {
    self.seed = seed
    folder = try Files.makeTemporaryFolder()
    path = Files.join(folder, "weights")
    network = try UNetSettings(outChannels: 3, features: 4, featureFactor: 2, downsampleFactors: [[2, 2, 2]]).network()
    for place in ["weights", "networks"] {
      for entry in try Files.list(Files.join(fixtures, place)) where entry.name.hasSuffix(".pt") || entry.name == "batch_norm.safetensors" {
        corpus.append(try Self.weights(entry.name, Files.join(Files.join(fixtures, place), entry.name)))
      }
    }
    let small = try UNetSettings(outChannels: 2, features: 1, featureFactor: 2, downsampleFactors: [[2, 2]]).network().withHead(channels: 1)
    let model = try Model(
      network: small, parameters: try ParameterSet(initialising: small, seed: 1), activation: .sigmoid, task: ["name": "a", "channels": ["b"]], inputVoxelSize: WorldCoordinate([Rational(8), Rational(8)]))
    for index in 0..<4 {   // as likely as others together
      try model.save(path, sync: false)
      corpus.append(try Self.weights("small\(index).dcmodel", path))
    }
  }

  deinit { try? Files.removeTree(folder) }

  private static func weights(_ name: String, _ path: String) throws -> Weights {
    let bytes = try Files.read(path), zip = ZipStore(file: path, root: path) { FileStore(root: Files.parent(path)) }
    var entries: [(name: String, bytes: [UInt8])] = []
    func collect(_ folder: String) throws {
      for entry in try zip.list(folder) ?? [] {
        let key = Files.join(folder, entry.name)
        if entry.isFolder { try collect(key) } else if let bytes = try zip.get(key, limit: 1 << 24) { entries.append((key, bytes.array)) }
      }
    }
    if bytes.starts(with: [0x50, 0x4B]) { try collect("") }
    return Weights(name: name, bytes: bytes, entries: entries)
  }

  var report: String {
    let kinds = errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    return (findings.prefix(20) + ["\(cases) damaged weight files: \(opened) opened, \(readable) read to the end, \(whole) models; errors: \(kinds.isEmpty ? "none" : kinds)", "\(findings.count) findings"])
      .joined(separator: "\n")
  }

  func probe(_ number: UInt64) {
    Crash.begin(number)
    cases += 1
    do {
      let (name, size) = try damage(number)
      for line in read(size) { findings.append("case \(number), \(name): \(line)") }
    } catch { findings.append("case \(number) was not made: \(error)") }
  }

  func show(_ number: UInt64) -> Bool {
    probe(number)
    print(report)
    return findings.isEmpty
  }

  /// Writes the case's file.
  private func damage(_ number: UInt64) throws -> (name: String, size: Int) {
    var damage = Damage(random: KeyedGenerator(seed: seed, purpose: "weights", index: number))
    let weights = corpus[damage.random.index(below: corpus.count)]
    if !weights.entries.isEmpty, damage.random.index(below: 3) > 0 {
      let wanted = weights.entries.firstIndex { $0.name.hasSuffix("data.pkl") } ?? 0
      let place = damage.random.index(below: 8) == 0 ? damage.random.index(below: weights.entries.count) : wanted
      var zip = try ZipWriter(path)
      for (index, entry) in weights.entries.enumerated() { try zip.add(entry.name, index == place ? damage.bytes(entry.bytes) : entry.bytes) }
      try zip.finish(sync: false)
    } else if weights.bytes.count > 8, weights.bytes.starts(with: [0x50, 0x4B]) == false, weights.bytes[0] != 0x80, damage.random.index(below: 3) > 0 {
      let length = min((0..<8).reduce(0) { $0 | Int(weights.bytes[$1]) << (8 * $1) }, weights.bytes.count - 8)
      let header = damage.document(Array(weights.bytes[8..<(8 + length)]))
      try Files.writeAtomically((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + weights.bytes[(8 + length)...], path, sync: false)
    } else { try Files.writeAtomically(damage.bytes(weights.bytes), path, sync: false) }
    return (weights.name, Files.size(path) ?? 0)
  }

  private func read(_ size: Int) -> [String] {
    var faults: [String] = []
    attempt(&faults) { faults in
      let dictionary = try StateDict(reading: path)
      opened += 1
      for entry in dictionary.entries {
        attempt(&faults) { faults in
          let array = try dictionary.array(entry)
          if array.shape != entry.shape || array.dtype != entry.dtype { faults.append("\(entry.name) is another array than was said") }
          if array.byteCount > 2 * size + (8 << 20) { faults.append("\(entry.name) has \(array.byteCount) bytes in a file of \(size)") }
        }
      }
      readable += 1
      _ = UNetGuess(dictionary)
      _ = try Model(dictionary, into: network, activation: .none)
      whole += 1
    }
    attempt(&faults) { _ in
      _ = try Model(loading: path)
      whole += 1
    }
    return faults
  }

  private func attempt(_ faults: inout [String], _ body: (inout [String]) throws -> Void) {
    func note(_ error: any Error, _ text: String) {
      errors[String("\(Mirror(reflecting: error).children.first?.label ?? "?")"), default: 0] += 1
      if text.isEmpty || text.count > 2000 { faults.append("a message of \(text.count) characters: \(text.prefix(120))") }
      if text.contains("no memory for") { faults.append("memory was asked for that is not there: \(text)") }
    }
    do { try body(&faults) } catch let error as StorageError { note(error, error.description) } catch let error as NetworkError { note(error, error.description) } catch let error as ArrayError {
      if case .noMemory = error { faults.append("memory was asked for that is not there: \(error)") } else { note(error, error.description) }
    } catch { faults.append("an error of another kind: \(error)") }
  }
}
