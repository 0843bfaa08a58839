// Passes over an expression: into memory, a box at a time, or block by block into whatever takes it.
//
// All of them are one function: blocks on the pool, one strip machine a block, faults gathered and reported once.

import Execution
import Geometry
import Synchronization

extension ArrayExpression {
  /// The whole, in memory.
  ///
  /// - Throws: `ArrayError.overBudget` before any work, the first fault of the first step that failed, and what sources throw.
  package func evaluate(_ context: ExecutionContext) throws -> Volume {
    let bytes = try NDArray.byteCount(dtype, shape)
    guard bytes <= context.memoryBudget else { throw ArrayError.overBudget(bytes: bytes, budget: context.memoryBudget) }
    return try Volume(try read(try VoxelRoi(shape: shape), ReadContext(pool: context.pool, cancellation: context.cancellation)), grid)
  }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    try check(roi)
    if case .source(let source) = node.step { return try source.read(roi, context) }
    let pass = try Pass(self, roi), size = dtype.size
    var result = try NDArray(dtype, roi.shape.values, zeroed: false)
    let whole = result.shape, strides = result.strides, isLarge = result.byteCount >= StripMachine.large
    try result.withMutableBytes { bytes in
      guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
      nonisolated(unsafe) let target = base   // blocks do not overlap
      try pass.run(context.pool, context.cancellation) { machine, block, faults in
        let place = target + zip(block.offset, strides).reduce(0) { $0 + $1.0 * $1.1 } * size
        if isPacked(block.shape, in: whole) {
          machine.run(block: block.shape, inputs: block.inputs, target: place, isLarge: isLarge, faults: &faults)
        } else {
          let temporary = try NDArray(pass.program.dtype, block.shape, zeroed: false)
          machine.run(block: block.shape, inputs: block.inputs, target: temporary.buffer.bytes, faults: &faults)
          copyElements(block.shape, size, from: UnsafeRawPointer(temporary.buffer.bytes), temporary.strides, to: place, strides)
        }
      }
    }
    return result
  }

  /// Hands every block, computed, to `body`, on any thread and in any order; blocks tile the whole and never overlap.
  ///
  /// - Parameter chunks: of what is written to; blocks are whole multiples of them, so that no two calls share a chunk. nil follows the sources.
  /// - Parameter label: what the progress line says; nil reports nothing.
  /// - Throws: the error of the first block that failed, and then later blocks may not have been visited.
  package func forEachBlock(chunks: Chunking? = nil, label: String? = nil, _ context: ExecutionContext, _ body: (VoxelRoi, NDArray) throws -> Void) throws {
    let pass = try Pass(self, try VoxelRoi(shape: shape), chunks: chunks, limit: context.blockElements), dtype = dtype, shape = shape
    try pass.run(context.pool, context.cancellation, label.map { ($0, context.progress) }) { machine, block, faults in
      let result = try NDArray(dtype, block.shape, zeroed: false)
      machine.run(block: block.shape, inputs: block.inputs, target: result.buffer.bytes, faults: &faults)
      if let error = faults.placed({ pass.element($0, block) }).error(shape, of: result.count) { throw error }
      try body(VoxelRoi(offset: Coordinate(block.offset), shape: Coordinate(block.shape)), result)
    }
  }

  func check(_ roi: VoxelRoi) throws(ArrayError) {
    guard roi.rank == shape.count else { throw .rank(expected: shape.count, found: roi.shape.values) }
    for axis in shape.indices where roi.offset[axis] < 0 || roi.end[axis] > shape[axis] {
      throw .outside(axis: axis, begin: roi.offset[axis], end: roi.end[axis], length: shape[axis])
    }
  }

  package var inputs: [any ArraySource] { sources }

  package var identity: [Int]? {
    if case .source(let source) = node.step { return source.identity }
    return [Int(bitPattern: ObjectIdentifier(node))]
  }

  package var chunking: Chunking? {
    guard let lead = lead(StripProgram(node).sources), let chunks = lead.chunking else { return nil }
    var lengths = shape, origin = shape.map { _ in 0 }
    for (axis, place) in axes(of: lead).enumerated() {
      if let place { (lengths[place], origin[place]) = (chunks.shape[axis], chunks.origin[axis]) }
    }
    return Chunking(shape: lengths, origin: origin)
  }

  /// The stored source with most voxels.
  func lead(_ sources: [any ArraySource]) -> (any ArraySource)? {
    sources.filter { $0.chunking != nil }.max { $0.shape.reduce(1) { $0 &* $1 } < $1.shape.reduce(1) { $0 &* $1 } }
  }

  /// For each axis of a source, the axis of this expression.
  func axes(of source: any ArraySource) -> [Int?] {
    if source.grid.axes == grid.axes { return Array(grid.axes.indices) }
    return source.grid.axes.map { axis in grid.axes.firstIndex { $0.name == axis.name } }
  }
}

extension ExecutionContext {
  /// Elements that a block of a pass may have: about 32 bytes of each are in flight on every thread, inputs with their context, temporaries of filters, the result.
  var blockElements: Int { Swift.max(1, memoryBudget / 32 / Swift.max(1, pool.threads)) }
}

/// Whether a box of an array lies without gaps in it.
private func isPacked(_ box: [Int], in whole: [Int]) -> Bool {
  guard let first = box.firstIndex(where: { $0 != 1 }) else { return true }
  return (first + 1..<box.count).allSatisfy { box[$0] == whole[$0] }
}

