// How much truth there is in a validation crop: crops.csv in the run's folder, a line a crop and channel. What a score means depends on it: where there is no
// truth, nothing can be found.
//
//   crop,channel,voxels,truth        voxels that count (the mask's), and those of them that are foreground

import Arrays
import Storage

package struct CropChannel: Sendable, Hashable {
  package let crop: String, channel: String
  package init(crop: String, channel: String) { (self.crop, self.channel) = (crop, channel) }
}

package struct CropFact: Sendable, Equatable {
  package let place: CropChannel
  package let voxels: Int
  package let truth: Int
}

extension Task {
  /// One fact a channel that is scored.
  ///
  /// - Parameters:
  ///   - labels: (label channels, space…), the truth.
  ///   - mask: (1, space…), 0 where it may not be trusted.
  func facts(crop: String, labels: NDArray, mask: NDArray?) throws -> [CropFact] {
    let mask = try mask?.contiguous().nonZero()
    func fact(_ channel: Int, _ plane: Int, _ id: Double?) throws -> CropFact {
      let values = try labels.dropping(axis: 0, at: min(plane, labels.shape[0] - 1)).contiguous()
      var voxels = 0, truth = 0
      func count<T: Element>(_: T.Type) {
        let wanted = id.map { T(saturating: $0) }, zero = T(saturating: 0)
        values.withElements(T.self) { values in
          func add(_ isCounted: (Int) -> Bool) {
            for i in 0..<values.count where isCounted(i) {
              voxels += 1
              if wanted.map({ values[i] == $0 }) ?? (values[i] != zero) { truth += 1 }
            }
          }
          if let mask { mask.withElements(UInt8.self) { mask in add { i in i < mask.count && mask[i] != 0 } } } else { add { _ in true } }
        }
      }
      count(values.dtype.type)
      return CropFact(place: CropChannel(crop: crop, channel: channels[channel]), voxels: voxels, truth: truth)
    }
    return switch post.rule {
    case .threshold: try (0..<(post.channels ?? channels.count)).map { try fact($0, $0, nil) }
    case .argmax: try channels.indices.dropFirst().map { try fact($0, 0, Double($0)) }
    case .custom: [try fact(0, 0, nil)]
    }
  }
}

extension RunFolder {
  var cropsPath: String { Files.join(path, "crops.csv") }

  func cropFacts() throws -> [CropFact] {
    try rows(cropsPath).compactMap { fields in
      guard fields.count == 4, let voxels = Int(fields[2]), let truth = Int(fields[3]) else { return nil }
      return CropFact(place: CropChannel(crop: fields[0], channel: fields[1]), voxels: voxels, truth: truth)
    }
  }

  func write(_ facts: [CropFact]) throws {
    let lines = facts.map { "\(Self.quoted($0.place.crop)),\(Self.quoted($0.place.channel)),\($0.voxels),\($0.truth)" }
    try Files.writeAtomically((["crop,channel,voxels,truth"] + lines).joined(separator: "\n") + "\n", cropsPath)
  }
}

extension [CropFact] {
  var empty: Set<CropChannel> { Set(lazy.filter { $0.truth == 0 }.map(\.place)) }
}
