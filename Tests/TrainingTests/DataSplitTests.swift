import Arrays
import Geometry
import Testing
import Training

@Suite struct DataSplitTests {
  @Test func goodSplit() throws {
    let (raw, labels) = try paired([6, 7, 8])
    let found = try split(spec(raw: raw, labels: labels), spec(.validate, raw: raw, labels: labels))
    #expect(found.crops.map(\.name) == ["a", "a-2"])
    #expect(found.train.count == 1 && found.validate.count == 1)
    #expect(found.voxelSize == Coordinate(repeating: Rational(8), count: 3))
    #expect(found.crops[0].bounds == (try VoxelRoi(shape: [6, 7, 8])))
  }

  @Test func labelsInsideALargerRaw() throws {
    let (raw, _) = try paired([20, 20, 20])
    let labels = try volume([4, 5, 6], offset: [16, 24, 32]) { _, _, _ in UInt8(1) }
    let crop = try split(spec(raw: raw, labels: labels)).crops[0]
    #expect(crop.rawShift == [2, 3, 4])
    #expect(crop.bounds.shape.values == [4, 5, 6])
  }

  @Test func labelsPartlyOutsideRawAreCut() throws {
    let (raw, _) = try paired([10, 10, 10])
    let labels = try volume([10, 10, 10], offset: [-24, 0, 40]) { _, _, _ in UInt8(1) }
    let crop = try split(spec(raw: raw, labels: labels)).crops[0]
    #expect(crop.bounds.offset.values == [3, 0, 0])
    #expect(crop.bounds.shape.values == [7, 10, 5])
  }

  @Test func roiRestricts() throws {
    let (raw, labels) = try paired([10, 10, 10])
    let roi = try WorldRoi(from: Coordinate([Rational(0), Rational(10), Rational(16)]), to: Coordinate([Rational(80), Rational(40), Rational(80)]))
    let crop = try split(spec(raw: raw, labels: labels, roi: roi)).crops[0]
    #expect(crop.bounds.offset.values == [0, 2, 2])     // 10 nm is inside voxel 1: the first whole voxel is 2
    #expect(crop.bounds.shape.values == [10, 3, 8])
  }

