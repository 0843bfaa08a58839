import Arrays
import Execution
import Glibc
import Testing
import Segmentation

/// Results of scipy, scikit-image and cc3d: Tests/Fixtures/segmentation/generate.py.
@Suite struct FixtureTests {
  struct Case: CustomTestStringConvertible {
    let name: String, voxelSize: [Double]
    var rank: Int { voxelSize.count }
    var testDescription: String { name }

    func array(_ suffix: String) throws -> NDArray { try readNpy("\(name)_\(suffix)") }
    func score(_ key: String) throws -> Double { try #require(scores()["\(name)_\(key)"]) }
  }

  static let cases = [
    Case(name: "cube", voxelSize: [40, 4, 4]), Case(name: "plane", voxelSize: [5.24, 4.56]), Case(name: "thin", voxelSize: [8, 8, 8]), Case(name: "long", voxelSize: [5.24, 4, 4.56]),
  ]

  @Test(arguments: cases) func components(_ c: Case) throws {
    for connectivity in 1...c.rank {
      let mask = try labelComponents(c.array("mask"), connectivity: connectivity, dtype: .uint32, crowd).labels
      #expect(try mask.elements(UInt32.self) == c.array("components_\(connectivity)").elements(UInt32.self))
      let labels = try labelComponents(c.array("labels"), connectivity: connectivity, byValue: true, dtype: .uint32, crowd).labels
      #expect(try labels.elements(UInt32.self) == c.array("by_value_\(connectivity)").elements(UInt32.self))
    }
  }

  @Test(arguments: cases) func distances(_ c: Case) throws {
    let mask = try c.array("mask"), labels = try c.array("labels")
    #expect(try close(distanceTransform(mask, voxelSize: c.voxelSize, crowd).elements(Float.self), c.array("distance").elements(Double.self)))
    #expect(try close(distanceTransform(mask, voxelSize: c.voxelSize, border: .background, crowd).elements(Float.self), c.array("distance_border").elements(Double.self)))
    #expect(try close(signedDistance(mask, voxelSize: c.voxelSize, crowd).elements(Float.self), c.array("signed_mask").elements(Double.self)))
    #expect(try close(signedDistance(labels, voxelSize: c.voxelSize, crowd).elements(Float.self), c.array("signed_labels").elements(Double.self)))
  }

  @Test(arguments: cases) func filters(_ c: Case) throws {
    let values = try c.array("values"), mask = try c.array("mask"), sigma = Array([1.5, 0.7, 2.3].suffix(c.rank)), radius = Array([1, 2, 1].suffix(c.rank))
    for (truncate, name) in [(4.0, "gaussian"), (3, "gaussian_3")] {
      let found = try gaussian(values, sigma: sigma, truncate: truncate, crowd).elements(Float.self), expected = try c.array(name).elements(Double.self)
      #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-6 })
    }
    #expect(try median(values, radius: radius, crowd).elements(Float.self) == c.array("median").elements(Float.self))
    #expect(try erode(values, .box(radius: radius), crowd).elements(Float.self) == c.array("box_erosion").elements(Float.self))
    #expect(try dilate(values, .box(radius: radius), crowd).elements(Float.self) == c.array("box_dilation").elements(Float.self))
    let ball = StructuringElement.ball(radius: 9, voxelSize: c.voxelSize)
    #expect(try erode(mask, ball, crowd).elements(Bool.self) == c.array("ball_erosion").elements(Bool.self))
    #expect(try dilate(mask, ball, crowd).elements(Bool.self) == c.array("ball_dilation").elements(Bool.self))
    #expect(try threshold(fillHoles(mask, crowd), above: 0, crowd).elements(Bool.self) == c.array("filled").elements(Bool.self))
  }

