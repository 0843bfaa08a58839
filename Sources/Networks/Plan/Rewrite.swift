// A network as it is computed: the same function, fewer and cheaper steps. Weights keep their indices.
//
//   dropout, but for training   → nothing
//   crops to a half or less     → copies, made where what they crop is made
//   same convolution            → zeros around the input (one copy), valid convolution; itself where the backend needs no stored zeros
//   convolution, ReLU           → convolution that applies the ReLU in its store
//   read by pools and copies    → those mask its gradient by what they made: the ReLU's own output is not kept for that
//   two valid convolutions      → one step that computes some planes at a time, where they are many (but for training)
//   upsampling, 1ⁿ convolution  → 1ⁿ convolution, upsampling: the same bits (each voxel's sum is the same chain), 8 times less work at factor 2
//   too many ranges of channels → gathered by one copy
//   a result that is a view, or is read by other layers too → copied, so that the output is an array of its own

struct PlanNode {
  let name: String
  var operation: any Operator
  var inputs: [Int]
  let parameter: Int
}

struct RewrittenNetwork {
  private(set) var nodes: [PlanNode] = []
  private(set) var output: Int

  /// - Parameter extents: of the network's values.
  init(_ network: Network, extents: [Extent], training: Bool, backend: any Backend) throws(NetworkError) {
    output = network.output
    nodes = network.nodes.enumerated().map { index, node in
      var operation = node.operation
      if var convolution = operation as? Convolution, convolution.border == .same,
         backend.imaginesZeros(network.channels[node.inputs[0]], convolution.features, convolution.window, extents[node.inputs[0]], training: training) {
        convolution.staysSame = true
        operation = convolution
      }
      return PlanNode(name: node.name, operation: operation, inputs: node.inputs, parameter: network.firstParameter[index])
    }
    try rebuild { [self] node, old, draft in copyCentres(node, old, extents, &draft) }
    if !training { try rebuild(withoutDropout) }
    try rebuild(padSame)
    try rebuild(fuseActivation)
    try rebuild(convolveBeforeUpsampling)
    try rebuild(gather)
    if !training {
      let extents = try lengths(extents[0])
      try rebuild { [self] node, old, draft in pairConvolutions(node, old, extents, &draft) }
    }
    if output == 0 || nodes[output - 1].operation.isView || readers[output] > 0 {
      nodes.append(PlanNode(name: "output", operation: try Padding(border: Extent(0, 0, 0)), inputs: [output], parameter: 0))
      output = nodes.count
    }
    if training { maskInReaders(&nodes, output: output) }
  }

  /// The extent of each value, from that of the input.
  private func lengths(_ input: Extent) throws(NetworkError) -> [Extent] {
    var found = [input]
    for node in nodes {
      var extent = Extent.one
      do throws(Mismatch) { for axis in 0..<3 { extent[axis] = try node.operation.length(node.inputs.map { found[$0][axis] }, axis: axis) } }
      catch { throw .description(reason: "layer \(node.name): \(error)") }   // excluded: the network itself has been checked
      found.append(extent)
    }
    return found
  }

  /// How many inputs of nodes each value is.
  private var readers: [Int] {
    var readers = Array(repeating: 0, count: nodes.count + 1)
    for node in nodes { for input in node.inputs { readers[input] += 1 } }
    return readers
  }

  /// What a pass sees: the old graph's use counts, and the new graph so far.
  private struct Draft {
    let readers: [Int]
    let output: Int
    var nodes: [PlanNode] = []
    /// Old value to new value.
    var value: [Int] = [0]
    var padded: [PaddedKey: Int] = [:]
    /// Old values that are crops, and the copies in their place.
    var centres: [Int: Int] = [:]

    struct PaddedKey: Hashable { let value: Int, border: Extent }

    mutating func append(_ node: PlanNode) -> Int {
      nodes.append(node)
      return nodes.count
    }
    /// The node that makes a new value, if it computes.
    func maker(_ value: Int) -> PlanNode? { value == 0 ? nil : nodes[value - 1] }
  }

  /// Walks the nodes in order; `pass` appends what stands for each and returns the value that replaces its own.
  private mutating func rebuild(_ pass: (PlanNode, _ old: Int, inout Draft) throws(NetworkError) -> Int) throws(NetworkError) {
    var draft = Draft(readers: readers, output: output)
    for (index, old) in nodes.enumerated() {
      var node = old
      node.inputs = old.inputs.map { draft.value[$0] }
      draft.value.append(try pass(node, index + 1, &draft))
    }
    output = draft.value[output]
    nodes = draft.nodes
  }

