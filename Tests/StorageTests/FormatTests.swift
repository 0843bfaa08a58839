import Arrays
import Execution
import Storage
import TestSupport
import Testing

/// What metadata of Zarr v3 and N5 may say, and what is refused by its name.
@Suite struct FormatTests {
  private let zarr3: JSON = [
    "zarr_format": 3, "node_type": "array", "shape": [2, 3], "data_type": "uint16", "chunk_grid": ["name": "regular", "configuration": ["chunk_shape": [2, 3]]],
    "chunk_key_encoding": ["name": "default"], "fill_value": 0, "codecs": [["name": "bytes", "configuration": ["endian": "little"]]],
  ]

  /// Opens `document` with one member changed, over a chunk of the bytes 0, 1, 2, …
  private func open(_ field: String, _ value: JSON?, chunk: String = "c/0/0", _ bytes: [UInt8] = Array(0..<12)) throws -> StoredArray {
    try withTemporaryDirectory { folder in
      var document = zarr3
      document[field] = value
      try Files.writeAtomically(document.pretty, "\(folder)/a.zarr/zarr.json")
      try Files.writeAtomically(bytes, "\(folder)/a.zarr/\(chunk)")
      let array = try StoredArray.open("\(folder)/a.zarr")
      _ = try array.readAll(alone)
      return array
    }
  }

  private func values(_ field: String, _ value: JSON, chunk: String = "c/0/0", _ bytes: [UInt8] = Array(0..<12)) throws -> [UInt16] {
    try withTemporaryDirectory { folder in
      var document = zarr3
      document[field] = value
      try Files.writeAtomically(document.pretty, "\(folder)/a.zarr/zarr.json")
      try Files.writeAtomically(bytes, "\(folder)/a.zarr/\(chunk)")
      return try StoredArray.open("\(folder)/a.zarr").readAll(alone).elements(UInt16.self)
    }
  }

  private static let little: JSON = ["name": "bytes", "configuration": ["endian": "little"]]
  private static func transpose(_ order: JSON) -> JSON { ["name": "transpose", "configuration": ["order": order]] }

