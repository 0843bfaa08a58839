// The stack machine that pickles are written for, protocols 0 to 5, as a reader of data.
//
// An opcode pushes, pops or joins values. Where Python would look up a name and call it, a name of the closed list (PickleGlobal.swift) makes a
// value of ours and any other ends the reading. Lengths are checked against the bytes that are left, places of the memo against what it holds;
// a pickle of n bytes makes at most n values.
// Format: pickletools.py of the Python library.

import Arrays

struct Unpickler {
  let path: String
  let bytes: UnsafeRawBufferPointer
  var at: Int
  var table = PickleTable()
  var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  /// Bytes of one pickle that are read: weights themselves are stored apart from it.
  static let limit = 64 << 20
  private static let valuesLimit = 1 << 23

  init(path: String, bytes: UnsafeRawBufferPointer, from start: Int = 0) { (self.path, self.bytes, at) = (path, bytes, start) }

  func bad(_ reason: String) -> NetworkError { .file(path: path, reason: "its pickle cannot be read: \(reason) (byte \(at))") }

  /// Reads one pickle; `at` is then behind it.
  ///
  /// - Throws: `NetworkError.file`.
  mutating func read() throws(NetworkError) -> PickleTable {
    let start = at
    while true {
      guard at - start < Self.limit, table.nodes.count + stack.count < Self.valuesLimit else { throw bad("it is too long") }
      let opcode = try byte()
      if opcode == UInt8(ascii: ".") { break }
      try run(opcode)
    }
    table.root = try pop()
    return table
  }

  // MARK: Opcodes

  private mutating func run(_ opcode: UInt8) throws(NetworkError) {
    switch opcode {
    case 0x80:   // PROTO
      let version = try byte()
      guard version <= 5 else { throw bad("it is of protocol \(version), known are 0 to 5") }
    case 0x95: _ = try number(8)   // FRAME
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "2"): stack.append(try top())

    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "I"): stack.append(try decimal())
    case UInt8(ascii: "L"): stack.append(try decimal())
    case UInt8(ascii: "J"): stack.append(.int(Int128(Int32(truncatingIfNeeded: try number(4)))))
    case UInt8(ascii: "K"): stack.append(.int(Int128(try number(1))))
    case UInt8(ascii: "M"): stack.append(.int(Int128(try number(2))))
    case 0x8a: stack.append(try long(try number(1)))
    case 0x8b: stack.append(try long(try number(4)))
    case UInt8(ascii: "F"):
      let text = try line()
      guard let value = Double(text) else { throw bad("\(shown(text)) is no number") }
      stack.append(.float(value))
    case UInt8(ascii: "G"): stack.append(.float(Double(bitPattern: UInt64(bitPattern: Int64(try number(8))).byteSwapped)))

    case UInt8(ascii: "S"): stack.append(.text(try quoted()))
    case UInt8(ascii: "V"): stack.append(.text(try unescaped(try line())))
    case UInt8(ascii: "T"): stack.append(.text(try text(4)))
    case UInt8(ascii: "U"): stack.append(.text(try text(1)))
    case UInt8(ascii: "X"): stack.append(.text(try text(4)))
    case 0x8c: stack.append(.text(try text(1)))
    case 0x8d: stack.append(.text(try text(8)))
    case UInt8(ascii: "B"): stack.append(.bytes(Array(try take(try number(4)))))
    case UInt8(ascii: "C"): stack.append(.bytes(Array(try take(try number(1)))))
    case 0x8e, 0x96: stack.append(.bytes(Array(try take(try number(8)))))   // BINBYTES8, BYTEARRAY8

    case UInt8(ascii: "]"): push(.list([]))
    case UInt8(ascii: "}"): push(.dictionary([]))
    case UInt8(ascii: ")"): push(.tuple([]))
    case 0x8f: push(.set([]))
    case UInt8(ascii: "l"): push(.list(try popMark()))
    case UInt8(ascii: "t"): push(.tuple(try popMark()))
    case 0x91: push(.set(try popMark()))
    case UInt8(ascii: "d"): push(.dictionary(try pairs(try popMark())))
    case 0x85: push(.tuple([try pop()]))
    case 0x86:
      let second = try pop()
      push(.tuple([try pop(), second]))
    case 0x87:
      let third = try pop(), second = try pop()
      push(.tuple([try pop(), second, third]))
    case UInt8(ascii: "a"): try append([try pop()])
    case UInt8(ascii: "e"), 0x90: try append(try popMark())
    case UInt8(ascii: "s"):
      let value = try pop()
      try set(try pairs([try pop(), value]))
    case UInt8(ascii: "u"): try set(try pairs(try popMark()))

