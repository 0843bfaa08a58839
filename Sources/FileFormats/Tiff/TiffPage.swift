import Arrays
import Storage

/// How the pixels of a TIFF page lie in the file.
struct TiffLayout: Sendable, Equatable {
  var page: PageLayout
  /// Bits a sample: 1, 2, 4, or those of the dtype.
  var bits: Int
  var compression: Int
  /// Each sample in strips or tiles of its own.
  var isPlanar: Bool
  var isTiled: Bool
  /// Rows and columns of a strip or tile.
  var rows: Int, columns: Int
  /// Bits of a byte from the lowest on (FillOrder 2).
  var isBitReversed: Bool

  var down: Int { (page.height + rows - 1) / rows }
  var across: Int { (page.width + columns - 1) / columns }
  /// Strips or tiles of a page.
  var units: Int { down * across * (isPlanar ? page.samples : 1) }
  var samplesInUnit: Int { isPlanar ? 1 : page.samples }
  /// Bytes of a row of a strip or tile as it is stored.
  var storedRowBytes: Int { (columns * samplesInUnit * bits + 7) / 8 }
  var isPacked: Bool { bits < 8 }

  /// - Parameter name: of the page, for messages.
  /// - Throws: `StorageError.badFile`, `.unsupported` by the format's own names.
  init(_ directory: TiffDirectory, _ file: OpenFile, name: String) throws(StorageError) {
    func bad(_ reason: String) -> StorageError { .badFile(path: file.path, reason: "\(name): \(reason)") }
    func unsupported(_ feature: String) -> StorageError { .unsupported(path: file.path, feature: "\(name): \(feature)") }
    guard let width = try directory.integer(TiffTag.width, file), let height = try directory.integer(TiffTag.height, file), width > 0, height > 0 else { throw bad("it has no size") }
    guard width <= Int(Int32.max), height <= Int(Int32.max) else { throw bad("its size of \(height) × \(width) is too large") }
    let samples = try directory.integer(TiffTag.samples, file) ?? 1
    guard (1...1024).contains(samples) else { throw bad("it has \(samples) samples a pixel") }
    let allBits = try directory.integers(TiffTag.bits, file) ?? [1], formats = try directory.integers(TiffTag.sampleFormat, file) ?? [1]
    guard let bits = allBits.first, Set(allBits).count == 1, let format = formats.first, Set(formats).count == 1 else { throw unsupported("samples of different types") }
    guard let dtype = Self.dtype(bits, format) else { throw unsupported("\(bits)-bit samples of " + (format == 5 || format == 6 ? "complex numbers" : format == 3 ? "floats" : "integers")) }
    let compression = try directory.integer(TiffTag.compression, file) ?? 1, photometric = try directory.integer(TiffTag.photometric, file) ?? 1
    if compression == 6 { throw unsupported("JPEG in the old style of TIFF 6.0") }
    let subsampling = try directory.integers(TiffTag.subsampling, file) ?? [2, 2]
    if photometric == 6, compression != 7, subsampling != [1, 1] { throw unsupported("YCbCr with subsampled colours") }
    page = PageLayout(width: width, height: height, samples: samples, dtype: dtype)
    (self.bits, self.compression) = (bits, compression)
    let planar = try directory.integer(TiffTag.planar, file)
    isPlanar = samples > 1 && planar == 2
    isBitReversed = try directory.integer(TiffTag.fillOrder, file) == 2
    if let tileWidth = try directory.integer(TiffTag.tileWidth, file), let tileHeight = try directory.integer(TiffTag.tileHeight, file) {
      guard tileWidth > 0, tileHeight > 0, tileWidth <= 1 << 24, tileHeight <= 1 << 24 else { throw bad("its tiles of \(tileHeight) × \(tileWidth) make no sense") }
      (isTiled, rows, columns) = (true, tileHeight, tileWidth)
    } else {
      let given = try directory.integer(TiffTag.rowsPerStrip, file) ?? height
      (isTiled, rows, columns) = (false, max(1, min(given, height)), width)
    }
    guard (try? NDArray.byteCount(dtype, [rows, columns, samples])) != nil, (try? NDArray.byteCount(dtype, [down, across, samples])) != nil else { throw bad("its size is too large") }
  }

  private static func dtype(_ bits: Int, _ format: Int) -> DType? {
    switch (bits, format) {
    case (1, 1), (1, 4): .bool
    case (2, 1), (4, 1), (8, 1), (2, 4), (4, 4), (8, 4): .uint8
    case (16, 1), (16, 4): .uint16
    case (32, 1), (32, 4): .uint32
    case (64, 1), (64, 4): .uint64
    case (8, 2): .int8
    case (16, 2): .int16
    case (32, 2): .int32
    case (64, 2): .int64
    case (16, 3): .float16
    case (32, 3): .float32
    case (64, 3): .float64
    default: nil
    }
  }

  /// "deflate"
  var codecText: String {
    switch compression {
    case 1: "raw"
    case 2: "CCITT RLE"
    case 3: "CCITT fax 3"
    case 4: "CCITT fax 4"
    case 5: "LZW"
    case 7: "JPEG"
    case 8, 32946: "deflate"
    case 32773: "PackBits"
    case 34925: "LZMA"
    case 50000: "zstd"
    case 50001: "WebP"
    case 34887: "LERC"
    default: "TIFF compression \(compression)"
    }
  }
}

/// A page: where its directory is, and the list of its strips' places.
struct TiffPage: Sendable {
  let directory: UInt64
  let offsets: TiffDirectory.Entry
}
