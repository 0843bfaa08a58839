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

func split(_ specs: CropSpec..., downsample: [Int] = [1]) throws(TrainingError) -> DataSplit {
  try DataSplit(specs, downsample: downsample) { _ in .nothing }
}

func problems(_ body: () throws -> Void) -> [SplitProblem] {
  do { try body() } catch TrainingError.split(let found) { return found } catch { return [] }
  return []
}

func context(threads: Int = 1) -> ExecutionContext { ExecutionContext(pool: ThreadPool(threads: threads)) }