  @Test func everyProblemAtOnce() throws {
    let (raw, labels) = try paired([6, 6, 6])
    let floats = try volume([6, 6, 6]) { _, _, _ in Float(1) }
    let ints = try volume([6, 6, 6]) { _, _, _ in Int32(1) }
    let coarse = try volume([6, 6, 6], voxel: 16) { _, _, _ in UInt8(1) }
    let half = try volume([6, 6, 6], offset: [4, 0, 0]) { _, _, _ in UInt8(1) }
    let far = try volume([6, 6, 6], offset: [800, 0, 0]) { _, _, _ in UInt8(1) }
    let outside = try WorldRoi(from: Coordinate(repeating: Rational(900), count: 3), to: Coordinate(repeating: Rational(990), count: 3))
    let found = problems {
      _ = try split(
        spec(raw: raw, labels: floats, name: "swapped"), spec(raw: ints, labels: labels, name: "ints"), spec(raw: raw, labels: coarse, name: "coarse"),
        spec(raw: raw, labels: half, name: "half"), spec(raw: raw, labels: far, name: "far"), spec(raw: raw, labels: labels, name: "roi", roi: outside),
        spec(raw: raw, labels: labels, name: "weight", weight: 0), spec(raw: raw, labels: labels, mask: half, name: "mask"))
    }
    #expect(found.count == 8)
    #expect(found.contains(.labelsDtype(crop: "swapped", path: "labels of swapped", dtype: .float32)))
    #expect(found.contains(.rawDtype(crop: "ints", path: "raw of ints", dtype: .int32)))
    #expect(found.contains(.voxelSize(crop: "coarse", role: "labels", raw: "(8, 8, 8)", other: "(16, 16, 16)")))
    #expect(found.contains(.shifted(crop: "half", role: "labels", axis: "z", distance: "0.5")))
    #expect(found.contains(.weight(crop: "weight", weight: 0)))
    for name in ["far", "roi", "mask"] { #expect(found.contains { $0.description.contains("\"\(name)\"") }) }
  }

  @Test func emptyAndValidationOnly() throws {
    let (raw, labels) = try paired([6, 6, 6])
    #expect(problems { _ = try DataSplit([]) { _, _ in .nothing } } == [.empty])
    #expect(problems { _ = try split(spec(.validate, raw: raw, labels: labels)) } == [.noTraining(crops: 1)])
  }

  @Test func cropsMustAgree() throws {
    let (raw, labels) = try paired([6, 6, 6])
    let (raw4, labels4) = try paired([6, 6, 6], voxel: 4)
    let channels = try Volume(try NDArray(.uint8, [2, 6, 6, 6]), try raw.grid.with(axes: [.c, .z, .y, .x]))
    #expect(problems { _ = try split(spec(raw: raw, labels: labels), spec(raw: raw4, labels: labels4, name: "b")) } == [.splitVoxelSize(crop: "b", expected: "(8, 8, 8)", found: "(4, 4, 4)", first: "a")])
    #expect(problems { _ = try split(spec(raw: raw, labels: labels), spec(raw: channels, labels: labels, name: "b")) } == [.rawChannels(crop: "b", expected: 1, found: 2, first: "a")])
    #expect(problems { _ = try split(spec(raw: raw, labels: labels), spec(raw: raw, labels: channels, name: "b")) } == [.labelChannels(crop: "b", expected: 1, found: 2, first: "a")])
  }

  @Test func pathsAreOpened() throws {
    let (raw, labels) = try paired([6, 6, 6])
    func open(_ path: String, _ voxel: WorldCoordinate?) throws -> Opened {
      switch path {
      case "raw": .array(raw)
      case "labels": .array(labels)
      case "group": .group(children: ["s0"])
      case "broken": throw TrainingError.notARun(path: "x", reason: "y")
      default: .nothing
      }
    }
    func one(_ raw: String, _ labels: [String]) -> [SplitProblem] {
      problems { _ = try DataSplit([CropSpec(name: "a", use: .train, raw: .path(raw), labels: labels.map { .path($0) })], open: open) }
    }
    #expect(one("raw", ["labels"]).isEmpty)
    #expect(one("nowhere", ["labels"]) == [.missing(crop: "a", role: "raw", path: "nowhere")])
    #expect(one("raw", ["group"]) == [.isGroup(crop: "a", role: "labels", path: "group", children: ["s0"])])
    #expect(one("broken", ["gone"]).count == 2)
    let stacked = try DataSplit([CropSpec(use: .train, raw: .path("raw"), labels: [.path("labels"), .path("labels")], classes: ["m", "n"])], open: open)
    #expect(stacked.labelChannels == 2 && stacked.classes == ["m", "n"])
    let ids = try labels.array.elements(UInt32.self)
    #expect(try stacked.crops[0].labels.read(offset: [0, 0, 0], shape: [6, 6, 6]).elements(UInt32.self) == ids + ids)   // ids stay ids
  }
}

@Suite struct DownsampledTests {
  @Test func meanAndMajority() throws {
    let fine = try volume([2, 2, 4]) { z, y, x in UInt8(z * 8 + y * 4 + x) }
    let mean = try DownsampledSource(fine, by: [2, 2, 2], .mean)
    #expect(mean.shape == [1, 1, 2])
    #expect(mean.grid.voxelSize == Coordinate(repeating: Rational(16), count: 3))
    #expect(try mean.read(try VoxelRoi(shape: [1, 1, 2]), ReadContext()).elements(UInt8.self) == [6, 8])   // 6.5 and 8.5, half to even
    let ids = try volume([1, 2, 4]) { _, y, x in [[UInt32(0), 7, 0, 9], [0, 7, 5, 5]][y][x] }
    let majority = try DownsampledSource(ids, by: [1, 2, 2], .majority)
    #expect(try majority.read(try VoxelRoi(shape: [1, 1, 2]), ReadContext()).elements(UInt32.self) == [7, 5])   // a tie goes to the object
  }

