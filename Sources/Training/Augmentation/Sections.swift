// What is done to grey values is done to a patch, or to each of its sections along the first axis: their brightness and focus differ.

import Arrays

extension Augmentation {
  /// "section" in `each=`, as a number in the settings of a run; left out where it is the patch.
  static func sectionSetting(_ sections: Bool) -> [(key: String, value: Double)] { sections ? [(key: "sections", value: 1)] : [] }

  static func sectionFlag(_ value: Double) throws(TrainingError) -> Bool {
    guard value == 0 || value == 1 else { throw .settings(name: "sections", expected: "0 or 1", found: "\(value)") }
    return value == 1
  }
}

extension Patch {
  /// Calls `body` with the grey values of the patch, or of each section; a buffer a channel.
  mutating func grey(sections: Bool, _ body: ([UnsafeMutableBufferPointer<Float>]) throws -> Void) throws {
    let channels = raw.shape[0], depth = sections && rank == 3 ? raw.shape[1] : 1
    var values = try raw.contiguous()
    let voxels = values.count / max(1, channels * depth)
    try values.withMutableElements(Float.self) { all in
      for section in 0..<depth {
        try body((0..<channels).map { UnsafeMutableBufferPointer(rebasing: all[($0 * depth + section) * voxels..<($0 * depth + section + 1) * voxels]) })
      }
    }
    raw = values
  }
}

extension [UnsafeMutableBufferPointer<Float>] {
  /// Of all values, each counted once.
  var mean: Float {
    let sum = reduce(0.0) { sum, part in part.reduce(sum) { $0 + Double($1) } }
    return Float(sum / Double(Swift.max(1, reduce(0) { $0 + $1.count })))
  }
}
