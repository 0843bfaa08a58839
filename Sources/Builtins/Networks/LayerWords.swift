// The layers of networks: words on the tensor inside `network(fn(x) { … })`. Where arrays have a word of the same name, the argument decides.

import Geometry
import Language
import Networks

extension Builtin {
  static let layers: [Builtin] =
    [Pointwise.relu, .gelu, .sigmoid, .tanh].map(activation) + normalisations + [
      layerAdd,
      layerAveragePool,
      layerConcat,
      layerConv,
      layerConvTranspose,
      layerCrop,
      layerDropout,
      layerGlobalPool,
      layerLeakyRelu,
      layerLinear,
      layerMaxPool,
      layerSoftmax,
      layerUpsample,
    ]

  private static let layerConv = Builtin(
    "conv", "(x: tensor, features: int, kernel: int|coord = 3, stride: int|coord = 1, dilation: int|coord = 1, padding: \"valid|same\" = \"valid\", name: string = nil) -> tensor",
    "A convolution to `features` channels; valid loses dilation · (kernel − 1) voxels an axis, same surrounds with zeros.",
    details: [
      "kernel: 1 to 7 voxels, one number or one an axis, such as (1, 3, 3). name: what its weights are called in files; given by itself if left out.",
      "stride: voxels from one output to the next, 1 to 16; what is left of a length behind the first window must be a multiple (same: the length). dilation: voxels from tap to tap, 1 to 64.",
    ],
    examples: [Example("network(fn(x) = conv(x, 8, kernel=(1, 3, 3)), input=(5, 20, 20)).output", prints: "(5, 18, 18)"),
               Example("network(fn(x) = x |> conv(8, 3, dilation=2) |> conv(8, 2, stride=2), input=(12, 24, 24)).output", prints: "(4, 10, 10)")],
    searchTerms: ["layer", "convolution", "strided", "dilated", "atrous"]
  ) { call in
    let x = try call.tensor()
    return Value(TensorValue(try x.conv(
      try call.int("features", in: 1...1 << 20), kernel: try call.lengths("kernel", x), stride: try call.lengths("stride", x), dilation: try call.lengths("dilation", x), border: try call.string("padding") == "same" ? .same : .valid, name: try call.optionalString("name"))))
  }

  private static let layerConvTranspose = Builtin(
    "conv_transpose", "(x: tensor, features: int, factors: int|coord = 2, kernel: int|coord = nil, padding: \"valid|same\" = \"valid\", name: string = nil) -> tensor",
    "A transposed convolution: each voxel becomes a box of `kernel` voxels, boxes are `factors` apart and are added where they overlap.",
    details: ["kernel: as factors if not given: boxes that touch. padding=\"same\" cuts the rim of overlapping boxes, so that lengths grow by factors exactly."],
    examples: [
      Example("network(fn(x) = conv_transpose(x, 8, 2), input=(5, 6, 7)).output", prints: "(10, 12, 14)"),
      Example("network(fn(x) = conv_transpose(x, 8, 2, kernel=4, padding=\"same\"), input=(5, 6, 7)).output", prints: "(10, 12, 14)"),
    ],
    searchTerms: ["layer", "deconvolution", "upsample"]
  ) { call in
    let x = try call.tensor(), kernel = try call.value("kernel").isNil ? nil : try call.lengths("kernel", x)
    return Value(TensorValue(try x.transposedConv(
      try call.int("features", in: 1...1 << 16), factors: try call.lengths("factors", x), kernel: kernel, border: try call.string("padding") == "same" ? .same : .valid, name: try call.optionalString("name"))))
  }

  private static func activation(_ map: Pointwise) -> Builtin {
    let formulas: [Pointwise: String] = [
      .relu: "max(x, 0)", .gelu: "x times the normal distribution's share below x, exact", .sigmoid: "1 / (1 + exp(-x))", .tanh: "the hyperbolic tangent",
    ]
    return Builtin(map.word, "(x: tensor, name: string = nil) -> tensor", "A layer that maps each value: \(formulas[map] ?? "").", searchTerms: ["layer", "activation"]) { call in
      Value(TensorValue(try call.tensor().activation(map, name: try call.optionalString("name"))))
    }
  }

  private static let layerLeakyRelu = Builtin(
    "leaky_relu", "(x: tensor, slope=0.01, name: string = nil) -> tensor", "A layer that keeps positive values and multiplies negative ones by `slope`.", searchTerms: ["layer", "activation"]
  ) { call in
    // The decimal that was written, exactly: 0.01 is 1/100.
    guard let slope = Rational(decimal: Value.floatText(try call.float("slope"))) else { throw call.failure(.value, "`slope` must be a number from 0 to 1", at: "slope") }
    return Value(TensorValue(try call.tensor().leakyRelu(slope, name: try call.optionalString("name"))))
  }

  private static let layerDropout = Builtin(
    "dropout", "(x: tensor, share=0.5, name: string = nil) -> tensor", "A layer that in training sets a share of the values to 0 and scales the others up; in prediction it does nothing.",
    searchTerms: ["layer", "regularisation"]
  ) { call in
    guard let share = Rational(decimal: Value.floatText(try call.float("share"))) else { throw call.failure(.value, "`share` must be a number from 0 up to, not including, 1", at: "share") }
    return Value(TensorValue(try call.tensor().dropout(share, name: try call.optionalString("name"))))
  }

  private static let layerSoftmax = Builtin(
    "softmax", "(x: tensor, name: string = nil) -> tensor", "A layer that makes the channels of each voxel shares that sum to 1.", searchTerms: ["layer", "activation", "classes"]
  ) { call in
    Value(TensorValue(try call.tensor().softmax(name: try call.optionalString("name"))))
  }

