// How libraries name the same weights: beginnings of their names, and what stands there in ours.
//
//   DaCapo ≤ 0.3.5   architecture.unet.… and once more chain.0.unet.…; head prediction_head.… and once more chain.1.…
//   DaCapo main      chain.0.…, chain.1.…
//   cellmap-models   backbone.0.… (U-Net), backbone.1.… (upsampling), …, prediction_head.…
//   Cellpose         downsample.down.res_down_0.conv.conv_0.0.weight, …: our cpnet has these names; diam_mean and diam_labels are no weights
//   a U-Net alone    l_conv.0.conv_pass.0.weight, …
// A beginning that all names share and that says nothing (DataParallel's module., _orig_mod. of torch.compile) is dropped first.

struct KeyScheme: Sendable {
  let name: String
  /// The first that fits counts.
  let rules: [(theirs: String, ours: String)]

  func ours(_ name: String) -> String? {
    rules.first { name.hasPrefix($0.theirs) }.map { $0.ours + name.dropFirst($0.theirs.count) }
  }

  static let head = "prediction_head."
  private static let heads = [(theirs: "prediction_head.", ours: head), (theirs: "chain.1.", ours: head)]

  /// In the order in which they are tried; of two that fit alike the first counts.
  static let all = [
    KeyScheme(name: "its own names", rules: [("", "")]),
    KeyScheme(name: "DaCapo 0.3", rules: [("architecture.unet.", "unet."), ("chain.0.unet.", "unet.")] + heads),
    KeyScheme(name: "DaCapo main", rules: [("chain.0.", "unet.")] + heads),
    KeyScheme(name: "DaCapo, of another architecture", rules: [("architecture.", ""), ("chain.0.", "")] + heads),
    KeyScheme(name: "cellmap-models", rules: [("backbone.", "unet.")] + heads),
    KeyScheme(name: "cellmap-models", rules: [("backbone.0.", "unet.")] + heads),
    KeyScheme(name: "a U-Net alone", rules: heads + [("", "unet.")]),
  ]

  static let empty = ["module.", "_orig_mod.", "model.", "net.", "network."]

  /// Counters and settings that libraries keep among the weights.
  static func isNoWeight(_ name: String) -> Bool { name.hasSuffix("num_batches_tracked") || name == "diam_mean" || name == "diam_labels" }

  /// The names without the beginnings that say nothing.
  static func stripped(_ names: [String]) -> [String] {
    var names = names
    while let prefix = empty.first(where: { prefix in !names.isEmpty && names.allSatisfy { $0.count > prefix.count && $0.hasPrefix(prefix) } }) { names = names.map { String($0.dropFirst(prefix.count)) } }
    return names
  }
}
