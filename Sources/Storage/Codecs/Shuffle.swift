// Byte shuffle: first the first bytes of all elements, then the second ones, … so that what changes little lies together.
//
// Zarr v2: {"id": "shuffle", "elementsize": 4}                    https://numcodecs.readthedocs.io/en/stable/filter/shuffle.html
// Zarr v3: {"name": "numcodecs.shuffle", "configuration": {"elementsize": 4}}    a bytes-to-bytes codec

extension CodecKind {
  static let shuffle = CodecKind(
    name: "shuffle", zarr2: ["shuffle"], zarr3: ["numcodecs.shuffle"], n5: [],
    read: { settings, elements throws(CodecFailure) in .shuffle(elementSize: try setting(settings, "elementsize", in: 0...Int(Int32.max), standard: settings["id"] == nil ? elements.size : 4)) },
    words: { words, elements throws(CodecFailure) in .shuffle(elementSize: try level(words, in: 1...255, standard: elements.size)) })
}

extension Codec {
  static func shuffle(elementSize: Int) -> Codec {
    let settings: JSON = ["elementsize": JSON(elementSize)], size = max(1, elementSize)
    return Codec(
      description: "shuffle \(elementSize)", zarr2: (["id": "shuffle"] as JSON).merging(settings), zarr3: ["name": "numcodecs.shuffle", "configuration": settings], n5: nil,
      isFilter: true, encodedLimit: { $0 }, expansion: 1,
      decode: { source, target throws(CodecFailure) in
        guard source.count <= target.count else { throw CodecFailure("it has \(source.count) bytes, expected \(target.count)") }
        guard source.count % size == 0 else { throw CodecFailure("shuffle: \(source.count) bytes are no whole number of elements of \(size)") }
        transpose(source, rows: size, into: target)
        return source.count
      },
      encode: { source, _ throws(CodecFailure) in
        guard source.count % size == 0 else { throw CodecFailure("shuffle: \(source.count) bytes are no whole number of elements of \(size)") }
        let bytes = try encoded(capacity: source.count)
        bytes.fill { transpose(source, rows: source.count / size, into: $0) }
        return bytes
      })
  }
}

/// `rows` rows of bytes become as many columns.
private func transpose(_ source: UnsafeRawBufferPointer, rows: Int, into target: UnsafeMutableRawBufferPointer) {
  guard rows > 0, let from = source.baseAddress, let to = target.baseAddress else { return }
  let columns = source.count / rows, tile = 64
  // in tiles, so that both sides stay in the cache
  for top in stride(from: 0, to: rows, by: tile) {
    for left in stride(from: 0, to: columns, by: tile) {
      for row in top..<min(rows, top + tile) {
        for column in left..<min(columns, left + tile) { to.storeBytes(of: from.load(fromByteOffset: row * columns + column, as: UInt8.self), toByteOffset: column * rows + row, as: UInt8.self) }
      }
    }
  }
}