  @Test func chunkKeys() throws {
    let expected: [UInt16] = [0x100, 0x302, 0x504, 0x706, 0x908, 0xB0A]
    for (encoding, key) in [
      (["name": "default"], "c/0/0"), (["name": "default", "configuration": ["separator": "."]], "c.0.0"), (["name": "default", "configuration": ["separator": "/"]], "c/0/0"),
      (["name": "v2"], "0.0"), (["name": "v2", "configuration": ["separator": "/"]], "0/0"), ("default", "c/0/0"), ("v2", "0.0"),
    ] as [(JSON, String)] { #expect(try values("chunk_key_encoding", encoding, chunk: key) == expected, "\(encoding.compact)") }
  }

  @Test func transposes() throws {
    let plain: [UInt16] = [0x100, 0x302, 0x504, 0x706, 0x908, 0xB0A], turned: [UInt16] = [0x100, 0x504, 0x908, 0x302, 0x706, 0xB0A]
    for (codecs, expected) in [
      ([Self.transpose([1, 0]), Self.little], turned), ([Self.transpose("F"), Self.little], turned), ([Self.transpose("C"), Self.little], plain),
      ([Self.transpose([1, 0]), Self.transpose([1, 0]), Self.little], plain), ([Self.transpose([0, 1]), Self.little], plain),
    ] as [([JSON], [UInt16])] { #expect(try values("codecs", .array(codecs)) == expected, "\(JSON.array(codecs).compact)") }
  }

  @Test func whatNeedNotBeUnderstoodIsIgnored() throws {
    _ = try open("my_extension", ["must_understand": false, "name": "x"])
    _ = try open("storage_transformers", [["name": "cache", "must_understand": false]])
    _ = try open("storage_transformers", [])
    _ = try open("data_type", ["name": "uint16"])
    _ = try open("consolidated_metadata", nil)
  }

  @Test(arguments: [
    ("data_type", "r16", "the data type r16"), ("data_type", "complex64", "the data type complex64"), ("data_type", ["name": "r8"], "the data type r8"),
    ("data_type", ["name": "numpy.datetime64", "configuration": ["unit": "s"]], "the data type numpy.datetime64"), ("data_type", ["name": "uint16", "configuration": ["a": 1]], "the data type uint16"),
    ("chunk_grid", ["name": "rectangular", "configuration": [:]], "the chunk grid rectangular"), ("chunk_grid", "ragged", "the chunk grid ragged"),
    ("chunk_key_encoding", ["name": "fanout"], "the chunk key encoding fanout"), ("storage_transformers", [["name": "sharding"]], "the storage transformer sharding"),
    ("storage_transformers", ["cache"], "the storage transformer cache"), ("my_extension", ["name": "x"], "the extension my_extension"), ("my_extension", ["must_understand": true], "the extension my_extension"),
    ("codecs", [["name": "bytes", "configuration": ["endian": "little"]], ["name": "zfp"]], "the codec zfp"), ("codecs", ["vlen-utf8"], "the codec vlen-utf8"),
    ("codecs", [["name": "numcodecs.delta", "configuration": [:]], ["name": "transpose", "configuration": ["order": [1, 0]]], ["name": "bytes", "configuration": ["endian": "little"]]], "the codec transpose after delta"),
  ] as [(String, JSON, String)])
  func unknownIsRefusedByName(field: String, value: JSON, feature: String) throws {
    guard case .unsupported(_, let named)? = storageError({ _ = try open(field, value) }) else { Issue.record("expected unsupported"); return }
    #expect(named == feature)
  }

  @Test(arguments: [
    ("codecs", []), ("codecs", [["name": "zstd"]]), ("codecs", [["name": "zstd", "configuration": ["level": 1]], ["name": "bytes", "configuration": ["endian": "little"]]]),
    ("codecs", [["name": "bytes"]]), ("codecs", [["name": "bytes", "configuration": ["endian": "middle"]]]), ("codecs", [["configuration": [:]]]),
    ("codecs", [["name": "bytes", "configuration": ["endian": "little"]], ["name": "transpose", "configuration": ["order": [1, 0]]]]),
    ("codecs", [["name": "transpose", "configuration": ["order": [0, 0]]], ["name": "bytes", "configuration": ["endian": "little"]]]),
    ("codecs", [["name": "bytes", "configuration": ["endian": "little"]], ["name": "numcodecs.delta", "configuration": [:]]]),
    ("codecs", [["name": "bytes", "configuration": ["endian": "little"]], ["name": "numcodecs.bz2", "configuration": ["level": 40]]]),
    ("codecs", [["name": "numcodecs.quantize", "configuration": ["digits": 2]], ["name": "bytes", "configuration": ["endian": "little"]]]),
    ("codecs", .array([["name": "bytes", "configuration": ["endian": "little"]]] + [JSON](repeating: ["name": "crc32c"], count: 17))),
    ("fill_value", "0x00"), ("fill_value", nil), ("chunk_key_encoding", ["name": "default", "configuration": ["separator": "-"]]),
  ] as [(String, JSON)])
  func wrongIsNamed(field: String, value: JSON) throws {
    guard case .badMetadata(_, let named, _)? = storageError({ _ = try open(field, value.isNull ? JSON?.none : value) }) else { Issue.record("expected badMetadata"); return }
    #expect(named == field)
  }

  @Test(arguments: [
    (DType.float32, "0x7fc00000", "NaN"), (.float32, "0x7fc00001", "0x7fc00001"), (.float16, "0x7e01", "0x7e01"), (.float64, "0x7ff8000000000000", "NaN"),
    (.float64, "0xfff0000000000000", "-Infinity"), (.float32, "0x3f800000", 1.0), (.float64, "0x0000000000000001", .double(.leastNonzeroMagnitude)),
  ] as [(DType, JSON, JSON)])
  func fillValuesByTheirBits(dtype: DType, fill: JSON, written: JSON) throws {
    try withTemporaryDirectory { folder in
      let made = try StoredArray.create("\(folder)/a.zarr", ArraySpec(dtype, [3], fillValue: fill, format: .zarr3))
      #expect(try JSON(parsing: Files.read("\(folder)/a.zarr/zarr.json"))["fill_value"] == written)
      #expect(try StoredArray.open("\(folder)/a.zarr").fillValue == made.fillValue)
    }
  }

  /// Attributes are set in the metadata of any array without changing what the array is.
  @Test(arguments: Fixture.all) func settingAttributesKeepsTheArray(fixed: Fixture) throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/\(fixed.store)"
      try StoredNode.open(fixture(fixed.store)).copyFiles(to: path, replace: false, ExecutionContext(pool: ThreadPool(threads: 1)))
      let array = try StoredArray.open(Files.join(path, fixed.path), mode: .edit)
      try array.setAttributes(["about": "a test"])
      let again = try StoredArray.open(Files.join(path, fixed.path))
      #expect(again.attributes["about"] == "a test" && again.codecText == fixed.codec)
      #expect(try sameBits(try again.readAll(alone), try Npy.read(fixture(fixed.npy))))
    }
  }