  /// A mask by majority is "mean of the mask at least ½", for every pattern of a 2×2×2 block.
  @Test func majorityOfAMask() throws {
    for pattern in 0..<256 {
      let block = try volume([2, 2, 2]) { z, y, x in UInt8(pattern >> (z * 4 + y * 2 + x) & 1) }
      let found = try DownsampledSource(block, by: [2, 2, 2], .majority).read(try VoxelRoi(shape: [1, 1, 1]), ReadContext()).elements(UInt8.self)
      #expect(found == [pattern.nonzeroBitCount >= 4 ? 1 : 0])
    }
  }

  /// Any box of the coarse view equals that box of the whole coarse array.
  @Test func boxes() throws {
    let fine = try volume([5, 6, 7]) { z, y, x in UInt16(z * 100 + y * 10 + x) }
    let coarse = try DownsampledSource(fine, by: [2, 1, 3], .mean, origin: [1, 0, 0])
    #expect(coarse.shape == [2, 6, 2])
    #expect(coarse.grid.offset.values == [Rational(8), Rational(0), Rational(0)])
    let whole = try coarse.read(try VoxelRoi(shape: [2, 6, 2]), ReadContext())
    for z in 0..<2 { for y in 0..<6 { for x in 0..<2 {
      let one = try coarse.read(try VoxelRoi(offset: Coordinate([z, y, x]), shape: Coordinate([1, 1, 1])), ReadContext()).elements(UInt16.self)
      #expect(one == (try whole.slice(offset: [z, y, x], shape: [1, 1, 1]).elements(UInt16.self)))
    } } }
  }

  /// Labels that begin on an odd voxel are cut into the same blocks as raw.
  @Test func alignedWithRaw() throws {
    let raw = try volume([8, 8, 8]) { z, y, x in Float(z * 64 + y * 8 + x) }
    let labels = try volume([5, 5, 5], offset: [8, 16, 24]) { z, y, x in UInt32((z + 1) / 2 * 10_000 + (y / 2) * 100 + (x + 1) / 2 + 1) }
    let crop = try split(spec(raw: raw, labels: labels), downsample: [2]).crops[0]
    #expect(crop.rawShift == [1, 1, 2])
    #expect(crop.labels.shape == [2, 2, 2])
    let first = try crop.labels.read(offset: [0, 0, 0], shape: [1, 1, 1]).elements(UInt32.self)
    #expect(first == [10_002])   // voxels 1…2, 0…1, 1…2 of labels, all of one id
  }

  @Test(arguments: [[0], [1, 2], [-1, 1, 1]]) func badFactors(_ factor: [Int]) throws {
    let (raw, labels) = try paired([6, 6, 6])
    #expect(throws: (any Error).self) { try split(spec(raw: raw, labels: labels), downsample: factor) }
  }
}

@Suite struct SplitCSVTests {
  func specs(_ text: String, path: String, _ keys: SplitKeys = SplitKeys()) -> [CropSpec] {
    let found = SplitCSV.read(text, path: path, keys: keys) { _ in [] }
    #expect(found.problems.isEmpty)
    return found.specs
  }

  @Test func header() throws {
    let specs = specs(
      "\u{feff}use,raw,labels,mask,weight,roi,name\r\n# note\r\ntrain,a.zarr,/data/b.zarr/mito,,2.5,\"[0um:1.5um, 0:640, 8nm:16nm]\",first\r\n\r\nvalidate,c.zarr/raw,d.zarr,m.zarr,,,\r\n",
      path: "sets/x.csv", SplitKeys(raw: "em/s1", labels: "labels/mito"))
    #expect(specs.count == 2)
    #expect(specs[0].raw.name == "sets/a.zarr/em/s1" && specs[0].labels[0].name == "/data/b.zarr/mito" && specs[0].mask == nil)
    #expect(specs[0].weight == 2.5 && specs[0].shownName == "first" && specs[0].use == .train)
    #expect(specs[0].roi == (try WorldRoi(from: Coordinate([Rational(0), Rational(0), Rational(8)]), to: Coordinate([Rational(1500), Rational(640), Rational(16)]))))
    #expect(specs[1].use == .validate && specs[1].labels[0].name == "sets/d.zarr/labels/mito" && specs[1].mask?.name == "sets/m.zarr" && specs[1].shownName == "c")
  }

