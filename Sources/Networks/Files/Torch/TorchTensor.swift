// Tensors of a PyTorch file: a storage, and how a tensor lies in it.
//
// Every number comes from the file and is checked before it is used: the last element that strides reach lies inside the storage.

import Arrays

package enum TorchType: String, Sendable, CaseIterable {
  case float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8, uint16, uint32, uint64, bool

  var size: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// bfloat16 becomes float32, exactly.
  package var dtype: DType {
    switch self {
    case .float64: .float64
    case .float32, .bfloat16: .float32
    case .float16: .float16
    case .int64: .int64
    case .int32: .int32
    case .int16: .int16
    case .int8: .int8
    case .uint8: .uint8
    case .uint16: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    case .bool: .bool
    }
  }

  var storageName: String {
    switch self {
    case .float64: "DoubleStorage"
    case .float32: "FloatStorage"
    case .float16: "HalfStorage"
    case .bfloat16: "BFloat16Storage"
    case .int64: "LongStorage"
    case .int32: "IntStorage"
    case .int16: "ShortStorage"
    case .int8: "CharStorage"
    case .uint8: "ByteStorage"
    case .bool: "BoolStorage"
    case .uint16, .uint32, .uint64: "\(rawValue)Storage"   // no such class: these come with untyped storages
    }
  }

  var names: [String] {
    switch self {
    case .float64: ["float64", "double"]
    case .float32: ["float32", "float"]
    case .float16: ["float16", "half"]
    case .int64: ["int64", "long"]
    case .int32: ["int32", "int"]
    case .int16: ["int16", "short"]
    default: [rawValue]
    }
  }
}

/// Bytes of the file that tensors lie in.
package struct TorchStorage: Sendable, Equatable {
  package let key: String
  /// nil: counted in bytes, the tensor says its type.
  let type: TorchType?
  /// Elements of the whole, and those that this view of it has.
  let wholeCount: Int
  let first: Int, count: Int

  var byteCount: Int { wholeCount * (type?.size ?? 1) }
}

package struct TorchTensor: Sendable, Equatable {
  package let storage: TorchStorage
  package let type: TorchType
  /// In elements.
  let offset: Int
  package let shape: [Int]
  let strides: [Int]

  /// Elements that are not stored: a tensor expanded by strides of 0 may have so many and no more.
  private static let expandedLimit = 1 << 20

  /// nil unless all its elements lie inside of the storage.
  init?(storage: TorchStorage, type: TorchType, offset: Int, shape: [Int], strides: [Int]) {
    let available = storage.type == nil ? storage.count / type.size : storage.count
    guard shape.count == strides.count, shape.count <= 32, offset >= 0, offset <= available, storage.type == nil || storage.type == type,
          shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }), let bytes = try? NDArray.byteCount(type.dtype, shape) else { return nil }
    if bytes > 0 {
      guard bytes / type.dtype.size <= max(available, Self.expandedLimit) else { return nil }
      var last = offset
      for (length, stride) in zip(shape, strides) {
        let (reach, overflow) = (length - 1).multipliedReportingOverflow(by: stride)
        guard !overflow, reach < available - last else { return nil }
        last += reach
      }
      guard last < available else { return nil }
    }
    (self.storage, self.type, self.offset, self.shape, self.strides) = (storage, type, offset, shape, strides)
  }

  package var count: Int { shape.reduce(1, *) }
  private var isPacked: Bool {
    var expected = 1
    for (length, stride) in zip(shape, strides).reversed() where length != 1 {
      guard stride == expected else { return false }
      expected *= length
    }
    return true
  }

  /// The elements, packed, of the machine's byte order.
  ///
  /// - Parameter bytes: of the whole storage, at least `storage.byteCount` of them.
  /// - Throws: `ArrayError.noMemory`.
  func array(_ bytes: UnsafeRawBufferPointer, swapped: Bool) throws(ArrayError) -> NDArray {
    var array = try NDArray(type.dtype, shape, zeroed: false)
    if array.count == 0 { return array }
    let size = type.size, origin = (storage.first + offset) * size
    let (shape, strides, isPacked, type) = (shape, strides, isPacked, type)
    array.withMutableBytes { target in
      if isPacked && !swapped && type != .bfloat16 && type != .bool {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[origin..<origin + target.count]))
        return
      }
      var index = Array(repeating: 0, count: shape.count), from = origin
      for place in 0..<target.count / type.dtype.size {
        if type == .bfloat16 {
          let half = bytes.loadUnaligned(fromByteOffset: from, as: UInt16.self)
          target.storeBytes(of: UInt32(swapped ? half.byteSwapped : half) << 16, toByteOffset: 4 * place, as: UInt32.self)
        } else if type == .bool { target[place] = bytes[from] == 0 ? 0 : 1 } else {
          for byte in 0..<size { target[place * size + byte] = bytes[from + (swapped ? size - 1 - byte : byte)] }
        }
        for axis in stride(from: shape.count - 1, through: 0, by: -1) {
          index[axis] += 1
          from += strides[axis] * size
          if index[axis] < shape[axis] { break }
          from -= index[axis] * strides[axis] * size
          index[axis] = 0
        }
      }
    }
    return array
  }
}