  /// What others wrote into the document beside the attributes is still there after they are set.
  @Test func settingAttributesKeepsMembersOfOthers() throws {
    try withTemporaryDirectory { folder in
      let extra: JSON = ["must_understand": false, "shift": [1, 2]]
      for (format, file, member) in [(Format.zarr3, "zarr.json", "theirs"), (.zarr3, "zarr.json", "storage_transformers"), (.n5, "attributes.json", "n5")] {
        let path = "\(folder)/\(member)", added: JSON = member == "n5" ? "4.0.0" : member == "theirs" ? extra : [extra]
        let made = try StoredArray.create(path, ArraySpec(.uint8, [4], format: format, attributes: ["a": 1]))
        var document = try JSON(parsing: Files.read("\(path)/\(file)"))
        document[member] = added
        try Files.writeAtomically(document.compact, "\(path)/\(file)")
        try StoredArray.open(path, mode: .edit).setAttributes(["b": 2, "dataType": "float32"])
        document = try JSON(parsing: Files.read("\(path)/\(file)"))
        #expect(document[member] == added && document["dataType"] == (format == .n5 ? "uint8" : nil))
        let again = try StoredArray.open(path)
        #expect(again.attributes["a"] == 1 && again.attributes["b"] == 2 && again.dtype == made.dtype)
      }
    }
  }

