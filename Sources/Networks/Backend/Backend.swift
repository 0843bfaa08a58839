// What a machine must be able to do to run networks. Operators are written against this; the CPU is in CPUBackend.swift.
//
// Views address storages that the backend has bound to memory. Parameters go by their index in the network. Every call is one item
// of a batch. Where an argument says `accumulate`, the result is added to what is there.

/// A place in a scratch or saved storage: the storage, and floats from its start.
package struct StoragePlace: Sendable, Equatable {
  package var storage: Int
  package var offset: Int
  /// Further 16-bit elements.
  package var halves: Int
  package init(storage: Int, offset: Int = 0, halves: Int = 0) { (self.storage, self.offset, self.halves) = (storage, offset, halves) }
}

/// A map of single values.
package enum Pointwise: Int, Sendable, CaseIterable {
  case relu, sigmoid, tanh, gelu

  package var word: String {
    switch self {
    case .relu: "relu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .gelu: "gelu"
    }
  }
  /// Whether its derivative is reckoned from what it was given rather than from what it made.
  package var derivativeReadsInput: Bool { self == .gelu }
}

package protocol Backend: AnyObject {
  /// Convolution of up to two ranges of channels, plus bias, then ReLU if asked: valid, or, where `imaginesZeros`, same.
  func convolve(_ inputs: [TensorView], window: Window, weights: Int, bias: Int, relu: Bool, into output: TensorView, scratch: StoragePlace)
  /// Whether passes between so many channels of that extent take the zeros of same padding as being there, with none stored.
  func imaginesZeros(_ inputs: Int, _ outputs: Int, _ window: Window, _ extent: Extent, training: Bool) -> Bool
  /// Floats of scratch that `convolve` needs, with weights that were packed for outputs of `extent`.
  func convolutionScratch(_ inputs: [TensorView], window: Window, output: TensorView, packedFor extent: Extent) -> Int
  /// Where `inputGradientReadsBorder`, `outputGradient` lies inside a buffer with kernel − 1 zeros on each side.
  func convolveInputGradient(_ outputGradient: TensorView, window: Window, weights: Int, into parts: [GradientPart], scratch: StoragePlace)
  func inputGradientReadsBorder(_ inputs: [TensorView], window: Window, output: TensorView) -> Bool
  func inputGradientScratch(_ inputs: [TensorView], window: Window, outputGradient: TensorView) -> Int
  func convolveWeightGradient(_ inputs: [TensorView], window: Window, outputGradient: TensorView, weights: Int, bias: Int, accumulate: Bool, scratch: StoragePlace)
  func weightGradientScratch(_ inputs: [TensorView], window: Window, outputGradient: TensorView) -> Int

  /// The position of each maximum is kept as 16-bit numbers in `chosen`, if given.
  func maxPool(_ x: TensorView, factors: Extent, into y: TensorView, chosen: StoragePlace?)
  func maxPoolGradient(_ dy: TensorView, factors: Extent, chosen: StoragePlace, into dx: GradientPart)
  func meanPool(_ x: TensorView, factors: Extent, into y: TensorView)
  func meanPoolGradient(_ dy: TensorView, factors: Extent, into dx: GradientPart)
  /// Nearest neighbour.
  func upsample(_ x: TensorView, factors: Extent, into y: TensorView)
  func upsampleGradient(_ dy: TensorView, factors: Extent, into dx: GradientPart)

  /// Linear; `corners`: whether the outermost voxels lie on each other.
  func upsampleLinear(_ x: TensorView, factors: Extent, corners: Bool, into y: TensorView)
  func upsampleLinearGradient(_ dy: TensorView, factors: Extent, corners: Bool, into dx: GradientPart)

  /// Channels to space, fz·fy·fx channels a box, and back.
  func interleave(_ x: TensorView, factors: Extent, into y: TensorView)
  func deinterleave(_ y: TensorView, factors: Extent, into x: TensorView)
  /// Channels to boxes of `kernel` voxels that are added where they overlap, plus bias, then ReLU if asked; and what each box has of `y`.
  func fold(_ x: TensorView, kernel: Extent, factors: Extent, cut: Extent, bias: Int, relu: Bool, into y: TensorView)
  func unfold(_ y: TensorView, kernel: Extent, factors: Extent, cut: Extent, into x: TensorView)
  /// The first of `sums`' two numbers a channel.
  func biasGradient(_ sums: StoragePlace, channels: Int, bias: Int, accumulate: Bool)

  func map(_ map: Pointwise, _ x: TensorView, into y: TensorView)
  /// dx = dy · f′, from the output `y` of the map, or from its input where the map says so.
  func mapGradient(_ map: Pointwise, output y: TensorView, _ dy: TensorView, into dx: GradientPart)
  /// x above 0, slope · x below; the gradient from the output.
  func leakyRelu(_ slope: Float, _ x: TensorView, into y: TensorView)
  func leakyReluGradient(_ slope: Float, output y: TensorView, _ dy: TensorView, into dx: GradientPart)
  /// Over channels, at each voxel; the gradient from the output.
  func softmax(_ x: TensorView, into y: TensorView)
  func softmaxGradient(output y: TensorView, _ dy: TensorView, into dx: GradientPart)

  /// Sums of a and of a · b over the channels, from channel `first` on, as doubles at `sums`: two a channel.
  func channelSums(_ a: TensorView, _ b: TensorView, first: Int, accumulate: Bool, into sums: StoragePlace)
  /// Batch normalisation of channels from `first` on of a layer's four weights (scale, shift, mean, variance) with the statistics that
  /// `sums` (of x, x²) over `count` elements give, or with the layer's own.
  func normalise(_ x: TensorView, first: Int, weights: Int, sums: StoragePlace?, count: Double, into y: TensorView)
  /// The gradient; `gradientSums` are those of dy and dy · x.
  func normaliseGradient(_ x: TensorView, _ dy: TensorView, first: Int, weights: Int, sums: StoragePlace, gradientSums: StoragePlace, count: Double, into dx: GradientPart)
  /// Gradients of scale and shift, and the batch's mean and variance in the places of the running ones.
  func normaliseWeightGradient(channels: Int, weights: Int, sums: StoragePlace, gradientSums: StoragePlace, count: Double)
  /// The same over groups of channels, whose statistics `sums` give.
  func normalise(_ x: TensorView, first: Int, _ groups: ChannelGroups, sums: StoragePlace, into y: TensorView)
  func normaliseGradient(_ x: TensorView, _ dy: TensorView, first: Int, _ groups: ChannelGroups, sums: StoragePlace, gradientSums: StoragePlace, into dx: GradientPart)
  func normaliseWeightGradient(_ groups: ChannelGroups, sums: StoragePlace, gradientSums: StoragePlace, accumulate: Bool)

  /// Sums (or products) of `count` channels from `first` on as a tensor of one voxel; all together where that has one channel.
  func put(_ sums: StoragePlace, first: Int, products: Bool, of count: Int, times factor: Double, into y: GradientPart)
  /// y = vector · factor everywhere; y = x · vector. The vector has one voxel, and y's channels or one.
  func spread(_ vector: TensorView, times factor: Double, into y: GradientPart)
  func scale(_ x: TensorView, by vector: TensorView, into y: GradientPart)
  /// y = a b, where b has a's channels or one; y = Σ over channels of a b.
  func multiply(_ a: TensorView, _ b: TensorView, into y: GradientPart)
  func dot(_ a: TensorView, _ b: TensorView, into y: GradientPart)
  /// x over the root of the sum of its squares over channels.
  func unitLength(_ x: TensorView, into y: TensorView)
  func unitLengthGradient(_ x: TensorView, _ dy: TensorView, into dx: GradientPart)

  /// Copies `floats` between storages.
  func move(_ floats: Int, from: StoragePlace, to: StoragePlace)
  /// Zero for a share of the elements, x / (1 − share) for the others; the same ones for the same key.
  func dropout(_ share: Double, key: UInt64, first: Int, _ x: TensorView, into y: GradientPart)

  func zero(_ y: TensorView)
  func copy(_ x: TensorView, into y: TensorView)
  /// y += x
  func add(_ x: TensorView, into y: TensorView)
  /// `x` in `y` from `begin` on, zeros around it.
  func pad(_ x: TensorView, at begin: Extent, into y: TensorView)
}

