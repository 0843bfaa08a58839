// An operator is a value: how sizes follow, what weights it has, how it computes, how gradients flow back.
//
// An operator either computes (`forward` fills a tensor of its own) or only rearranges what others computed (`views` says how:
// crops and concatenations never move a byte). Shape rules are asked one axis at a time, so that legal sizes can be found
// axis by axis. A new operator is one file and one line in Operators.all.

import Arrays
import Geometry

/// Where along one axis the centre of a tensor's element 0 lies (0 = the centre of the input's element 0) and how far apart its
/// elements are, in voxels of the network's input.
package struct Placement: Sendable, Equatable {
  package var origin: Rational
  package var pitch: Rational

  package init(origin: Rational = .zero, pitch: Rational = .one) { (self.origin, self.pitch) = (origin, pitch) }
}

/// One array of weights of an operator.
package struct ParameterSpec: Sendable, Equatable {
  /// How an untrained weight is drawn.
  package enum Initial: Sendable, Equatable {
    case zeros, ones
    /// Normal, standard deviation √(2 / fanIn) (He et al. 2015), as DaCapo draws convolution weights.
    case kaiming(fanIn: Int)
    /// Uniform in ±1/√fanIn, as PyTorch draws biases.
    case uniform(fanIn: Int)
  }
  package let name: String
  package let shape: [Int]
  package let initial: Initial
  /// Not nil for a running mean of what passes through, which is no weight: no gradient moves it, but each training step moves it this part of
  /// the way to the value that stands in the place of its gradient.
  package let momentum: Rational?
  package var isStatistic: Bool { momentum != nil }

  package init(_ name: String, _ shape: [Int], _ initial: Initial, momentum: Rational? = nil) {
    (self.name, self.shape, self.initial, self.momentum) = (name, shape, initial, momentum)
  }
}

/// Memory that a computing operator asks for besides its output, in floats an item of the batch.
package struct Workspace: Sendable, Equatable {
  /// Written by forward, read by backward.
  package var saved = 0
  /// Free inside one call, shared by the items of a batch.
  package var forward = 0
  package var backward = 0
  /// Where the output's gradient may be overwritten: whether `maskGradient` does all that backward needs the output for, and `backward` then.
  package var masksFirst = false
  package var backwardOwning: Int
  package init(saved: Int = 0, forward: Int = 0, backward: Int = 0, masksFirst: Bool = false, backwardOwning: Int? = nil) {
    (self.saved, self.forward, self.backward, self.masksFirst, self.backwardOwning) = (saved, forward, backward, masksFirst, backwardOwning ?? backward)
  }
}

package protocol Operator: Sendable {
  /// The word in model files and messages.
  static var word: String { get }
  /// Settings as (name, numbers); enough to rebuild the operator.
  var settings: [(String, [Int])] { get }
  init(settings: [String: [Int]]) throws(NetworkError)
  /// A few words: "max_pool 2×2×2".
  var summary: String { get }

  /// How many inputs it takes.
  var inputCount: ClosedRange<Int> { get }
  func channels(_ inputs: [Int]) throws(Mismatch) -> Int
  func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int
  /// Where the output lies, from where the inputs lie and how long they are.
  func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement
  /// How far along an axis, in voxels of the network's input, an output voxel looks to each side beyond what its inputs see;
  /// `pitch` and `output` are the distances of input and output voxels. nil: over the whole input.
  func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational?
  /// Whether it makes up what lies beyond the edge of its input, so that values near the edge of a tile are not those of the whole.
  var inventsBorder: Bool { get }
  /// Weights, by names local to the layer; spatial extents have `rank` axes.
  func parameters(channels: [Int], rank: Int) -> [ParameterSpec]
  /// Floating-point operations that an output of this size takes: additions, multiplications and comparisons; a map counts as one.
  func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double

  /// Whether it only rearranges what others computed.
  var isView: Bool { get }
  /// The output as views of the inputs; nil if it computes.
  func views(_ inputs: [[TensorView]]) -> [TensorView]?
  /// How many parts (ranges of channels lying apart) an input may have; more are gathered by a copy first.
  var partsLimit: Int { get }
  /// What backward reads of the forward pass.
  var backwardReads: (inputs: Bool, output: Bool) { get }
  /// How often the items of a batch are gone through: 2 where the first round gathers what the second needs of all of them.
  func rounds(training: Bool) -> Int
  /// - Parameter inputWanted: whether backward is to make gradients of the (first) input.
  func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace
  func forward(_ call: ForwardCall)
  /// Before `backward`, for all items of the batch, where the gradient may be overwritten and the workspace has `masksFirst`: afterwards
  /// the output's memory is free.
  func maskGradient(_ call: BackwardCall)
  func backward(_ call: BackwardCall)
}

