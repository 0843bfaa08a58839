import Arrays
import Execution
import Geometry
import Glibc
import Storage
import TestSupport
import Testing

@Suite struct DamageTests {
  private func stored(_ folder: String, _ format: Format, _ codec: Codec) throws -> (path: String, chunk: String) {
    let path = "\(folder)/\(format.rawValue)/\(codec.description.map { $0.isLetter || $0.isNumber ? $0 : "-" }.map(String.init).joined())"
    let array = try StoredArray.create(path, ArraySpec(.uint16, [6, 6], chunks: [4, 4], codec: codec, format: format))
    try array.write(try randomIntegers(1...9, .uint16, [6, 6]), alone)
    return (path, array.store.path(array.chunkKey([0, 0])))
  }

  @Test(arguments: Format.allCases, [Codec.standard, .raw, .zstd(level: 3), .gzip(level: 5)]) func aChunkCutAnywhereIsNamed(format: Format, codec: Codec) throws {
    try withTemporaryDirectory { folder in
      let (path, chunk) = try stored(folder, format, codec)
      let whole = try Files.read(chunk)
      for bytes in (0..<whole.count).map({ Array(whole[..<$0]) }) + [whole + [0], whole + whole] {
        try Files.writeAtomically(bytes, chunk, sync: false)
        let error = storageError { _ = try StoredArray.open(path).readAll(alone) }
        guard case .corruptChunk(path, let key, _)? = error else { Issue.record("\(bytes.count) of \(whole.count) bytes: \(String(describing: error))"); continue }
        #expect(key == (format == .n5 || format == .zarr2 ? "0/0" : "c/0/0"))
      }
      // the other chunks still read
      _ = try StoredArray.open(path).read(try box([4, 4], [2, 2]), alone)
    }
  }

  @Test(arguments: Format.allCases) func randomDamageNeverCrashes(format: Format) throws {
    try withTemporaryDirectory { folder in
      var generator = KeyedGenerator(seed: 3, purpose: "damage")
      for codec in [Codec.standard, .zstd(level: 3), .gzip(level: 5)] {
        let (path, chunk) = try stored(folder, format, codec)
        let whole = try Files.read(chunk), array = try StoredArray.open(path)
        for _ in 0..<300 {
          var bytes = whole
          for _ in 0...generator.index(below: 3) { bytes[generator.index(below: bytes.count)] = UInt8(generator.index(below: 256)) }
          try Files.writeAtomically(bytes, chunk, sync: false)
          do { #expect(try array.readAll(alone).shape == [6, 6]) } catch let error as StorageError {
            guard case .corruptChunk = error else { Issue.record("\(error)"); continue }
          }
        }
      }
    }
  }

