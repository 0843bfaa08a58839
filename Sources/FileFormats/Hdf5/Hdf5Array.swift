import Arrays
import CHdf5
import Geometry
import Storage

/// A dataset: boxes are hyperslabs.
final class Hdf5Reader: VoxelReader {
  private let file: Hdf5File   // closed after the dataset
  private let path: String
  nonisolated(unsafe) private let array: OpaquePointer   // used under the lock alone
  private let dtype: DType
  private let chunk: [Int]

  fileprivate init(_ file: Hdf5File, _ path: String, _ array: OpaquePointer, _ dtype: DType, chunk: [Int]) {
    (self.file, self.path, self.array, self.dtype, self.chunk) = (file, path, array, dtype, chunk)
  }

  deinit {
    nonisolated(unsafe) let array = array
    Hdf5File.lock.withLock { _ in dcs_h5_close_array(array) }
  }

  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let box = roi.shape.values, begin = roi.offset.values, size = dtype.size
    var result = try NDArray(dtype, box, zeroed: false)
    let rowBytes = box.dropFirst().reduce(size, *), cancellation = context.cancellation
    try result.withMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      // a few chunks at a time, so that others come to their turn and Ctrl-C is heard
      var done = 0
      let length = box.first ?? 1, step = chunk.first.map { max($0, (64 << 20) / max(1, rowBytes) / $0 * $0) } ?? 1
      while done < length {
        try cancellation?.check()
        let start = begin.first.map { $0 + done } ?? 0
        // to the end of a chunk
        let count = box.isEmpty ? 1 : min(length - done, step - start % step)
        var from = begin.map { Int64($0) }, part = box.map { Int64($0) }
        if !box.isEmpty { (from[0], part[0]) = (Int64(start), Int64(count)) }
        nonisolated(unsafe) let target = base + done * rowBytes
        nonisolated(unsafe) let array = array
        let offset = from, wanted = part
        let why: String? = Hdf5File.lock.withLock { _ in dcs_h5_read(array, Int32(wanted.count), offset, wanted, target) == 0 ? nil : Hdf5File.message }
        if let why { throw StorageError.badFile(path: path, reason: "HDF5 cannot read voxels from \(shapeText(from.map { Int($0) })) on: \(why)") }
        done += count
      }
      if dtype == .bool { for i in bytes.indices { bytes[i] = bytes[i] == 0 ? 0 : 1 } }
    }
    return result
  }
}

extension Hdf5File {
  /// What is known of a dataset without reading it, or why it is not read.
  struct Description {
    var dtype: DType?
    var shape: [Int] = []
    var chunk: [Int]?
    var codecText = "raw"
    /// Why it cannot be opened: "a compound type"
    var problem: String?
    /// Bytes of elements in the file.
    var stored = 0
  }

