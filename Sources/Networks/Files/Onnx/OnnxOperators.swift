// What each operator is in ONNX (operator set 17): https://onnx.ai/onnx/operators.

import Arrays

/// What an operator is handed: where to write (layers have no "/" in their names, so that nothing here meets theirs), what it reads, and the sizes that are known.
struct OnnxCall {
  let name: String
  let inputs: [String]
  /// Names of the weights' constants, in the operator's order.
  let weights: [String]
  let rank: Int
  let inputChannels: [Int]
  /// Lengths of the inputs and the output along the network's axes.
  let inputExtents: [[Int]], outputExtent: [Int]
}

enum OnnxOperators {
  /// The settings that are written out; an operator with another is refused rather than written without it.
  private static let known: [String: Set<String>] = [
    Activation.word: ["map"], Add.word: [], AddSpread.word: [], BatchNormalisation.word: ["momentum"], Concat.word: [], Convolution.word: ["features", "kernel", "same", "relu"], CropLike.word: [],
    CropToFactor.word: ["factor", "convolutions"], Dropout.word: ["share"], GlobalPooling.word: [], GroupNormalisation.word: ["groups", "affine"], LeakyRelu.word: ["slope"],
    Linear.word: ["features", "relu"], LinearUpsample.word: ["factors", "corners"], MeanPooling.word: ["factors"], Multiply.word: ["spread"], Padding.word: ["border"], PadLike.word: [],
    Pooling.word: ["factors"], Softmax.word: [], TransposedConvolution.word: ["features", "factors", "kernel", "same", "relu"], UnitLength.word: [], Upsample.word: ["factors"],
  ]

  /// The name of the result, nil for an operator that ONNX is not told about.
  static func add(_ operation: any Operator, _ call: OnnxCall, to graph: inout OnnxGraph) throws(ArrayError) -> String? {
    guard let known = known[type(of: operation).word], operation.settings.allSatisfy({ known.contains($0.0) }) else { return nil }
    let name = call.name, rank = call.rank
    func lengths(_ extent: Extent) -> [Int] { extent.last(rank) }
    func relu(_ wanted: Bool, _ value: String) -> String { wanted ? graph.node("Relu", [value], name + ".relu") : value }
    switch operation {
    case let operation as Convolution:
      let border = operation.border == .same ? lengths(operation.kernel).map { $0 / 2 } : Array(repeating: 0, count: rank)
      return relu(operation.relu, graph.node("Conv", call.inputs + call.weights, name, [("kernel_shape", .ints(lengths(operation.kernel))), ("pads", .ints(border + border))]))
    case let operation as TransposedConvolution:
      let factors = lengths(operation.factors), kernel = lengths(operation.kernel)
      let cut = operation.border == .same ? zip(kernel, factors).map { ($0 - $1) / 2 } : Array(repeating: 0, count: rank)
      return relu(operation.relu, graph.node("ConvTranspose", call.inputs + call.weights, name, [("kernel_shape", .ints(kernel)), ("strides", .ints(factors)), ("pads", .ints(cut + cut))]))
    case let operation as Linear:
      let shape = try graph.ints(name + ".shape", [operation.features, call.inputChannels[0]] + Array(repeating: 1, count: rank))
      let weight = graph.node("Reshape", [call.weights[0], shape], name + ".weight")
      return relu(operation.relu, graph.node("Conv", call.inputs + [weight, call.weights[1]], name))
    case let operation as Activation:
      switch operation.map {
      case .relu: return graph.node("Relu", call.inputs, name)
      case .sigmoid: return graph.node("Sigmoid", call.inputs, name)
      case .tanh: return graph.node("Tanh", call.inputs, name)
      case .gelu:   // x / 2 · (1 + erf(x / √2))
        let scaled = graph.node("Mul", call.inputs + [try graph.number("dcs/root_half", 0.5.squareRoot())], name + ".scaled")
        let shifted = graph.node("Add", [graph.node("Erf", [scaled], name + ".erf"), try graph.number("dcs/one", 1)], name + ".shifted")
        return graph.node("Mul", [graph.node("Mul", [call.inputs[0], shifted], name + ".product"), try graph.number("dcs/half", 0.5)], name)
      }
    case let operation as LeakyRelu: return graph.node("LeakyRelu", call.inputs, name, [("alpha", .float(Float(operation.slope.double)))])
    case is Softmax: return graph.node("Softmax", call.inputs, name, [("axis", .int(1))])
    case let operation as Pooling: return graph.node("MaxPool", call.inputs, name, windows(lengths(operation.factors)))
    case let operation as MeanPooling: return graph.node("AveragePool", call.inputs, name, windows(lengths(operation.factors)))
    case let operation as Upsample:
      return try resized(lengths(operation.factors), [("mode", .text("nearest")), ("coordinate_transformation_mode", .text("asymmetric")), ("nearest_mode", .text("floor"))], call, &graph)
    case let operation as LinearUpsample:
      return try resized(lengths(operation.factors), [("mode", .text("linear")), ("coordinate_transformation_mode", .text(operation.corners ? "align_corners" : "half_pixel"))], call, &graph)
    case is CropLike, is CropToFactor:
      let from = call.inputExtents[0], to = call.outputExtent
      if from == to { return graph.node("Identity", [call.inputs[0]], name) }
      let begin = zip(from, to).map { ($0 - $1) / 2 }
      let starts = try graph.ints(name + ".starts", begin), ends = try graph.ints(name + ".ends", zip(begin, to).map { $0 + $1 })
      return graph.node("Slice", [call.inputs[0], starts, ends, try graph.ints("dcs/space", Array(2..<rank + 2))], name)
    case is Concat: return graph.node("Concat", call.inputs, name, [("axis", .int(1))])
    case is Add: return graph.node("Sum", call.inputs, name)
    case is AddSpread: return graph.node("Add", call.inputs, name)
    case is Multiply: return graph.node("Mul", call.inputs, name)
    case is GlobalPooling: return graph.node("GlobalAveragePool", call.inputs, name)
    case is UnitLength: return graph.node("LpNormalization", call.inputs, name, [("axis", .int(1)), ("p", .int(2))])
    case let operation as GroupNormalisation: return try normalised(operation, call, &graph)
    case is BatchNormalisation: return graph.node("BatchNormalization", call.inputs + call.weights, name, [("epsilon", .float(1e-5))])
    case is Dropout: return graph.node("Identity", call.inputs, name)
    case let operation as Padding:
      let border = lengths(operation.border)
      return try padded(border, border, call, &graph)
    case is PadLike:
      let missing = zip(call.outputExtent, call.inputExtents[0]).map { $0 - $1 }
      return try padded(missing.map { ($0 + 1) / 2 }, missing.map { $0 / 2 }, call, &graph)
    default: return nil
    }
  }