  @Test(arguments: [
    ([0, 2, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4], "objects"), ([0, 9, 0, 2], "mode 9"), ([0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4], "3 axes"),
    ([0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 5], "says (5, 4)"), ([0, 0, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "says"), ([0, 1, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 9], "9 elements"),
    ([0], "header"), ([], "header"),
  ] as [([UInt8], String)])
  func blockHeadersThatLieAreRefused(header: [UInt8], reason: String) throws {
    try withTemporaryDirectory { folder in
      let (path, chunk) = try stored(folder, .n5, .raw)
      try Files.writeAtomically(header + [UInt8](repeating: 1, count: 32), chunk)
      if header.count < 4 { try Files.writeAtomically(header, chunk) }
      let error = storageError { _ = try StoredArray.open(path).readAll(alone) }
      #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
  }

  @Test func blocksOfN5MayBeSmallerThanAChunk() throws {
    try withTemporaryDirectory { folder in
      let (path, chunk) = try stored(folder, .n5, .raw)
      try Files.writeAtomically([0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2] + (1...6).flatMap { [0, UInt8($0)] }, chunk)   // x 3, y 2
      let values = try StoredArray.open(path).read(try box([0, 0], [4, 4]), alone).elements(UInt16.self)
      #expect(values == [1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0])
      try Files.writeAtomically([0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 7], chunk)   // mode 1 with its count
      #expect(try StoredArray.open(path).read(try box([0, 0], [1, 2]), alone).elements(UInt16.self) == [7, 0])
    }
  }

  @Test func aHugeChunkFileIsRefusedUnread() throws {
    try withTemporaryDirectory { folder in
      let (path, chunk) = try stored(folder, .zarr2, .raw)
      #expect(truncate(chunk, 1 << 42) == 0)
      guard case .corruptChunk? = storageError({ _ = try StoredArray.open(path).readAll(alone) }) else { Issue.record("expected corruptChunk"); return }
    }
  }

  // MARK: Metadata

  private let zarray: JSON = [
    "zarr_format": 2, "shape": [6, 6], "chunks": [4, 4], "dtype": "<u2", "order": "C", "fill_value": 0, "compressor": nil, "filters": nil,
  ]

  @Test(arguments: [
    ("shape", [-1, 6]), ("shape", [6]), ("shape", "6"), ("shape", [4_000_000_000, 4_000_000_000]), ("shape", [.uint(.max), 1]), ("shape", [1.5, 2]), ("chunks", [0, 4]), ("chunks", [-4, 4]), ("chunks", [4]),
    ("chunks", [1_073_741_824, 1_073_741_824]), ("chunks", [9_223_372_036_854_775_807, 2]), ("order", "D"), ("fill_value", 70000), ("fill_value", "x"), ("dimension_separator", "-"), ("zarr_format", 7),
    ("compressor", ["level": 3]), ("compressor", ["id": "blosc", "cname": "snappi"]), ("compressor", ["id": "blosc", "clevel": 99]), ("compressor", ["id": "zstd", "level": "high"]),
  ] as [(String, JSON)])
  func wrongFieldsAreNamed(field: String, value: JSON) throws {
    try withTemporaryDirectory { folder in
      var document = zarray
      document[field] = value
      try Files.writeAtomically(document.pretty, "\(folder)/a.zarr/.zarray")
      let error = storageError { _ = try StoredArray.open("\(folder)/a.zarr") }
      guard case .badMetadata("\(folder)/a.zarr/.zarray", let named, _)? = error else { Issue.record("\(String(describing: error))"); return }
      #expect(named == field || (field == "shape" && named == "chunks"))
    }
  }

  @Test(arguments: [
    ("dtype", "<c8", "the dtype <c8"), ("dtype", "|S4", "the dtype |S4"), ("dtype", "<M8[ns]", "the dtype <M8[ns]"), ("dtype", [["a", "<u2"]], "the dtype [["), ("dtype", "<f16", "the dtype <f16"), ("compressor", ["id": "pcodec"], "the codec pcodec"),
    ("filters", [["id": "delta", "dtype": "<u2"], ["id": "categorize"]], "the filter categorize"),
  ] as [(String, JSON, String)])
  func whatIsNotSupportedIsNamed(field: String, value: JSON, feature: String) throws {
    try withTemporaryDirectory { folder in
      var document = zarray
      document[field] = value
      try Files.writeAtomically(document.pretty, "\(folder)/a.zarr/.zarray")
      guard case .unsupported(_, let named)? = storageError({ _ = try StoredArray.open("\(folder)/a.zarr") }) else { Issue.record("expected unsupported"); return }
      #expect(named.hasPrefix(feature))
    }
  }

  @Test(arguments: Format.allCases) func metadataCutAnywhereAreRefusedWithThePlace(format: Format) throws {
    try withTemporaryDirectory { folder in
      let (path, _) = try stored(folder, format, .standard)
      let file = "\(path)/\(format == .zarr2 ? ".zarray" : format == .zarr3 ? "zarr.json" : "attributes.json")"
      let whole = try Files.read(file)
      for length in 0..<(whole.count - 2) {
        try Files.writeAtomically(Array(whole[..<length]), file, sync: false)
        guard case .badJSON(file, let byte, _)? = storageError({ _ = try StoredArray.open(path) }) else { Issue.record("cut at \(length)"); continue }
        #expect(byte <= length)
      }
    }
  }

  // MARK: Misuse

  @Test func whatIsThereAndWhatIsNot() throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/a.zarr/em/raw"
      let array = try StoredArray.create(path, ArraySpec(.uint8, [4, 4], chunks: [2, 2]))
      #expect(storageError { _ = try StoredArray.open("\(folder)/a.zarr/em/rw") } == .notFound(path: "\(folder)/a.zarr/em/rw", near: path))
      #expect(storageError { _ = try StoredArray.open("\(folder)/a.zarr/em") } == .notAnArray(path: "\(folder)/a.zarr/em", children: ["raw"]))
      #expect(storageError { _ = try StoredArray.open("\(folder)/a.zarr/em/raw/.zarray") } == .notAContainer(path: "\(path)/.zarray", found: "a file"))
      #expect(storageError { _ = try StoredArray.open(folder) } == .notAContainer(path: folder, found: "a folder without Zarr or N5 metadata"))
      #expect(storageError { _ = try StoredArray.create(path, ArraySpec(.uint8, [4])) } == .exists(path: path, what: "an array"))
      #expect(storageError { _ = try StoredArray.create("\(folder)/a.zarr/em", ArraySpec(.uint8, [4]), replace: true) } == .exists(path: "\(folder)/a.zarr/em", what: "a group"))
      #expect(storageError { _ = try StoredArray.create("\(path)/inner", ArraySpec(.uint8, [4])) } == .exists(path: path, what: "an array, which cannot hold others"))
      #expect(storageError { _ = try array.read(try box([0, 0], [5, 4]), alone) } == .outside(path: path, offset: [0, 0], shape: [5, 4], arrayShape: [4, 4]))
      #expect(storageError { _ = try array.read(try box([-1, 0], [1, 4]), alone) } == .outside(path: path, offset: [-1, 0], shape: [1, 4], arrayShape: [4, 4]))
      #expect(storageError { _ = try array.read(try box([0], [4]), alone) } == .outside(path: path, offset: [0], shape: [4], arrayShape: [4, 4]))
      #expect(storageError { try array.write(try NDArray(.uint16, [4, 4]), alone) } == .dtypes(path: path, stored: .uint8, given: .uint16))
      #expect(storageError { try array.write(try NDArray(.uint8, [4, 4]), at: [Int.max, 0], alone) } == .outside(path: path, offset: [.max, 0], shape: [4, 4], arrayShape: [4, 4]))
      let readOnly = try StoredArray.open(path)
      #expect(storageError { try readOnly.write(try NDArray(.uint8, [4, 4]), alone) } == .readOnly(path: path))
      #expect(storageError { try readOnly.setAttributes(["a": 1]) } == .readOnly(path: path))
      #expect(storageError { _ = try StoredArray.create("\(folder)/b.n5/x", ArraySpec(.bool, [4])) } == .unsupported(path: "\(folder)/b.n5/x", feature: "bool in n5"))
    }
  }

