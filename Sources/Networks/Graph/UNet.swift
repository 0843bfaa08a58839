// The U-Net of DaCapo (CNNectomeUNet; after funkelab's funlib.learn.torch), operator by operator and with its names of weights.
//
// Down: at level l convolutions with ReLU to width(l) = features · factor^l, then max pooling by downsampleFactors[l].
// Up: nearest upsampling, 1ⁿ convolution (to width(l), at level 0 still width(1)), ReLU; cut so that translations by the pooling
// factors commute (CropToFactor); concatenated behind the centre-cropped features of level l; convolutions with ReLU to width(l), at
// level 0 to outChannels. Super-resolution stages (upsampleFactors) follow: upsampling, 1ⁿ convolution, ReLU, valid convolutions.
// Names: unet.l_conv.{level}.conv_pass.{0, 2, …}, unet.r_up.0.{level}.up.1, unet.r_conv.0.{level}.conv_pass.{0, 2, …}; with
// super-resolution unet.0.…, unet.1.up.1, unet.2.conv_pass.….
// Without constantUpsample, upsampling and 1ⁿ convolution are one transposed convolution, unet.r_up.0.{level}.up.0.
// With batchNorm a pass is convolution, batch normalisation, ReLU, and so on: its convolutions are conv_pass.{0, 3, …}.
// With attention the features of level l pass a gate before they are cropped (UNet+Attention.swift).
// Checked against DaCapo's shapes, parameter counts and outputs.

