import Arrays
import Language

extension Value {
  /// Bytes of arrays that it holds in memory; views on disk count as nothing.
  package var bytesInMemory: Int {
    switch self {
    case .object(let box):
      guard let array = box.object as? ArrayValue, case .memory = array.content else { return 0 }
      return array.byteCount
    case .list(let values): return values.reduce(0) { $0 + $1.bytesInMemory }
    case .record(let record): return record.values.reduce(0) { $0 + $1.bytesInMemory }
    default: return 0
    }
  }
}