// Plain convolutions of one voxel, which need no scratch but for the gradient of weights.
extension Backend {
  func convolve(_ inputs: [TensorView], kernel: Extent, weights: Int, bias: Int, relu: Bool, into output: TensorView) {
    convolve(inputs, window: Window(kernel), weights: weights, bias: bias, relu: relu, into: output, scratch: StoragePlace(storage: 0))
  }
  func convolveInputGradient(_ outputGradient: TensorView, kernel: Extent, weights: Int, into parts: [GradientPart]) {
    convolveInputGradient(outputGradient, window: Window(kernel), weights: weights, into: parts, scratch: StoragePlace(storage: 0))
  }
  func convolveWeightGradient(_ inputs: [TensorView], kernel: Extent, outputGradient: TensorView, weights: Int, bias: Int, accumulate: Bool, scratch: StoragePlace) {
    convolveWeightGradient(inputs, window: Window(kernel), outputGradient: outputGradient, weights: weights, bias: bias, accumulate: accumulate, scratch: scratch)
  }
  func weightGradientScratch(_ inputs: [TensorView], kernel: Extent, outputGradient: TensorView) -> Int {
    weightGradientScratch(inputs, window: Window(kernel), outputGradient: outputGradient)
  }
}

extension Backend {
  /// Sums, a channel of `y` each.
  func put(_ sums: StoragePlace, first: Int, times factor: Double, into y: GradientPart) { put(sums, first: first, products: false, of: y.view.channels, times: factor, into: y) }

  /// Writes or adds a gradient that is a plain copy.
  func pass(_ dy: TensorView, into dx: GradientPart) {
    if dx.accumulate { add(dy, into: dx.view) } else { copy(dy, into: dx.view) }
  }

  /// Zeroes what of `y` lies outside the box `[begin, begin + inside)`.
  func zeroBorder(of y: TensorView, around inside: Extent, at begin: Extent) {
    let whole = y.extent
    func fill(_ from: Extent, _ to: Extent) {
      let box = Extent(to.z - from.z, to.y - from.y, to.x - from.x)
      if box.z > 0 && box.y > 0 && box.x > 0 { zero(y.crop(at: from, to: box)) }
    }
    let end = Extent(begin.z + inside.z, begin.y + inside.y, begin.x + inside.x)
    fill(Extent(0, 0, 0), Extent(begin.z, whole.y, whole.x))
    fill(Extent(end.z, 0, 0), whole)
    fill(Extent(begin.z, 0, 0), Extent(end.z, begin.y, whole.x))
    fill(Extent(begin.z, end.y, 0), Extent(end.z, whole.y, whole.x))
    fill(Extent(begin.z, begin.y, 0), Extent(end.z, end.y, begin.x))
    fill(Extent(begin.z, begin.y, end.x), Extent(end.z, end.y, whole.x))
  }
}
