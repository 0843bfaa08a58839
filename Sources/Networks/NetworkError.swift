import Arrays

/// Why an operator refuses its inputs, along one axis or in its channels. `NetworkError.layer` adds the place.
package enum Mismatch: Error, Equatable, Sendable {
  /// The kernel is longer than the input.
  case tooSmall(axis: Int, length: Int, kernel: Int)
  case indivisible(axis: Int, length: Int, factor: Int)
  /// Strides that do not end at the input's end.
  case rest(axis: Int, length: Int, window: Int, stride: Int)
  /// Two inputs that must agree.
  case lengths(axis: Int, Int, Int)
  case channels(Int, Int)
  /// Channels that cannot be parted into equal groups.
  case groups(Int, groups: Int)
  /// Zeros around a tensor cannot make it shorter.
  case padShrinks(axis: Int, length: Int, to: Int)
  /// A crop cannot grow.
  case cropGrows(axis: Int, length: Int, to: Int)
  /// Nothing would be left for the convolutions that follow a crop.
  case cropEmpty(axis: Int, length: Int, factor: Int, convolutions: Int)
  /// Longer than `Network.longestAxis`; more elements than a tensor may have.
  case tooLong(axis: Int)
  case tooManyElements
  case tooManyChannels(Int)
  case inputs(expected: Int, found: Int)

  func words(_ axes: [String]) -> String {
    func name(_ axis: Int) -> String { axes.indices.contains(axis) ? axes[axis] : "axis \(axis)" }
    switch self {
    case .tooSmall(let axis, let length, let kernel): return "\(name(axis)): \(length) is shorter than the kernel, \(kernel)"
    case .indivisible(let axis, let length, let factor): return "\(name(axis)): \(length) is not divisible by \(factor)"
    case .rest(let axis, let length, let window, let stride): return "\(name(axis)): of \(length), a first window takes \(window), and what is left must be a multiple of the stride, \(stride)"
    case .lengths(let axis, let a, let b): return "\(name(axis)): \(a) against \(b)"
    case .channels(let a, let b): return "channels: \(a) against \(b)"
    case .groups(let channels, let groups): return "\(channels) channels cannot be parted into \(groups) groups"
    case .padShrinks(let axis, let length, let to): return "\(name(axis)): \(length) cannot be surrounded to \(to)"
    case .cropGrows(let axis, let length, let to): return "\(name(axis)): \(length) cannot be cropped to \(to)"
    case .cropEmpty(let axis, let length, let factor, let convolutions):
      return "\(name(axis)): of \(length), the next convolutions take \(convolutions), and what is left must be a multiple of \(factor)"
    case .tooLong(let axis): return "\(name(axis)): the output would be longer than 2²⁴ voxels, the most that a tensor has along an axis"
    case .tooManyElements: return "the output would have more than 2³⁸ elements, the most that a tensor has"
    case .tooManyChannels(let count): return "\(count) channels; at most 1048576 are possible"
    case .inputs(let expected, let found): return "\(expected) inputs expected, \(found) given"
    }
  }
}

