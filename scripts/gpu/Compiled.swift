// A kernel of our own: compiled by NVRTC from text, launched, and its result compared.

private let source = """
extern "C" __global__ void scaled(float factor, const float *x, float *y, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) y[i] = factor * x[i] + 1;
}
"""

/// - Returns: what was found, for people.
func compiledKernel(_ driver: Driver) throws -> String {
  let library = try Library(["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"])
  var program: OpaquePointer?
  let create = try library.function("nvrtcCreateProgram", as: (@convention(c) (UnsafeMutablePointer<OpaquePointer?>, UnsafePointer<CChar>, UnsafePointer<CChar>, Int32, Pointer?, Pointer?) -> Int32).self)
  try check(create(&program, source, "scaled.cu", 0, nil, nil), "nvrtcCreateProgram")
  let compile = try library.function("nvrtcCompileProgram", as: (@convention(c) (OpaquePointer?, Int32, UnsafePointer<UnsafePointer<CChar>?>) -> Int32).self)
  let architecture = "--gpu-architecture=compute_\(driver.capability.major)\(driver.capability.minor)"
  try architecture.withCString { option in
    var options: [UnsafePointer<CChar>?] = [option]
    try check(compile(program, 1, &options), "nvrtcCompileProgram")
  }
  var size = 0
  try check(try library.function("nvrtcGetPTXSize", as: (@convention(c) (OpaquePointer?, UnsafeMutablePointer<Int>) -> Int32).self)(program, &size), "nvrtcGetPTXSize")
  var text = [CChar](repeating: 0, count: size + 1)
  try check(try library.function("nvrtcGetPTX", as: (@convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>) -> Int32).self)(program, &text), "nvrtcGetPTX")

  var module: OpaquePointer?, function: OpaquePointer?
  try check(try driver.library.function("cuModuleLoadData", as: (@convention(c) (UnsafeMutablePointer<OpaquePointer?>, UnsafePointer<CChar>) -> Int32).self)(&module, text), "cuModuleLoadData")
  let find = try driver.library.function("cuModuleGetFunction", as: (@convention(c) (UnsafeMutablePointer<OpaquePointer?>, OpaquePointer?, UnsafePointer<CChar>) -> Int32).self)
  try check(find(&function, module, "scaled"), "cuModuleGetFunction")
  let launch = try driver.library.function("cuLaunchKernel", as: (@convention(c) (
    OpaquePointer?, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, OpaquePointer?, UnsafeMutablePointer<Pointer?>, Pointer?) -> Int32).self)

  let count = 1 << 24, values = (0..<count).map { Float($0 % 1000) }
  let x = try driver.memory(4 * count), y = try driver.memory(4 * count)
  defer { driver.free(x); driver.free(y) }
  try driver.copy(values, to: x)
  var factor: Float = 2, from = x, to = y, length = Int32(count)
  let time = try withUnsafeMutablePointer(to: &factor) { a in
    try withUnsafeMutablePointer(to: &from) { b in
      try withUnsafeMutablePointer(to: &to) { c in
        try withUnsafeMutablePointer(to: &length) { d in
          var arguments: [Pointer?] = [Pointer(a), Pointer(b), Pointer(c), Pointer(d)]
          return try driver.seconds(calls: 20) { try check(launch(function, UInt32(count / 256), 1, 1, 256, 1, 1, 0, nil, &arguments, nil), "cuLaunchKernel") }
        }
      }
    }
  }
  guard try driver.read(count, of: Float(0), from: y) == values.map({ 2 * $0 + 1 }) else { throw Problem(text: "the kernel's values are wrong") }
  return "\(library.name): kernel compiled and launched, values right, \(Int(8 * Double(count) / time / 1e9)) GB/s"
}
