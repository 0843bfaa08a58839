// A model: a network, its weights, and what one must know to use it on other data.
//
// On disk a `.dcmodel` is one safetensors file: the weights by name, and in its metadata the network (so that the file alone is enough),
// the activation of the head, the task, voxel sizes, the normalisation of the input, and where it comes from.

import Arrays
import CKernels
import Execution
import Geometry
import Storage

/// What predictions pass through after the network; losses see the raw result.
package enum HeadActivation: String, Sendable, CaseIterable { case none, sigmoid, tanh, softmax }

/// How stored values become what the network sees: value · scale + shift.
package struct Normalisation: Sendable, Equatable {
  package var scale: Double
  package var shift: Double
  package init(scale: Double = 1, shift: Double = 0) { (self.scale, self.shift) = (scale, shift) }
  package static let none = Normalisation()
}

package struct Model: Sendable {
  package var network: Network
  package var parameters: ParameterSet
  package var activation: HeadActivation
  /// Free for the task: name, settings, chosen sweep values.
  package var task: JSON
  /// Along the network's spatial axes; nil if unknown.
  package var inputVoxelSize: WorldCoordinate?
  package var outputVoxelSize: WorldCoordinate?
  package var normalisation: Normalisation
  package var provenance: JSON

  /// - Throws: `NetworkError` unless the weights are the network's.
  package init(network: Network, parameters: ParameterSet, activation: HeadActivation = .none, task: JSON = .null, inputVoxelSize: WorldCoordinate? = nil,
               outputVoxelSize: WorldCoordinate? = nil, normalisation: Normalisation = .none, provenance: JSON = .emptyObject) throws(NetworkError) {
    try parameters.check(network)
    (self.network, self.parameters, self.activation, self.task) = (network, parameters, activation, task)
    (self.inputVoxelSize, self.outputVoxelSize, self.normalisation, self.provenance) = (inputVoxelSize, outputVoxelSize, normalisation, provenance)
  }

  // MARK: On disk

  /// - Throws: `StorageError`, `NetworkError.file`.
  package func save(_ path: String, sync: Bool = true) throws { try safeTensors.write(path, sync: sync) }

  /// - Throws: `StorageError`, `NetworkError.file`, `.description`, and what `init` throws.
  package init(loading path: String) throws {
    let file = try SafeTensors(reading: path)
    func text(_ key: String) throws(NetworkError) -> String {
      guard let value = file[metadata: key] else { throw .file(path: path, reason: "its metadata have no \(key)") }
      return value
    }
    func json(_ key: String) throws -> JSON {
      do { return try JSON(parsing: try text(key)) } catch let error as JSONError { throw NetworkError.file(path: path, reason: "\(key) is \(error)") }
    }
    guard try text("dcmodel") == "1" else { throw NetworkError.file(path: path, reason: "version \(try text("dcmodel")) of the model format, expected 1") }
    let network = try Network(json: try json("network"))
    let activation = try text("activation"), scaling = try json("normalisation")
    guard let activation = HeadActivation(rawValue: activation) else { throw NetworkError.file(path: path, reason: "an activation named \(activation)") }
    guard let scale = scaling["scale"]?.double, let shift = scaling["shift"]?.double else { throw NetworkError.file(path: path, reason: "normalisation needs scale and shift") }
    func lengths(_ key: String) throws -> WorldCoordinate? {
      let value = try json(key)
      if value.isNull { return nil }
      guard let texts = value.strings, texts.count == network.spatialRank else { throw NetworkError.file(path: path, reason: "\(key) needs \(network.spatialRank) lengths") }
      return WorldCoordinate(try texts.map { text in
        guard let length = Rational(fraction: text), length > .zero else { throw NetworkError.file(path: path, reason: "\(key): \(text) is no length") }
        return length
      })
    }
    try self.init(network: network, parameters: try ParameterSet(network, from: file.byName), activation: activation, task: try json("task"),
                  inputVoxelSize: try lengths("input_voxel_size"), outputVoxelSize: try lengths("output_voxel_size"),
                  normalisation: Normalisation(scale: scale, shift: shift), provenance: try json("provenance"))
  }

  /// The file's content, to which a checkpoint may add the optimiser's state.
  package var safeTensors: SafeTensors {
    func lengths(_ size: WorldCoordinate?) -> JSON { size.map { JSON($0.values.map(\.fraction)) } ?? .null }
    return SafeTensors(tensors: zip(parameters.names, parameters.arrays).map { ($0, $1) }, metadata: [
      ("dcmodel", "1"), ("network", network.json.compact), ("activation", activation.rawValue), ("task", task.compact),
      ("input_voxel_size", lengths(inputVoxelSize).compact), ("output_voxel_size", lengths(outputVoxelSize).compact),
      ("normalisation", (["scale": .double(normalisation.scale), "shift": .double(normalisation.shift)] as JSON).compact), ("provenance", provenance.compact),
    ])
  }
}

