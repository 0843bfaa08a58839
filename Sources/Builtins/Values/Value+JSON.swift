// Values as JSON and back: attributes, provenance, files of records.

import Language
import Storage

extension Value {
  /// As metadata; what JSON lacks as the text that shows it.
  var json: JSON {
    switch self {
    case .nil: .null
    case .bool(let value): .bool(value)
    case .int(let value): .int(Int64(value))
    case .wide(let value): UInt64(exactly: value).map(JSON.uint) ?? .string(shown())
    case .float(let value): value.isFinite ? .double(value) : .string(value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity")
    case .string(let value): .string(value)
    case .list(let values): .array(values.map(\.json))
    case .record(let record): .object(record.fields.map { JSON.Member($0.key, $0.value.json) })
    case .length, .duration, .bytes, .range, .voxelCoordinate, .worldCoordinate: .string(shown())
    case .function(let function): .string(function.sourceText ?? function.name)
    case .object(let box): .string(box.object.brief)
    }
  }

  /// Metadata as values; integers beyond 64 bits and NaN do not occur in JSON.
  init(json: JSON) {
    switch json {
    case .null: self = .nil
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(Int(value))
    case .uint(let value): self.init(value)
    case .double(let value): self = .float(value)
    case .string(let value): self = .string(value)
    case .array(let values): self = .list(values.map { Value(json: $0) })
    case .object(let members): self = .record(Record(members.map { ($0.key, Value(json: $0.value)) }))
    }
  }
}