  @Test func dacapo() throws {
    let specs = specs("train,a.n5,em/s0,b.zarr,labels/[mito&er]\nval,a.n5,em/s0,b.zarr,labels/all", path: "x.csv")
    #expect(specs.map(\.place) == ["x.csv:1", "x.csv:2"])
    #expect(specs[0].raw.name == "a.n5/em/s0" && specs[0].labels.map(\.name) == ["b.zarr/labels/mito", "b.zarr/labels/er"] && specs[0].classes == ["mito", "er"])
    #expect(specs[1].use == .validate && specs[1].labels.map(\.name) == ["b.zarr/labels/all"] && specs[1].classes.isEmpty)
  }

  @Test(arguments: [
    ("train,a,b,c", 1, "five fields"), ("train,a,b,c,", 1, "labels dataset is empty"), ("test,a,b,c,d", 1, "train or validate"),
    ("use,raw\ntrain,a", 1, "`labels` is missing"), ("use,raw,labels,lables\n", 1, "unknown column `lables`"), ("use,raw,labels,raw\n", 1, "named twice"),
    ("use,raw,labels\n\ntrain,a", 3, "expected 3 fields"), ("use,raw,labels\ntrain,,b", 2, "raw is empty"), ("use,raw,labels,weight\ntrain,a,b,much", 2, "a number"),
    ("use,raw,labels,roi\ntrain,a,b,\"[0:1, 5:2]\"", 2, "roi must be like"), ("use,raw,labels\ntrain,\"a,b", 2, "not closed"),
  ]) func badLines(_ text: String, _ line: Int, _ part: String) {
    let found = SplitCSV.read(text, path: "x.csv") { _ in [] }
    guard found.problems.count == 1, case .line("x.csv", let place, let reason) = found.problems[0] else { Issue.record("\(found)"); return }
    #expect(place == line && reason.contains(part), "\(reason)")
  }

  @Test(arguments: ["", "\n\n", "use,raw,labels\n"]) func noLines(_ text: String) {
    let found = SplitCSV.read(text, path: "x.csv") { _ in [] }
    #expect(found.specs.isEmpty && found.problems.isEmpty)
  }

  /// Good lines are read though others are not; after a bad heading nothing is.
  @Test func everyBadLine() {
    let found = SplitCSV.read("use,raw,labels\ntrain,a\nsometimes,a,b\ntrain,c,d\n", path: "x.csv") { _ in [] }
    #expect(found.specs.map(\.raw.name) == ["c"] && found.specs.map(\.place) == ["x.csv:4"])
    #expect(found.problems.map(\.description) == ["x.csv:2: expected 3 fields (use, raw, labels), found 2", "x.csv:3: use must be train or validate, found \"sometimes\""])
    #expect(SplitCSV.read("use,raw\ntrain,a\n", path: "x.csv") { _ in [] }.problems.count == 1)
  }

  @Test func classesAndPoints() {
    let text = "use,raw,labels,annotated,points\ntrain,a,b/[m&n],m,p.csv\ntrain,a,b,,q.csv"
    let found = SplitCSV.read(text, path: "x.csv") { path in Array((path == "p.csv" ? "x,z,y\n3,1,2\n6.5,4,5\n" : "1,2\n3\n").utf8) }
    #expect(found.specs.map(\.annotated) == [["m"]] && found.specs.first?.points == [Coordinate([Rational(1), Rational(2), Rational(3)]), Coordinate([Rational(4), Rational(5), Rational(decimal: "6.5")!])])
    #expect(found.problems.map(\.description) == ["x.csv:3: points q.csv: line 2: expected 2 numbers, found \"3\""])
  }
}
