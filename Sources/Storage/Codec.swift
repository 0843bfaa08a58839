// A codec turns the bytes of a chunk into fewer bytes and back. One codec is one file in Codecs/ and one line in `CodecKind.all`.

import Arrays

/// Why a codec could not do its work; whoever knows path and chunk makes a `StorageError` of it.
package struct CodecFailure: Error, Equatable {
  package let reason: String
  /// The data may be good: the system gave no memory to work on them.
  package let isMemory: Bool
  package init(_ reason: String, isMemory: Bool = false) { (self.reason, self.isMemory) = (reason, isMemory) }

  static func noMemory(_ what: String) -> CodecFailure { CodecFailure("no memory for \(what)", isMemory: true) }

  /// The same, said of a part.
  func inside(_ part: String) -> CodecFailure { CodecFailure("\(part): \(reason)", isMemory: isMemory) }
}

/// A codec with its settings, as an array uses it.
package struct Codec: Sendable, CustomStringConvertible {
  /// As people write it: "zstd 3", "blosc/lz4 5 + shuffle"; `Codec(text:)` reads it back.
  package let description: String
  /// What stands in `.zarray`, `zarr.json` and `attributes.json`; nil where the format lacks this codec.
  let zarr2: JSON?
  let zarr3: JSON?
  let n5: JSON?
  /// Zarr v2 lists it under `filters`, not as the compressor.
  let isFilter: Bool
  /// Set for what works on elements before they become bytes: an array-to-array codec of Zarr v3.
  let elements: Elements?
  /// The most bytes that so many become: what a chunk or an inner stage is given room for.
  let encodedLimit: @Sendable (_ count: Int) -> Int
  /// The most bytes that one encoded byte becomes: what data cannot hold, nobody asks memory for.
  let expansion: Int
  /// Fills `target` from its start and returns the number of bytes; fails if the data decode to more than `target` holds.
  package let decode: @Sendable (_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int
  /// Fills at least `range` of a target that it knows the whole length of, for what is made of blocks; nil where all must be decoded.
  package let decodePart: PartDecoder?
  /// `elementSize`: what shuffling codecs group by.
  package let encode: @Sendable (_ source: UnsafeRawBufferPointer, _ elementSize: Int) throws(CodecFailure) -> Bytes

  package typealias PartDecoder = @Sendable (_ source: UnsafeRawBufferPointer, _ range: Range<Int>, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Void

  struct Elements: Sendable {
    /// What the elements are after encoding.
    var after: DType
    /// Whether axes may be exchanged before it or after it.
    var commutes: Bool
  }

  init(
    description: String, zarr2: JSON?, zarr3: JSON?, n5: JSON?, isFilter: Bool = false, elements: Elements? = nil,
    encodedLimit: @escaping @Sendable (Int) -> Int = { $0 + $0 / 8 + (1 << 16) },   // no compressor makes data an eighth longer
    expansion: Int = 8,   // filters: an element of 8 bytes in one
    decode: @escaping @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int, decodePart: PartDecoder? = nil,
    encode: @escaping @Sendable (UnsafeRawBufferPointer, Int) throws(CodecFailure) -> Bytes
  ) {
    (self.description, self.zarr2, self.zarr3, self.n5) = (description, zarr2, zarr3, n5)
    (self.isFilter, self.elements, self.encodedLimit, self.expansion) = (isFilter, elements, encodedLimit, expansion)
    (self.decode, self.decodePart, self.encode) = (decode, decodePart, encode)
  }
}

/// A codec before its settings are known: its names in each format and how its settings are read.
package struct CodecKind: Sendable {
  /// The name that people use.
  package let name: String
  /// Names in the metadata of Zarr v2, Zarr v3, N5; empty where the format lacks it.
  package let zarr2: [String], zarr3: [String], n5: [String]
  /// From a metadata record (Zarr v3: its `configuration`). Fails with a sentence on settings that are wrong.
  let read: @Sendable (_ settings: JSON, _ elements: ElementLayout) throws(CodecFailure) -> Codec
  /// From the words after the name, such as "5 + shuffle".
  let words: @Sendable (_ words: [String], _ elements: ElementLayout) throws(CodecFailure) -> Codec

  /// All codecs, alphabetically.
  package static let all: [CodecKind] = [
    .adler32, .astype, .bitround, .blosc, .bz2, .crc32, .crc32c, .delta, .fixedscaleoffset, .fletcher32, .gzip, .lookup3, .lz4, .lz4block, .packbits, .quantize, .raw,
    .shuffle, .xz, .zlib, .zstd,
  ]
}

extension Codec {
  /// Blosc with Zstandard level 5 and bit shuffling: the best size of the fast ones on images and labels.
  package static let standard = Codec.blosc(compressor: "zstd", level: 5, shuffle: .bit)

  /// Texts to choose from, one of each compressor.
  package static let samples = [
    "blosc/lz4 5 + shuffle", "blosc/zstd 5 + bitshuffle", "bz2 9", "gzip 6", "lz4 1", "raw", "xz 6", "zlib 6", "zstd 3",
  ]

  /// Between a codec's name and its settings.
  static let separators: Set<Character> = [" ", "/", "+"]

  /// - Parameter text: "raw", "gzip", "gzip 6", "zstd 3", "bz2 9", "xz 6", "lz4 1", "blosc", "blosc/lz4 5 + shuffle", "blosc/zstd 9 + bitshuffle".
  /// - Parameter dtype: what filters ("delta", "shuffle") work on.
  /// - Throws: `StorageError.unknownCodec`, which lists the names there are; `.badMetadata` for settings that it lacks.
  package init(text: String, _ dtype: DType = .uint8, isBigEndian: Bool = false) throws(StorageError) {
    let words = text.split { Self.separators.contains($0) }.map(String.init)
    guard let name = words.first, let kind = CodecKind.all.first(where: { $0.name == name }) else {
      throw .unknownCodec(name: text, known: CodecKind.all.map(\.name))
    }
    do { self = try kind.words(Array(words.dropFirst()), ElementLayout(dtype, isBigEndian: isBigEndian)) } catch {
      throw .badMetadata(path: "codec \"\(text)\"", field: name, reason: error.reason)
    }
  }

  /// Codecs after each other, in the order of encoding: "delta, zstd 3", "blosc, crc32c".
  ///
  /// - Throws: as `init(text:)`.
  package static func chain(text: String, _ dtype: DType, isBigEndian: Bool = false) throws(StorageError) -> [Codec] {
    var codecs: [Codec] = [], elements = dtype
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let part = String(part.drop(while: { $0 == " " }))
      codecs.append(try Codec(text: part, elements, isBigEndian: isBigEndian))
      elements = codecs.last?.elements?.after ?? elements
    }
    return codecs
  }

  /// As N5 reads it back: its `lz4` is not that of Zarr.
  ///
  /// - Returns: nil where N5 lacks it.
  var asN5: Codec? {
    guard let n5, let type = n5["type"]?.string, let kind = CodecKind.all.first(where: { $0.n5.contains(type) }) else { return nil }
    return try? kind.read(n5, ElementLayout(.uint8))
  }

  /// The bytes of elements, swapped: what `bytes` with the endian big does behind filters of Zarr v3.
  static func swapped(_ dtype: DType) -> Codec {
    @Sendable func swap(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) {
      target.copyMemory(from: source)
      swapBytes(UnsafeMutableRawBufferPointer(rebasing: target[..<source.count]), dtype.size)
    }
    return Codec(
      description: "big endian", zarr2: nil, zarr3: ["name": "bytes", "configuration": ["endian": "big"]], n5: nil, encodedLimit: { $0 },
      decode: { source, target throws(CodecFailure) in
        guard source.count <= target.count else { throw CodecFailure("it has \(source.count) bytes, expected \(target.count)") }
        swap(source, target)
        return source.count
      },
      encode: { source, _ throws(CodecFailure) in
        let bytes = try encoded(capacity: source.count)
        bytes.fill { swap(source, $0) }
        return bytes
      })
  }
}

extension [Codec] {
  /// The most bytes that `count` can become; codecs beyond what any array has are refused when metadata are read.
  package func encodedLimit(_ count: Int) -> Int { reduce(count) { Swift.min($1.encodedLimit($0), 1 << 40) } }
}

/// For codecs without settings.
func noWords(_ codec: Codec) -> @Sendable ([String], ElementLayout) throws(CodecFailure) -> Codec {
  { words, _ throws(CodecFailure) in
    guard words.isEmpty else { throw CodecFailure("it takes no settings, found \(words.joined(separator: " "))") }
    return codec
  }
}

/// Reads a level after the name of a codec.
func level(_ words: [String], in range: ClosedRange<Int>, standard: Int) throws(CodecFailure) -> Int {
  guard let word = words.first else { return standard }
  guard words.count == 1, let level = Int(word), range.contains(level) else {
    throw CodecFailure("expected a level \(range.lowerBound)–\(range.upperBound), found \(words.joined(separator: " "))")
  }
  return level
}

/// Reads an integer setting.
func setting(_ settings: JSON, _ name: String, in range: ClosedRange<Int>, standard: Int) throws(CodecFailure) -> Int {
  guard let value = settings[name], !value.isNull else { return standard }
  guard let number = value.int, range.contains(number) else {
    throw CodecFailure("\(name): expected \(range.lowerBound)–\(range.upperBound), found \(value.compact)")
  }
  return number
}

/// Pieces behind each other.
func joined(_ pieces: [UnsafeRawBufferPointer]) throws(CodecFailure) -> Bytes {
  do { return try Bytes(joining: pieces) } catch { throw .noMemory(byteText(pieces.reduce(0) { $0 + $1.count })) }
}

/// Memory for encoded bytes.
func encoded(capacity: Int) throws(CodecFailure) -> Bytes {
  do { return try Bytes(count: capacity) } catch { throw .noMemory(byteText(capacity)) }
}
