import CKernels
import Execution

/// Distinct values of a type of 32 or 64 bits by key, with how often each occurs. Runs of equal values, which labels are made of, cost one look-up.
struct UniqueReducer: Reducer {
  let dtype: DType
  /// Values that may be held; more are not counted.
  let limit: Int
  private var table: KeyTable?
  private(set) var nan = 0
  /// More values than `limit`, or than there is memory for; or stopped.
  private(set) var isFull = false
  private let cancellation: Cancellation

  init(_ dtype: DType, limit: Int, _ cancellation: Cancellation) { (self.dtype, self.limit, self.cancellation) = (dtype, limit, cancellation) }

  mutating func take(_ strip: UnsafeRawPointer, _ count: Int, first: Int, _ frame: BlockFrame) {
    if isFull { return }
    let table = table ?? KeyTable()
    self.table = table
    var added = true
    if dtype.isFloat || dtype.isSigned {
      withKeys(dtype, strip, count) { keys, missing in
        nan += missing
        added = table.add(keys, 8, count)
      }
    } else { added = table.add(strip, dtype.size, count) }   // what is unsigned is its own key
    if !added || table.count > limit { isFull = true }
  }

  mutating func merge(_ other: UniqueReducer) {
    (nan, isFull) = (nan + other.nan, isFull || other.isFull)
    guard let theirs = other.table, !isFull else { return }
    let table = table ?? KeyTable()
    self.table = table
    let values = theirs.take(cancellation)
    isFull = values == nil
    for (index, (key, count)) in (values ?? []).enumerated() where index % 4096 == 0 && cancellation.isCancelled || !table.add(key, count) || table.count > limit { isFull = true; return }
  }

  /// Ascending, without NaN. Empties the reducer.
  ///
  /// - Throws: `Cancelled`.
  func take() throws(Cancelled) -> [(key: UInt64, count: Int)] {
    guard let table else { return [] }
    guard let values = table.take(cancellation) else { throw Cancelled() }
    return dtype.isFloat ? values.filter { $0.key != .max } : values
  }
}

/// A table of the kernels' from keys to counts; one thread at a time.
private final class KeyTable: @unchecked Sendable {   // each reducer has its own, and is used by one thread at a time
  private let handle = dcs_seg_counts_create()

  deinit { dcs_seg_counts_destroy(handle) }

  var count: Int { handle.map { Int(dcs_seg_counts_size($0)) } ?? 0 }

  /// False without memory.
  func add(_ keys: UnsafeRawPointer, _ size: Int, _ count: Int) -> Bool { handle != nil && dcs_seg_counts_add_rows(handle, keys, Int32(size), nil, 0, nil, Int64(count)) == 0 }
  func add(_ key: UInt64, _ count: Int) -> Bool { handle != nil && dcs_seg_counts_add(handle, key, 0, UInt64(count)) == 0 }

  /// All, by ascending key; the table is then empty. nil if stopped, and then it is of no use any more.
  func take(_ cancellation: Cancellation) -> [(key: UInt64, count: Int)]? {
    let size = count
    var keys = [UInt64](repeating: 0, count: size), counts = keys
    if size > 0, cancellation.asked({ dcs_seg_counts_take(handle, &keys, nil, &counts, $0, $1) }) != 0 { return nil }
    return zip(keys, counts).map { ($0, Int($1)) }
  }
}

extension ArrayExpression {
  /// The distinct values in ascending order, as this type, and how often each occurs, as int64. All NaN are one value, the last; −0 is 0.
  ///
  /// - Throws: `ArrayError.overBudget` if the values found do not fit the memory budget, and what evaluating throws.
  /// - Complexity: one pass; memory for the distinct values, about 200 bytes each.
  package func unique(_ context: ExecutionContext) throws -> (values: NDArray, counts: NDArray) {
    let found: [(key: UInt64, count: Int)], nan: Int
    if dtype.size <= 2 {
      let counts = try reduce(ValueCounts(dtype), context)
      (found, nan) = (counts.found, counts.nan)
    } else {
      let limit = context.memoryBudget / 200
      let counts = try reduce(UniqueReducer(dtype, limit: limit, context.cancellation), context)
      try context.cancellation.check()
      if counts.isFull { throw ArrayError.overBudget(bytes: (limit + 1) * 200, budget: context.memoryBudget) }
      (found, nan) = (try counts.take(), counts.nan)
    }
    let distinct = found.count + (nan > 0 ? 1 : 0), dtype = dtype
    var values = try NDArray(dtype, [distinct]), counts = try NDArray(.int64, [distinct])
    counts.withMutableElements(Int64.self) { counts in
      for (i, entry) in found.enumerated() { counts[i] = Int64(entry.count) }
      if nan > 0 { counts[found.count] = Int64(nan) }
    }
    values.withMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      for i in 0..<distinct {
        var bits = i < found.count ? dtype.value(ofKey: found[i].key).bits(as: dtype) ?? 0 : Scalar.float(.nan).bits(as: dtype) ?? 0
        dcs_gather(Int32(dtype.size), &bits, 0, base + i * dtype.size, 1)
      }
    }
    return (values, counts)
  }
}
