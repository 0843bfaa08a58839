// Files written by tifffile, Pillow, h5py and NumPy (Tests/Fixtures/files/generate.py) read equal to what these programs read.

import Arrays
import Execution
import FileFormats
import Geometry
import Storage
import TestSupport
import Testing

struct FileRow: Sendable, CustomTestStringConvertible {
  let path: String, values: String, axes: String, dtype: DType, codec: String, voxel: [String]?, what: String
  var testDescription: String { "\(path): \(what)" }

  static let folder = String(#filePath.dropLast("FileFormatsTests/FixtureTests.swift".count)) + "Fixtures/files"
  static let all: [FileRow] = {
    guard let json = try? JSON(parsing: Files.read(folder + "/index.json"), of: "index.json"), let rows = json["rows"]?.array else { return [] }
    return rows.compactMap { row in
      guard let path = row["path"]?.string, let values = row["values"]?.string, let axes = row["axes"]?.string, let dtype = row["dtype"]?.string.flatMap({ DType(rawValue: $0) }) else { return nil }
      return FileRow(path: path, values: values, axes: axes, dtype: dtype, codec: row["codec"]?.string ?? "", voxel: row["voxel"]?.strings, what: row["what"]?.string ?? "")
    }
  }()
}

func fixture(_ path: String) -> String { FileRow.folder + "/" + path }

func opened(_ path: String) throws -> FileArray {
  guard case .array(let array)? = try FileFormats.open(path) else { throw StorageError.badFile(path: path, reason: "it is no array") }
  return array
}

func whole(_ source: any ArraySource, threads: ThreadPool? = nil) throws -> NDArray { try source.read(try VoxelRoi(shape: source.shape), ReadContext(pool: threads)) }

@Suite struct FixtureTests {
  @Test func thereAreFixtures() { #expect(FileRow.all.count >= 100) }

  @Test(arguments: FileRow.all) func valuesAxesAndPlace(row: FileRow) throws {
    let array = try opened(fixture(row.path)), expected = try Npy.read(fixture(row.values))
    #expect(array.dtype == row.dtype)
    #expect(array.shape == expected.shape)
    #expect(array.grid.axes.map(\.name) == row.axes.map(String.init))
    #expect(array.codecText == row.codec)
    #expect(try sameBits(try whole(array), expected))
    #expect(try sameBits(try whole(array, threads: ThreadPool(threads: 3)), expected))
    if let voxel = row.voxel {
      #expect(array.grid.voxelSize.values == voxel.compactMap { Rational(decimal: $0) })
      #expect(array.gridSource != nil)
    } else {
      #expect(!array.grid.isKnown)
    }
  }

  /// Every part reads as the part of the whole.
  @Test(arguments: FileRow.all) func boxes(row: FileRow) throws {
    let array = try opened(fixture(row.path)), expected = try Npy.read(fixture(row.values))
    var random = SystemRandomNumberGenerator()
    for _ in 0..<25 {
      let begin = array.shape.map { Int.random(in: 0..<$0, using: &random) }
      let box = zip(array.shape, begin).map { Int.random(in: 1...($0 - $1), using: &random) }
      let part = try array.read(try VoxelRoi(offset: Coordinate(begin), shape: Coordinate(box)), ReadContext())
      #expect(try sameBits(part, try expected.slice(offset: begin, shape: box).contiguous()), "\(begin) \(box)")
    }
    #expect(throws: (any Error).self) { try array.read(try VoxelRoi(offset: Coordinate(array.shape), shape: Coordinate(array.shape.map { _ in 1 })), ReadContext()) }
  }

  @Test func whatDiffersIsNamed() throws {
    #expect(throws: StorageError.badFile(path: fixture("pages_differ.tif"), reason: "page 2 is uint8 9 × 13, the pages before it are uint8 10 × 13")) { try opened(fixture("pages_differ.tif")) }
    #expect(throws: StorageError.badFile(path: fixture("differ/z10.png"), reason: "it is uint8 10 × 12, z8.png is uint8 10 × 13")) { try opened(fixture("differ")) }
    #expect(throws: StorageError.unsupported(path: fixture("complex.tif"), feature: "page 0: 64-bit samples of complex numbers")) { try opened(fixture("complex.tif")) }
    #expect(throws: StorageError.unsupported(path: fixture("placed.h5/table"), feature: "a compound type")) { try opened(fixture("placed.h5/table")) }
    #expect(throws: StorageError.unsupported(path: fixture("placed.h5/text"), feature: "strings")) { try opened(fixture("placed.h5/text")) }
    #expect(throws: StorageError.notFound(path: fixture("placed.h5/volumes/resolutoin"), near: fixture("placed.h5/volumes/resolution"))) { try opened(fixture("placed.h5/volumes/resolutoin")) }
    #expect(throws: StorageError.notFound(path: fixture("stored.npz/rav"), near: fixture("stored.npz/raw"))) { try opened(fixture("stored.npz/rav")) }
    do {
      _ = try opened(fixture("placed.h5/filtered"))
      Issue.record("a filter that is not there was passed over")
    } catch let error as StorageError {
      #expect("\(error)".contains("333") || "\(error)".contains("32001"))
    }
  }

  @Test func groupsListTheirArrays() throws {
    guard case .group(let file)? = try FileFormats.open(fixture("placed.h5")) else { Issue.record("no group"); return }
    #expect(try file.children().map(\.name) == ["filtered", "link", "nowhere", "table", "text", "volumes"])
    #expect(try file.children().filter { $0.problem == nil }.map(\.name) == ["link", "volumes"])
    guard case .group(let npz)? = try FileFormats.open(fixture("stored.npz")) else { Issue.record("no group"); return }
    #expect(try npz.children() == [FileChild(name: "labels", isGroup: true), FileChild(name: "raw", isGroup: false)])
    #expect(try FileFormats.open(fixture("nothing.tif")) == nil)
  }

  @Test func offsetsOfHdf5() throws {
    #expect(try opened(fixture("placed.h5/volumes/resolution")).grid.offset.values == [80, 0, 8].map { Rational($0) })
    #expect(try opened(fixture("placed.h5/volumes/resolution")).gridSource == "resolution")
  }

  @Test func declaredWins() throws {
    let array = try opened(fixture("imagej.tif")), size = Coordinate<World>([Rational(50), Rational(5), Rational(5)])
    let placed = try array.declaring(Declared(voxelSize: size, offset: Coordinate([Rational(100), .zero, .zero])))
    #expect(placed.grid.voxelSize == size)
    #expect(placed.grid.offset.values == [Rational(100), .zero, .zero])
    #expect(placed.gridSource == "the call (ImageJ says voxel (40, 4, 4))")
    #expect(try opened(fixture("dpi.tif")).declaring(Declared(voxelSize: size)).gridSource == "the call")
    let turned = try opened(fixture("imagej_hyperstack.tif")).declaring(Declared(axes: "tczyx".map { Axis.meaning(String($0)) }))
    #expect(turned.grid.axes.map(\.kind) == [.time, .channel, .space, .space, .space])
    #expect(throws: StorageError.self) { try opened(fixture("dpi.tif")).declaring(Declared(offset: size)) }
    #expect(throws: ArrayError.self) { try opened(fixture("dpi.tif")).declaring(Declared(axes: [.y, .x])) }
  }

  @Test func namesInNaturalOrder() throws {
    let names = ["z10.png", "z9.png", "a1b20.png", "a1b3.png", "z009.png", "z08.png"]
    for shuffled in [names, names.reversed()] {
      #expect(shuffled.sorted { FileFormats.isNaturallyBefore($0, $1) } == ["a1b3.png", "a1b20.png", "z08.png", "z9.png", "z009.png", "z10.png"])
    }
  }
}