extension Operator {
  package var settings: [(String, [Int])] { [] }
  package var inputCount: ClosedRange<Int> { 1...1 }
  package func channels(_ inputs: [Int]) throws(Mismatch) -> Int { inputs[0] }
  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { inputs[0] }
  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement { inputs[0] }
  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? { .zero }
  package var inventsBorder: Bool { false }
  package func parameters(channels: [Int], rank: Int) -> [ParameterSpec] { [] }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { 0 }
  package var isView: Bool { false }
  package func views(_ inputs: [[TensorView]]) -> [TensorView]? { nil }
  package var partsLimit: Int { .max }
  package var backwardReads: (inputs: Bool, output: Bool) { (false, false) }
  package func rounds(training: Bool) -> Int { 1 }
  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace { Workspace() }
  package func forward(_ call: ForwardCall) {}
  package func maskGradient(_ call: BackwardCall) {}
  package func backward(_ call: BackwardCall) {}

  package var summary: String {
    ([Self.word] + settings.filter { !$0.1.isEmpty }.map { $0.1.map(String.init).joined(separator: "×") }).joined(separator: " ")
  }
}

/// An operator that can apply a ReLU in its store.
package protocol FusesRelu: Operator {
  /// Set by the planner where a ReLU follows.
  var relu: Bool { get set }
}

/// An operator each of whose outputs is one of its inputs: it can mask its gradient in place of the ReLU that made them.
package protocol PicksElements: Operator {
  /// Set by the planner where all that read the ReLU's output do so: that output is free as soon as they have read it.
  var masksRelu: Bool { get set }
}

extension PicksElements {
  package var backwardReads: (inputs: Bool, output: Bool) { (false, masksRelu) }
  package func maskGradient(_ call: BackwardCall) { call.maskByOutput() }
}

/// What a computing operator is handed, for one item of the batch.
package struct ForwardCall {
  package let backend: any Backend
  package let inputs: [[TensorView]]
  package let output: TensorView
  /// Index of the layer's first parameter among the network's.
  package let parameter: Int
  /// `Workspace.saved` floats of this item.
  package let saved: StoragePlace
  /// The storage of `Workspace.forward` floats.
  package let scratch: Int
  /// Whether backward will follow.
  package let training: Bool
  package let item: Int
  /// Items of the batch.
  package let items: Int
  package let round: Int
  /// For random choices: another one for each layer, item and training step.
  package let key: UInt64
}

package struct BackwardCall {
  package let backend: any Backend
  package let inputs: [[TensorView]]
  package let output: TensorView
  package let outputGradient: TensorView
  /// Whether `maskGradient` has been called.
  package let masked: Bool
  /// One list of parts an input, in step with `inputs`; nil where no gradient is wanted.
  package let inputGradients: [[GradientPart]?]
  package let parameter: Int
  package let saved: StoragePlace
  package let scratch: Int
  package let item: Int
  package let items: Int
  package let round: Int
  /// That of the forward pass.
  package let key: UInt64

  /// Zeroes the output's gradient where a ReLU made zeros.
  func maskByOutput() { backend.mapGradient(.relu, output: output, outputGradient, into: GradientPart(view: outputGradient, accumulate: false)) }
}

/// Where a gradient goes: added to what is there, or written over it.
package struct GradientPart: Sendable, Equatable {
  package var view: TensorView
  package var accumulate: Bool
}
