// Runs a strip program over one block: every strip of 1,024 elements goes through all steps before the next one starts.
//
// block    the box of voxels to compute, C order; `first` counts its elements
// inputs   one array a source, any strides; a stride of 0 repeats (an axis that the source does not have)
// Axes that all inputs walk alike are fused first, so strips run across rows, and a packed input is used where it lies.
// All unsafe memory of expressions is in this file.

import CKernels

struct StripMachine: ~Copyable {
  static let strip = Int(DCS_STRIP_LENGTH)
  /// Bytes of a result from which on it is written past the caches: nothing of it would still be in them when it is read, and to write a line there it is read first.
  static let large = 32 << 20

  private let program: StripProgram
  private let scratch: UnsafeMutableRawPointer
  private var registers: [UnsafeMutableRawPointer]
  private static let registerBytes = strip * 8

  init(_ program: StripProgram) {
    self.program = program
    let count = max(1, program.registers)
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: count * Self.registerBytes, alignment: 64)
    self.scratch = scratch
    registers = (0..<count).map { scratch + $0 * Self.registerBytes }
    for constant in program.constants {
      var bits = constant.bits
      dcs_gather(Int32(constant.dtype.size), &bits, 0, registers[constant.register], Int64(Self.strip))
    }
  }

  deinit { scratch.deallocate() }

  /// Computes a block.
  ///
  /// - Parameter target: where the block goes, packed; nil hands each strip to `sink` alone.
  /// - Parameter isLarge: the target is part of a `large` result.
  /// - Parameter longest: elements that `sink` takes at once, where the block is an input that lies packed and no step is done.
  /// - Parameter sink: sees each strip: its elements, the index of the first in the block, how many.
  mutating func run(
    block: [Int], inputs: [Input], target: UnsafeMutableRawPointer? = nil, isLarge: Bool = false, longest: Int = strip, faults: inout Faults, sink: (UnsafeRawPointer, Int, Int) -> Void = { _, _, _ in }
  ) {
    let total = block.reduce(1, *)
    let walks = Walk.readers(block, inputs), packed = walks.map(\.packed), instructions = program.instructions, result = program.result
    let size = program.dtype.size, strip = instructions.count == 1 && packed.count == 1 && packed[0].start != nil ? max(Self.strip, longest) : Self.strip
    // Pointers, so that no step counts references: that would wait for all that was written past the caches, and for other threads.
    packed.withUnsafeBufferPointer { packed in
      instructions.withUnsafeBufferPointer { instructions in
        var first = 0
        while first < total {
          let n = min(strip, total - first)
          for index in instructions.indices {
            let out = instructions[index].out
            if case .load(let source) = instructions[index].call {
              if let start = packed[source].start { registers[out] = start + first * packed[source].size }
              else { registers[out] = walks[source].load(first, n, scratch + out * Self.registerBytes) }
            } else {
              registers[out] = scratch + out * Self.registerBytes
              if let target, !isLarge, index == instructions.count - 1 { registers[out] = target + first * size }   // the last step writes straight to where the block goes
              run(instructions[index], index, n, registers[out], first, &faults)
            }
          }
          let found = registers[result]
          if let target, isLarge { dcs_copy_past(found, target + first * size, Int64(n * size)) }
          else if let target, found != target + first * size { (target + first * size).copyMemory(from: found, byteCount: n * size) }
          sink(found, first, n)
          first += n
        }
      }
    }
    if isLarge { dcs_copy_past_done() }
  }

  private func run(_ instruction: StripProgram.Instruction, _ index: Int, _ n: Int, _ out: UnsafeMutableRawPointer, _ first: Int, _ faults: inout Faults) {
    let a = UnsafeRawPointer(registers[instruction.a]), b = UnsafeRawPointer(registers[instruction.b]), c = UnsafeRawPointer(registers[instruction.c])
    let (from, count) = (instruction.from.code, Int64(n))
    switch instruction.call {
    case .load: break
    case .widen: dcs_widen(from, instruction.to.code, a, out, count)
    case .cast(let mode):
      let bad = dcs_cast(from, instruction.to.code, mode.code, a, out, count)
      if bad > 0 { faults.add(index, bad: Int(bad), first) { StripTwin.misfit(instruction, mode, a, n) } }
    case .unary(let function):
      if dcs_strip_unary(function.code, from, a, out, count) != 0 { faults.add(index, bad: 1, first) { StripTwin.fault(instruction, a, a, n) } }
    case .binary(let code):
      if dcs_strip_binary(code, from, a, b, out, count) != 0 { faults.add(index, bad: 1, first) { StripTwin.fault(instruction, a, b, n) } }
    case .compare(let op):
      let bytes = out.assumingMemoryBound(to: UInt8.self)
      if instruction.from == instruction.with { dcs_strip_compare(op.code, from, a, b, bytes, count) } else { dcs_strip_compare_mixed(op.code, from, instruction.with.code, a, b, bytes, count) }
    case .select: dcs_strip_select(Int32(instruction.to.size), a.assumingMemoryBound(to: UInt8.self), b, c, out, count)
    }
  }

  /// One source's voxels of the block: strides in elements, one an axis of the block.
  struct Input {
    let array: NDArray
    let strides: [Int]
  }
}

/// How one input is walked in the order of the block's elements, after axes that all inputs walk alike have been fused.
private struct Walk {
  let shape: [Int]
  let strides: [Int]
  let base: UnsafeRawPointer
  let size: Int

  /// Where all of it lies in the order in which it is walked, if it does: to be read only, as loads are never written to.
  var packed: (start: UnsafeMutableRawPointer?, size: Int) { (shape.count == 1 && strides == [1] ? UnsafeMutableRawPointer(mutating: base) : nil, size) }

  static func readers(_ block: [Int], _ inputs: [StripMachine.Input]) -> [Walk] {
    var shape: [Int] = [], strides = inputs.map { _ in [Int]() }
    for axis in block.indices where block[axis] != 1 {
      // The axis before it runs on into this one if, for every input, one step of it is all of this one.
      if let last = shape.last, inputs.indices.allSatisfy({ strides[$0][shape.count - 1] == inputs[$0].strides[axis] * block[axis] }) {
        shape[shape.count - 1] = last * block[axis]
        for i in inputs.indices { strides[i][shape.count - 1] = inputs[i].strides[axis] }
      } else {
        shape.append(block[axis])
        for i in inputs.indices { strides[i].append(inputs[i].strides[axis]) }
      }
    }
    return inputs.indices.map { i in
      let array = inputs[i].array
      return Walk(shape: shape, strides: strides[i], base: UnsafeRawPointer(array.buffer.bytes + array.start * array.dtype.size), size: array.dtype.size)
    }
  }

  /// Elements `first..<first + n` of the block: where they lie if they lie packed, else gathered into `scratch`.
  func load(_ first: Int, _ n: Int, _ scratch: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    guard let inner = shape.last, let step = strides.last else {
      scratch.copyMemory(from: base, byteCount: size)
      return scratch
    }
    var row = first / inner, column = first % inner, done = 0
    while done < n {
      let length = min(n - done, inner - column)
      var element = column * step, rest = row
      for axis in stride(from: shape.count - 2, through: 0, by: -1) {
        element += rest % shape[axis] * strides[axis]
        rest /= shape[axis]
      }
      let source = base + element * size
      if length == n && step == 1 { return UnsafeMutableRawPointer(mutating: source) }
      dcs_gather(Int32(size), source, Int64(step), scratch + done * size, Int64(length))
      done += length
      (row, column) = (row + 1, 0)
    }
    return scratch
  }
}