/// What DaCapo's CNNectomeUNetConfig says; the defaults are its defaults.
package struct UNetSettings: Sendable, Equatable {
  package var inChannels = 1
  /// Channels of the last convolutions (fmaps_out).
  package var outChannels: Int
  /// Width of the top level (num_fmaps).
  package var features: Int
  /// Widths grow by this a level (fmap_inc_factor).
  package var featureFactor: Int
  /// One list an axis, one a level: also fixes the number of axes.
  package var downsampleFactors: [[Int]]
  /// Kernels a level, levels + 1 of them; nil: two of 3ⁿ.
  package var kernelSizesDown: [[[Int]]]?
  /// Kernels a level, as many as levels; nil: two of 3ⁿ.
  package var kernelSizesUp: [[[Int]]]?
  /// Super-resolution.
  package var upsampleFactors: [[Int]] = []
  package var padding: Convolution.Border = .valid
  /// Nearest neighbours and a 1ⁿ convolution; else a transposed convolution.
  package var constantUpsample = true
  /// A ReLU after the 1ⁿ convolution that follows an upsampling; COSEM's networks have none.
  package var activationOnUpsample = true
  /// Batch normalisation between each convolution of a pass and its ReLU.
  package var batchNorm = false
  /// Gates that weigh the features which pass from left to right (use_attention).
  package var attention = false
  /// Widths a level, levels + 1 of them, instead of features · factor^level.
  package var widthsDown: [Int]?
  /// Widths a level on the way up, as many as levels: of the upsampling's convolution and of those behind it (COSEM).
  package var widthsUp: [Int]?
  /// Convolutions with ReLU behind all else, in place of those of the last super-resolution stage (COSEM).
  package var finalPass: FinalPass?

  package struct FinalPass: Sendable, Equatable {
    package var features: Int
    package var kernels: [[Int]]
    package init(features: Int, kernels: [[Int]]) { (self.features, self.kernels) = (features, kernels) }
  }

  package init(inChannels: Int = 1, outChannels: Int, features: Int, featureFactor: Int, downsampleFactors: [[Int]], kernelSizesDown: [[[Int]]]? = nil,
               kernelSizesUp: [[[Int]]]? = nil, upsampleFactors: [[Int]] = [], padding: Convolution.Border = .valid, constantUpsample: Bool = true, activationOnUpsample: Bool = true, batchNorm: Bool = false,
               attention: Bool = false, widthsDown: [Int]? = nil, widthsUp: [Int]? = nil, finalPass: FinalPass? = nil) {
    (self.inChannels, self.outChannels, self.features, self.featureFactor) = (inChannels, outChannels, features, featureFactor)
    (self.downsampleFactors, self.kernelSizesDown, self.kernelSizesUp, self.upsampleFactors) = (downsampleFactors, kernelSizesDown, kernelSizesUp, upsampleFactors)
    (self.padding, self.constantUpsample, self.activationOnUpsample, self.batchNorm) = (padding, constantUpsample, activationOnUpsample, batchNorm)
    (self.attention, self.widthsDown, self.widthsUp, self.finalPass) = (attention, widthsDown, widthsUp, finalPass)
  }

  /// - Throws: `.setting` for settings that contradict each other.
  package func network(name: String = "unet") throws(NetworkError) -> Network {
    let rank = try checkedRank()
    let builder = try NetworkBuilder(name: name, spatialRank: rank, inChannels: inChannels)
    let levels = downsampleFactors.count
    let kernelsDown = try kernels(kernelSizesDown, "kernel sizes down", levels + 1, rank), kernelsUp = try kernels(kernelSizesUp, "kernel sizes up", levels, rank)
    let isSequence = !upsampleFactors.isEmpty || finalPass != nil, prefix = isSequence ? "unet.0" : "unet"

    var down: [SymbolicTensor] = [], x = builder.input
    for level in 0...levels {
      x = try pass(x, try width(level), kernelsDown[level], padding, "\(prefix).l_conv.\(level)")
      down.append(x)
      if level < levels { x = try x.maxPool(downsampleFactors[level], name: "\(prefix).l_down.\(level)") }
    }
    for level in (0..<levels).reversed() {
      let (between, out) = try widthUp(level)
      var skip = down[level]
      if attention { skip = try gate(skip, by: x, out, downsampleFactors[level], "\(prefix).attention.0.\(level)", rank) }
      x = try up(x, downsampleFactors[level], between, "\(prefix).r_up.0.\(level)", rank)
      x = try x.cropToFactor(try factorBelow(level, rank), convolutions: lost(kernelsUp[level], rank), name: "\(prefix).r_up.0.\(level).crop_to_factor")
      skip = try skip.crop(like: x, name: "\(prefix).r_up.0.\(level).crop")
      x = try skip.concat([x], name: "\(prefix).r_up.0.\(level).concat")
      x = try pass(x, out, kernelsUp[level], padding, "\(prefix).r_conv.0.\(level)")
    }
    for (stage, factors) in upsampleFactors.enumerated() {
      x = try up(x, factors, x.channels, "unet.\(2 * stage + 1)", rank)
      if finalPass != nil && stage == upsampleFactors.count - 1 { break }
      x = try pass(x, outChannels, kernelsUp.last ?? [], .valid, "unet.\(2 * stage + 2)")
    }
    if let finalPass { x = try pass(x, finalPass.features, finalPass.kernels, padding, "unet.\(max(1, 2 * upsampleFactors.count))") }
    return try builder.network(output: x)
  }

  /// Convolution, batch normalisation if asked for, map, convolution, …; named by their place as torch.nn.Sequential counts.
  func pass(_ x: SymbolicTensor, _ features: Int, _ kernels: [[Int]], _ border: Convolution.Border, map: Pointwise? = .relu, _ name: String) throws(NetworkError) -> SymbolicTensor {
    var x = x, place = 0
    func next() -> String {
      place += 1
      return "\(name).conv_pass.\(place - 1)"
    }
    for kernel in kernels {
      x = try x.conv(features, kernel: kernel, border: border, name: next())
      if batchNorm { x = try x.batchNorm(name: next()) }
      if let map { x = try x.activation(map, name: next()) }
    }
    return x
  }

  private func up(_ x: SymbolicTensor, _ factors: [Int], _ features: Int, _ name: String, _ rank: Int) throws(NetworkError) -> SymbolicTensor {
    if !constantUpsample {
      let x = try x.transposedConv(features, factors: factors, name: activationOnUpsample ? "\(name).up.0" : "\(name).up")
      return activationOnUpsample ? try x.relu(name: "\(name).up.1") : x
    }
    let x = try x.upsample(factors, name: "\(name).up.0").conv(features, kernel: Array(repeating: 1, count: rank), name: "\(name).up.1")
    return activationOnUpsample ? try x.relu(name: "\(name).up.2") : x
  }

  private func width(_ level: Int) throws(NetworkError) -> Int {
    if let widthsDown { return widthsDown[level] }
    var width = features
    for _ in 0..<level {
      let (product, overflow) = width.multipliedReportingOverflow(by: featureFactor)
      guard !overflow, product <= 1 << 20 else { throw .setting(name: "features", expected: "at most 1048576 at the deepest level", found: "\(features) × \(featureFactor)^\(level)") }
      width = product
    }
    return width
  }

  /// Of the upsampling's convolution, and of those behind it.
  private func widthUp(_ level: Int) throws(NetworkError) -> (up: Int, out: Int) {
    if let widthsUp { return (widthsUp[level], widthsUp[level]) }
    return (try width(max(level, 1)), level == 0 ? outChannels : try width(level))
  }

  /// The product of the pooling factors from `level` down.
  private func factorBelow(_ level: Int, _ rank: Int) throws(NetworkError) -> [Int] {
    var product = Array(repeating: 1, count: rank)
    for factors in downsampleFactors[level...] { for axis in 0..<rank { product[axis] = min(product[axis] &* factors[axis], 1 << 20) } }
    return product
  }

  private func lost(_ kernels: [[Int]], _ rank: Int) -> [Int] { (0..<rank).map { axis in kernels.reduce(0) { $0 + $1[axis] - 1 } } }

  private func checkedRank() throws(NetworkError) -> Int {
    guard let rank = downsampleFactors.first?.count, (1...3).contains(rank), downsampleFactors.count <= 16,
          (downsampleFactors + upsampleFactors).allSatisfy({ $0.count == rank && $0.allSatisfy { (1...32).contains($0) } }) else {
      throw .setting(name: "downsample and upsample factors", expected: "for each level one number from 1 to 32 an axis, the same axes everywhere", found: "\(downsampleFactors), \(upsampleFactors)")
    }
    guard featureFactor >= 1 else { throw .setting(name: "feature factor", expected: "1 or more", found: "\(featureFactor)") }
    for (name, widths, count) in [("widths down", widthsDown, downsampleFactors.count + 1), ("widths up", widthsUp, downsampleFactors.count)] {
      if let widths, widths.count != count { throw .setting(name: name, expected: "\(count) numbers", found: "\(widths)") }
    }
    if let kernels = finalPass?.kernels { _ = try self.kernels([kernels], "kernels of the final pass", 1, rank) }
    return rank
  }

  private func kernels(_ given: [[[Int]]]?, _ name: String, _ count: Int, _ rank: Int) throws(NetworkError) -> [[[Int]]] {
    guard let given else { return Array(repeating: Array(repeating: Array(repeating: 3, count: rank), count: 2), count: count) }
    guard given.count == count, given.allSatisfy({ $0.allSatisfy { $0.count == rank && $0.allSatisfy { (1...7).contains($0) } } }) else {
      throw .setting(name: name, expected: "\(count) lists of kernels with \(rank) lengths from 1 to 7 each", found: "\(given)")
    }
    return given
  }
}
