// The network of Cellpose 1 to 3 (Stringer et al. 2021): residual blocks down and up, and a style of the whole image.
//
// Each convolution is preceded by batch normalisation (momentum 0.05) and ReLU, and pads with zeros. Down: blocks of two pairs of convolutions
// around which a projection and then the block itself pass, pooled by 2 in between. The style is the mean over space of the deepest features,
// of length 1; a linear map of it is added before the second to fourth convolution of each block on the way up. Nearest upsampling by 2.
// Names: downsample.down.res_down_{n}.conv.conv_{0…3}.{0, 2}, ….proj.{0, 1}, upsample.up.res_up_{n}.conv.conv_0.{0, 2}, ….conv_{1…3}.{conv.{0, 2}, full},
// output.{0, 2}. Without `residual` the blocks are two convolutions, conv_down_{n} and conv_up_{n}.
// Checked against cellpose's own output: Tests/Fixtures/networks.

import Geometry

package struct CPnetSettings: Sendable, Equatable {
  package var inChannels = 2
  /// Widths a level (nbase without the input's channels).
  package var features = [32, 64, 128, 256]
  /// Flows along y and x (and z), and the cell's log-odds.
  package var outChannels = 3
  package var kernel = 3
  package var spatialRank = 2
  package var residual = true
  /// Features of the way down are concatenated rather than added.
  package var concatenation = false

  package init(inChannels: Int = 2, features: [Int] = [32, 64, 128, 256], outChannels: Int = 3, kernel: Int = 3, spatialRank: Int = 2, residual: Bool = true, concatenation: Bool = false) {
    (self.inChannels, self.features, self.outChannels, self.kernel) = (inChannels, features, outChannels, kernel)
    (self.spatialRank, self.residual, self.concatenation) = (spatialRank, residual, concatenation)
  }

  private static let momentum = Rational(decimal: "0.05") ?? BatchNormalisation.usualMomentum

  /// - Throws: `.setting` for settings without sense.
  package func network(name: String = "cpnet") throws(NetworkError) -> Network {
    guard (1...8).contains(features.count) else { throw .setting(name: "features", expected: "1 to 8 levels", found: "\(features.count)") }
    let builder = try NetworkBuilder(name: name, spatialRank: spatialRank, inChannels: inChannels)
    var down: [SymbolicTensor] = [], x = builder.input
    for (level, width) in features.enumerated() {
      if level > 0 { x = try x.maxPool([2], name: "downsample.maxpool.\(level)") }
      x = try self.down(x, width, "downsample.down.\(residual ? "res" : "conv")_down_\(level)")
      down.append(x)
    }
    let style = try x.globalPool(name: "make_style.pool").unitLength(name: "make_style")
    for level in features.indices.reversed() {
      if level < features.count - 1 { x = try x.upsample([2], name: "upsample.upsampling.\(level)") }
      x = try up(x, down[level], style, features[level], "upsample.up.\(residual ? "res" : "conv")_up_\(level)")
    }
    return try builder.network(output: try convolved(x, outChannels, kernel: 1, "output"))
  }

  /// Batch normalisation, ReLU, convolution.
  private func convolved(_ x: SymbolicTensor, _ width: Int, kernel: Int, relu: Bool = true, _ name: String) throws(NetworkError) -> SymbolicTensor {
    var x = try x.batchNorm(momentum: Self.momentum, name: "\(name).0")
    if relu { x = try x.relu(name: "\(name).1") }
    return try x.conv(width, kernel: [kernel], border: .same, name: "\(name).\(relu ? 2 : 1)")
  }

  private func down(_ x: SymbolicTensor, _ width: Int, _ name: String) throws(NetworkError) -> SymbolicTensor {
    func step(_ x: SymbolicTensor, _ number: Int) throws(NetworkError) -> SymbolicTensor { try convolved(x, width, kernel: kernel, "\(name).conv.conv_\(number)") }
    let y = try step(try step(x, 0), 1)
    guard residual else { return y }
    let z = try convolved(x, width, kernel: 1, relu: false, "\(name).proj").add([y], name: "\(name).add_0")
    return try z.add([try step(try step(z, 2), 3)], name: "\(name).add_1")
  }

  private func up(_ x: SymbolicTensor, _ skip: SymbolicTensor, _ style: SymbolicTensor, _ width: Int, _ name: String) throws(NetworkError) -> SymbolicTensor {
    func step(_ x: SymbolicTensor, _ number: Int) throws(NetworkError) -> SymbolicTensor {
      let styled = try x.add([try style.linear(x.channels, name: "\(name).conv.conv_\(number).full")], name: "\(name).conv.conv_\(number).style")
      return try convolved(styled, width, kernel: kernel, "\(name).conv.conv_\(number).conv")
    }
    let first = try convolved(x, width, kernel: kernel, "\(name).conv.conv_0")
    let y = try step(concatenation ? try skip.concat([first], name: "\(name).join") : try first.add([skip], name: "\(name).join"), 1)
    guard residual else { return y }
    let z = try convolved(x, width, kernel: 1, relu: false, "\(name).proj").add([y], name: "\(name).add_0")
    return try z.add([try step(try step(z, 2), 3)], name: "\(name).add_1")
  }
}

extension Network {
  /// Whether it is of Cellpose's kind, with its channels: a flow along each axis, and one more. What a run's task says of channels goes before this.
  package var makesFlows: Bool { outChannels == spatialRank + 1 && nodes.contains { $0.operation is UnitLength } }
}
