import Execution
import Storage

/// Accidents that befall bytes, and JSON documents value by value.
package struct Damage {
  package var random: KeyedGenerator

  package init(random: KeyedGenerator) { self.random = random }

  package mutating func document(_ bytes: [UInt8]) -> [UInt8] {
    guard random.index(below: 4) > 0, let json = try? JSON(parsing: bytes) else { return self.bytes(bytes) }
    var changed = json
    for _ in 0...random.index(below: 3) { change(&changed, depth: 0) }
    return Array(changed.compact.utf8)
  }

  package mutating func bytes(_ source: [UInt8]) -> [UInt8] {
    var bytes = source
    for _ in 0...random.index(below: 4) {
      let at = random.index(below: bytes.count)
      switch random.index(below: 8) {
      case 0: bytes = Array(bytes[..<min(at, bytes.count)])
      case 1: bytes.insert(contentsOf: bytes.prefix(random.index(below: 16)), at: min(at, bytes.count))
      case 2: bytes += [UInt8](repeating: UInt8(random.index(below: 256)), count: random.index(below: 40))
      case 3 where bytes.count >= 4:   // a length that lies, in either byte order
        let value = lies[random.index(below: lies.count)], width = min(8, bytes.count), place = random.index(below: bytes.count - width + 1), isBig = random.index(below: 2) == 0
        for i in 0..<width { bytes[place + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (isBig ? width - 1 - i : i))) }
      case 4 where bytes.count > 16:   // headers are where sizes stand
        bytes[random.index(below: 16)] = UInt8(random.index(below: 256))
      default: if !bytes.isEmpty { bytes[at] = UInt8(random.index(below: 256)) }
      }
    }
    return bytes
  }

  private let lies: [UInt64] = [0, 1, 1 << 31, 1 << 32, 1 << 60, 1 << 63, .max, .max - 1, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x0100_0000, 1 << 40]

  private mutating func change(_ json: inout JSON, depth: Int) {
    let stops = random.index(below: 3) == 0
    switch json {
    case .object(var members) where !members.isEmpty && !stops:
      let at = random.index(below: members.count)
      switch random.index(below: 12) {
      case 0: members.remove(at: at)
      case 1: members.append(JSON.Member(members[at].key, any()))
      default: change(&members[at].value, depth: depth + 1)
      }
      json = .object(members)
    case .array(var values) where !values.isEmpty && !stops:
      let at = random.index(below: values.count)
      switch random.index(below: 12) {
      case 0: values.remove(at: at)
      case 1: values.append(values[at])
      case 2: values += values
      default: change(&values[at], depth: depth + 1)
      }
      json = .array(values)
    case .int where random.index(below: 3) > 0: json = integer()   // shapes, chunks, levels: most of what can lie
    default: json = depth == 0 && !stops ? json : any()
    }
  }

  private mutating func any() -> JSON {
    let texts = [
      "", "<u2", ">f8", "|b1", "|S5", "<M8[ns]", "../..", "/etc/passwd", "..", "s0/../../x", "\u{0}", "zstd", "blosc", "gzip", "raw", "sharding_indexed", "transpose", "crc32c", "C", "F",
      "uint8", "float64", "NaN", "Infinity", "0x7ff8000000000000", "default", "v2", "nanometer", "parsec", "scale", "end", "start", ".", "/", "x", "bytes", "little",
    ]
    switch random.index(below: 9) {
    case 0: return .null
    case 1: return .bool(random.index(below: 2) == 0)
    case 2: return .string(texts[random.index(below: texts.count)])
    case 3: return .array((0..<random.index(below: 5)).map { .int(Int64($0)) })
    case 4: return .object([JSON.Member("name", .string(texts[random.index(below: texts.count)])), JSON.Member("configuration", .emptyObject)])
    case 5: return .double([1e308, -1e-308, 0.5, -0.0, 4.56, 1e19, .infinity][random.index(below: 7)])
    case 6: return .uint(.max)
    default: return integer()
    }
  }

  private mutating func integer() -> JSON {
    let values: [Int64] = [0, 1, -1, 2, 3, 5, 17, 64, 1000, 1 << 20, 1 << 24, 1 << 28, (1 << 31) - 1, 1 << 32, 1 << 40, 1 << 60, .max, .min]
    return .int(values[random.index(below: values.count)])
  }
}
