import Geometry
import Language
import Networks

/// A tensor inside `network(fn(x) { … })`: what it will hold is not known yet, its channels are, and its lengths if an input size was given.
struct TensorValue: ObjectValue {
  let tensor: SymbolicTensor

  init(_ tensor: SymbolicTensor) { self.tensor = tensor }

  var typeName: String { "tensor" }
  var fieldNames: [String] { ["channels", "dimensions", "layer", "shape"] }
  var brief: String { "tensor of \(channelText)" }
  private var channelText: String { "\(tensor.channels) channel\(tensor.channels == 1 ? "" : "s")" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "channels": .int(tensor.channels)
    case "dimensions": .int(tensor.builder.spatialRank)
    case "layer": tensor.layer.map { .string($0.name) } ?? .nil
    case "shape": tensor.shape.map { .voxelCoordinate(Coordinate($0)) } ?? .nil
    default: nil
    }
  }

  func summary(_ style: DisplayStyle) -> String {
    let lengths = tensor.extent.map { $0.last(tensor.builder.spatialRank).map(String.init).joined(separator: " × ") } ?? "sizes not known yet"
    let origin = tensor.layer.map { "\($0.name) (\($0.summary))" } ?? "the input"
    return "tensor  \(channelText)    \(lengths)    \(origin) of network \(tensor.builder.name)"
  }

  func binary(_ operation: BinaryOperator, _ other: Value, selfIsLeft: Bool, _ context: CallContext) throws -> Value? {
    guard let other = other.object(as: TensorValue.self) else {
      throw Failure(.type, "a tensor of a network cannot be combined with \(other.typePhrase)", hint: "tensors are joined by +, *, add(a, b) and concat(a, b)")
    }
    guard operation == .add || operation == .multiply else {
      throw Failure(.type, "no layer is `\(operation.rawValue)` of two tensors", hint: "tensors are joined by +, *, add(a, b) and concat(a, b)")
    }
    let (left, right) = selfIsLeft ? (self, other) : (other, self)
    if operation == .multiply { return Value(TensorValue(try left.tensor.multiply(right.tensor))) }
    return Value(TensorValue(try left.tensor.add([right.tensor])))
  }
}