  /// While nodes and the network's values still count alike.
  private func copyCentres(_ node: PlanNode, _ old: Int, _ extents: [Extent], _ draft: inout Draft) -> Int {
    if let copy = draft.centres[old] { return copy }
    let value = draft.append(node)
    for (index, crop) in nodes.enumerated() where crop.operation is CropLike && crop.inputs[0] == old && 2 * extents[index + 1].count <= extents[old].count {
      draft.centres[index + 1] = draft.append(PlanNode(name: crop.name, operation: Excerpt(extents[index + 1]), inputs: [value], parameter: 0))
    }
    return value
  }

  private func pairConvolutions(_ node: PlanNode, _ old: Int, _ extents: [Extent], _ draft: inout Draft) -> Int {
    let oldInput = node.inputs.isEmpty ? 0 : nodes[old - 1].inputs[0]
    guard let second = node.operation as? Convolution, draft.readers[oldInput] == 1, oldInput != draft.output, let maker = draft.maker(node.inputs[0]),
          let first = maker.operation as? Convolution, ConvolutionPair.pays(first, second, extents[old]) else { return draft.append(node) }
    let pair = ConvolutionPair(first, second, secondParameter: node.parameter)
    draft.nodes[node.inputs[0] - 1] = PlanNode(name: node.name, operation: pair, inputs: maker.inputs, parameter: maker.parameter)
    return node.inputs[0]
  }

  private func withoutDropout(_ node: PlanNode, _ old: Int, _ draft: inout Draft) throws(NetworkError) -> Int {
    node.operation is Dropout ? node.inputs[0] : draft.append(node)
  }

  private func padSame(_ node: PlanNode, _ old: Int, _ draft: inout Draft) throws(NetworkError) -> Int {
    guard var convolution = node.operation as? Convolution, convolution.border == .same, !convolution.staysSame else { return draft.append(node) }
    (convolution.border, convolution.leavesRest) = (.valid, true)
    var node = node
    node.operation = convolution
    let window = convolution.window, border = Extent(window.span(0) / 2, window.span(1) / 2, window.span(2) / 2)
    if border != Extent(0, 0, 0) {
      let key = Draft.PaddedKey(value: node.inputs[0], border: border)
      if draft.padded[key] == nil {
        draft.padded[key] = draft.append(PlanNode(name: node.name + ".pad", operation: try Padding(border: border), inputs: node.inputs, parameter: 0))
      }
      node.inputs = draft.padded[key].map { [$0] } ?? node.inputs
    }
    return draft.append(node)
  }

  private func fuseActivation(_ node: PlanNode, _ old: Int, _ draft: inout Draft) throws(NetworkError) -> Int {
    let oldInput = nodes[old - 1].inputs[0]
    if let activation = node.operation as? Activation, activation.map == .relu, draft.readers[oldInput] == 1, oldInput != draft.output,
       var convolution = draft.maker(node.inputs[0])?.operation as? any FusesRelu, !convolution.relu {
      convolution.relu = true
      draft.nodes[node.inputs[0] - 1].operation = convolution
      return node.inputs[0]
    }
    return draft.append(node)
  }

  private func convolveBeforeUpsampling(_ node: PlanNode, _ old: Int, _ draft: inout Draft) throws(NetworkError) -> Int {
    let oldInput = nodes[old - 1].inputs[0]
    if let convolution = node.operation as? Convolution, convolution.window == Window(.one), draft.readers[oldInput] == 1, oldInput != draft.output,
       let upsampling = draft.maker(node.inputs[0]), upsampling.operation is Upsample {
      draft.nodes[node.inputs[0] - 1] = PlanNode(name: node.name, operation: convolution, inputs: upsampling.inputs, parameter: node.parameter)
      return draft.append(PlanNode(name: upsampling.name, operation: upsampling.operation, inputs: node.inputs, parameter: 0))
    }
    return draft.append(node)
  }

  /// Ranges of channels that a value consists of, as new values; repeated ranges count as too many.
  private func gather(_ node: PlanNode, _ old: Int, _ draft: inout Draft) throws(NetworkError) -> Int {
    guard node.operation.partsLimit < .max else { return draft.append(node) }
    var node = node
    for (index, input) in node.inputs.enumerated() {
      let roots = roots(input, draft)
      if roots.count > node.operation.partsLimit || Set(roots).count < roots.count {
        node.inputs[index] = draft.append(PlanNode(name: "\(node.name).gather\(index)", operation: try Padding(border: Extent(0, 0, 0)), inputs: [input], parameter: 0))
      }
    }
    return draft.append(node)
  }

  private func roots(_ value: Int, _ draft: Draft) -> [Int] {
    guard let node = draft.maker(value) else { return [value] }
    switch node.operation {
    case is Concat: return node.inputs.flatMap { roots($0, draft) }
    case is CropLike, is CropToFactor: return roots(node.inputs[0], draft)
    default: return [value]
    }
  }
}