  private static func resized(_ factors: [Int], _ attributes: [(String, OnnxGraph.Attribute)], _ call: OnnxCall, _ graph: inout OnnxGraph) throws(ArrayError) -> String {
    let scales = try graph.constant(call.name + ".scales", try NDArray(([1, 1] + factors).map { Float($0) }, [factors.count + 2]))
    return graph.node("Resize", [call.inputs[0], "", scales], call.name, attributes)
  }

  private static func padded(_ before: [Int], _ after: [Int], _ call: OnnxCall, _ graph: inout OnnxGraph) throws(ArrayError) -> String {
    graph.node("Pad", [call.inputs[0], try graph.ints(call.name + ".pads", [0, 0] + before + [0, 0] + after)], call.name)
  }

  /// Each group is one channel of an instance normalisation; weights of channels come after it.
  private static func normalised(_ operation: GroupNormalisation, _ call: OnnxCall, _ graph: inout OnnxGraph) throws(ArrayError) -> String {
    let name = call.name, channels = call.inputChannels[0], groups = operation.groups == 0 ? channels : operation.groups
    let ones = try graph.constant(name + ".ones", try NDArray(Array(repeating: Float(1), count: groups), [groups]))
    let zeros = try graph.constant(name + ".zeros", try NDArray(Array(repeating: Float(0), count: groups), [groups]))
    let apart = graph.node("Reshape", [call.inputs[0], try graph.ints(name + ".groups", [0, groups, -1])], name + ".apart")
    let even = graph.node("InstanceNormalization", [apart, ones, zeros], name + ".even", [("epsilon", .float(1e-5))])
    let whole = graph.node("Reshape", [even, try graph.ints(name + ".whole", [0, channels] + call.outputExtent)], operation.affine ? name + ".joined" : name)
    guard operation.affine else { return whole }
    let shape = try graph.ints(name + ".shape", [1, channels] + Array(repeating: 1, count: call.rank))
    let weight = graph.node("Reshape", [call.weights[0], shape], name + ".weight"), bias = graph.node("Reshape", [call.weights[1], shape], name + ".bias")
    return graph.node("Add", [graph.node("Mul", [whole, weight], name + ".scaled"), bias], name)
  }

  private static func windows(_ factors: [Int]) -> [(String, OnnxGraph.Attribute)] { [("kernel_shape", .ints(factors)), ("strides", .ints(factors))] }
}
