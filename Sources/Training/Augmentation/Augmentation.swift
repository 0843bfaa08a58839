// What may happen to a patch before it is learned. One augmentation is one value in one file, listed once in `Augmentation.all`.
//
// An augmentation sees raw, labels and mask together and keeps them aligned. Each draws from its own generator, keyed by
// (seed, iteration, item, place in the list), so adding one does not change what the others draw.
//
// Those that turn, bend or scale say so before anything is read: the patch is then cut through all of their maps at once, with one interpolation,
// and from as much of the crop as they need. All others follow in the order of the list.

import Execution

package struct Augmentation: Sendable {
  package let name: String
  /// What distinguishes this one from others of its name, for the run record.
  package let settings: [(key: String, value: Double)]
  /// The share of patches it is applied to.
  package let probability: Double
  /// The text of a script's function; nil for those that are built in.
  package let function: String?
  package let warp: (@Sendable (inout Warp, Warp.Frame, inout KeyedGenerator) throws -> Void)?
  package let apply: (@Sendable (inout Patch, inout KeyedGenerator) throws -> Void)?

  package init(
    _ name: String, settings: [(key: String, value: Double)] = [], probability: Double = 1, function: String? = nil,
    apply: @escaping @Sendable (inout Patch, inout KeyedGenerator) throws -> Void
  ) {
    (self.name, self.settings, self.probability, self.function, self.apply, warp) = (name, settings, probability, function, apply, nil)
  }

  package init(
    _ name: String, settings: [(key: String, value: Double)] = [], probability: Double = 1,
    warp: @escaping @Sendable (inout Warp, Warp.Frame, inout KeyedGenerator) throws -> Void
  ) {
    (self.name, self.settings, self.probability, self.warp, function, apply) = (name, settings, probability, warp, nil, nil)
  }

  /// The name in records of an augmentation that is a function of a script.
  package static let functionName = "function"

  /// Makes an augmentation from named settings; what `aug.NAME(…)` calls.
  package struct Kind: Sendable {
    package let name: String
    package let doc: String
    package let defaults: [(key: String, value: Double)]
    /// Gets one value for each of `defaults`, in their order.
    let make: @Sendable (_ values: [Double], _ probability: Double) throws(TrainingError) -> Augmentation

    /// - Parameter given: values by name; those left out keep their default.
    /// - Throws: `TrainingError.settings` for a name it does not know or a value out of range.
    package func callAsFunction(_ given: [String: Double] = [:], probability: Double = 1) throws(TrainingError) -> Augmentation {
      for name in given.keys.sorted() where !defaults.contains(where: { $0.key == name }) {
        throw .settings(name: name, expected: "one of " + defaults.map(\.key).joined(separator: ", "), found: name)
      }
      guard probability >= 0, probability <= 1 else { throw .settings(name: "probability", expected: "from 0 to 1", found: "\(probability)") }
      return try make(defaults.map { given[$0.key] ?? $0.value }, probability)
    }
  }

  package static let all: [Kind] = [.blur, .defect, .elastic, .gamma, .intensity, .mirror, .noise, .rotate, .transpose, .zoom]

  /// The usual set where a script names none: mirror, transpose, and a mild change of contrast and brightness.
  package static func usual() throws(TrainingError) -> [Augmentation] { [mirror(), transpose(), try intensity(scale: (0.8, 1.2), shift: (-0.1, 0.1))] }
}

extension [Augmentation] {
  /// What all that move voxels do to the patch number `item` of `iteration`, before it is cut.
  package func warp(_ frame: Warp.Frame, seed: UInt64, iteration: Int, item: Int) throws -> Warp {
    var result = Warp()
    try each(seed, iteration, item) { augmentation, random in try augmentation.warp?(&result, frame, &random) }
    return result
  }

  /// Applies all others, in order, to the patch number `item` of `iteration`.
  package func apply(to patch: inout Patch, seed: UInt64, iteration: Int, item: Int) throws {
    try each(seed, iteration, item) { augmentation, random in try augmentation.apply?(&patch, &random) }
  }

  private func each(_ seed: UInt64, _ iteration: Int, _ item: Int, _ body: (Augmentation, inout KeyedGenerator) throws -> Void) throws {
    for (index, augmentation) in enumerated() {
      var random = KeyedGenerator(seed: seed, purpose: "augment \(index) \(augmentation.name)", index: PatchSampler.key(iteration, item))
      if augmentation.probability >= 1 || random.uniform() < augmentation.probability { try body(augmentation, &random) }
    }
  }
}
