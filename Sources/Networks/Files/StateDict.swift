// Named weights of a file, whoever wrote it: names and shapes at once, elements when they are asked for.
//
// Of a torch.save file: the dictionary whose values are tensors. Where it stands is looked for, by these names, from the top: "model",
// "state_dict", "model_state_dict", "model_state", "net", "network", and the attribute `model` of DaCapo's Weights.

import Arrays
import Storage

package struct StateDict: Sendable {
  package struct Entry: Sendable {
    package let name: String
    package let shape: [Int]
    package let dtype: DType
    fileprivate let place: Place
  }
  fileprivate enum Place: Sendable, Equatable { case torch(TorchTensor), array(Int) }

  package let path: String
  package let entries: [Entry]
  /// Texts beside the weights: metadata of safetensors.
  package let metadata: [(key: String, value: String)]
  private let file: TorchFile?
  private let arrays: [NDArray]

  private static let holders = ["model", "state_dict", "model_state_dict", "model_state", "net", "network"]

  /// - Throws: `StorageError`; `NetworkError.file` for a file that is neither, or holds no dictionary of weights, or two.
  package init(reading path: String) throws {
    guard let head = try Files.readIfPresent(path, from: 0, count: 8) else { throw StorageError.notFound(path: path, near: nil) }
    if TorchFile.looksLikeOne(head.array) { try self.init(try TorchFile(reading: path)) } else { self.init(try SafeTensors(reading: path), path: path) }
  }

  package init(_ file: SafeTensors, path: String) {
    self.path = path
    let tensors = file[metadata: "checkpoint"] == nil ? file.tensors : Self.predicting(file.tensors)
    entries = tensors.enumerated().map { Entry(name: $1.name, shape: $1.array.shape, dtype: $1.array.dtype, place: .array($0)) }
    (metadata, self.file, arrays) = (file.metadata, nil, tensors.map(\.array))
  }

  /// Of a run's checkpoint: the weights that predict, which are the averaged ones if there are such, without the optimiser's state.
  private static func predicting(_ tensors: [(name: String, array: NDArray)]) -> [(name: String, array: NDArray)] {
    let averages = tensors.compactMap { name, array in name.hasPrefix("average.") ? (name: String(name.dropFirst(8)), array: array) : nil }
    return averages.isEmpty ? tensors.filter { !$0.name.hasPrefix("optimizer.") } : averages
  }

  package init(_ file: TorchFile) throws(NetworkError) {
    guard let members = try Self.weights(file) else {
      throw .file(path: file.path, reason: "it holds no dictionary of weights; its top is \(Self.describe(file.content))")
    }
    var entries: [Entry] = [], places: [String: Int] = [:]
    for (name, tensor) in members {
      if let place = places[name] { entries[place] = Entry(name: name, shape: tensor.shape, dtype: tensor.type.dtype, place: .torch(tensor)); continue }   // the last one counts
      places[name] = entries.count
      entries.append(Entry(name: name, shape: tensor.shape, dtype: tensor.type.dtype, place: .torch(tensor)))
    }
    (path, self.entries, metadata, self.file, arrays) = (file.path, entries, [], file, [])
  }

  /// The elements, as they are stored.
  package func array(_ entry: Entry) throws -> NDArray {
    switch entry.place {
    case .array(let index): return arrays[index]
    case .torch(let tensor):
      guard let file else { throw NetworkError.file(path: path, reason: "\(entry.name) is nowhere") }
      return try file.read(tensor)
    }
  }

  /// Whether two names stand for the same elements; those of one storage are not read for it.
  package func areEqual(_ a: Entry, _ b: Entry) throws -> Bool {
    if a.place == b.place { return true }
    return a.shape == b.shape && a.dtype == b.dtype ? try array(a).isIdentical(to: try array(b)) : false
  }

  // MARK: Looking for it

  /// Steps from the top to the weights, at most.
  private static let depth = 4

  private static func weights(_ file: TorchFile) throws(NetworkError) -> [(String, TorchTensor)]? {
    let table = file.content
    var value = table.root
    for _ in 0..<depth {
      guard let members = members(value, table) else { return nil }
      let tensors: [(String, TorchTensor)] = members.compactMap { key, value in
        guard let name = key.text, case .tensor(let tensor)? = table[value] else { return nil }
        return (name, tensor)
      }
      if !tensors.isEmpty { return tensors }
      guard let inner = holders.lazy.compactMap({ name in members.last { $0.key.text == name }?.value }).first else { return nil }
      value = inner
    }
    return nil
  }

  private static func members(_ value: PickleValue, _ table: PickleTable) -> [(key: PickleValue, value: PickleValue)]? {
    switch table[value] {
    case .dictionary(let members): members
    case .object(_, _, let state): if case .dictionary(let members)? = table[state] { members } else { nil }
    default: nil
    }
  }

  private static func describe(_ table: PickleTable) -> String {
    switch table[table.root] {
    case .dictionary(let members):
      let names = members.prefix(5).map { $0.key.text ?? "?" }
      return names.isEmpty ? "an empty dictionary" : "a dictionary with \(names.joined(separator: ", "))" + (members.count > 5 ? ", …" : "")
    case .list, .tuple: return "a list"
    case .tensor: return "one tensor"
    case .object(let name, _, _): return "an object of class \(name)"
    default: return "a single value"
    }
  }
}
