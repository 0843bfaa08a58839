// aug.…: what may happen to a patch before it is learned.

import Arrays
import Execution
import Geometry
import Language
import Training

extension Builtin {
  static let augmentations: [Builtin] = [augBlur, augDefect, augElastic, augGamma, augIntensity, augMirror, augNoise, augRotate, augTranspose, augZoom]

  private static func augmentation(
    _ name: String, _ signature: String, _ summary: String, details: [String] = [], example: String, shows: String, terms: [String] = [],
    _ make: @escaping @Sendable (Call) throws -> Augmentation
  ) -> Builtin {
    Builtin(name, signature, summary, details: details + ["p: the share of patches it happens to."], examples: [Example(example, prints: shows)], searchTerms: ["augment"] + terms) { call in
      do { return Value(AugmentationValue(augmentation: try make(call))) } catch TrainingError.settings(let name, let expected, let found) {
        let argument = name == "probability" ? "p" : name
        throw call.failure(.value, "`\(argument)` must be \(expected), not \(found)", at: call.builtin.signature.parameter(argument) == nil ? nil : argument)
      }
    }
  }

  private static let augBlur = augmentation(
    "aug.blur", "(low=0.0, high=1.0, each: \"patch|section\" = \"patch\", p=1.0) -> augmentation", "Blurs grey values by a Gaussian whose sigma is drawn from low to high.",
    details: ["Sigma counts in voxels of the finest axis; coarser axes are blurred by the same length.", eachDetail + ", and is blurred within itself."], example: "aug.blur(high=2.0)", shows: "aug.blur(low=0, high=2)", terms: ["smooth", "focus"]
  ) { try .blur(low: $0.float("low"), high: $0.float("high"), sections: bySection($0), probability: $0.float("p")) }

  private static let eachDetail = "each=\"section\": each section along the first axis draws for itself"
  private static func bySection(_ call: Call) throws -> Bool { try call.string("each") == "section" }

  private static let augDefect = augmentation(
    "aug.defect", "(missing=0.03, contrast=0.03, shift=0.03, distance=4, p=1.0) -> augmentation",
    "Spoils sections along the first axis: missing ones, ones of low contrast, ones that slipped sideways.",
    details: ["missing, contrast, shift: the share of sections. distance: how many voxels a section may slip. Labels stay as they are."],
    example: "aug.defect(missing=0.1)", shows: "aug.defect(missing=0.1, contrast=0.03, shift=0.03, distance=4)", terms: ["section", "artefact"]
  ) { try .defect(missing: $0.float("missing"), contrast: $0.float("contrast"), shift: $0.float("shift"), distance: $0.int("distance", in: 0...1000), probability: $0.float("p")) }

  private static let augElastic = augmentation(
    "aug.elastic", "(spacing: length|int|coord = nil, displacement: length|number|coord = nil, rotation=0.0, p=1.0) -> augmentation",
    "Bends patches: control points are moved by normal displacements, and what lies between follows smoothly.",
    details: [
      "spacing: between control points, 32 of the smallest voxels if not given. displacement: its standard deviation, an eighth of the spacing if not given. Either is a length, a number of voxels, "
        + "or one an axis: displacement=(0, 16, 16)nm keeps sections what they are.",
      "rotation: degrees, up to which the patch is turned as well. Raw is interpolated linearly, labels take the nearest voxel, all in one step with other turns and scalings.",
    ],
    example: "aug.elastic(spacing=256nm)", shows: "aug.elastic(spacing=256nm)", terms: ["deform", "warp", "control points"]
  ) { call in
    try .elastic(
      spacing: try axisValues("spacing", call), displacement: try axisValues("displacement", call), rotation: call.float("rotation"), probability: call.float("p"))
  }

  /// A length, voxels, or one of them an axis; nil where not given.
  private static func axisValues(_ name: String, _ call: Call) throws -> Augmentation.AxisValues? {
    switch try call.value(name) {
    case .nil: return nil
    case .length(let length): return .init([length.double])
    case .worldCoordinate(let lengths): return .init(lengths.values.map(\.double))
    case .voxelCoordinate(let voxels): return .init(voxels.values.map(Double.init), inVoxels: true)
    case let value:
      guard let number = value.number else { throw call.failure(.type, "`\(name)` must be a length, voxels, or a coord of them, not \(value.typePhrase)", at: name) }
      return .init([number], inVoxels: true)
    }
  }

  private static let augGamma = augmentation(
    "aug.gamma", "(low=0.5, high=2.0, each: \"patch|section\" = \"patch\", p=1.0) -> augmentation", "Bends grey values by a power drawn from low to high, within the range of the patch.",
    details: [eachDetail + "."], example: "aug.gamma(0.8, 1.25)", shows: "aug.gamma(low=0.8, high=1.25)", terms: ["contrast"]
  ) { try .gamma(low: $0.float("low"), high: $0.float("high"), sections: bySection($0), probability: $0.float("p")) }

  private static let augIntensity = augmentation(
    "aug.intensity", "(low=0.8, high=1.2, shift_low=-0.1, shift_high=0.1, each: \"patch|section\" = \"patch\", clip=false, p=1.0) -> augmentation",
    "Changes contrast by a factor from low to high around the mean, and brightness by a shift, of grey values scaled to 0…1.",
    details: [eachDetail + ". clip=true brings values back into 0…1."],
    example: "aug.intensity(0.75, 1.25)", shows: "aug.intensity(low=0.75, high=1.25, shift_low=-0.1, shift_high=0.1)", terms: ["contrast", "brightness"]
  ) { try .intensity(scale: ($0.float("low"), $0.float("high")), shift: ($0.float("shift_low"), $0.float("shift_high")), sections: bySection($0), clip: $0.bool("clip"), probability: $0.float("p")) }

