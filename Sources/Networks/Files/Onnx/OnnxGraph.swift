// A graph as ONNX has it, node by node: https://onnx.ai/onnx/repo-docs/IR.html, fields of onnx.proto.

import Arrays

struct OnnxGraph {
  enum Attribute { case int(Int), ints([Int]), float(Float), text(String) }

  private var graph = Protobuf()
  private var names: Set<String> = []

  /// Adds a node of one output and gives that output's name.
  mutating func node(_ type: String, _ inputs: [String], _ output: String, _ attributes: [(String, Attribute)] = []) -> String {
    var node = Protobuf()
    for input in inputs { node.text(1, input) }
    node.text(2, output)
    node.text(3, output)
    node.text(4, type)
    for (name, value) in attributes {
      var attribute = Protobuf()
      attribute.text(1, name)
      switch value {
      case .float(let value): attribute.float(2, value); attribute.int(20, 1)
      case .int(let value): attribute.int(3, value); attribute.int(20, 2)
      case .text(let value): attribute.text(4, value); attribute.int(20, 3)
      case .ints(let values):
        for value in values { attribute.int(8, value) }
        attribute.int(20, 7)
      }
      node.message(5, attribute)
    }
    graph.message(1, node)
    return output
  }

  /// A constant, once a name.
  mutating func constant(_ name: String, _ array: NDArray) throws(ArrayError) -> String {
    guard names.insert(name).inserted else { return name }
    var tensor = Protobuf()
    for length in array.shape { tensor.int(1, length) }
    tensor.int(2, array.dtype == .int64 ? 7 : 1)   // INT64, FLOAT
    tensor.text(8, name)
    tensor.array(9, try array.contiguous())
    graph.message(5, tensor)
    return name
  }

  mutating func ints(_ name: String, _ values: [Int]) throws(ArrayError) -> String { try constant(name, try NDArray(values.map { Int64($0) }, [values.count])) }
  mutating func number(_ name: String, _ value: Double) throws(ArrayError) -> String { try constant(name, try NDArray([Float(value)], [])) }

  /// Float tensors; the batch has any size.
  mutating func end(_ which: Int, _ name: String, _ shape: [Int]) {
    var dimensions = Protobuf(), batch = Protobuf()
    batch.text(2, "batch")
    dimensions.message(1, batch)
    for length in shape {
      var dimension = Protobuf()
      dimension.int(1, length)
      dimensions.message(1, dimension)
    }
    var tensor = Protobuf(), type = Protobuf(), info = Protobuf()
    tensor.int(1, 1)
    tensor.message(2, dimensions)
    type.message(1, tensor)
    info.text(1, name)
    info.message(2, type)
    graph.message(which, info)
  }
  mutating func input(_ name: String, _ shape: [Int]) { end(11, name, shape) }
  mutating func output(_ name: String, _ shape: [Int]) { end(12, name, shape) }

  /// The file: IR version 8, operator set 17.
  func model(name: String, metadata: [(key: String, value: String)]) -> Protobuf {
    var graph = graph, set = Protobuf(), model = Protobuf()
    graph.text(2, name)
    set.text(1, "")
    set.int(2, 17)
    model.int(1, 8)
    model.text(2, "dcs")
    model.message(7, graph)
    model.message(8, set)
    for (key, value) in metadata {
      var entry = Protobuf()
      entry.text(1, key)
      entry.text(2, value)
      model.message(14, entry)
    }
    return model
  }
}
