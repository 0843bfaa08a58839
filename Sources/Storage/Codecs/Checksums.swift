// Checksums of 32 bits before or behind the data, as numcodecs writes them. One that does not match is an error.
//
// Zarr v2: {"id": "crc32"}, {"id": "adler32", "location": "start"}, {"id": "fletcher32"}, {"id": "jenkins_lookup3", "initval": 0}
// Zarr v3: the same with the prefix "numcodecs."         https://numcodecs.readthedocs.io/en/stable/checksum32.html
// crc32 and adler32 stand before the data unless "location" says otherwise, fletcher32 and jenkins_lookup3 behind. N5 has none.

import CDeflate
import CKernels

extension CodecKind {
  static let adler32 = CodecKind(name: "adler32", atStart: true) { libdeflate_adler32(1, $0.baseAddress, $0.count) }
  static let crc32 = CodecKind(name: "crc32", atStart: true) { libdeflate_crc32(0, $0.baseAddress, $0.count) }
  static let fletcher32 = CodecKind(name: "fletcher32", atStart: false) { dcs_fletcher32($0.baseAddress, $0.count) }

  static let lookup3 = CodecKind(
    name: "jenkins_lookup3", zarr2: ["jenkins_lookup3"], zarr3: ["numcodecs.jenkins_lookup3"], n5: [],
    read: { settings, _ throws(CodecFailure) in
      guard settings["prefix"]?.isNull != false else { throw CodecFailure("prefix: expected none, found \(settings["prefix"]?.compact ?? "")") }
      return .lookup3(seed: UInt32(truncatingIfNeeded: try setting(settings, "initval", in: 0...Int(UInt32.max), standard: 0)))
    },
    words: noWords(.lookup3(seed: 0)))

  private init(name: String, atStart: Bool, _ sum: @escaping @Sendable (UnsafeRawBufferPointer) -> UInt32) {
    self.init(
      name: name, zarr2: [name], zarr3: ["numcodecs.\(name)"], n5: [],
      read: { settings, _ throws(CodecFailure) in .checksum(name, atStart: try isAtStart(settings, standard: atStart), sum) },
      words: noWords(.checksum(name, atStart: atStart, sum)))
  }
}

extension Codec {
  fileprivate static func lookup3(seed: UInt32) -> Codec {
    let settings: JSON = ["initval": JSON(Int(seed)), "prefix": nil]
    return checksum("jenkins_lookup3", atStart: false, settings: settings) { dcs_lookup3($0.baseAddress, $0.count, seed) }
  }

  /// - Parameter zarr3: the record of Zarr v3 where it is not that of numcodecs.
  static func checksum(
    _ name: String, atStart: Bool, settings: JSON? = nil, zarr3: JSON? = nil, _ sum: @escaping @Sendable (UnsafeRawBufferPointer) -> UInt32
  ) -> Codec {
    // fletcher32 takes no location
    let settings: JSON = settings ?? (name == "fletcher32" ? .emptyObject : ["location": atStart ? "start" : "end"])
    return Codec(
      description: name, zarr2: (["id": .string(name)] as JSON).merging(settings), zarr3: zarr3 ?? ["name": .string("numcodecs.\(name)"), "configuration": settings], n5: nil,
      isFilter: true, encodedLimit: { $0 + 4 }, expansion: 1,
      decode: { source, target throws(CodecFailure) in
        guard source.count >= 4 else { throw CodecFailure("it has \(source.count) bytes, a checksum alone has 4") }
        let count = source.count - 4
        guard count <= target.count else { throw CodecFailure("it has \(count) bytes beside its checksum, expected \(target.count)") }
        let stored = source.loadUnaligned(fromByteOffset: atStart ? 0 : count, as: UInt32.self).littleEndian
        let data = UnsafeRawBufferPointer(rebasing: atStart ? source[4...] : source[..<count])
        guard sum(data) == stored else { throw CodecFailure("its checksum (\(name)) does not match") }
        target.copyMemory(from: data)
        return count
      },
      encode: { source, _ throws(CodecFailure) in
        let bytes = try encoded(capacity: source.count + 4)
        bytes.fill {
          UnsafeMutableRawBufferPointer(rebasing: $0[(atStart ? 4 : 0)...]).copyMemory(from: source)
          $0.storeBytes(of: sum(source).littleEndian, toByteOffset: atStart ? 0 : source.count, as: UInt32.self)
        }
        return bytes
      })
  }
}

func isAtStart(_ settings: JSON, standard: Bool) throws(CodecFailure) -> Bool {
  switch settings["location"] {
  case nil, .null: return standard
  case "start": return true
  case "end": return false
  case let other?: throw CodecFailure("location: expected start or end, found \(other.compact)")
  }
}