/// What can go wrong with networks, weights and model files.
package enum NetworkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// `inputs` are (channels, spatial…) each; `legal` the input sizes that would work, when known.
  case layer(network: String, layer: String, operation: String, inputs: [[Int]], reason: Mismatch, legal: LegalSizes?)
  /// No input size works at all.
  case noLegalSize(network: String)
  case input(network: String, expected: String, found: [Int])
  case dtype(expected: DType, found: DType)
  case setting(name: String, expected: String, found: String)
  /// Tensors of two traces were mixed.
  case foreignTensor(operation: String)
  case duplicateName(String)
  case missingWeights(network: String, names: [String])
  case unknownWeights(network: String, names: [String])
  case weightShape(name: String, expected: [Int], found: [Int])
  /// Not all weights of a file are a network's, or the other way around.
  case weightsDoNotFit(WeightReport)
  case notInOnnx(layer: String, operation: String)
  case notForTraining
  case backwardBeforeForward
  case memory(needed: Int, budget: Int)
  case losses(expected: [Int], found: [Int], what: String)
  case file(path: String, reason: String)
  case description(reason: String)

  package var description: String {
    switch self {
    case .layer(_, _, _, _, _, let legal):
      let sizes = isTooLarge ? "" : legal.map { "; input sizes that fit: \($0)" } ?? ""
      return "\(headline): \(detail ?? "")\(sizes)"
    case .noLegalSize(let network): return "\(network): no input size fits all layers"
    case .input(let network, let expected, let found): return "\(network) takes \(expected), found \(shapeText(found))"
    case .dtype(let expected, let found): return "expected \(expected), found \(found)"
    case .setting(let name, let expected, let found): return "\(name) must be \(expected), found \(found)"
    case .foreignTensor(let operation): return "\(operation): its tensors belong to two different networks"
    case .duplicateName(let name): return "two layers are named \(name)"
    case .missingWeights(let network, let names): return "\(network): no weights for \(Self.list(names))"
    case .unknownWeights(let network, let names): return "\(network) has no layer for the weights \(Self.list(names))"
    case .weightShape(let name, let expected, let found): return "weights \(name): expected \(shapeText(expected)), found \(shapeText(found))"
    case .weightsDoNotFit(let report): return "the weights of \(report.path) are not those of \(report.network): \(report.summary)"
    case .notInOnnx(let layer, let operation): return "layer \(layer) (\(operation)) cannot be written as ONNX"
    case .notForTraining: return "this engine was made for inference: it keeps nothing that a gradient needs"
    case .backwardBeforeForward: return "a gradient needs a forward pass first"
    case .memory(.max, _): return "the network's activations would not fit into any memory"
    case .memory(let needed, let budget): return "the network's activations would hold \(byteText(needed)) (budget \(byteText(budget)))"
    case .losses(let expected, let found, let what): return "\(what): expected \(shapeText(expected)), found \(shapeText(found))"
    case .file(let path, let reason): return "\(path): \(reason)"
    case .description(let reason): return "network description: \(reason)"
    }
  }

  /// Without the detail: which layer cannot take which shapes.
  package var headline: String {
    guard case .layer(let network, let layer, let operation, let inputs, _, _) = self else { return description }
    return "\(network): layer \(layer) (\(operation)) cannot take \(inputs.map { Self.words($0) }.joined(separator: " and "))"
  }

  /// What of the shapes it is: "y: 57 is not divisible by 2".
  package var detail: String? {
    guard case .layer(_, _, _, let inputs, let reason, _) = self else { return nil }
    let axes = ["z", "y", "x"].suffix(max(0, (inputs.first?.count ?? 1) - 1))
    return reason.words(Array(repeating: "", count: 3 - axes.count) + axes)
  }

  /// Whether a smaller input is the remedy, of whatever legal size.
  package var isTooLarge: Bool {
    switch self {
    case .layer(_, _, _, _, .tooLong, _), .layer(_, _, _, _, .tooManyElements, _): true
    default: false
    }
  }

  /// Something one can paste or do.
  package var hint: String? {
    if isTooLarge { return "use a smaller input; predict goes through a large volume in tiles" }
    return switch self {
    case .layer(_, _, _, _, _, let legal?): "use an input size of \(legal.smallest.map(String.init).joined(separator: " × ")) plus multiples of \(legal.step.map(String.init).joined(separator: " × "))"
    case .memory: "use a smaller input or batch"
    default: nil
    }
  }

  private static func words(_ shape: [Int]) -> String {
    let axes = ["c"] + ["z", "y", "x"].suffix(max(0, shape.count - 1))
    return "(" + zip(axes, shape).map { "\($0) \($1)" }.joined(separator: ", ") + ")"
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }
}
