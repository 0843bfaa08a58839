// What calls of the closed list make, and what tensors refer to.

import Arrays

extension Unpickler {
  /// What Python would get by calling the name.
  mutating func make(_ global: PickleGlobal, _ arguments: [PickleValue]) throws(NetworkError) -> PickleValue {
    switch global {
    case .dictionary: return table.add(.dictionary(try members(arguments)))
    case .list: return table.add(.list(arguments.first.flatMap(table.items) ?? []))
    case .tuple: return table.add(.tuple(arguments.first.flatMap(table.items) ?? []))
    case .set: return table.add(.set(arguments.first.flatMap(table.items) ?? []))
    case .encode:
      guard let text = arguments.first?.text else { throw bad("bytes are no text") }
      return .bytes(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    case .reconstruct:
      guard let first = arguments.first, case .global(let made)? = table[first] else { throw bad("an object has no class") }
      return try make(made, [])
    case .rebuildTensor, .rebuildTensorV2, .rebuildTensorV3: return table.add(.tensor(try tensor(global, arguments)))
    case .rebuildParameter:
      guard let tensor = arguments.first, case .tensor? = table[tensor] else { throw bad("a parameter is no tensor") }
      return tensor
    case .inert(let name): return table.add(.object(name: name, arguments: arguments, state: .none))
    case .storage, .untypedStorage, .type: throw bad("a storage outside of its place")
    }
  }

  /// Pairs of a dictionary's constructor; a default factory is nothing.
  private func members(_ arguments: [PickleValue]) throws(NetworkError) -> [(key: PickleValue, value: PickleValue)] {
    guard let given = arguments.last else { return [] }
    switch table[given] {
    case .dictionary(let members)?: return members
    case .list(let items)?, .tuple(let items)?:
      var members: [(key: PickleValue, value: PickleValue)] = []
      for item in items {
        guard let pair = table.items(item), pair.count == 2 else { throw bad("a dictionary is made of what are no pairs") }
        members.append((pair[0], pair[1]))
      }
      return members
    case .global?: return []
    default: throw bad("a dictionary is made of what are no pairs")
    }
  }

  /// Sets the state of the object on top of the stack; metadata of dictionaries and hooks of tensors mean nothing.
  mutating func build(_ state: PickleValue) throws(NetworkError) {
    let isDone = table.change(try top()) { node in
      switch node {
      case .object(let name, let arguments, _): node = .object(name: name, arguments: arguments, state: state)
      case .dictionary, .tensor, .set: break
      default: return false
      }
      return true
    }
    guard isDone else { throw bad("a state for what has none") }
  }

  /// ("storage", type, key, location, count), and before PyTorch 1.6 a view of it: nil or (key, first, count).
  func storage(_ id: PickleValue) throws(NetworkError) -> TorchStorage {
    guard let parts = table.items(id), parts.count == 5 || parts.count == 6, parts[0].text == "storage", case .global(let global)? = table[parts[1]],
          let key = parts[2].text, !key.isEmpty, key.utf8.count <= 200, let count = parts[4].int, count >= 0, count <= 1 << 48 else { throw bad("a storage is not described as PyTorch does") }
    let type: TorchType?
    switch global {
    case .storage(let one), .type(let one): type = one
    case .untypedStorage: type = nil
    default: throw bad("a storage of no type")
    }
    guard parts.count == 6, parts[5] != .none else { return TorchStorage(key: key, type: type, wholeCount: count, first: 0, count: count) }
    guard let view = table.items(parts[5]), view.count == 3, let first = view[1].int, let part = view[2].int, first >= 0, part >= 0, first <= count, part <= count - first else {
      throw bad("a view of storage \(shown(key)) lies outside of it")
    }
    return TorchStorage(key: key, type: type, wholeCount: count, first: first, count: part)
  }

  /// (storage, offset, shape, strides, requires grad, hooks[, type, …]).
  private func tensor(_ global: PickleGlobal, _ arguments: [PickleValue]) throws(NetworkError) -> TorchTensor {
    guard arguments.count >= 4, case .storage(let storage)? = table[arguments[0]], let offset = arguments[1].int, let shape = table.ints(arguments[2]), let strides = table.ints(arguments[3]) else {
      throw bad("a tensor is not described as PyTorch does")
    }
    var type = storage.type
    if global == .rebuildTensorV3 {
      guard arguments.count >= 7, case .global(.type(let said))? = table[arguments[6]] else { throw bad("a tensor has no type that is known") }
      type = said
    }
    guard let type, let tensor = TorchTensor(storage: storage, type: type, offset: offset, shape: shape, strides: strides) else {
      throw bad("a tensor of shape \(shapeText(shape)), strides \(strides) and offset \(offset) lies outside of its storage of \(storage.count)")
    }
    return tensor
  }
}