  /// What others wrote is written again, by parts of chunks, through their filters.
  @Test(arguments: Fixture.all) func writesIntoWhatOthersMade(fixed: Fixture) throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/\(fixed.store)"
      try StoredNode.open(fixture(fixed.store)).copyFiles(to: path, replace: false, ExecutionContext(pool: ThreadPool(threads: 1)))
      let values = try Npy.read(fixture(fixed.npy)), shape = values.shape
      let array = try StoredArray.open(Files.join(path, fixed.path), mode: .edit)
      let half = shape.map { ($0 + 1) / 2 }
      do {
        try array.write(try values.slice(offset: shape.map { _ in 0 }, shape: half), at: half.indices.map { shape[$0] - half[$0] }, alone)
      } catch StorageError.notEncoded(_, _, let reason) where reason.contains("cannot hold these values exactly") { return }
      var expected = values
      try expected.assign(try values.slice(offset: shape.map { _ in 0 }, shape: half), at: half.indices.map { shape[$0] - half[$0] })
      #expect(try sameBits(try StoredArray.open(Files.join(path, fixed.path)).readAll(alone), expected))
    }
  }

  @Test(arguments: [
    (Format.zarr2, "delta, shuffle, zlib 1"), (.zarr3, "delta, shuffle, zlib 1"), (.zarr2, "zstd 1, crc32"), (.zarr3, "lz4 1, crc32c, fletcher32"), (.zarr2, "bz2 2"), (.zarr3, "xz 1"),
    (.n5, "lz4"), (.n5, "bz2 3"), (.n5, "xz 0"), (.n5, "zlib 2"), (.zarr2, "crc32c"), (.zarr3, "astype int64, zstd 1"),
  ])
  func chainsComeBack(format: Format, text: String) throws {
    try withTemporaryDirectory { folder in
      for isBigEndian in format == .n5 ? [false] : [false, true] {
        let path = "\(folder)/\(isBigEndian).\(format == .n5 ? "n5" : "zarr")"
        var spec = ArraySpec(.int32, [5, 6], chunks: [4, 4], codecs: try Codec.chain(text: text, .int32, isBigEndian: isBigEndian && format == .zarr2), format: format)
        (spec.isBigEndian, spec.isFortranOrder, spec.separator) = (isBigEndian, format != .n5, format == .n5 ? nil : ".")
        if isBigEndian, format == .zarr3, spec.codecs[0].description != "lz4 1", spec.codecs[0].description != "xz 1" {
          guard case .unsupported? = storageError({ _ = try StoredArray.create(path, spec) }) else { Issue.record("expected unsupported"); continue }
          continue
        }
        let values = try randomIntegers(-9...9, .int32, [5, 6])
        try StoredArray.create(path, spec).write(values, alone)
        let opened = try StoredArray.open(path)
        #expect(try sameBits(try opened.readAll(alone), values))
        #expect(text.hasPrefix("lz4") && format == .n5 ? opened.codecText == "lz4block 65536" : opened.codecText == text.replacing("shuffle", with: "shuffle 4"))
      }
    }
  }

  // MARK: Consolidated metadata

  @Test func consolidatedMetadataOfBothVersions() throws {
    let array: JSON = ["zarr_format": 2, "shape": [1]], group: JSON = ["zarr_format": 2]
    let two = try ConsolidatedMetadata(
      zarr2: ["zarr_consolidated_format": 1, "metadata": [".zgroup": group, "em/.zgroup": group, "em/s0/.zarray": array, "em/s0/.zattrs": ["a": 1], "em/s1/.zarray": array]], path: "z")
    #expect(two.json("em/s0/.zarray") == array && two.json("em/s0/.zattrs") == ["a": 1] && two.json("em/s1/.zattrs") == nil)
    #expect(two.list("") == [.init(name: ".zgroup", isFolder: false), .init(name: "em", isFolder: true)])
    #expect(two.list("em")?.map(\.name) == [".zgroup", "s0", "s1"] && two.list("em/s2") == nil && two.keys.count == 5)
    let root: JSON = ["zarr_format": 3, "node_type": "group", "consolidated_metadata": ["kind": "inline", "must_understand": false, "metadata": ["em": group, "em/s0": array]]]
    let three = try ConsolidatedMetadata(zarr3: root, path: "z")
    #expect(three?.json("zarr.json") == root && three?.json("em/s0/zarr.json") == array && three?.json("em/s1/zarr.json") == nil)
    #expect(three?.list("em")?.map(\.name) == ["s0", "zarr.json"])
    #expect(try ConsolidatedMetadata(zarr3: ["zarr_format": 3], path: "z") == nil && ConsolidatedMetadata(zarr3: ["consolidated_metadata": nil], path: "z") == nil)
    #expect(ConsolidatedMetadata.isMetadata("em/s0/.zarray") && !ConsolidatedMetadata.isMetadata("em/s0/0.0"))
  }

  @Test(arguments: [
    ["metadata": [:]], ["zarr_consolidated_format": 2, "metadata": [:]], ["zarr_consolidated_format": 1], ["zarr_consolidated_format": 1, "metadata": ["../x/.zarray": [:]]],
    ["zarr_consolidated_format": 1, "metadata": ["/x/.zarray": [:]]],
  ] as [JSON])
  func wrongConsolidatedMetadataAreRefused(json: JSON) { #expect(storageError { _ = try ConsolidatedMetadata(zarr2: json, path: "z") } != nil) }
}