// MARK: Using it

extension Model {
  /// One forward pass of an array in memory, normalised before and activated after.
  ///
  /// - Parameter array: any dtype; (channel, space…) or (batch, channel, space…).
  /// - Returns: float32 of the same number of axes.
  /// - Throws: `NetworkError.input` for another number of axes or channels, `.layer` for a size that does not fit.
  package func apply(_ array: NDArray, context: ExecutionContext) throws -> NDArray {
    let rank = network.spatialRank
    guard array.rank == rank + 1 || array.rank == rank + 2, array.shape[array.rank - rank - 1] == network.inChannels else {
      throw NetworkError.input(network: network.name, expected: "(\(network.inChannels) channel\(network.inChannels == 1 ? "" : "s"), \(["z", "y", "x"].suffix(rank).joined(separator: ", "))), with or without a batch before", found: array.shape)
    }
    let batched = array.rank == rank + 2 ? array : try array.reshaped([1] + array.shape)
    let engine = try Engine(network, batch: batched.shape[0], inputSpatialShape: Array(batched.shape.suffix(rank)), mode: .inference, context: context)
    let result = try activated(try engine.forward(try normalised(batched), parameters), pool: context.pool)
    return array.rank == rank + 2 ? result : try result.reshaped(Array(result.shape.dropFirst()))
  }

  /// What the network sees of stored values: float32, value · scale + shift.
  package func normalised(_ array: NDArray) throws -> NDArray {
    let source = try array.contiguous()
    if source.dtype == .float32 && normalisation == .none { return source }
    var result = try NDArray(.float32, source.shape, zeroed: false)
    let (scale, shift) = (Float(normalisation.scale), Float(normalisation.shift))
    func convert<T: Element>(_: T.Type, _ float: (T) -> Float) {
      source.withElements(T.self) { from in
        result.withMutableElements(Float.self) { to in for at in to.indices { to[at] = float(from[at]) * scale + shift } }
      }
    }
    switch source.dtype {
    case .bool: convert(Bool.self) { $0 ? 1 : 0 }
    case .uint8: convert(UInt8.self) { Float($0) }
    case .uint16: convert(UInt16.self) { Float($0) }
    case .uint32: convert(UInt32.self) { Float($0) }
    case .uint64: convert(UInt64.self) { Float($0) }
    case .int8: convert(Int8.self) { Float($0) }
    case .int16: convert(Int16.self) { Float($0) }
    case .int32: convert(Int32.self) { Float($0) }
    case .int64: convert(Int64.self) { Float($0) }
    case .float16: convert(Float16.self) { Float($0) }
    case .float32: convert(Float.self) { $0 }
    case .float64: convert(Double.self) { Float($0) }
    }
    return result
  }

  /// Applies the head's activation to a raw result (batch, channel, space…), in place where nobody else holds it.
  package func activated(_ raw: consuming NDArray, pool: ThreadPool) throws -> NDArray {
    guard activation != .none, raw.count > 0 else { return raw }
    guard raw.dtype == .float32, raw.rank >= 3 else { throw NetworkError.input(network: network.name, expected: "float32 (batch, channel, space…) to activate", found: raw.shape) }
    var result = try raw.contiguous()
    let channels = result.shape[1], voxels = result.shape.dropFirst(2).reduce(1, *)
    let map = activation == .tanh ? Pointwise.tanh : .sigmoid
    let rows = result.shape.last ?? 1
    for item in 0..<result.shape[0] {
      result.withMutableElements(Float.self) { values in
        var tensor = dcs_tensor(data: values.baseAddress.map { $0 + item * channels * voxels }, channels: Int64(channels), depth: 1, height: Int64(voxels / rows), width: Int64(rows),
                                sc: Int64(voxels), sz: Int64(voxels), sy: Int64(rows))
        var target = tensor
        if activation == .softmax { dcs_softmax(pool.handle, &tensor, &target) } else { dcs_map_forward(pool.handle, map.c, &tensor, &target) }
      }
    }
    return result
  }
}

extension Rational {
  /// "9/2", or "8" for an integer: exact, unlike a decimal.
  fileprivate var fraction: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }

  fileprivate init?(fraction text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let numerator = parts.first.flatMap({ Int128($0) }), let denominator = parts.count == 2 ? Int128(parts[1]) : 1, let value = try? Rational(numerator, over: denominator) else { return nil }
    self = value
  }
}
