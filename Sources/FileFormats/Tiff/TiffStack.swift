import Arrays
import Geometry
import Storage

/// Opens a TIFF file as one array: its pages, by what its metadata say of them.
enum TiffStack {
  /// - Throws: `StorageError.badFile` with the number of the first page that differs, `.unsupported` by the format's own names.
  static func open(_ path: String) throws -> FileArray {
    let file = try OpenFile(path)
    guard let header = TiffHeader(try file.upTo(16, at: 0)) else { throw StorageError.badFile(path: path, reason: "it is no TIFF file") }
    let (tiff, meaning) = try read(file, header)
    let stack = PageStack(tiff, counting: meaning.counting)
    let (grid, source) = try place(stack, meaning)
    return FileArray(
      path: path, format: header.isBig ? "BigTIFF" : "TIFF", codecText: tiff.format.codecText, dtype: tiff.layout.dtype, shape: stack.shape, grid: grid, gridSource: source,
      chunking: stack.chunking, remark: meaning.remark, stamp: "\(file.count) bytes", reader: stack)
  }

  /// The pages of a file and what they mean. All directories are looked at, no pixel.
  static func read(_ file: OpenFile, _ header: TiffHeader) throws -> (TiffFile, TiffMeaning) {
    var directories: [TiffDirectory] = [], seen: Set<UInt64> = [], next = header.first
    var pages: [TiffPage] = [], format: TiffLayout?, failure: StorageError?
    while next != 0 {
      guard seen.insert(next).inserted else { throw StorageError.badFile(path: file.path, reason: "its directories run in a circle") }
      let directory = try TiffDirectory(file, header, at: next), number = seen.count - 1
      next = directory.next
      // thumbnails and other levels of a pyramid are no pages
      if let subfile = try directory.integer(TiffTag.subfileType, file), subfile & 1 != 0, format != nil { continue }
      if failure == nil {
        do throws(StorageError) {
          let layout = try TiffLayout(directory, file, name: "page \(number)")
          if let first = format, layout != first { throw difference(first, layout, number, file) }
          guard let offsets = directory.entry(TiffTag.tileOffsets) ?? directory.entry(TiffTag.stripOffsets), TiffDirectory.size(of: offsets.type) >= 2 else {
            throw .badFile(path: file.path, reason: "page \(number): it has no pixels")
          }
          format = format ?? layout
          pages.append(TiffPage(directory: directory.offset, offsets: offsets))
        } catch {
          failure = error   // pages beyond those that OME-XML counts may be as they like
        }
      }
      if failure != nil { pages.append(TiffPage(directory: directory.offset, offsets: TiffDirectory.Entry(type: 4, count: 0, place: 0))) }
      if directories.isEmpty { directories.append(directory) }
    }
    guard let first = directories.first, let format else { throw failure ?? StorageError.badFile(path: file.path, reason: "it has no page") }
    let meaning = try TiffMeaning(first, file, pages: pages.count, samples: format.page.samples)
    if let failure {
      let whole = pages.firstIndex { $0.offsets.count == 0 } ?? pages.count
      guard let wanted = meaning.pages, wanted.upperBound <= whole else { throw failure }
    }
    if format.compression != 1 || format.isBitReversed { try Self.needLibrary(format, file) }
    if let count = meaning.followers {
      let start = try runStart(first, format, file, count)
      return (TiffFile(file: file, header: header, format: format, pages: pages, run: start, count: count), meaning)
    }
    if let wanted = meaning.pages { pages = Array(pages[wanted]) }
    return (TiffFile(file: file, header: header, format: format, pages: pages, run: nil, count: pages.count), meaning)
  }

  private static func difference(_ first: TiffLayout, _ other: TiffLayout, _ number: Int, _ file: OpenFile) -> StorageError {
    let isOfPage = first.page != other.page
    return .badFile(
      path: file.path,
      reason: isOfPage
        ? "page \(number) is \(other.page), the pages before it are \(first.page)"
        : "page \(number) is stored otherwise (\(other.codecText), \(other.isTiled ? "tiles" : "strips") of \(other.rows) × \(other.columns)) than the pages before it (\(first.codecText), \(first.rows) × \(first.columns))")
  }

  /// The first byte of pages that follow each other without directories.
  private static func runStart(_ first: TiffDirectory, _ format: TiffLayout, _ file: OpenFile, _ count: Int) throws -> Int {
    func bad(_ reason: String) -> StorageError { .badFile(path: file.path, reason: "its description counts \(count) pages behind one directory, but \(reason)") }
    guard format.compression == 1, !format.isTiled, !format.isPlanar, !format.isBitReversed else { throw bad("they are not plain rows") }
    guard let start = try first.integers(TiffTag.stripOffsets, file, limit: 1 << 24)?.first else { throw bad("the first has no place") }
    let (bytes, overflow) = (format.storedRowBytes * format.page.height).multipliedReportingOverflow(by: count)
    guard !overflow, bytes <= file.count, start <= file.count - bytes else { throw bad("the file has only room for \((file.count - start) / (format.storedRowBytes * format.page.height))") }
    return start
  }

  private static func needLibrary(_ format: TiffLayout, _ file: OpenFile) throws {
    switch Library.tiff {
    case .there:
      if !Library.canDecode(format.compression) { throw StorageError.unsupported(path: file.path, feature: "the compression \(format.codecText) of TIFF") }
    case .missing(let why): throw StorageError.unsupported(path: file.path, feature: "\(format.codecText) in TIFF without \(why)")
    }
  }

  /// The grid of a stack, where all its axes of space have a size.
  private static func place(_ stack: PageStack, _ meaning: TiffMeaning) throws -> (Grid, String?) {
    let axes = stack.axes.map(\.axis)
    var sizes: [Rational] = []
    for axis in axes where axis.kind == .space {
      guard let size = axis.name == "x" ? meaning.x : axis.name == "y" ? meaning.y : axis.name == "z" ? meaning.z : nil else { return (Grid(unknown: axes), nil) }
      sizes.append(size)
    }
    let offset = meaning.offset.flatMap { $0.count == sizes.count ? $0 : nil } ?? sizes.map { _ in .zero }
    return (try Grid(axes: axes, voxelSize: Coordinate(sizes), offset: Coordinate(offset)), meaning.source)
  }
}
