// What a file of another program holds, as a number that tells one content from another in a fraction of a second.
//
// A file of up to 64 MiB is looked at whole; of a larger one 64 pieces of 1 MiB, the first, the last and others evenly between them, and its length. So voxels that
// are computed or measured anew are noticed, and a few that are changed in a large file are not. The time of the file says nothing: a script that
// writes the same bytes again goes on.

import Storage

private let piece = 1 << 20, pieces = 64

/// - Parameter path: of the file, or of something in it ("a.h5/raw").
/// - Returns: 16 hexadecimal digits; nil where there is no file that can be read.
func fileContent(_ path: String) -> String? {
  var file = path
  while Files.kind(file) != .file {
    let above = Files.parent(file)
    if above.isEmpty || above == file { return nil }
    file = above
  }
  guard let size = Files.size(file) else { return nil }
  var hash = StableHash()
  hash.add(UInt64(size))
  let isWhole = size <= piece * pieces
  for number in 0..<(isWhole ? (size + piece - 1) / piece : pieces) {
    let begin = isWhole ? number * piece : Int(Int128(size - piece) * Int128(number) / Int128(pieces - 1))
    guard let bytes = try? Files.readIfPresent(file, from: begin, count: piece) else { return nil }
    bytes.withBytes { hash.add(words: $0) }
  }
  return hash.text
}