  private static let augMirror = augmentation(
    "aug.mirror", "(p=1.0) -> augmentation", Augmentation.Kind.mirror.doc, example: "aug.mirror()", shows: "aug.mirror()", terms: ["flip"]
  ) { try Augmentation.Kind.mirror(probability: $0.float("p")) }

  private static let augNoise = augmentation(
    "aug.noise", "(deviation=0.05, kind: \"gaussian|poisson|speckle\" = \"gaussian\", each: \"patch|section\" = \"patch\", p=1.0) -> augmentation", "Adds noise to grey values scaled to 0…1.",
    details: [
      "gaussian: as much everywhere. poisson: of counted electrons or photons, deviation · √x. speckle: deviation · x.",
      eachDetail + ": a deviation from 0 to that given.",
    ],
    example: "aug.noise(0.02)", shows: "aug.noise(deviation=0.02)", terms: ["gaussian", "shot"]
  ) { call in
    try .noise(deviation: call.float("deviation"), kind: Augmentation.Noise(rawValue: call.string("kind")) ?? .gaussian, sections: bySection(call), probability: call.float("p"))
  }

  private static let augRotate = augmentation(
    "aug.rotate", "(angle=180.0, plane=false, p=1.0) -> augmentation", "Turns patches around their centre, among axes of equal voxel size: sections of anisotropic data stay sections.",
    details: ["angle: the largest turn in degrees; 180 gives every orientation the same chance. plane=true turns in the plane of the last two axes only."],
    example: "aug.rotate(angle=20)", shows: "aug.rotate(angle=20, plane=false)", terms: ["turn"]
  ) { try .rotate(angle: $0.float("angle"), plane: $0.bool("plane"), probability: $0.float("p")) }

  private static let augTranspose = augmentation(
    "aug.transpose", "(p=1.0) -> augmentation", Augmentation.Kind.transpose.doc, example: "aug.transpose(p=0.5)", shows: "aug.transpose(p=0.5)", terms: ["axes", "swap"]
  ) { try Augmentation.Kind.transpose(probability: $0.float("p")) }

  private static let augZoom = augmentation(
    "aug.zoom", "(low=0.8, high=1.25, p=1.0) -> augmentation", "Scales patches by a factor from low to high, drawn evenly in its logarithm.", example: "aug.zoom()", shows: "aug.zoom(low=0.8, high=1.25)",
    terms: ["scale", "magnify"]
  ) { try .zoom(low: $0.float("low"), high: $0.float("high"), probability: $0.float("p")) }
}

// MARK: Functions of a script

extension Augmentation {
  /// fn(raw, labels) or fn(raw, labels, key) as an augmentation.
  static func of(_ function: Function, _ call: Call) throws -> Augmentation {
    let function = function.frozen(), names = function.parameterNames.count, context = call.context
    if let required = function.requiredCount, required > 3 || names < 2 {
      throw call.failure(.argument, "an augmentation must take raw and labels, and a key for random(…) if it likes; this one is \(function.signature)", at: "augment")
    }
    return Augmentation(functionName, function: function.identityText) { patch, random in
      let key = "\(random.next())"
      do {
        let raw = try value(patch.raw, patch.rawGrid), labels = try value(patch.labels, patch.grid)
        let result = try context.invoke(function, names == 2 ? [raw, labels] : [raw, labels, .string(key)])
        var newRaw = result, newLabels: Value?
        if case .list(let both) = result, both.count == 2 { (newRaw, newLabels) = (both[0], both[1]) }
        if case .record(let record) = result { (newRaw, newLabels) = (record["raw"] ?? raw, record["labels"]) }
        patch.raw = try array(newRaw, "raw", like: patch.raw, context.execution).asFloats()
        if let newLabels { patch.labels = try array(newLabels, "labels", like: patch.labels, context.execution) }
      } catch let failure as Failure { throw function.blamed(for: failure) }
    }
  }

  private static func value(_ array: NDArray, _ grid: Grid) throws -> Value {
    let space = Array(array.shape.dropFirst())
    if array.shape[0] == 1 { return Value(ArrayValue(try Volume(try array.contiguous().reshaped(space), grid))) }
    return Value(ArrayValue(try Volume(try array.contiguous(), try grid.with(axes: [.c] + grid.axes))))
  }

  private static func array(_ value: Value, _ what: String, like old: NDArray, _ execution: ExecutionContext) throws -> NDArray {
    guard let found = value.object(as: ArrayValue.self) else {
      throw Failure(.type, "an augmentation must return raw, or [raw, labels], not \(value.typePhrase)", hint: "fn(raw, labels) = [raw * 0.9, labels]")
    }
    let space = Array(old.shape.dropFirst())
    guard found.shape == old.shape || (old.shape[0] == 1 && found.shape == space) else {
      throw Failure(.shape, "an augmentation must not change the shape of \(what): \(shapeText(old.shape[0] == 1 ? space : old.shape)) before, \(shapeText(found.shape)) after")
    }
    if what == "labels", found.dtype.isFloat { throw Failure(.type, "an augmentation must return labels as ints or bool, not \(found.dtype)") }
    return try found.volume(execution).array.contiguous().reshaped(old.shape)
  }
}
