// Files that were cut, overwritten or made to lie: refused, or read as some values; never a trap, never memory that a file only claims.
// libhdf5 itself is not proof against such files: HDF5 is mutated in a process of its own (Tests/Program/files.sh), and only cut here.

import Arrays
import Execution
import FileFormats
import Geometry
import Glibc
import Storage
import TestSupport
import Testing

@Suite struct DamageTests {
  private let names = ["type_uint16.tif", "bigtiff.tif", "strips_zlib.tif", "strips_lzw.tif", "strips_zstd.tif", "tiles_deflate.tif", "rgb_planar.tif", "jpeg.tif", "imagej.tif", "imagej_one_directory.tif", "ome.ome.tif",
    "tifffile_shaped.tif", "mask_deflate.tif", "predictor_float.tif", "png_filters/4.png", "png_rgba/z8.png", "c_uint8.npy", "fortran.npy", "stored.npz", "packed.npz"]

  /// Opens and reads all that a file holds, if it can; errors are fine.
  private func use(_ path: String) {
    guard let node = try? FileFormats.open(path) else { return }
    var arrays: [FileArray] = []
    switch node {
    case .array(let array): arrays = [array]
    case .group(let group): for child in (try? group.children()) ?? [] { if case .array(let array)? = try? group.open(child.name) { arrays.append(array) } }
    }
    for array in arrays where (try? NDArray.byteCount(array.dtype, array.shape)).map({ $0 < 1 << 24 }) ?? false { _ = try? whole(array) }
    // of what claims to be large, a corner
    for array in arrays where !array.shape.contains(0) { _ = try? array.read(try VoxelRoi(shape: array.shape.map { min($0, 2) }), ReadContext()) }
  }

  private func withCopy(of name: String, _ bytes: [UInt8], _ body: (String) -> Void) throws {
    let folder = try Files.makeTemporaryFolder(), path = folder + "/" + Files.name(name)
    defer { try? Files.removeTree(folder) }
    try Files.writeAtomically(bytes, path, sync: false)
    body(path)
  }

  @Test func mutatedFiles() throws {
    var random = Seeded(seed: 11)
    for name in names {
      let whole = try Files.read(fixture(name))
      for round in 0..<150 {
        var bytes = whole
        switch round % 4 {
        case 0: bytes.removeLast(Int.random(in: 1...bytes.count - 1, using: &random))
        case 1: for _ in 0..<Int.random(in: 1...8, using: &random) { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random) }
        case 2: for _ in 0..<3 { bytes[Int.random(in: 0..<min(400, bytes.count), using: &random)] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0 }
        default:   // a run of 0xFF: counts and places beyond everything
          let begin = Int.random(in: 4..<max(5, bytes.count - 8), using: &random)
          for i in begin..<min(bytes.count, begin + [2, 4, 8].randomElement(using: &random)!) { bytes[i] = 0xFF }
        }
        try withCopy(of: name, bytes, use)
      }
    }
  }

  @Test func everyCutOfATiffIsRefused() throws {
    let whole = try Files.read(fixture("strips_zlib.tif"))
    for length in stride(from: 0, to: whole.count, by: 97) {
      try withCopy(of: "cut.tif", Array(whole[..<length])) { path in
        #expect(throws: StorageError.self) { try FileFormatsTests.whole(try opened(path)) }
      }
    }
  }

  @Test func cutHdf5IsRefused() throws {
    let whole = try Files.read(fixture("types.h5"))
    for length in [10, 100, 1000, whole.count / 2, whole.count - 1] {
      try withCopy(of: "cut.h5", Array(whole[..<length])) { path in #expect(throws: StorageError.self) { try FileFormats.open(path) } }
    }
  }

  @Test func damagedChecksumsAreSeen() throws {
    for (name, from) in [("packed.npz", 200), ("png_filters/4.png", 60)] {
      var bytes = try Files.read(fixture(name))
      bytes[from] ^= 0x10
      try withCopy(of: name, bytes) { path in
        #expect(throws: StorageError.self) {
          switch try FileFormats.open(path) {
          case .array(let array): _ = try whole(array)
          case .group(let group): for child in try group.children() { if case .array(let array) = try group.open(child.name) { _ = try whole(array) } }
          case nil: throw StorageError.badFile(path: path, reason: "nothing")
          }
        }
      }
    }
  }

  /// Directories that point at themselves, and claims of sizes that no file has.
  @Test func claims() throws {
    func tiff(_ entries: [(Int, Int, UInt32, UInt32)], next: UInt32 = 0) -> [UInt8] {
      var bytes: [UInt8] = [0x49, 0x49, 42, 0, 8, 0, 0, 0, UInt8(entries.count), 0]
      func add(_ value: UInt32, _ size: Int) { for i in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * i))) } }
      for (tag, type, count, value) in entries { add(UInt32(tag), 2); add(UInt32(type), 2); add(count, 4); add(value, 4) }
      add(next, 4)
      return bytes
    }
    let plain: [(Int, Int, UInt32, UInt32)] = [(256, 4, 1, 4), (257, 4, 1, 4), (258, 3, 1, 8), (273, 4, 1, 0), (279, 4, 1, 16)]
    try withCopy(of: "circle.tif", tiff(plain, next: 8)) { path in
      #expect(throws: StorageError.badFile(path: path, reason: "its directories run in a circle")) { try opened(path) }
    }
    let huge: [(Int, Int, UInt32, UInt32)] = [(256, 4, 1, 0x7FFF_FFFF), (257, 4, 1, 0x7FFF_FFFF), (258, 3, 1, 64), (259, 3, 1, 8), (273, 4, 1, 0), (279, 4, 1, 16)]
    try withCopy(of: "huge.tif", tiff(huge)) { path in
      #expect(throws: (any Error).self) {
        let array = try opened(path)
        _ = try array.read(try VoxelRoi(shape: [1, 1]), ReadContext())
      }
    }
    let counts: [(Int, Int, UInt32, UInt32)] = [(256, 4, 0xFFFF_FFFF, 4), (257, 4, 1, 4)]
    try withCopy(of: "counts.tif", tiff(counts)) { path in #expect(throws: StorageError.self) { try opened(path) } }
  }
}

private struct Seeded: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ (state >> 29)) &* 0xBF58_476D_1CE4_E5B9
  }
}