  @Test(arguments: cases) func targets(_ c: Case) throws {
    let offsets = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 2, 3], [0, -3, 0]].map { Array($0.suffix(c.rank)) }
    #expect(try affinities(c.array("labels"), neighborhood: offsets, crowd).elements(UInt8.self) == c.array("affinities").elements(UInt8.self))
    let signed = try signedDistance(c.array("mask"), voxelSize: c.voxelSize, crowd).elements(Float.self)
    let target = try NDArray(signed.map { Float(tanh(Double($0) / 20)) }, c.array("mask").shape)
    let shape = target.shape
    var inside = [UInt8]()
    for index in 0..<target.count {
      var rest = index, kept = true
      for extent in shape.reversed() { kept = kept && rest % extent < max(1, extent - 2); rest /= extent }
      inside.append(kept ? 1 : 0)
    }
    for (suffix, compatible) in [("", false), ("_compatible", true)] {
      let found = try trustedMask(target: target, mask: NDArray(inside, shape), voxelSize: c.voxelSize, scale: 20, compatible: compatible, crowd)
      #expect(try found.elements(Bool.self) == c.array("trusted\(suffix)").elements(Bool.self))
    }
  }

  @Test(arguments: cases) func partitions(_ c: Case) throws {
    let counts = try contingency(c.array("segmentation"), c.array("labels"), crowd)
    for (suffix, background) in [("", false), ("_background", true)] {
      let found = try PartitionScores(counts, background: background)
      for (key, value) in [("voi_split", found.voiSplit), ("voi_merge", found.voiMerge), ("rand_error", found.adaptedRandError), ("rand_precision", found.randPrecision), ("rand_recall", found.randRecall)] {
        #expect(try abs(value - c.score(key + suffix)) < 1e-12, "\(key)\(suffix)")
      }
    }
  }

  @Test func distanceScoresOfEmptyMasks() throws {
    let none = try NDArray(.bool, [2, 3]), one = try NDArray([true, false, false, false, false, false], [2, 3])
    func scores(_ a: NDArray, _ b: NDArray) throws -> DistanceScores { try DistanceScores(a, b, voxelSize: [1, 1], clip: 1, tolerance: 0, alone) }
    #expect(try scores(none, none).hausdorff == 0 && scores(none, none).meanFalseDistance.isNaN)
    #expect(try scores(none, one).hausdorff.isNaN && scores(one, none).f1WithTolerance.isNaN)
    #expect(try scores(one, one).hausdorff == 0 && scores(one, one).f1WithTolerance == 1)
  }
}

private let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/") + "/Fixtures/segmentation"

func fixtureBytes(_ name: String) throws -> [UInt8] { try bytes("\(folder)/\(name)") }

private func bytes(_ path: String) throws -> [UInt8] {
  let file = try #require(fopen(path, "rb"), "\(path)")
  defer { fclose(file) }
  fseek(file, 0, SEEK_END)
  var bytes = [UInt8](repeating: 0, count: ftell(file))
  rewind(file)
  #expect(fread(&bytes, 1, bytes.count, file) == bytes.count)
  return bytes
}

/// "name value" lines.
private func scores() throws -> [String: Double] { try fixtureScores("scores.txt") }

func fixtureScores(_ name: String) throws -> [String: Double] {
  var all: [String: Double] = [:]
  for line in String(decoding: try bytes("\(folder)/\(name)"), as: UTF8.self).split(separator: "\n") {
    let words = line.split(separator: " ")
    all[String(words[0])] = Double(words[1])
  }
  return all
}

/// C-order little-endian .npy, as generate.py writes them.
func readNpy(_ name: String) throws -> NDArray {
  let file = try bytes("\(folder)/\(name).npy")
  let headerEnd = 10 + Int(file[8]) + Int(file[9]) << 8
  let header = String(decoding: file[10..<headerEnd], as: UTF8.self)
  func after(_ key: String, until end: Character) throws -> Substring { try #require(header.firstRange(of: key).map { header[$0.upperBound...].prefix { $0 != end } }) }
  let types: [Substring: DType] = ["|u1": .uint8, "<u2": .uint16, "<u4": .uint32, "<u8": .uint64, "<f4": .float32, "<f8": .float64, "|b1": .bool]
  let dtype = try #require(types[after("'descr': '", until: "'")])
  let shape = try after("'shape': (", until: ")").split(separator: ",").compactMap { Int($0.drop { $0 == " " }) }
  var array = try NDArray(dtype, shape)
  try #require(file.count - headerEnd == array.byteCount)
  array.withMutableBytes { target in for i in target.indices { target[i] = file[headerEnd + i] } }
  return array
}
