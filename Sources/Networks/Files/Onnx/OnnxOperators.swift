// What each operator is in ONNX (operator set 17): https://onnx.ai/onnx/operators.

import Arrays

/// What an operator is handed: where to write (layers have no "/" in their names, so that nothing here meets theirs), what it reads, and the sizes that are known.
struct OnnxCall {
  let name: String
  let inputs: [String]
  /// Names of the weights' constants, in the operator's order.
  let weights: [String]
  let rank: Int
  /// Lengths of the inputs and the output along the network's axes.
  let inputExtents: [[Int]], outputExtent: [Int]
}

enum OnnxOperators {
  /// The settings that are written out; an operator with another is refused rather than written without it.
  private static let known: [String: Set<String>] = [
    Activation.word: ["map"], Add.word: [], BatchNormalisation.word: ["momentum"], Concat.word: [], Convolution.word: ["features", "kernel", "same", "relu"], CropLike.word: [],
    CropToFactor.word: ["factor", "convolutions"], Dropout.word: ["share"], LeakyRelu.word: ["slope"], MeanPooling.word: ["factors"], Padding.word: ["border"], Pooling.word: ["factors"],
    Softmax.word: [], TransposedConvolution.word: ["features", "factors", "relu"], Upsample.word: ["factors"],
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
      let factors = lengths(operation.factors)
      return relu(operation.relu, graph.node("ConvTranspose", call.inputs + call.weights, name, [("kernel_shape", .ints(factors)), ("strides", .ints(factors))]))
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
      let scales = try graph.constant(name + ".scales", try NDArray(([1, 1] + lengths(operation.factors)).map { Float($0) }, [rank + 2]))
      return graph.node("Resize", [call.inputs[0], "", scales], name, [("mode", .text("nearest")), ("coordinate_transformation_mode", .text("asymmetric")), ("nearest_mode", .text("floor"))])
    case is CropLike, is CropToFactor:
      let from = call.inputExtents[0], to = call.outputExtent
      if from == to { return graph.node("Identity", [call.inputs[0]], name) }
      let begin = zip(from, to).map { ($0 - $1) / 2 }
      let starts = try graph.ints(name + ".starts", begin), ends = try graph.ints(name + ".ends", zip(begin, to).map { $0 + $1 })
      return graph.node("Slice", [call.inputs[0], starts, ends, try graph.ints("dcs/space", Array(2..<rank + 2))], name)
    case is Concat: return graph.node("Concat", call.inputs, name, [("axis", .int(1))])
    case is Add: return graph.node("Sum", call.inputs, name)
    case is BatchNormalisation: return graph.node("BatchNormalization", call.inputs + call.weights, name, [("epsilon", .float(1e-5))])
    case is Dropout: return graph.node("Identity", call.inputs, name)
    case let operation as Padding:
      let border = [0, 0] + lengths(operation.border)
      return graph.node("Pad", [call.inputs[0], try graph.ints(name + ".pads", border + border)], name)
    default: return nil
    }
  }

  private static func windows(_ factors: [Int]) -> [(String, OnnxGraph.Attribute)] { [("kernel_shape", .ints(factors)), ("strides", .ints(factors))] }
}