  @Test func replacingRemovesTheOldVoxels() throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/a.zarr/raw"
      try StoredArray.create(path, ArraySpec(.uint8, [4], chunks: [4])).write(try NDArray([1, 2, 3, 4] as [UInt8], [4]), alone)
      let fresh = try StoredArray.create(path, ArraySpec(.uint8, [6], chunks: [4]), replace: true)
      #expect(try fresh.readAll(alone).elements(UInt8.self) == [0, 0, 0, 0, 0, 0])
      #expect(try Files.list("\(folder)/a.zarr").map(\.name) == [".zgroup", "raw"])
    }
  }

  @Test(arguments: Format.allCases) func attributesAreAddedAndKept(format: Format) throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/a/raw"
      let array = try StoredArray.create(path, ArraySpec(.uint8, [4], format: format, attributes: ["a": 1, "b": "two"]))
      try array.write(try NDArray([1, 2, 3, 4] as [UInt8], [4]), alone)
      try array.setAttributes(["b": [3], "c": nil])
      let opened = try StoredArray.open(path)
      #expect(opened.attributes["a"] == 1 && opened.attributes["b"] == [3] && opened.attributes["c"] == .null)
      #expect(try opened.readAll(alone).elements(UInt8.self) == [1, 2, 3, 4])
    }
  }

  @Test func consolidatedCopiesDoNotHideNewArrays() throws {
    try withTemporaryDirectory { folder in
      _ = try StoredArray.create("\(folder)/a.zarr/one", ArraySpec(.uint8, [4]))
      try Files.writeAtomically("{}", "\(folder)/a.zarr/.zmetadata")
      _ = try StoredArray.create("\(folder)/a.zarr/two", ArraySpec(.uint8, [4]))
      #expect(Files.kind("\(folder)/a.zarr/.zmetadata") == nil)
      try Files.writeAtomically(#"{"zarr_format": 3, "node_type": "group", "consolidated_metadata": {"metadata": {}}, "attributes": {"a": 1}}"#, "\(folder)/b.zarr/zarr.json")
      #expect(try StoredArray.create("\(folder)/b.zarr/two", ArraySpec(.uint8, [4])).format == .zarr3)
      #expect(try JSON(parsing: Files.read("\(folder)/b.zarr/zarr.json")) == ["zarr_format": 3, "node_type": "group", "attributes": ["a": 1]])
    }
  }
}
