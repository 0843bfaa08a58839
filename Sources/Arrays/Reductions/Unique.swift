import CKernels
import Execution

/// Distinct values by key, with how often each occurs. Runs of equal values, which labels are made of, cost one look-up.
struct UniqueReducer: Reducer {
  let dtype: DType
  private var table: [UInt64: Int] = [:]
  private(set) var nan = 0

  init(_ dtype: DType) { self.dtype = dtype }

  mutating func take(_ strip: UnsafeRawPointer, _ count: Int, first: Int, _ frame: BlockFrame) {
    withKeys(dtype, strip, count) { keys, missing in
      var i = 0
      while i < count {
        let key = keys[i]
        var end = i + 1
        while end < count && keys[end] == key { end += 1 }
        if key == missing { nan += end - i } else { table[key, default: 0] += end - i }
        i = end
      }
    }
  }

  mutating func merge(_ other: UniqueReducer) {
    table.merge(other.table, uniquingKeysWith: +)
    nan += other.nan
  }

  var distinct: Int { table.count + (nan > 0 ? 1 : 0) }

  /// Ascending, NaN last.
  func sorted() throws(ArrayError) -> (values: NDArray, counts: NDArray) {
    let keys = table.keys.sorted()
    var values = try NDArray(dtype, [distinct]), counts = try NDArray(.int64, [distinct])
    counts.withMutableElements(Int64.self) { counts in
      for (i, key) in keys.enumerated() { counts[i] = Int64(table[key] ?? 0) }
      if nan > 0 { counts[keys.count] = Int64(nan) }
    }
    let dtype = dtype
    values.withMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      for i in 0..<distinct {
        var bits = i < keys.count ? dtype.value(ofKey: keys[i]).bits(as: dtype) ?? 0 : Scalar.float(.nan).bits(as: dtype) ?? 0
        dcs_gather(Int32(dtype.size), &bits, 0, base + i * dtype.size, 1)
      }
    }
    return (values, counts)
  }
}

extension ArrayExpression {
  /// The distinct values in ascending order, as this type, and how often each occurs, as int64. All NaN are one value, the last; −0 is 0.
  ///
  /// - Throws: `ArrayError.overBudget` if the values found do not fit the memory budget, and what evaluating throws.
  /// - Complexity: one pass; memory for the distinct values.
  package func unique(_ context: ExecutionContext) throws -> (values: NDArray, counts: NDArray) {
    let found = try reduce(UniqueReducer(dtype), context)
    let bytes = found.distinct * 64
    guard bytes <= context.memoryBudget else { throw ArrayError.overBudget(bytes: bytes, budget: context.memoryBudget) }
    return try found.sorted()
  }
}
