// Layers that bring channels to mean 0 and deviation 1.

import Geometry
import Language
import Networks

extension Builtin {
  static let normalisations: [Builtin] = [layerBatchNorm, layerGroupNorm, layerInstanceNorm]

  private static let layerBatchNorm = Builtin(
    "batch_norm", "(x: tensor, momentum=0.1, name: string = nil) -> tensor",
    "A layer that brings each channel to mean 0 and deviation 1, then scales and shifts it by weights of its own.",
    details: [
      "Training normalises by the batch and keeps running statistics, prediction by these: each voxel for itself, so there are no seams.",
      "momentum: the part of the way that each training step moves the running statistics to those of its batch.",
    ],
    examples: [Example("network(fn(x) = x |> conv(4, 3) |> batch_norm() |> relu(), dimensions=2).parameters", prints: "48")],
    searchTerms: ["layer", "normalisation", "normalization"]
  ) { call in
    // The decimal that was written, exactly: 0.1 is 1/10.
    guard let momentum = Rational(decimal: Value.floatText(try call.float("momentum"))) else { throw call.failure(.value, "`momentum` must be a number above 0, up to 1", at: "momentum") }
    return Value(TensorValue(try call.tensor().batchNorm(momentum: momentum, name: try call.optionalString("name"))))
  }

  private static let layerGroupNorm = Builtin(
    "group_norm", "(x: tensor, groups: int, name: string = nil) -> tensor",
    "A layer that brings each group of channels to mean 0 and deviation 1 over all of space, then scales and shifts each channel by weights of its own.",
    details: ["It needs no batch, but sees all of its input, in prediction too: such networks are predicted in tiles of their training size."],
    examples: [Example("network(fn(x) = x |> conv(4, 3) |> group_norm(2) |> relu(), dimensions=2).parameters", prints: "48")],
    searchTerms: ["layer", "normalisation", "normalization"]
  ) { call in
    Value(TensorValue(try call.tensor().groupNorm(try call.int("groups", in: 1...1 << 20), name: try call.optionalString("name"))))
  }

  private static let layerInstanceNorm = Builtin(
    "instance_norm", "(x: tensor, weights=false, name: string = nil) -> tensor",
    "A layer that brings each channel to mean 0 and deviation 1 over all of space; with weights=true it then scales and shifts it.",
    details: ["It needs no batch, but sees all of its input, in prediction too: such networks are predicted in tiles of their training size."],
    searchTerms: ["layer", "normalisation", "normalization"]
  ) { call in
    Value(TensorValue(try call.tensor().instanceNorm(affine: try call.bool("weights"), name: try call.optionalString("name"))))
  }
}
