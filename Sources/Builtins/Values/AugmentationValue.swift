// An augmentation as a value: the call that makes it.

import Display
import Language
import Training

struct AugmentationValue: ObjectValue {
  let augmentation: Augmentation

  var typeName: String { "augmentation" }
  var fieldNames: [String] { [] }
  var brief: String { summary(DisplayStyle()) }
  func field(_ name: String, _ context: CallContext) throws -> Value? { nil }
  func summary(_ style: DisplayStyle) -> String {
    if augmentation.name == Augmentation.functionName { return "fn(raw, labels)" }
    func has(_ key: String) -> Bool { augmentation.settings.contains { $0.key == key } }
    /// All axes at the first of them: "spacing=(40, 8, 8)nm".
    func axes(_ key: String) -> String? {
      let name = key.dropLast(2), all = augmentation.settings.filter { $0.key.dropLast(2) == name && $0.key.dropLast(1).hasSuffix("_") }
      guard all.first?.key == key else { return nil }
      return "\(name)=(" + all.map { compact($0.value) }.joined(separator: ", ") + ")" + (has(name + "_in_voxels") ? "" : "nm")
    }
    var settings = augmentation.settings.compactMap { key, value -> String? in
      switch (augmentation.name, key) {
      case ("rotate", "plane"): "plane=\(value != 0)"
      case ("elastic", "spacing"), ("elastic", "displacement"): value == 0 ? nil : "\(key)=\(compact(value))" + (has(key + "_in_voxels") ? "" : "nm")
      case ("elastic", _) where key.hasSuffix("_in_voxels"): nil
      case ("elastic", _) where key.hasSuffix("_z") || key.hasSuffix("_y") || key.hasSuffix("_x"): axes(key)
      case ("elastic", "rotation"): value == 0 ? nil : "rotation=\(compact(value))"
      case (_, "sections"): "each=\"section\""
      case ("noise", "kind"): "kind=\"\(Augmentation.Noise.allCases.indices.contains(Int(value)) ? Augmentation.Noise.allCases[Int(value)].rawValue : "")\""
      case ("intensity", "clip"): "clip=true"
      case ("intensity", "scale_min"): "low=\(compact(value))"
      case ("intensity", "scale_max"): "high=\(compact(value))"
      case ("intensity", "shift_min"): "shift_low=\(compact(value))"
      case ("intensity", "shift_max"): "shift_high=\(compact(value))"
      default: "\(key)=\(compact(value))"
      }
    }
    if augmentation.probability < 1 { settings.append("p=\(compact(augmentation.probability))") }
    return "aug.\(augmentation.name)(" + settings.joined(separator: ", ") + ")"
  }
}
