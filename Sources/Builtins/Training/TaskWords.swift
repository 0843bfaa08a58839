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

  static let taskAffinities = Builtin(
    "task.affinities", "(name: string, offsets: list = nil, lsds=false, lsd_voxels: float = 10.0, biases: list = nil) -> task",
    "Learns which neighbouring voxels belong to one object; the mutex watershed makes objects of them.",
    details: [
      "offsets: voxels along each axis, such as [(1, 0, 0), (0, 1, 0), (0, 0, 1), (9, 0, 0)]; not given: 1, 3 and 9 voxels along z, y and x. Short ones join, long ones keep apart.",
      "lsds: local shape descriptors are learned beside them (Sheridan et al. 2022), of a window of lsd_voxels of the largest voxel size; they make the affinities better and are not used otherwise.",
      "Validation tries the biases (0.1, 0.25, 0.5, 0.75, 0.9 if not given): what is subtracted from the probabilities, higher cuts more. t.offsets lists the offsets, also of a model's task.",
    ],
    examples: [
      Example("task.affinities(\"neuron\", offsets=[(1, 0, 0), (0, 1, 0), (0, 0, 1)]).channels", prints: "[\"aff_1.0.0\", \"aff_0.1.0\", \"aff_0.0.1\"]"),
      Example("len(task.affinities(\"neuron\", lsds=true).channels)", prints: "19"),
    ], searchTerms: ["instances", "mutex watershed", "neurons", "lsd"]
  ) { call in
    let offsets = try call.optionalList("offsets").map { list in
      try list.map { value -> [Int] in
        guard case .voxelCoordinate(let offset) = value else { throw call.failure(.type, "`offsets` must hold coords of voxels such as (1, 0, 0), not \(value.typePhrase)", at: "offsets") }
        return offset.values
      }
    }
    return Value(TaskValue(task: try call.checked {
      try .affinities(try call.string("name"), offsets: offsets ?? Task.usualOffsets, lsds: try call.bool("lsds"), lsdVoxels: try call.float("lsd_voxels"), biases: try call.numbers("biases"))
    }))
  }

  static let taskDescriptors = Builtin(
    "task.descriptors", "(name: string, lsd_voxels: float = 10.0, dimensions=3) -> task",
    "Learns local shape descriptors: how the object of each voxel lies, spreads and leans nearby (10 channels in 3D, 6 in 2D).",
    details: [
      "lsd_voxels: the window's sigma, in largest voxels. Scores are of the foreground, where the last channel, the mass, is above a threshold: descriptors describe objects and do not make them.",
    ],
    examples: [Example("len(task.descriptors(\"neuron\").channels)", prints: "10")], searchTerms: ["lsd", "shape"]
  ) { call in
    Value(TaskValue(task: try call.checked { try .descriptors(try call.string("name"), voxels: try call.float("lsd_voxels"), rank: try call.int("dimensions", in: 2...3)) }))
  }

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
    ) { call in
      Value(TaskValue(task: try call.checked { try make(try call.names("classes"), try call.length("scale").double, try call.bool("balanced"), try call.bool("mask_distances")) }))
    }
  }
}

extension Call {
  /// Runs `body`; a setting that is out of range gets the caret under its argument.
  func checked<T>(_ body: () throws -> T) throws -> T {
    do { return try body() } catch TrainingError.settings(let name, let expected, let found) {
      throw failure(.value, "`\(name)` must be \(expected), not \(found)", at: builtin.signature.parameter(name) == nil ? nil : name)
    }
  }

  /// A list of numbers; nil if not given.
  func numbers(_ argument: String) throws -> [Double]? {
    try optionalList(argument)?.map { value in
      guard let number = value.number else { throw failure(.type, "`\(argument)` must hold numbers, not \(value.typePhrase)", at: argument) }
      return number
    }
  }

  /// One name, or a list of them.
  func names(_ argument: String) throws -> [String] {
    if case .string(let one) = try value(argument) { return [one] }
    return try list(argument).map {
      guard case .string(let name) = $0 else { throw failure(.type, "`\(argument)` must hold names, not \($0.typePhrase)", at: argument) }
      return name
    }
  }
}