/// One pass over a box of an expression.
struct Pass: Sendable {
  let program: StripProgram
  let plan: BlockPlan
  private let roi: VoxelRoi
  private let whole: [Int]
  private let maps: [[Int?]]

  struct Block {
    /// In the box of the pass.
    let offset: [Int], shape: [Int]
    let inputs: [StripMachine.Input]
  }

  /// - Parameter limit: elements a block aims at, at most.
  init(_ expression: ArrayExpression, _ roi: VoxelRoi, chunks: Chunking? = nil, limit: Int = .max) throws {
    program = StripProgram(expression.node)
    (self.roi, whole) = (roi, expression.shape)
    maps = program.sources.map(expression.axes(of:))
    let shape = roi.shape.values
    var lengths = [Int?](repeating: nil, count: shape.count), origin = [Int](repeating: 0, count: shape.count)
    var target = BlockPlan.inMemory
    if let chunks {
      guard chunks.shape.count == shape.count else { throw ArrayError.rank(expected: shape.count, found: chunks.shape) }
      (lengths, origin, target) = (chunks.shape, chunks.origin, BlockPlan.stored)
    } else if let lead = expression.lead(program.sources), let stored = lead.chunking {
      for (axis, place) in expression.axes(of: lead).enumerated() { if let place { (lengths[place], origin[place]) = (stored.shape[axis], stored.origin[axis]) } }
      target = BlockPlan.stored
    } else if let (source, axis) = zip(program.sources, maps).lazy.compactMap({ source, map in (source as? Volume)?.array.fastAxis.flatMap { map[$0] }.map { (source, $0) } }).first(where: { $0.1 != shape.count - 1 }) {
      // blocks that are wide along the axis along which a transposed array lies, too, use its cache lines whole
      lengths = shape.indices.map { $0 == axis ? 256 / source.dtype.size : 1 }
    }
    plan = try BlockPlan(shape: shape, lengths: lengths, origin: zip(origin, roi.offset.values).map { $0 &- $1 }, target: min(target, limit))
  }

  /// The element of the whole expression (C order) that a block's element is.
  func element(_ inBlock: Int, _ block: Block) -> Int {
    let voxel = voxelIndex(inBlock, block.shape)
    var element = 0
    for axis in whole.indices { element = element &* whole[axis] &+ (roi.offset[axis] + block.offset[axis] + voxel[axis]) }
    return element
  }

  /// Calls `body` for every block, on any worker.
  ///
  /// - Throws: an error of `body` or of a source, of the first block that had one; else the first fault.
  func run(
    _ pool: ThreadPool?, _ cancellation: Cancellation?, _ report: (label: String, sink: any ProgressSink)? = nil,
    _ body: (inout StripMachine, Block, inout Faults) throws -> Void
  ) throws {
    let found = Mutex(Faults()), first = Mutex<(block: Int, error: any Error)?>(nil), done = Atomic<Int>(0)
    func visit(_ index: Int) {
      do {
        if let failed = first.withLock({ $0?.block }), failed < index { return }
        try cancellation?.check()
        let box = plan.box(index)
        var inputs: [StripMachine.Input] = []
        for (source, map) in zip(program.sources, maps) { inputs.append(try read(source, map, box.offset, box.shape, plan.count == 1 ? pool : nil, cancellation)) }
        let block = Block(offset: box.offset, shape: box.shape, inputs: inputs)
        var machine = StripMachine(program), faults = Faults()
        try body(&machine, block, &faults)
        if !faults.isEmpty {
          let placed = faults.placed { element($0, block) }
          found.withLock { $0.merge(placed) }
        }
        if let report { report.sink.report(ProgressUpdate(report.label, done: Int64(done.add(1, ordering: .relaxed).newValue), total: Int64(plan.count), unit: "blocks")) }
      } catch {
        first.withLock { if index < $0?.block ?? .max { $0 = (index, error) } }
      }
    }
    if let pool, plan.count > 1 { try pool.forEach(plan.count) { index, _ in visit(index) } } else { for index in 0..<plan.count { visit(index) } }
    if let report { report.sink.finish(report.label) }
    if let failed = first.withLock({ $0 }) { throw failed.error }
    if let error = found.withLock({ $0 }).error(whole) { throw error }
  }

  /// The part of a source that a block needs, with its strides laid out along the axes of the block.
  private func read(
    _ source: any ArraySource, _ map: [Int?], _ offset: [Int], _ box: [Int], _ pool: ThreadPool?, _ cancellation: Cancellation?
  ) throws -> StripMachine.Input {
    var begin: [Int] = [], lengths: [Int] = []
    for place in map {
      guard let place else { throw ArrayError.rank(expected: box.count, found: source.shape) }   // matching axes has made sure of it
      begin.append(roi.offset[place] + offset[place])
      lengths.append(box[place])
    }
    let array: NDArray
    if let volume = source as? Volume {
      let part = try volume.array.slice(offset: begin, shape: lengths)
      array = part.isTransposed ? try part.copied() : part   // in place, but where strips would meet a new cache line at every element
    } else {
      array = try source.read(VoxelRoi(offset: Coordinate(begin), shape: Coordinate(lengths)), ReadContext(pool: pool, cancellation: cancellation))
      guard array.dtype == source.dtype, array.shape == lengths else { throw ArrayError.shapes(lengths, array.shape) }
    }
    var strides = [Int](repeating: 0, count: box.count)
    for (axis, place) in map.enumerated() { if let place { strides[place] = array.strides[axis] } }
    return StripMachine.Input(array: array, strides: strides)
  }
}
