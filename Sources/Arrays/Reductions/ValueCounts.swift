import CKernels

/// How often each value of a type of 8 or 16 bits occurs: one look-up a voxel, and histogram, percentiles and distinct values follow from it.
struct ValueCounts: Reducer {
  let dtype: DType
  /// By key (`withKeys`); of 8-bit types several tables behind one another (include/count.h).
  private var tables: [Int64]
  private(set) var nan = 0
  private(set) var total = 0

  init(_ dtype: DType) {
    self.dtype = dtype
    tables = [Int64](repeating: 0, count: dtype.size == 1 ? 256 * Int(DCS_COUNT_TABLES) : 1 << 16)
  }

  mutating func take(_ strip: UnsafeRawPointer, _ count: Int, first: Int, _ frame: BlockFrame) {
    total += count
    if !dtype.isFloat { dcs_reduce_counts(dtype.code, strip, Int64(count), &tables); return }
    withKeys(dtype, strip, count) { keys, missing in
      var all: UInt64 = 0
      nan += missing
      dcs_count_digits(keys, Int64(count), missing > 0 ? 1 : 0, &all, 1, 0, 16, &tables)
    }
  }

  mutating func merge(_ other: ValueCounts) {
    for i in tables.indices { tables[i] += other.tables[i] }
    (nan, total) = (nan + other.nan, total + other.total)
  }

  /// Ascending; NaN is not among them.
  var found: [(key: UInt64, count: Int)] {
    let width = dtype.size == 1 ? 256 : 1 << 16
    return (0..<width).compactMap { key in
      let count = stride(from: key, to: tables.count, by: width).reduce(0) { $0 + Int(tables[$1]) }
      return count == 0 ? nil : (UInt64(key), count)
    }
  }

  func histogram(_ edges: [Double]) -> Histogram {
    let found = found, values = found.map { dtype.value(ofKey: $0.key).double }, bins = edges.count - 1
    var places = [Int32](repeating: 0, count: values.count), counts = [Int](repeating: 0, count: bins + 3)
    dcs_histogram_bins(values, Int64(values.count), edges, Int32(clamping: bins), &places)
    for (place, (_, count)) in zip(places, found) { counts[Int(place)] += count }
    return Histogram(edges: edges, counts: Array(counts.dropLast(3)), below: counts[bins], above: counts[bins + 1], nan: nan)
  }
}
