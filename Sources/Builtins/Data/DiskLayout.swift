// How a new array lies on disk: the arguments that `create`, `save` and `copy` share.

import Arrays
import Language
import Storage

enum DiskLayout {
  /// The choices of a codec, any other text, and the default.
  static func codec(default value: String) -> String { "codec: \"\(Codec.samples.joined(separator: "|"))\"|string = \(value)" }
  static let format = "format: \"zarr2|zarr3|n5\" = nil"
  static let details = "order: \"C|F\" = \"C\", endian: \"little|big\" = \"little\", separator: \"/|.\" = \"/\""

  static let help = [
    """
    Codecs: raw, blosc/zstd 5 + bitshuffle (blosclz, lz4, lz4hc, zlib, zstd; shuffle, bitshuffle, noshuffle), bz2 9, gzip 6, lz4 1, xz 6, zlib 6, zstd 3; in Zarr \
    several after each other, "delta, shuffle, zstd 3" or "blosc, crc32c".
    """,
    """
    Without `format` a path in a container.n5 makes N5, else what the container is, else Zarr v2. `order`, `endian` and `separator` are how elements, their bytes and \
    the numbers in chunk keys are written, for programs that insist; N5 has no choice.
    """,
  ]
}

extension Call {
  /// Puts codecs and layout that the call gives into what is to be made; words that share less of the arguments leave the rest as it is.
  func layOut(_ spec: inout ArraySpec) throws {
    if isKnown("format"), let format = try optionalString("format") { spec.format = Format(rawValue: format) }
    if isGiven("order") { spec.isFortranOrder = try string("order") == "F" }
    if isGiven("endian") { spec.isBigEndian = try string("endian") == "big" }
    if isGiven("separator") { spec.separator = try string("separator") }
    if isGiven("codec"), let text = try optionalString("codec") { spec.codecs = try Codec.chain(text: text, spec.dtype, isBigEndian: spec.isBigEndian) }
  }

  /// A chunk shape: an int for every axis, or a coord.
  func chunks(_ name: String, _ shape: [Int]) throws -> [Int]? {
    guard let coordinate = try optionalVoxels(name, rank: shape.count) else { return nil }
    guard coordinate.values.allSatisfy({ $0 >= 1 }) else { throw failure(.value, "`\(name)` must be at least 1 on each axis", at: name) }
    return coordinate.values
  }
}
