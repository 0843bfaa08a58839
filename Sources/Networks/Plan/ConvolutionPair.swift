// Two valid convolutions one after the other, some planes of the second's output at a time: what lies between them is never whole in memory.
//
// The planner makes pairs in inference alone: at full resolution the tensors between convolutions are the largest of a U-Net. Planes that two
// slabs see are computed twice, `window` − 1 of each slab's. Slabs begin on whole tiles, so that the bytes are those of the convolutions alone.

import Geometry

struct ConvolutionPair: Operator {
  static let word = "convolution_pair"
  /// Planes of the output at a time: a multiple of the tiles that backends compute in.
  static let slab = 32
  let first: Convolution
  let second: Convolution
  /// Index of the second's first parameter; the first's is the step's.
  let secondParameter: Int

  init(_ first: Convolution, _ second: Convolution, secondParameter: Int) { (self.first, self.second, self.secondParameter) = (first, second, secondParameter) }
  init(settings: [String: [Int]]) throws(NetworkError) { throw .description(reason: "no operator is named \(Self.word)") }
  var summary: String { "\(first.summary), \(second.summary) in slabs" }
  var partsLimit: Int { first.partsLimit }

  func channels(_ inputs: [Int]) throws(Mismatch) -> Int { try second.channels([try first.channels(inputs)]) }
  func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { try second.length([try first.length(inputs, axis: axis)], axis: axis) }
  func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double {
    first.work(inputs, first.features, between(extent)) + second.work([first.features], channels, extent)
  }

  /// Of the tensor between them, for an extent of the output.
  private func between(_ extent: Extent) -> Extent {
    Extent(extent.z + second.window.span(0), extent.y + second.window.span(1), extent.x + second.window.span(2))
  }

  /// Whether it takes less memory than the convolutions alone.
  static func pays(_ first: Convolution, _ second: Convolution, _ output: Extent) -> Bool {
    func isValid(_ convolution: Convolution) -> Bool { convolution.border == .valid && !convolution.leavesRest && convolution.window.isPlain }
    return isValid(first) && isValid(second) && output.z >= 2 * slab
  }

  /// The first's planes that `planes` of the second see; they begin the step's scratch.
  private func slabView(_ planes: Int, _ output: Extent, scratch: Int) -> TensorView {
    TensorView(storage: scratch, layout: Layout(first.features, between(Extent(planes, output.y, output.x))))
  }

  private func cut(_ view: TensorView, _ plane: Int, _ planes: Int) -> TensorView { view.crop(at: Extent(plane, 0, 0), to: Extent(planes, view.extent.y, view.extent.x)) }

  /// The steps that it stands for, on a slab.
  func steps(_ step: Plan.Step) -> [Plan.Step] {
    let between = slabView(Self.slab, step.output.extent, scratch: step.scratch)
    return [
      Plan.Step(name: step.name, operation: first, inputs: step.inputs, output: between, parameter: step.parameter, saved: step.saved, scratch: step.scratch),
      Plan.Step(name: step.name, operation: second, inputs: [[between]], output: cut(step.output, 0, Self.slab), parameter: secondParameter, saved: step.saved, scratch: step.scratch),
    ]
  }

  func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace {
    let whole = slabView(Self.slab, output.extent, scratch: 0), wholeOutput = cut(output, 0, Self.slab).extent
    let needed = [Self.slab, output.extent.z % Self.slab].filter { $0 > 0 }.map { planes in
      let between = slabView(planes, output.extent, scratch: 0), seen = between.extent.z + first.window.span(0)
      return max(backend.convolutionScratch(inputs[0].map { cut($0, 0, seen) }, window: first.window, output: between, packedFor: whole.extent),
                 backend.convolutionScratch([between], window: second.window, output: cut(output, 0, planes), packedFor: wholeOutput))
    }
    return Workspace(forward: whole.itemStride + (needed.max() ?? 0))
  }

  func forward(_ call: ForwardCall) {
    let scratch = StoragePlace(storage: call.scratch, offset: slabView(Self.slab, call.output.extent, scratch: 0).itemStride)
    for plane in stride(from: 0, to: call.output.extent.z, by: Self.slab) {
      let planes = min(Self.slab, call.output.extent.z - plane), between = slabView(planes, call.output.extent, scratch: call.scratch)
      let seen = call.inputs[0].map { cut($0, plane, between.extent.z + first.window.span(0)) }
      call.backend.convolve(seen, window: first.window, weights: call.parameter, bias: call.parameter + 1, relu: first.relu, into: between, scratch: scratch)
      call.backend.convolve([between], window: second.window, weights: secondParameter, bias: secondParameter + 1, relu: second.relu, into: cut(call.output, plane, planes), scratch: scratch)
    }
  }
}

extension Plan.Step {
  /// What is computed in it.
  var parts: [Plan.Step] { (operation as? ConvolutionPair)?.steps(self) ?? [self] }
}
