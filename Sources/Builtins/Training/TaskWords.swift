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

  static let taskDistance = distanceTask(
    "task.distance", "Learns tanh(signed distance to the object's surface / scale): above 0 inside, below 0 outside.", examples: [
      Example("task.distance(\"mito\", scale=160nm).kind", prints: "\"distance\""),
    ]
  ) { try .distance($0, scale: $1, balanced: $2, masksDistances: $3) }

  static let taskInnerDistance = distanceTask(
    "task.inner_distance", "Learns tanh(distance to the object's surface / scale) inside objects and 0 outside of them.", examples: [
      Example("task.inner_distance(\"mito\", scale=160nm).channels", prints: "[\"mito\"]"),
    ]
  ) { try .innerDistance($0, scale: $1, balanced: $2, masksDistances: $3) }

  static let taskHotDistance = distanceTask(
    "task.hot_distance", "Learns classes and signed distances together: a channel of log-odds and a channel of tanh(d / scale) for each class.", examples: [
      Example("task.hot_distance(\"mito\", scale=160nm).channels", prints: "[\"mito\", \"mito_distance\"]"),
    ]
  ) { try .hotDistance($0, scale: $1, balanced: $2, masksDistances: $3) }

  private static func distanceTask(
    _ name: String, _ summary: String, examples: [Example],
    _ make: @escaping @Sendable (_ classes: [String], _ scale: Double, _ balanced: Bool, _ masks: Bool) throws -> Task
  ) -> Builtin {
    Builtin(
      name, "(classes: string|list, scale: length, balanced=false, mask_distances=false) -> task", summary,
      details: [
        "scale: where the distance saturates. balanced: both sides of a surface count the same. Several classes need labels with a channel for each.",
        "mask_distances: leave out voxels that are nearer to the end of the annotated space than to the surface that was found: a surface outside might be nearer.",
      ],
      examples: examples, searchTerms: ["boundary", "surface", "tanh"]
    ) { call in Value(TaskValue(task: try make(try call.names("classes"), try call.length("scale").double, try call.bool("balanced"), try call.bool("mask_distances")))) }
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
