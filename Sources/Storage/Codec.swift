// A codec turns the bytes of a chunk into fewer bytes and back. One codec is one file in Codecs/ and one line in `CodecKind.all`.

import Arrays

/// Why a codec could not do its work; whoever knows path and chunk makes a `StorageError` of it.
package struct CodecFailure: Error, Equatable {
  package let reason: String
  package init(_ reason: String) { self.reason = reason }
}

/// A codec with its settings, as an array uses it.
package struct Codec: Sendable, CustomStringConvertible {
  /// As people write it: "zstd 3", "blosc/lz4 5 + shuffle"; `Codec(text:)` reads it back.
  package let description: String
  /// What stands in `.zarray`, `zarr.json` and `attributes.json`; nil where the format lacks this codec.
  let zarr2: JSON?
  let zarr3: JSON?
  let n5: JSON?
  /// Fills `target` from its start and returns the number of bytes; fails if the data decode to more than `target` holds.
  package let decode: @Sendable (_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int
  /// `elementSize`: what shuffling codecs group by.
  package let encode: @Sendable (_ source: UnsafeRawBufferPointer, _ elementSize: Int) throws(CodecFailure) -> Bytes
}

/// A codec before its settings are known: its names in each format and how its settings are read.
package struct CodecKind: Sendable {
  /// The name that people use.
  package let name: String
  /// Names in the metadata of Zarr v2, Zarr v3, N5; empty where the format lacks it.
  package let zarr2: [String], zarr3: [String], n5: [String]
  /// From a metadata record (Zarr v3: its `configuration`). Fails with a sentence on settings that are wrong.
  let read: @Sendable (_ settings: JSON, _ elementSize: Int) throws(CodecFailure) -> Codec
  /// From the words after the name, such as "5 + shuffle".
  let words: @Sendable (_ words: [String]) throws(CodecFailure) -> Codec

  /// All codecs, alphabetically.
  package static let all: [CodecKind] = [.blosc, .crc32c, .gzip, .raw, .zlib, .zstd]
}

extension Codec {
  /// Blosc with Zstandard level 5 and bit shuffling: the best size of the fast ones on images and labels.
  package static let standard = Codec.blosc(compressor: "zstd", level: 5, shuffle: .bit)

  /// - Parameter text: "raw", "gzip", "gzip 6", "zstd 3", "blosc", "blosc/lz4 5 + shuffle", "blosc/zstd 9 + bitshuffle".
  /// - Throws: `StorageError.unknownCodec`, which lists the names there are; `.badMetadata` for settings that it lacks.
  package init(text: String) throws(StorageError) {
    let words = text.split { $0 == " " || $0 == "/" || $0 == "+" || $0 == "," }.map(String.init)
    guard let name = words.first, let kind = CodecKind.all.first(where: { $0.name == name }) else {
      throw .unknownCodec(name: text, known: CodecKind.all.map(\.name))
    }
    do { self = try kind.words(Array(words.dropFirst())) } catch { throw .badMetadata(path: "codec \"\(text)\"", field: name, reason: error.reason) }
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

/// Memory for encoded bytes.
func encoded(capacity: Int) throws(CodecFailure) -> Bytes {
  do { return try Bytes(count: capacity) } catch { throw CodecFailure("no memory for \(byteText(capacity))") }
}
