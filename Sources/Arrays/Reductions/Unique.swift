import CKernels
import Execution

/// Distinct values by key, with how often each occurs, in a table of C: runs of equal values, which labels are made of, cost little more than being read.
struct UniqueReducer: Reducer {
  let dtype: DType
  private var table: KeyCounts?
  private var outOfMemory = false

  init(_ dtype: DType) { self.dtype = dtype }

  mutating func take(_ strip: UnsafeRawPointer, _ count: Int, first: Int, _ frame: BlockFrame) {
    guard let table = table ?? KeyCounts() else { outOfMemory = true; return }
    self.table = table
    var added = true
    // what is unsigned is its own key
    if dtype.isFloat || dtype.isSigned { withKeys(dtype, strip, count) { keys, _ in if let base = keys.baseAddress { added = table.add(base, 8, count) } } }
    else { added = table.add(strip, dtype.size, count) }
    if !added { outOfMemory = true }
  }

  mutating func merge(_ other: UniqueReducer) {
    outOfMemory = outOfMemory || other.outOfMemory
    guard let theirs = other.table else { return }
    if let table { if !table.add(theirs) { outOfMemory = true } } else { table = theirs }
  }

  /// - Throws: `ArrayError.noMemory`, if there was none for all of them.
  func distinct() throws(ArrayError) -> Int {
    let count = table?.count ?? 0
    if outOfMemory { throw .noMemory(bytes: count &* 96) }
    return count
  }

  /// Ascending, NaN last: its key is the greatest.
  func sorted() throws(ArrayError) -> (values: NDArray, counts: NDArray) {
    let (keys, found) = table?.take() ?? ([], [])
    var values = try NDArray(dtype, [keys.count]), counts = try NDArray(.int64, [keys.count])
    counts.withMutableElements(Int64.self) { counts in for i in keys.indices { counts[i] = Int64(clamping: found[i]) } }
    let dtype = dtype
    values.withMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      for (i, key) in keys.enumerated() {
        let value = dtype.isFloat && key == .max ? Scalar.float(.nan) : dtype.value(ofKey: key)
        var bits = value.bits(as: dtype) ?? 0
        dcs_gather(Int32(dtype.size), &bits, 0, base + i * dtype.size, 1)
      }
    }
    return (values, counts)
  }
}

/// Owner of a table; one thread at a time.
private final class KeyCounts: @unchecked Sendable {   // each belongs to one reducer, which one thread has at a time
  private let table: OpaquePointer

  init?() {
    guard let table = dcs_seg_counts_create() else { return nil }
    self.table = table
  }

  deinit { dcs_seg_counts_destroy(table) }

  var count: Int { Int(dcs_seg_counts_size(table)) }

  /// False without memory.
  func add(_ keys: UnsafeRawPointer, _ size: Int, _ count: Int) -> Bool { dcs_seg_counts_add_rows(table, keys, Int32(size), nil, 1, nil, Int64(count)) == 0 }

  func add(_ other: KeyCounts) -> Bool {
    let (keys, counts) = other.take()
    return zip(keys, counts).allSatisfy { dcs_seg_counts_add(table, $0, 0, $1) == 0 }
  }

  /// All keys in ascending order; the table is empty afterwards.
  func take() -> (keys: [UInt64], counts: [UInt64]) {
    var keys = [UInt64](repeating: 0, count: count), counts = keys
    dcs_seg_counts_take(table, &keys, nil, &counts)
    return (keys, counts)
  }
}

extension ArrayExpression {
  /// The distinct values in ascending order, as this type, and how often each occurs, as int64. All NaN are one value, the last; −0 is 0.
  ///
  /// - Throws: `ArrayError.overBudget` if the values found do not fit the memory budget, and what evaluating throws.
  /// - Complexity: one pass; memory for the distinct values.
  package func unique(_ context: ExecutionContext) throws -> (values: NDArray, counts: NDArray) {
    let found = try reduce(UniqueReducer(dtype), context)
    let bytes = try found.distinct() &* 64
    guard bytes <= context.memoryBudget else { throw ArrayError.overBudget(bytes: bytes, budget: context.memoryBudget) }
    return try found.sorted()
  }
}