  private static let layerMaxPool = Builtin(
    "max_pool", "(x: tensor, factors: int|coord = 2, name: string = nil) -> tensor", "The largest value of each box of `factors` voxels; lengths must be multiples of them.", searchTerms: ["layer", "downsample"]
  ) { call in
    let x = try call.tensor()
    return Value(TensorValue(try x.maxPool(try call.lengths("factors", x), name: try call.optionalString("name"))))
  }

  private static let layerAveragePool = Builtin(
    "avg_pool", "(x: tensor, factors: int|coord = 2, name: string = nil) -> tensor", "The mean of each box of `factors` voxels; lengths must be multiples of them.", searchTerms: ["layer", "downsample", "mean"]
  ) { call in
    let x = try call.tensor()
    return Value(TensorValue(try x.meanPool(try call.lengths("factors", x), name: try call.optionalString("name"))))
  }

  private static let layerGlobalPool = Builtin(
    "global_pool", "(x: tensor, name: string = nil) -> tensor", "The mean of each channel over all of space: one voxel, which + and * join to every voxel of another tensor.",
    details: ["A network with such a layer sees all of its input: it is predicted in tiles of its training size."],
    examples: [Example("network(fn(x) = conv(x, 4, 1) * sigmoid(linear(global_pool(x), 4)), input=(8, 8, 8)).output", prints: "(8, 8, 8)")],
    searchTerms: ["layer", "style", "squeeze", "mean"]
  ) { call in
    Value(TensorValue(try call.tensor().globalPool(name: try call.optionalString("name"))))
  }

  private static let layerUpsample = Builtin(
    "upsample", "(x: tensor, factors: int|coord = 2, mode: \"nearest|linear\" = \"nearest\", name: string = nil) -> tensor",
    "Each voxel becomes a box of `factors` voxels: equal ones, or linear between the centres of the old ones.", searchTerms: ["layer", "bilinear", "trilinear", "interpolate"]
  ) { call in
    let x = try call.tensor()
    if try call.string("mode") == "linear" { return Value(TensorValue(try x.upsampleLinear(try call.lengths("factors", x), name: try call.optionalString("name")))) }
    return Value(TensorValue(try x.upsample(try call.lengths("factors", x), name: try call.optionalString("name"))))
  }

  private static let layerCrop = Builtin(
    "crop", "(x: tensor, like: tensor = nil, multiple: int|coord = nil, plus: int|coord = 0, name: string = nil) -> tensor",
    "Cuts about the centre: to the lengths of another tensor, or to a multiple of `multiple` with `plus` more.",
    details: ["plus: what the valid convolutions that follow take, Σ(kernel − 1). Then moving the input by `multiple` voxels moves the output alike."],
    examples: [Example("network(fn(x) = concat(crop(x, like=conv(x, 4, 3)), conv(x, 4, 3)), input=(8, 8, 8)).output", prints: "(6, 6, 6)")],
    searchTerms: ["layer", "skip"]
  ) { call in
    let x = try call.tensor(), name = try call.optionalString("name")
    if let like = try call.optionalObject("like", as: TensorValue.self) {
      if call.isGiven("multiple") { throw call.failure(.argument, "`crop` takes `like` or `multiple`, not both", at: "multiple") }
      return Value(TensorValue(try x.crop(like: like.tensor, name: name)))
    }
    guard call.isGiven("multiple") else { throw call.failure(.argument, "`crop` needs `like` or `multiple`", hint: "crop(a, like=u)") }
    return Value(TensorValue(try x.cropToFactor(try call.lengths("multiple", x), convolutions: try call.lengths("plus", x), name: name)))
  }

  private static let layerConcat = Builtin(
    "concat", "(tensors…: tensor, name: string = nil) -> tensor", "One tensor's channels after another's; lengths must be equal.", searchTerms: ["layer", "join", "skip"]
  ) { call in
    let tensors = try call.tensors()
    return Value(TensorValue(try tensors[0].concat(Array(tensors.dropFirst()), name: try call.optionalString("name"))))
  }

  private static let layerAdd = Builtin(
    "add", "(tensors…: tensor, name: string = nil) -> tensor", "The sum of tensors of equal channels and lengths; a + b is add(a, b).",
    examples: [Example("network(fn(x) = add(x, conv(x, 1, 3, padding=\"same\")), input=(8, 8, 8)).output", prints: "(8, 8, 8)")],
    searchTerms: ["layer", "residual", "sum"]
  ) { call in
    let tensors = try call.tensors()
    return Value(TensorValue(try tensors[0].add(Array(tensors.dropFirst()), name: try call.optionalString("name"))))
  }

  private static let layerLinear = Builtin(
    "linear", "(x: tensor, features: int, name: string = nil) -> tensor", "The same linear map of the channels at each voxel: a convolution whose kernel is one voxel.", searchTerms: ["layer", "dense", "head"]
  ) { call in
    let x = try call.tensor()
    let features = try call.int("features", in: 1...1 << 20), name = try call.optionalString("name")
    return Value(TensorValue(try x.isGlobal ? x.linear(features, name: name) : x.conv(features, kernel: [1], name: name)))
  }
}

extension Call {
  func tensor() throws -> SymbolicTensor { try object("x", as: TensorValue.self).tensor }

  /// What a variadic parameter of tensors collected, at least one.
  fileprivate func tensors() throws -> [SymbolicTensor] {
    let tensors = rest.compactMap { $0.object(as: TensorValue.self)?.tensor }
    if tensors.isEmpty { throw failure(.argument, "`\(builtin.name)` needs tensors", label: builtin.usage) }
    return tensors
  }

  /// One number for all axes of the tensor's network, or one an axis.
  fileprivate func lengths(_ name: String, _ x: SymbolicTensor) throws -> [Int] { try voxels(name, rank: x.builder.spatialRank).values }
}