    case UInt8(ascii: "p"): memo[try place()] = try top()
    case UInt8(ascii: "q"): memo[try number(1)] = try top()
    case UInt8(ascii: "r"): memo[try number(4)] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "g"): stack.append(try remembered(try place()))
    case UInt8(ascii: "h"): stack.append(try remembered(try number(1)))
    case UInt8(ascii: "j"): stack.append(try remembered(try number(4)))

    case UInt8(ascii: "c"):
      let module = try line()
      push(.global(try global(module, try line())))
    case 0x93:
      guard let name = try pop().text, let module = try pop().text else { throw bad("a name is no text") }
      push(.global(try global(module, name)))
    case UInt8(ascii: "i"):
      let module = try line(), global = try global(module, try line())
      stack.append(try make(global, try popMark()))
    case UInt8(ascii: "o"):
      let items = try popMark()
      guard let first = items.first, case .global(let global)? = table[first] else { throw bad("an object has no class") }
      stack.append(try make(global, Array(items.dropFirst())))
    case UInt8(ascii: "R"), 0x81:
      guard let arguments = table.items(try pop()), case .global(let global)? = table[try pop()] else { throw bad("a call of what is no name") }
      stack.append(try make(global, arguments))
    case 0x92:   // NEWOBJ_EX
      _ = try pop()
      guard let arguments = table.items(try pop()), case .global(let global)? = table[try pop()] else { throw bad("a call of what is no name") }
      stack.append(try make(global, arguments))
    case UInt8(ascii: "b"):
      let state = try pop()
      try build(state)
    case UInt8(ascii: "P"):
      _ = try line()
      throw bad("it refers to storages by text, which PyTorch does not")
    case UInt8(ascii: "Q"): push(.storage(try storage(try pop())))
    case 0x82, 0x83, 0x84: throw bad("it uses the extension registry of a Python process, which no file can carry")
    case 0x97, 0x98: throw bad("parts of it are in buffers outside of the file")
    default: throw bad("0x\(String(opcode, radix: 16)) is no opcode")
    }
  }

  private mutating func push(_ node: PickleNode) { stack.append(table.add(node)) }

  private func global(_ module: String, _ name: String) throws(NetworkError) -> PickleGlobal {
    guard let global = PickleGlobal(module: module, name: name) else {
      throw .file(path: path, reason: "it names \(shown(module + "." + name)), which is not among what weights are made of; it was not looked up and nothing was run")
    }
    return global
  }

  // MARK: The stack

  mutating func pop() throws(NetworkError) -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.popLast() else { throw bad("its stack is empty") }
    return value
  }

  func top() throws(NetworkError) -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.last else { throw bad("its stack is empty") }
    return value
  }

  private mutating func popMark() throws(NetworkError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw bad("a mark is missing") }
    let items = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return items
  }

  private func remembered(_ place: Int) throws(NetworkError) -> PickleValue {
    guard let value = memo[place] else { throw bad("nothing was remembered as \(place)") }
    return value
  }

  private func pairs(_ items: [PickleValue]) throws(NetworkError) -> [(key: PickleValue, value: PickleValue)] {
    guard items.count % 2 == 0 else { throw bad("a key has no value") }
    return stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  private mutating func append(_ items: [PickleValue]) throws(NetworkError) {
    let isDone = table.change(try top()) { node in
      switch node {
      case .list(var list):
        node = .list([])
        list += items
        node = .list(list)
      case .set(var set):
        node = .set([])
        set += items
        node = .set(set)
      default: return false
      }
      return true
    }
    guard isDone else { throw bad("items for what is no list") }
  }

  private mutating func set(_ pairs: [(key: PickleValue, value: PickleValue)]) throws(NetworkError) {
    let isDone = table.change(try top()) { node in
      guard case .dictionary(var members) = node else { return false }
      node = .dictionary([])
      members += pairs
      node = .dictionary(members)
      return true
    }
    guard isDone else { throw bad("items for what is no dictionary") }
  }
}
