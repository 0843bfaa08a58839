import Arrays
import Execution
import Geometry
import Training

/// A volume (z, y, x) of isotropic voxels whose elements are a function of the index.
func volume<T: Element>(_ shape: [Int], voxel: Int = 8, offset: [Int] = [0, 0, 0], _ value: (Int, Int, Int) -> T) throws -> Volume {
  var values: [T] = []
  for z in 0..<shape[0] { for y in 0..<shape[1] { for x in 0..<shape[2] { values.append(value(z, y, x)) } } }
  let grid = try Grid(axes: [.z, .y, .x], voxelSize: Coordinate(repeating: Rational(voxel), count: 3), offset: Coordinate(offset.map { Rational($0) }))
  return try Volume(try NDArray(values, shape), grid)
}

/// Raw whose value names its voxel, and labels that are 1 where that value is even: any loss of alignment shows.
func paired(_ shape: [Int], voxel: Int = 8) throws -> (raw: Volume, labels: Volume) {
  (try volume(shape, voxel: voxel) { z, y, x in Float((z * 31 + y) * 37 + x) },
   try volume(shape, voxel: voxel) { z, y, x in UInt32((z * 31 + y) * 37 + x) + 1 })
}

func spec(_ use: CropSpec.Use = .train, raw: Volume, labels: Volume, mask: Volume? = nil, name: String = "a", weight: Double = 1, roi: WorldRoi? = nil) -> CropSpec {
  CropSpec(name: name, use: use, raw: .source(raw, name: "raw of \(name)"), labels: [.source(labels, name: "labels of \(name)")], mask: mask.map { .source($0, name: "mask of \(name)") }, weight: weight, roi: roi)
}

func split(_ specs: CropSpec..., downsample: [Int] = [1]) throws -> DataSplit {
  try DataSplit(specs, downsample: downsample) { _, _ in .nothing }
}

func problems(_ body: () throws -> Void) -> [SplitProblem] {
  do { try body() } catch TrainingError.split(let found) { return found } catch { return [] }
  return []
}

/// Labels (channel, z, y, x) at offset 0.
func truth(_ labels: NDArray, mask: NDArray? = nil, voxelSize: [Double] = [8, 8, 8]) throws -> Task.Truth {
  let size: WorldCoordinate = Coordinate(voxelSize.map { Rational(Int($0)) })
  return Task.Truth(labels, mask: mask, grid: try Grid(axes: [.z, .y, .x], voxelSize: size, offset: Coordinate(repeating: .zero, count: 3)))
}

func context(threads: Int = 1) -> ExecutionContext { ExecutionContext(pool: ThreadPool(threads: threads)) }

import Glibc
import Networks
import Storage

/// Bright balls on noise, and the mask of the balls.
func balls(_ shape: [Int], seed: UInt64 = 1, voxel: Int = 8) throws -> (raw: Volume, labels: Volume) {
  var random = KeyedGenerator(seed: seed, purpose: "balls")
  let centres = (0..<6).map { _ in (Double(random.index(below: shape[0])), Double(random.index(below: shape[1])), Double(random.index(below: shape[2])), random.uniform(3, 6)) }
  func inside(_ z: Int, _ y: Int, _ x: Int) -> Bool {
    centres.contains { c in
      let (dz, dy, dx) = (Double(z) - c.0, Double(y) - c.1, Double(x) - c.2)
      return dz * dz + dy * dy + dx * dx < c.3 * c.3
    }
  }
  let labels = try volume(shape, voxel: voxel) { z, y, x in UInt8(inside(z, y, x) ? 1 : 0) }
  let raw = try volume(shape, voxel: voxel) { z, y, x in UInt8((inside(z, y, x) ? 150.0 : 90) + random.uniform(-25, 25)) }
  return (raw, labels)
}

/// A folder that is removed at the end of `body`.
func withFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = try Files.makeTemporaryFolder()
  defer { try? Files.removeTree(folder) }
  return try body(folder)
}

func tinyNetwork(_ channels: Int = 1, padding: Convolution.Border = .valid) throws -> Network {
  try UNetSettings(outChannels: 8, features: 8, featureFactor: 2, downsampleFactors: [[2, 2, 2]], padding: padding).network().withHead(channels: channels)
}

func tinySettings(_ task: Task? = nil, input: Int = 16, batch: Int = 2, rate: LearningRate = LearningRate(3e-3), average: Double = 0, seed: UInt64 = 7, edit: (inout RunSettings) -> Void = { _ in }) throws -> RunSettings {
  let (raw, labels) = try balls([36, 36, 36]), (raw2, labels2) = try balls([28, 28, 28], seed: 2)
  let data = try split(spec(raw: raw, labels: labels, name: "t"), spec(.validate, raw: raw2, labels: labels2, name: "v"))
  var settings = try RunSettings(
    network: try tinyNetwork(padding: .same), task: try task ?? .oneHot(["ball"]), data: data, input: [input, input, input], batch: batch, optimizer: .adam, rate: rate, average: average,
    augment: try Augmentation.usual(), seed: seed)
  edit(&settings)
  return settings
}
