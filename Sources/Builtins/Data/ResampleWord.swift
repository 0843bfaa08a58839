import Arrays
import Geometry
import Language
import Training

extension Builtin {
  static let resample = Builtin(
    "resample", "(a: array, voxel: coord|length = nil, like: array = nil, method: \"auto|mean|mode|linear|nearest\" = \"auto\") -> array",
    "Sees an array at another voxel size, whole factors an axis: nothing is computed until it is read.",
    details: ["auto: floats and grey values by mean and linear interpolation, ids (32 and 64 bits) and bools by mode and nearest. like: the voxel size and shape of another array."],
    examples: [Example("resample(zeros((4, 4, 4), voxel=(4, 4, 4)nm), voxel=8nm).shape", prints: "(2, 2, 2)")], searchTerms: ["downsample", "upsample", "scale"]
  ) { call in
    let array = try call.array("a"), grid = array.grid, like = try call.optionalArray("like")
    let target = try call.optionalWorld("voxel", rank: grid.spatialRank) ?? like?.grid.voxelSize
    guard let target else { throw call.failure(.argument, "`resample` needs voxel or like", hint: "resample(a, voxel=(8, 8, 8)nm)") }
    guard grid.isKnown, target.rank == grid.spatialRank else { throw call.failure(.units, "`resample` needs an array of known voxel size with \(target.rank) axes of space", at: "a") }
    var up = [Int](repeating: 1, count: array.shape.count), down = up
    for (position, axis) in grid.spatialAxes.enumerated() {
      let ratio = try target[position] / grid.voxelSize[position]
      let inverse = try Rational.one / ratio
      guard let factor = ratio.int ?? inverse.int, factor >= 1, factor <= 64 else {
        let (mine, wanted) = differentSizes(grid.voxelSize, target)
        throw call.failure(.grid, "voxel sizes must be whole multiples: \(mine) and \(wanted)", at: call.isGiven("voxel") ? "voxel" : "like")
      }
      if ratio.isInteger { down[axis] = factor } else { up[axis] = factor }
    }
    let isIds = array.dtype == .bool || (array.dtype.isInteger && array.dtype.size >= 4), method = try call.string("method")
    var source = try array.source(call.execution)
    if down.contains(where: { $0 > 1 }) {
      let majority = method == "mode" || method == "nearest" || (method == "auto" && isIds)
      source = try DownsampledSource(source, by: grid.spatialAxes.map { down[$0] }, majority ? .majority : .mean)
    }
    if up.contains(where: { $0 > 1 }) {
      let nearest = method == "nearest" || method == "mode" || (method == "auto" && isIds)
      source = try UpsampledSource(source, factors: up, method: nearest ? .nearest : .linear, shape: like.flatMap { $0.shape.count == array.shape.count ? $0.shape : nil })
    }
    return Value(ArrayValue(source))
  }
}
