// What a pickle says, as data: nothing of it is ever run.
//
// Lists, dictionaries and objects stand in one table and refer to each other by their place in it, so that neither a deep nor a circular
// pickle makes a deep structure of ours: whoever walks it counts its steps (StateDict.swift).

package enum PickleValue: Sendable, Equatable {
  case none
  case bool(Bool)
  case int(Int128)
  case float(Double)
  case text(String)
  case bytes([UInt8])
  /// A place in the table.
  case node(Int)

  var int: Int? { if case .int(let value) = self { Int(exactly: value) } else { nil } }
  package var text: String? { if case .text(let value) = self { value } else { nil } }
}

package enum PickleNode: Sendable {
  case list([PickleValue])
  case tuple([PickleValue])
  case set([PickleValue])
  case dictionary([(key: PickleValue, value: PickleValue)])
  case global(PickleGlobal)
  /// An instance of a class that means nothing here: its name, and what it was made of.
  case object(name: String, arguments: [PickleValue], state: PickleValue)
  case storage(TorchStorage)
  case tensor(TorchTensor)
}

package struct PickleTable: Sendable {
  package var root = PickleValue.none
  package fileprivate(set) var nodes: [PickleNode] = []

  package subscript(value: PickleValue) -> PickleNode? {
    guard case .node(let place) = value, nodes.indices.contains(place) else { return nil }
    return nodes[place]
  }

  mutating func add(_ node: PickleNode) -> PickleValue {
    nodes.append(node)
    return .node(nodes.count - 1)
  }

  /// Changes a node where it stands, without a copy of what it holds.
  ///
  /// - Returns: false where `value` is no node.
  mutating func change(_ value: PickleValue, _ body: (inout PickleNode) -> Bool) -> Bool {
    guard case .node(let place) = value, nodes.indices.contains(place) else { return false }
    return body(&nodes[place])
  }

  /// The items of a tuple or list.
  func items(_ value: PickleValue) -> [PickleValue]? {
    switch self[value] {
    case .tuple(let items), .list(let items): items
    default: nil
    }
  }

  func ints(_ value: PickleValue) -> [Int]? {
    guard let items = items(value) else { return nil }
    let ints = items.compactMap(\.int)
    return ints.count == items.count ? ints : nil
  }
}
