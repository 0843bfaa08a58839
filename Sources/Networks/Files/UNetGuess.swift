// Which U-Net a dictionary of weights belongs to, as far as names and shapes say: for the hint of an error, which is to be looked at before it is used.
//
// Shapes give levels, widths, kernels, normalisation and the way of upsampling; poolings before nearest upsampling, padding and activation leave no trace.

import Arrays

package struct UNetGuess: Sendable {
  /// "unet(levels=3, features=6, growth=2, out=8)".
  package let call: String
  package let words: String
  /// What is not known.
  package let unknown: String

  package init?(_ dictionary: StateDict) {
    let names = KeyScheme.stripped(dictionary.entries.map(\.name))
    for scheme in KeyScheme.all {
      var shapes: [String: [Int]] = [:]
      for (name, entry) in zip(names, dictionary.entries) { if let ours = scheme.ours(name) { shapes[ours] = entry.shape } }
      for prefix in ["unet.", "unet.0."] { if let guess = UNetGuess(shapes, prefix, scheme.name) { self = guess; return } }
    }
    return nil
  }

  private init?(_ shapes: [String: [Int]], _ prefix: String, _ scheme: String) {
    func shape(_ name: String) -> [Int]? { shapes[prefix + name + ".weight"] }
    /// Kernels of a pass, and the channels that come out of it.
    func pass(_ name: String, _ step: Int) -> (kernels: [[Int]], features: Int)? {
      var kernels: [[Int]] = [], features = 0
      while kernels.count < 16, let shape = shape("\(name).conv_pass.\(step * kernels.count)"), shape.count >= 3 {
        kernels.append(Array(shape.dropFirst(2)))
        features = shape[0]
      }
      return kernels.isEmpty ? nil : (kernels, features)
    }
    guard let first = shape("l_conv.0.conv_pass.0"), (4...5).contains(first.count) else { return nil }
    let rank = first.count - 2, normalises = shape("l_conv.0.conv_pass.1") != nil, step = normalises ? 3 : 2
    var down: [(kernels: [[Int]], features: Int)] = []
    while down.count < 8, let level = pass("l_conv.\(down.count)", step) { down.append(level) }
    let levels = down.count
    guard levels >= 2, let last = pass("r_conv.0.0", step) else { return nil }
    let up = (0..<levels - 1).compactMap { pass("r_conv.0.\($0)", step)?.kernels }
    var arguments = ["levels=\(levels)", "features=\(down[0].features)", "growth=\(max(1, down[1].features / max(1, down[0].features)))"]
    if first[1] != 1 { arguments.append("channels=\(first[1])") }
    arguments.append("out=\(last.features)")
    let usual = Array(repeating: Array(repeating: 3, count: rank), count: 2)
    func text(_ kernel: [Int]) -> String { Set(kernel).count == 1 ? "\(kernel[0])" : "(\(kernel.map(String.init).joined(separator: ", ")))" }
    func text(_ kernels: [[[Int]]]) -> String { "[" + kernels.map { "[" + $0.map(text).joined(separator: ", ") + "]" }.joined(separator: ", ") + "]" }
    if down.contains(where: { $0.kernels != usual }) { arguments.append("kernels_down=\(text(down.map(\.kernels)))") }
    if up.contains(where: { $0 != usual }) { arguments.append("kernels_up=\(text(up))") }
    var unknown = ["padding"]
    let transposed = (0..<levels - 1).compactMap { shape("r_up.0.\($0).up.0") ?? shape("r_up.0.\($0).up") }
    if transposed.count == levels - 1 {
      arguments.append("constant_upsample=false")
      let factors = transposed.map { Array($0.dropFirst(2)) }
      if factors.contains(where: { $0 != Array(repeating: 2, count: rank) }) { arguments.append("factors=[\(factors.map(text).joined(separator: ", "))]") }
    } else { unknown.insert("factors (2 everywhere if not given)", at: 0) }
    if normalises { arguments.append("batch_norm=true") }
    if rank == 2 { arguments.append("dimensions=2") }
    call = "unet(\(arguments.joined(separator: ", ")))"
    words = "a U-Net of \(levels) levels as \(scheme == "its own names" ? "dcs" : scheme) writes them"
    self.unknown = (unknown + ["activation"]).joined(separator: ", ")
  }
}
