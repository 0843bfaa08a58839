// The CUDA driver: a device, its memory, the time that work on it takes.

import Glibc

typealias Pointer = UnsafeMutableRawPointer
typealias Address = UInt64   // CUdeviceptr

final class Driver {
  let library: Library
  let device: String
  let capability: (major: Int32, minor: Int32)

  private let allocate: @convention(c) (UnsafeMutablePointer<Address>, Int) -> Int32
  private let release: @convention(c) (Address) -> Int32
  private let upload: @convention(c) (Address, UnsafeRawPointer, Int) -> Int32
  private let download: @convention(c) (Pointer, Address, Int) -> Int32
  private let synchronize: @convention(c) () -> Int32

  /// - Throws: `Problem` where there is no driver or no device.
  init() throws {
    library = try Library(["libcuda.so.1"])
    try check(try library.function("cuInit", as: (@convention(c) (UInt32) -> Int32).self)(0), "cuInit")
    var count: Int32 = 0, id: Int32 = 0
    try check(try library.function("cuDeviceGetCount", as: (@convention(c) (UnsafeMutablePointer<Int32>) -> Int32).self)(&count), "cuDeviceGetCount")
    guard count > 0 else { throw Problem(text: "the driver knows no device") }
    try check(try library.function("cuDeviceGet", as: (@convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32).self)(&id, 0), "cuDeviceGet")
    var letters = [UInt8](repeating: 0, count: 256)
    try check(try library.function("cuDeviceGetName", as: (@convention(c) (UnsafeMutablePointer<UInt8>, Int32, Int32) -> Int32).self)(&letters, 255, id), "cuDeviceGetName")
    device = String(decoding: letters.prefix { $0 != 0 }, as: UTF8.self)
    let attribute = try library.function("cuDeviceGetAttribute", as: (@convention(c) (UnsafeMutablePointer<Int32>, Int32, Int32) -> Int32).self)
    var major: Int32 = 0, minor: Int32 = 0
    try check(attribute(&major, 75, id), "cuDeviceGetAttribute")
    try check(attribute(&minor, 76, id), "cuDeviceGetAttribute")
    capability = (major, minor)
    var context: OpaquePointer?
    try check(try library.function("cuDevicePrimaryCtxRetain", as: (@convention(c) (UnsafeMutablePointer<OpaquePointer?>, Int32) -> Int32).self)(&context, id), "cuDevicePrimaryCtxRetain")
    try check(try library.function("cuCtxSetCurrent", as: (@convention(c) (OpaquePointer?) -> Int32).self)(context), "cuCtxSetCurrent")
    allocate = try library.function("cuMemAlloc_v2", as: (@convention(c) (UnsafeMutablePointer<Address>, Int) -> Int32).self)
    release = try library.function("cuMemFree_v2", as: (@convention(c) (Address) -> Int32).self)
    upload = try library.function("cuMemcpyHtoD_v2", as: (@convention(c) (Address, UnsafeRawPointer, Int) -> Int32).self)
    download = try library.function("cuMemcpyDtoH_v2", as: (@convention(c) (Pointer, Address, Int) -> Int32).self)
    synchronize = try library.function("cuCtxSynchronize", as: (@convention(c) () -> Int32).self)
  }

  func memory(_ bytes: Int) throws -> Address {
    var address: Address = 0
    try check(allocate(&address, max(1, bytes)), "cuMemAlloc of \(bytes) bytes")
    return address
  }
  func free(_ address: Address) { _ = release(address) }

  func copy<T>(_ values: [T], to address: Address) throws {
    try values.withUnsafeBytes { if let base = $0.baseAddress { try check(upload(address, base, $0.count), "cuMemcpyHtoD") } }
  }
  func read<T>(_ count: Int, of start: T, from address: Address) throws -> [T] {
    var values = [T](repeating: start, count: count)
    try values.withUnsafeMutableBytes { if let base = $0.baseAddress { try check(download(base, address, $0.count), "cuMemcpyDtoH") } }
    return values
  }
  func wait() throws { try check(synchronize(), "cuCtxSynchronize") }

  /// Seconds of one call, the best of five times `calls` of them.
  func seconds(calls: Int, _ body: () throws -> Void) throws -> Double {
    try body()
    try wait()
    var best = Double.infinity
    for _ in 0..<5 {
      let start = ContinuousClock.now
      for _ in 0..<calls { try body() }
      try wait()
      best = min(best, (ContinuousClock.now - start) / .seconds(1) / Double(calls))
    }
    return best
  }
}
