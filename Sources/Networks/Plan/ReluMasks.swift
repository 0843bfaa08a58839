// Who masks the gradient of a ReLU inside a convolution: the convolution by its own output, which is then kept for it, or, where pools and
// copies alone read that, each of them by what it made, which the layers behind keep anyway. The gradients are the same: a sum is masked by
// masking what is added.

func maskInReaders(_ nodes: inout [PlanNode], output: Int) {
  for index in nodes.indices where index + 1 != output {
    guard var convolution = nodes[index].operation as? Convolution, convolution.relu else { continue }
    let readers = nodes.indices.filter { nodes[$0].inputs.contains(index + 1) }
    guard !readers.isEmpty, readers.allSatisfy({ nodes[$0].operation is any PicksElements && $0 + 1 != output }) else { continue }
    convolution.readersMask = true
    nodes[index].operation = convolution
    for reader in readers {
      guard var picking = nodes[reader].operation as? any PicksElements else { continue }
      picking.masksRelu = true
      nodes[reader].operation = picking
    }
  }
}
