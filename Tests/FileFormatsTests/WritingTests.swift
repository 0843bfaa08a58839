// What is written as .npy and TIFF reads back equal, in any size of slab, and nothing is left of what was given up.

import Arrays
import Execution
import FileFormats
import Geometry
import Glibc
import Storage
import TestSupport
import Testing

@Suite struct WritingTests {
  private func context(budget: Int = 1 << 30) -> ExecutionContext { ExecutionContext(pool: ThreadPool(threads: 3), memoryBudget: budget) }

  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = try Files.makeTemporaryFolder()
    defer { try? Files.removeTree(folder) }
    try body(folder)
    #expect(try everything(folder).allSatisfy { !$0.contains("partial") })
  }

  private func everything(_ folder: String) throws -> [String] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) { names.append(withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }) }
    return names
  }

  @Test(arguments: DType.allCases) func everyTypeComesBack(dtype: DType) throws {
    let array = try randomArray(dtype, [5, 37, 19])
    let grid = try Grid(axes: [.z, .y, .x], voxelSize: Coordinate([Rational(30), Rational(4), try #require(Rational(decimal: "5.24"))]), offset: Coordinate([Rational(60), .zero, Rational(-8)]))
    try inFolder { folder in
      for (name, codec) in [("a.npy", nil), ("raw.tif", "raw"), ("packed.tif", "deflate 9"), ("usual.tiff", nil)] as [(String, String?)] {
        let path = folder + "/" + name, kind = try #require(try FileWriter.kind(of: path))
        // a budget of 1 MiB cuts it into many slabs
        for budget in [1 << 20, 1 << 30] {
          try FileWriter.write(ArrayExpression(Volume(array, grid)), to: path, as: kind, codec: codec, context(budget: budget))
          let back = try opened(path)
          #expect(try sameBits(try whole(back), array), "\(name)")
          if kind == .tiff { #expect(back.grid == grid) }
        }
      }
    }
  }

  @Test(arguments: [[7], [3, 4], [2, 3, 4, 5], [2, 3, 2, 4, 5], [1, 1, 4, 5]]) func everyRank(shape: [Int]) throws {
    let array = try randomArray(.uint16, shape), volume = Volume(array)
    try inFolder { folder in
      try FileWriter.write(ArrayExpression(volume), to: folder + "/a.npy", as: .npy, codec: nil, context())
      #expect(try sameBits(try whole(try opened(folder + "/a.npy")), array))
      guard shape.count > 1 else {
        #expect(throws: StorageError.self) { try FileWriter.write(ArrayExpression(volume), to: folder + "/a.tif", as: .tiff, codec: nil, context()) }
        return
      }
      try FileWriter.write(ArrayExpression(volume), to: folder + "/a.tif", as: .tiff, codec: nil, context())
      let back = try opened(folder + "/a.tif")
      // axes of length 1 are not told apart from none
      #expect(back.shape == shape.enumerated().filter { $0 >= shape.count - 2 || $1 > 1 }.map(\.element))
      #expect(try sameBits(try whole(back).reshaped(shape), array))
    }
  }

  @Test func whatFailsLeavesTheOldFile() throws {
    struct Failing: ArraySource {
      let dtype = DType.uint8, shape = [8, 64, 64], grid = Grid(unknownOfRank: 3)
      var chunking: Chunking? { Chunking(shape: [1, 64, 64]) }
      func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray { throw StorageError.badFile(path: "here", reason: "damaged") }
    }
    try inFolder { folder in
      for (name, kind) in [("a.npy", FileWriter.Kind.npy), ("a.tif", .tiff)] {
        let path = folder + "/" + name, array = try randomArray(.uint8, [3, 4, 5])
        try FileWriter.write(ArrayExpression(Volume(array)), to: path, as: kind, codec: nil, context())
        #expect(throws: StorageError.badFile(path: "here", reason: "damaged")) { try FileWriter.write(ArrayExpression(Failing()), to: path, as: kind, codec: nil, context()) }
        #expect(try sameBits(try whole(try opened(path)), array))
      }
    }
  }

  @Test func whatIsNotWritten() throws {
    #expect(try FileWriter.kind(of: "x.zarr/raw") == nil)
    #expect(try FileWriter.kind(of: "x.zarr/raw.tif") == nil)
    for path in ["x.h5", "x.h5/raw", "x.npz", "folder/z.png"] { #expect(throws: StorageError.self) { try FileWriter.kind(of: path) } }
    #expect(throws: StorageError.self) { try FileWriter.write(ArrayExpression(Volume(try NDArray(.uint8, [4, 4]))), to: "/nowhere/x.tif", as: .tiff, codec: "blosc", context()) }
  }
}
