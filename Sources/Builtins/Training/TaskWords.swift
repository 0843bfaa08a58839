import Language
import Training

extension Builtin {
  static let taskOneHot = Builtin(
    "task.onehot", "(classes: string|list, exclusive: bool = nil, balanced=false) -> task",
    "Learns which class a voxel is in: one class by sigmoid and cross entropy, several exclusive ones (ids 0, 1, …) by softmax.",
    examples: [Example("task.onehot(\"mito\").channels", prints: "[\"mito\"]")]
  ) { call in
    Value(TaskValue(task: try .oneHot(try call.names("classes"), exclusive: try call.optionalBool("exclusive"), balanced: try call.bool("balanced"))))
  }

  static let taskDistance = Builtin(
    "task.distance", "(classes: string|list, scale: length, balanced=false) -> task",
    "Learns tanh(signed distance to the object's surface / scale): above 0 inside, below 0 outside.",
    examples: [Example("task.distance(\"mito\", scale=160nm).kind", prints: "\"distance\"")]
  ) { call in
    Value(TaskValue(task: try .distance(try call.names("classes"), scale: try call.length("scale").double, balanced: try call.bool("balanced"))))
  }

  static let augmentations: [Builtin] = [augMirror, augTranspose, augIntensity]

  private static let augMirror = Builtin("aug.mirror", "(p=1.0) -> augmentation", Augmentation.Kind.mirror.doc) { call in
    Value(AugmentationValue(augmentation: try Augmentation.Kind.mirror(probability: try call.float("p"))))
  }

  private static let augTranspose = Builtin("aug.transpose", "(p=1.0) -> augmentation", Augmentation.Kind.transpose.doc) { call in
    Value(AugmentationValue(augmentation: try Augmentation.Kind.transpose(probability: try call.float("p"))))
  }

  private static let augIntensity = Builtin(
    "aug.intensity", "(low=0.8, high=1.2, shift_low=-0.1, shift_high=0.1, p=1.0) -> augmentation",
    "Changes contrast by a factor from low to high, and brightness by a shift, of grey values scaled to 0…1."
  ) { call in
    let (low, high) = (try call.float("low"), try call.float("high")), shift = (try call.float("shift_low"), try call.float("shift_high"))
    return Value(AugmentationValue(augmentation: try .intensity(scale: (low, high), shift: shift, probability: try call.float("p"))))
  }
}

extension Call {
  /// One name, or a list of them.
  func names(_ argument: String) throws -> [String] {
    if case .string(let one) = try value(argument) { return [one] }
    return try list(argument).map {
      guard case .string(let name) = $0 else { throw failure(.type, "`\(argument)` must hold names, not \($0.typePhrase)", at: argument) }
      return name
    }
  }
}
