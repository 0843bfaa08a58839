// Tensors for kernel tests: a buffer of NaN with the image inside it, so that reading between rows or behind the end shows in the result
// and writing there shows in `strayWrites`.
import CKernels
import Execution

final class Image {
  let storage: UnsafeMutableBufferPointer<Float>
  var tensor: dcs_tensor

  /// - Parameters:
  ///   - gap: floats between rows; `gap` rows' worth between planes when `rowGap`.
  init(_ channels: Int, _ depth: Int, _ height: Int, _ width: Int, gap: Int = 0, rowGap: Int = 0, seed: UInt64? = nil) {
    let sy = width + gap, sz = sy * (height + rowGap), sc = sz * depth
    storage = .allocate(capacity: sc * channels + Int(DCS_SLACK))
    storage.initialize(repeating: .nan)
    tensor = dcs_tensor(data: storage.baseAddress, channels: Int64(channels), depth: Int64(depth), height: Int64(height), width: Int64(width),
                        sc: Int64(sc), sz: Int64(sz), sy: Int64(sy))
    guard let seed else { return }
    var generator = KeyedGenerator(seed: seed, purpose: "image")
    forEachVoxel { self[$0, $1, $2, $3] = Float(generator.uniform(-1, 1)) }
  }

  deinit { storage.deallocate() }

  func index(_ c: Int, _ z: Int, _ y: Int, _ x: Int) -> Int { c * Int(tensor.sc) + z * Int(tensor.sz) + y * Int(tensor.sy) + x }

  subscript(c: Int, z: Int, y: Int, x: Int) -> Float {
    get { storage[index(c, z, y, x)] }
    set { storage[index(c, z, y, x)] = newValue }
  }

  var channels: Int { Int(tensor.channels) }
  var shape: (depth: Int, height: Int, width: Int) { (Int(tensor.depth), Int(tensor.height), Int(tensor.width)) }

  func forEachVoxel(_ body: (Int, Int, Int, Int) -> Void) {
    for c in 0..<channels { for z in 0..<shape.depth { for y in 0..<shape.height { for x in 0..<shape.width { body(c, z, y, x) } } } }
  }

  /// The voxels in raster order.
  var values: [Float] {
    var result: [Float] = []
    forEachVoxel { result.append(self[$0, $1, $2, $3]) }
    return result
  }

  /// Floats outside the image that no longer are NaN.
  var strayWrites: Int { storage.count { !$0.isNaN } - values.count { !$0.isNaN } }

  func copy() -> Image {
    let result = Image(channels, shape.depth, shape.height, shape.width)
    forEachVoxel { result[$0, $1, $2, $3] = self[$0, $1, $2, $3] }
    return result
  }
}

func randomFloats(_ count: Int, seed: UInt64) -> [Float] {
  var generator = KeyedGenerator(seed: seed, purpose: "floats")
  return (0..<count).map { _ in Float(generator.uniform(-1, 1)) }
}

/// The levels that this machine has.
let kernelLevels: [String] = ["baseline", "avx2", "avx512"].filter { name in
  defer { dcs_kernel_set_thread_level(nil) }
  return dcs_kernel_set_thread_level(name) == 1
}

func onLevel<Result>(_ level: String, _ body: () -> Result) -> Result {
  dcs_kernel_set_thread_level(level)
  defer { dcs_kernel_set_thread_level(nil) }
  return body()
}

func extent(_ depth: Int, _ height: Int, _ width: Int) -> dcs_extent {
  dcs_extent(depth: Int64(depth), height: Int64(height), width: Int64(width))
}

func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

/// The largest |a - b| / (1 + |b|), infinity when one is NaN or the counts differ.
func distance(_ a: [Float], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { worst, pair in
    let error = abs(Double(pair.0) - pair.1) / (1 + abs(pair.1))
    return error.isNaN ? .infinity : max(worst, error)
  }
}