  private func described(_ info: dcs_h5_info) -> Description {
    var result = Description()
    let rank = Int(info.rank)
    if rank < 0 { return Description(problem: "a dataset without voxels") }
    func ints<T>(_ tuple: T) -> [Int] { withUnsafeBytes(of: tuple) { bytes in (0..<rank).map { Int(bytes.load(fromByteOffset: 8 * $0, as: Int64.self)) } } }
    result.shape = ints(info.shape)
    result.stored = Int(info.stored)
    if info.is_chunked != 0 { result.chunk = ints(info.chunk) }
    result.dtype = switch (info.type, info.size) {
    case (dcs_h5_bool, 1): .bool
    case (dcs_h5_unsigned, 1): .uint8
    case (dcs_h5_unsigned, 2): .uint16
    case (dcs_h5_unsigned, 4): .uint32
    case (dcs_h5_unsigned, 8): .uint64
    case (dcs_h5_signed, 1): .int8
    case (dcs_h5_signed, 2): .int16
    case (dcs_h5_signed, 4): .int32
    case (dcs_h5_signed, 8): .int64
    case (dcs_h5_float, 2): .float16
    case (dcs_h5_float, 4): .float32
    case (dcs_h5_float, 8): .float64
    default: nil
    }
    if result.dtype == nil { result.problem = withUnsafeBytes(of: info.type_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) } }
    var names: [String] = []
    for index in 0..<Int(info.filters) {
      let id = withUnsafeBytes(of: info.filter_id) { $0.load(fromByteOffset: 4 * index, as: Int32.self) }
      let isThere = withUnsafeBytes(of: info.filter_is_there) { $0.load(fromByteOffset: 4 * index, as: Int32.self) } != 0
      let written = withUnsafeBytes(of: info.filter_name) { String(decoding: $0[(64 * index)..<(64 * index + 64)].prefix { $0 != 0 }, as: UTF8.self) }
      let name = Self.filterName(id) ?? (written.isEmpty ? "\(id)" : written)
      names.append(name)
      if !isThere, result.problem == nil { result.problem = "the filter \(name) (\(id)), which this HDF5 library lacks" }
    }
    if !names.isEmpty { result.codecText = names.joined(separator: " + ") }
    return result
  }

  private static func filterName(_ id: Int32) -> String? {
    switch id {
    case 1: "gzip"
    case 2: "shuffle"
    case 3: "fletcher32"
    case 4: "szip"
    case 5: "nbit"
    case 6: "scaleoffset"
    case 32000: "lzf"
    case 32001: "blosc"
    case 32004: "lz4"
    case 32008: "bitshuffle"
    case 32015: "zstd"
    case 32026: "blosc2"
    default: nil
    }
  }

  private func opened(_ key: String) throws(StorageError) -> (OpaquePointer, Description) {
    let place = Files.join(path, key), identifier = identifier
    var info = dcs_h5_info(), failure = ""
    nonisolated(unsafe) var array: OpaquePointer?
    Self.lock.withLock { _ in
      array = dcs_h5_open_array(identifier, "/" + key, &info)
      if array == nil { failure = Self.message }
    }
    guard let array else { throw .badFile(path: place, reason: "HDF5 cannot open it: \(failure)") }
    return (array, described(info))
  }

  func description(of key: String) throws(StorageError) -> Description {
    let (array, description) = try opened(key)
    nonisolated(unsafe) let pointer = array
    Self.lock.withLock { _ in dcs_h5_close_array(pointer) }
    return description
  }

  /// - Throws: `StorageError.unsupported` for types and filters that are not read, by name.
  func open(_ key: String) throws -> FileArray {
    let place = Files.join(path, key), (array, found) = try opened(key)
    let reader = Hdf5Reader(self, place, array, found.dtype ?? .uint8, chunk: found.chunk ?? found.shape.map { _ in 1 })   // closes it whatever comes
    if let problem = found.problem { throw StorageError.unsupported(path: place, feature: problem) }
    guard let dtype = found.dtype else { throw StorageError.unsupported(path: place, feature: "its type") }
    do {
      let bytes = try NDArray.byteCount(dtype, found.shape)
      if found.chunk == nil, found.stored > 0, found.stored < bytes { throw StorageError.badFile(path: place, reason: "it claims \(byteText(bytes)) and has \(byteText(found.stored))") }
      if let chunk = found.chunk, try NDArray.byteCount(dtype, chunk) > 1 << 32 || chunk.contains(0) { throw StorageError.badFile(path: place, reason: "its chunks of \(shapeText(chunk)) make no sense") }
    } catch let error as ArrayError { throw StorageError.badFile(path: place, reason: error.description) }
    let attributes = attributes(key)
    let (grid, source) = try Hdf5Grid(attributes: attributes, rank: found.shape.count, path: place).read()
    let chunk = found.chunk.map { zip($0, found.shape).map { max(1, min($0, $1)) } }
    return FileArray(
      path: place, format: "HDF5", codecText: found.codecText, dtype: dtype, shape: found.shape, grid: grid, gridSource: source, chunking: chunk.map { Chunking(shape: $0) },
      attributes: attributes, stamp: "\(size) bytes", reader: reader)
  }
}
