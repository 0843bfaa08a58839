import Execution
import Geometry
import Synchronization

/// Something that strips are poured into. What it ends as must not depend on the order of strips or on which reducer took which:
/// that is how reductions stay byte-equal for any cut and any number of threads.
protocol Reducer: Sendable {
  /// Elements that a strip may have, where one can lie as long as that: `StripMachine.strip` unless a reducer takes more.
  var longest: Int { get }
  /// - Parameter first: index in the block of the first element.
  mutating func take(_ strip: UnsafeRawPointer, _ count: Int, first: Int, _ frame: BlockFrame)
  mutating func merge(_ other: Self)
}

extension Reducer {
  var longest: Int { StripMachine.strip }
}

/// Where a block lies in the whole.
struct BlockFrame {
  let offset: [Int], shape: [Int], whole: [Int]

  /// Calls `body` with runs of consecutive elements of the whole: where in the strip, which element of the whole, how many.
  func runs(first: Int, count: Int, _ body: (_ inStrip: Int, _ element: Int, _ length: Int) -> Void) {
    let row = shape.last ?? 1
    var done = 0
    while done < count {
      let voxel = voxelIndex(first + done, shape)
      var element = 0
      for axis in whole.indices { element = element &* whole[axis] &+ (offset[axis] + voxel[axis]) }
      let length = min(count - done, row - (voxel.last ?? 0))
      body(done, element, length)
      done += length
    }
  }
}

extension ArrayExpression {
  /// Pours every strip into reducers, one for each thread that takes part, and joins them.
  ///
  /// - Throws: what evaluating throws.
  func reduce<R: Reducer>(_ empty: R, label: String? = nil, _ context: ExecutionContext) throws -> R {
    let pass = try Pass(self, try VoxelRoi(shape: shape), limit: context.blockElements), whole = shape
    let idle = Mutex<[R]>([])
    try pass.run(context.pool, context.cancellation, label.map { ($0, context.progress) }) { machine, block, faults in
      var reducer = idle.withLock { $0.popLast() } ?? empty
      let frame = BlockFrame(offset: block.offset, shape: block.shape, whole: whole)
      machine.run(block: block.shape, inputs: block.inputs, longest: empty.longest, faults: &faults) { strip, first, count in reducer.take(strip, count, first: first, frame) }
      let done = reducer
      idle.withLock { $0.append(done) }
    }
    var total = empty
    for part in idle.withLock({ $0 }) { total.merge(part) }
    return total
  }
}
