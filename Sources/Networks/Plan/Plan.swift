// How a network runs on one input size: steps in order, views into storages, and where each storage lives.
//
// Time counts forward steps 0..<n, then two moments for each backward step, n..<3n: masking of gradients, and the rest. A tensor lives from
// the step that makes it to the last that reads it; when training, until the backward steps that read it. Gradients lie as their tensors lie; views of a
// tensor have views of its gradient. The first gradient to arrive is written (what it does not cover is zeroed), later ones are added.

package struct Plan: Sendable {
  package struct Step: Sendable {
    package let name: String
    package let operation: any Operator
    package let inputs: [[TensorView]]
    package let output: TensorView
    package let parameter: Int
    /// Storages of the workspace; an empty storage where none is asked for.
    package var saved: Int
    package var scratch: Int
  }
  package struct BackwardStep: Sendable {
    package let step: Int
    package let outputGradient: TensorView
    package let masksFirst: Bool
    package let inputGradients: [[GradientPart]?]
    /// A gradient that is begun: the whole, and the box that is about to be written.
    package let clears: [(whole: TensorView, inside: TensorView?)]
    package var scratch: Int
  }

  package let batch: Int
  package let inputExtent: Extent
  package let outputExtent: Extent
  package private(set) var steps: [Step] = []
  package private(set) var backward: [BackwardStep] = []
  package private(set) var storages: [Storage] = []
  /// Floats of the arena.
  package private(set) var arenaFloats = 0
  /// Floats that the same storages would take side by side.
  package var unsharedFloats: Int { storages.reduce(0) { $0 + ($1.kind == .arena ? $1.floats : 0) } }
  /// An empty storage: the workspace of steps that ask for none.
  private let none = 0

  /// - Parameter training: keep what gradients need, and plan the backward pass.
  /// - Throws: `.layer` where sizes do not fit, `.memory` where they cannot be counted.
  package init(_ network: Network, batch: Int, input: [Int], training: Bool, backend: any Backend) throws(NetworkError) {
    let extents = try network.extents(input: try network.checked(input))
    guard (1...1 << 16).contains(batch) else { throw .setting(name: "batch", expected: "1 to 65536", found: "\(batch)") }
    (self.batch, inputExtent, outputExtent) = (batch, extents[0], extents[network.output])
    _ = try add(.arena, 0, items: 1, at: 0)
    try planForward(try RewrittenNetwork(network, extents: extents, training: training, backend: backend), Layout(dense: network.inChannels, extents[0]), training, backend)
    if training { try planBackward(backend) }
    arenaFloats = Arena.place(&storages)
  }

  // MARK: Forward

  private mutating func planForward(_ graph: RewrittenNetwork, _ input: Layout, _ training: Bool, _ backend: any Backend) throws(NetworkError) {
    var values = [[TensorView(storage: try add(.input, input.itemStride, items: batch, at: 0), layout: input)]]
    for (index, node) in graph.nodes.enumerated() {
      let inputs = node.inputs.map { values[$0] }
      if let views = node.operation.views(inputs) { values.append(views); continue }
      let layout = try layout(of: node, inputs, dense: index + 1 == graph.output)
      let time = steps.count
      let output = TensorView(storage: try add(index + 1 == graph.output ? .output : .arena, layout.itemStride, items: batch, at: time), layout: layout)
      let workspace = node.operation.workspace(inputs, output, training: training, inputWanted: training, backend: backend)
      steps.append(Step(name: node.name, operation: node.operation, inputs: inputs, output: output, parameter: node.parameter,
                        saved: try add(.arena, workspace.saved, items: batch, at: time), scratch: try add(.arena, workspace.forward, items: 1, at: time)))
      touch(inputs, time)
      values.append([output])
    }
  }

  private func layout(of node: PlanNode, _ inputs: [[TensorView]], dense: Bool) throws(NetworkError) -> Layout {
    do throws(Mismatch) {
      var extent = Extent.one
      for axis in 0..<3 { extent[axis] = try node.operation.length(inputs.map { $0[0].extent[axis] }, axis: axis) }
      let channels = try node.operation.channels(inputs.map { $0.reduce(0) { $0 + $1.channels } })
      return dense ? Layout(dense: channels, extent) : Layout(channels, extent)
    } catch { throw .description(reason: "layer \(node.name): \(error)") }   // excluded: the network itself has been checked
  }

  // MARK: Backward

  private mutating func planBackward(_ backend: any Backend) throws(NetworkError) {
    var maker: [Int: Int] = [:]   // storage of a tensor → the step that makes it
    var needsGradient: Set<Int> = []
    for (index, step) in steps.enumerated() {
      maker[step.output.storage] = index
      let hasWeights = !step.operation.parameters(channels: step.inputs.map { $0.reduce(0) { $0 + $1.channels } }, rank: 3).isEmpty
      if hasWeights || step.inputs.joined().contains(where: { needsGradient.contains($0.storage) }) { needsGradient.insert(step.output.storage) }
    }
    guard let last = steps.last(where: { storages[$0.output.storage].kind == .output }), needsGradient.contains(last.output.storage) else { return }
    var gradient = [last.output.storage: try add(.outputGradient, last.output.itemStride, items: batch, at: steps.count)]
    for (index, step) in steps.enumerated().reversed() {
      guard needsGradient.contains(step.output.storage), let own = gradient[step.output.storage] else { continue }
      let masking = steps.count + 2 * (steps.count - 1 - index), time = masking + 1
      var outputGradient = step.output
      outputGradient.storage = own
      var clears: [(whole: TensorView, inside: TensorView?)] = []
      var inputGradients: [[GradientPart]?] = []
      for input in step.inputs {
        guard input.contains(where: { needsGradient.contains($0.storage) }) else { inputGradients.append(nil); continue }
        var parts: [GradientPart] = []
        for part in input {
          var view = part
          if let known = gradient[part.storage] {
            view.storage = known
            parts.append(GradientPart(view: view, accumulate: true))
          } else {
            let root = maker[part.storage].map { steps[$0].output } ?? part
            let made = try add(.arena, root.itemStride, items: batch, at: time)
            gradient[part.storage] = made
            view.storage = made
            var whole = root
            whole.storage = made
            let coversChannels = view.channels == whole.channels
            if view != whole { clears.append((whole, coversChannels ? view : nil)) }
            parts.append(GradientPart(view: view, accumulate: view != whole && !coversChannels))
          }
        }
        inputGradients.append(parts)
      }
      let workspace = step.operation.workspace(step.inputs, step.output, training: true, inputWanted: inputGradients.first.flatMap { $0 } != nil, backend: backend)
      let masksFirst = storages[own].kind == .arena && workspace.masksFirst
      backward.append(BackwardStep(step: index, outputGradient: outputGradient, masksFirst: masksFirst, inputGradients: inputGradients, clears: clears,
                                   scratch: try add(.arena, masksFirst ? workspace.backwardOwning : workspace.backward, items: 1, at: time)))
      touch([[outputGradient]], time)
      touch(inputGradients.map { ($0 ?? []).map(\.view) }, time)
      if step.operation.backwardReads.inputs { touch(step.inputs, time) }
      if step.operation.backwardReads.output { touch([[step.output]], masksFirst ? masking : time) }
      extend(step.saved, time)
    }
  }

  // MARK: Storages

  /// Adds a storage that lives at one moment; nothing where no floats are asked for.
  private mutating func add(_ kind: Storage.Kind, _ floats: Int, items: Int, at time: Int) throws(NetworkError) -> Int {
    if floats == 0 && !storages.isEmpty { return none }
    guard floats <= (1 << 46) / items else { throw .memory(needed: .max, budget: 1 << 46) }   // far above any machine; keeps sums exact
    storages.append(Storage(kind: kind, itemFloats: floats, items: items, first: time, last: time))
    return storages.count - 1
  }

  private mutating func touch(_ values: [[TensorView]], _ time: Int) { for part in values.joined() { extend(part.storage, time) } }

  private mutating func extend(_ storage: Int, _ time: Int) {
    storages[storage].first = min(storages[storage].first, time)
    storages[storage].last = max(storages[storage].last, time)
  }
}
