// cuDNN's convolution of three axes with channels last, 3×3×3, in its three passes. Inputs are ones, so that results are known whole numbers.
//
// Numbers of enumerations are those of cuDNN 9's headers: float 0, bfloat16 9; channels last 1; cross-correlation 1; tensor cores 1, and with
// conversion (TF32 for floats) 2.

private typealias Descriptor = OpaquePointer
private typealias Make = @convention(c) (UnsafeMutablePointer<Descriptor?>) -> Int32
private typealias Pass = @convention(c) (
  OpaquePointer?, UnsafePointer<Float>, Descriptor?, Address, Descriptor?, Address, Descriptor?, Int32, Address, Int, UnsafePointer<Float>, Descriptor?, Address) -> Int32
private typealias Choose = @convention(c) (OpaquePointer?, Descriptor?, Descriptor?, Descriptor?, Descriptor?, Int32, UnsafeMutablePointer<Int32>, Pointer) -> Int32
private typealias Room = @convention(c) (OpaquePointer?, Descriptor?, Descriptor?, Descriptor?, Descriptor?, Int32, UnsafeMutablePointer<Int>) -> Int32

/// cudnnConvolution…AlgoPerf_t: the same for the three passes.
private struct Choice {
  var algorithm: Int32 = 0, status: Int32 = -1
  var time: Float = 0
  var memory = 0
  var determinism: Int32 = 0, math: Int32 = 0
  var reserved: (Int32, Int32, Int32) = (0, 0, 0)
}

enum Precision: String, CaseIterable {
  case bfloat16, tf32
  var type: Int32 { self == .bfloat16 ? 9 : 0 }
  var math: Int32 { self == .bfloat16 ? 1 : 2 }
  var bytes: Int { self == .bfloat16 ? 2 : 4 }

  func ones(_ count: Int, on driver: Driver, at address: Address) throws {
    if self == .bfloat16 { try driver.copy([UInt16](repeating: 0x3F80, count: count), to: address) } else { try driver.copy([Float](repeating: 1, count: count), to: address) }
  }
  func first(_ driver: Driver, _ address: Address) throws -> Float {
    self == .bfloat16 ? Float(bitPattern: UInt32(try driver.read(1, of: UInt16(0), from: address)[0]) << 16) : try driver.read(1, of: Float(0), from: address)[0]
  }
}

/// One line a pass: its rate, or why there is none.
func convolutions(_ driver: Driver, channels: Int, features: Int, size: Int, _ precision: Precision) throws -> [String] {
  let library = try Library(["libcudnn.so.9", "libcudnn.so"])
  var handle: OpaquePointer?
  try check(try library.function("cudnnCreate", as: Make.self)(&handle), "cudnnCreate")
  defer { _ = (try? library.function("cudnnDestroy", as: (@convention(c) (OpaquePointer?) -> Int32).self))?(handle) }
  func descriptor(_ kind: String) throws -> Descriptor? {
    var made: Descriptor?
    try check(try library.function("cudnnCreate\(kind)Descriptor", as: Make.self)(&made), "cudnnCreate\(kind)Descriptor")
    return made
  }
  let outer = Int32(size), inner = outer - 2
  func tensor(_ channels: Int, _ edge: Int32) throws -> Descriptor? {
    let made = try descriptor("Tensor"), set = try library.function("cudnnSetTensorNdDescriptorEx", as: (@convention(c) (Descriptor?, Int32, Int32, Int32, UnsafePointer<Int32>) -> Int32).self)
    try check(set(made, 1, precision.type, 5, [1, Int32(channels), edge, edge, edge]), "cudnnSetTensorNdDescriptorEx")
    return made
  }
  let x = try tensor(channels, outer), y = try tensor(features, inner), w = try descriptor("Filter"), how = try descriptor("Convolution")
  let setFilter = try library.function("cudnnSetFilterNdDescriptor", as: (@convention(c) (Descriptor?, Int32, Int32, Int32, UnsafePointer<Int32>) -> Int32).self)
  try check(setFilter(w, precision.type, 1, 5, [Int32(features), Int32(channels), 3, 3, 3]), "cudnnSetFilterNdDescriptor")
  let setHow = try library.function("cudnnSetConvolutionNdDescriptor", as: (@convention(c) (Descriptor?, Int32, UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafePointer<Int32>, Int32, Int32) -> Int32).self)
  try check(setHow(how, 3, [0, 0, 0], [1, 1, 1], [1, 1, 1], 1, 0), "cudnnSetConvolutionNdDescriptor")
  try check(try library.function("cudnnSetConvolutionMathType", as: (@convention(c) (Descriptor?, Int32) -> Int32).self)(how, precision.math), "cudnnSetConvolutionMathType")

  let counts = [channels * size * size * size, features * channels * 27, features * Int(inner) * Int(inner) * Int(inner)]
  let memory = try counts.map { try driver.memory(precision.bytes * $0) }
  defer { memory.forEach(driver.free) }
  let work = 2 * Double(counts[1]) * Double(counts[2]) / Double(features)
  let voxels = Double(counts[2] / features)
  /// Operands and result by place in `counts`; the result's first value.
  let passes: [(name: String, Descriptor?, Int, Descriptor?, Int, Descriptor?, Int, Double)] = [
    ("Forward", x, 0, w, 1, y, 2, 27 * Double(channels)), ("BackwardData", w, 1, y, 2, x, 0, Double(features)), ("BackwardFilter", x, 0, y, 2, w, 1, voxels)]
  return passes.map { name, a, from, b, with, c, to, expected in
    do {
      for (index, count) in counts.enumerated() where index != to { try precision.ones(count, on: driver, at: memory[index]) }
      var choices = [Choice](repeating: Choice(), count: 8), found: Int32 = 0
      try check(try library.function("cudnnGetConvolution\(name)Algorithm_v7", as: Choose.self)(handle, a, b, how, c, 8, &found, &choices), "cudnnGetConvolution\(name)Algorithm_v7")
      let room = try library.function("cudnnGetConvolution\(name)WorkspaceSize", as: Room.self), run = try library.function("cudnnConvolution\(name)", as: Pass.self)
      guard let choice = choices.prefix(Int(found)).first(where: { $0.status == 0 }) else { return "\(name): no algorithm" }
      var bytes = 0, one: Float = 1, none: Float = 0
      try check(room(handle, a, b, how, c, choice.algorithm, &bytes), "workspace")
      let scratch = try driver.memory(bytes)
      defer { driver.free(scratch) }
      let time = try driver.seconds(calls: 10) {
        try check(run(handle, &one, a, memory[from], b, memory[with], how, choice.algorithm, scratch, bytes, &none, c, memory[to]), "cudnnConvolution\(name)")
      }
      let value = Double(try precision.first(driver, memory[to]))
      return "\(name): \(Int(work / time / 1e9)) GFLOP/s, algorithm \(choice.algorithm), workspace \(bytes >> 20) MiB, values \(abs(value - expected) <= expected / 128 ? "right" : "WRONG: \(value), not \(expected)")"
    } catch let problem as Problem { return "\(name): \(problem.text)" } catch { return "\(name): \(error)" }
  }
}
