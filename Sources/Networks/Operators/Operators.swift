// The list of operators, and what their files share.

import Geometry

package enum Operators {
  package static let all: [any Operator.Type] = [
    Activation.self, Add.self, AddSpread.self, BatchNormalisation.self, Concat.self, Convolution.self, CropLike.self, CropToFactor.self, Dropout.self, GlobalPooling.self,
    GroupNormalisation.self, LeakyRelu.self, Linear.self, LinearUpsample.self, MeanPooling.self, Multiply.self, PadLike.self, Padding.self, Pooling.self, Softmax.self,
    TransposedConvolution.self, UnitLength.self, Upsample.self,
  ]

  package static func make(_ word: String, _ settings: [String: [Int]]) throws(NetworkError) -> any Operator {
    guard let type = all.first(where: { $0.word == word }) else { throw .description(reason: "no operator is named \(word)") }
    return try type.init(settings: settings)
  }
}

extension [String: [Int]] {
  func one(_ name: String) throws(NetworkError) -> Int {
    guard let values = self[name], values.count == 1 else { throw .description(reason: "the setting \(name) must be one number") }
    return values[0]
  }

  func extent(_ name: String) throws(NetworkError) -> Extent {
    guard let values = self[name], values.count == 3 else { throw .description(reason: "the setting \(name) must be three numbers") }
    return Extent(values)
  }
}

extension [String: [Int]] {
  /// An exact number, [numerator, denominator].
  func fraction(_ name: String) throws(NetworkError) -> Rational {
    guard let parts = self[name], parts.count == 2, let value = try? Rational(Int128(parts[0]), over: Int128(parts[1])) else { throw .description(reason: "the setting \(name) must be a fraction of two numbers") }
    return value
  }
}

/// Calls `body` with each part of an input and the channels of the output that it fills.
func forEachPart(_ parts: [TensorView], _ output: TensorView, _ body: (_ part: TensorView, _ output: TensorView, _ first: Int) -> Void) {
  var first = 0
  for part in parts {
    body(part, output.channelRange(first, part.channels), first)
    first += part.channels
  }
}

/// Calls `body` with the output's gradient over the channels of each part of the first input, and where that part's gradient goes.
func forEachGradient(_ call: BackwardCall, _ body: (_ dy: TensorView, _ gradient: GradientPart) -> Void) {
  guard let gradients = call.inputGradients[0] else { return }
  var first = 0
  for gradient in gradients {
    body(call.outputGradient.channelRange(first, gradient.view.channels), gradient)
    first += gradient.view.channels
  }
}
