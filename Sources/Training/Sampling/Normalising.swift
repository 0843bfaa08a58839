// How raw becomes network input: mean 0 and deviation 1 over the training crops. On a small network of the tests this reached in 40 iterations
// the loss for which 0…1 needed 300.

import Arrays
import Execution
import Geometry
import Networks

extension Normalisation {
  /// Units in which augmentations count: unsigned integers to 0…1, floats as they are.
  package static func range(_ dtype: DType) -> Normalisation {
    switch dtype {
    case .uint8: Normalisation(scale: 1 / 255.0)
    case .uint16: Normalisation(scale: 1 / 65535.0)
    default: .none
    }
  }

  /// Makes raw of these crops mean 0, deviation 1; measured on at most 32 boxes of 32 voxels a side of each crop, the same ones each time.
  package static func standard(_ crops: [Crop]) throws -> Normalisation {
    var count = 0.0, sum = 0.0, squares = 0.0
    for (index, crop) in crops.enumerated() {
      var random = KeyedGenerator(seed: 0, purpose: "normalisation", index: UInt64(index))
      let labelled = try crop.raw(under: crop.bounds), bounds = labelled.shape.values, box = bounds.map { min($0, 32) }
      let boxes = min(32, zip(bounds, box).reduce(1) { $0 * (($1.0 + $1.1 - 1) / $1.1) })
      for _ in 0..<boxes {
        let place = (0..<bounds.count).map { labelled.offset[$0] + random.index(below: bounds[$0] - box[$0] + 1) }
        let values = try crop.raw.read(offset: place, shape: box).floats()
        values.withElements(Float.self) { values in
          for value in values where value.isFinite {
            count += 1
            sum += Double(value)
            squares += Double(value) * Double(value)
          }
        }
      }
    }
    guard count > 0 else { return .none }
    let mean = sum / count, deviation = max(0, squares / count - mean * mean).squareRoot()
    guard deviation > 0, deviation.isFinite else { return Normalisation(scale: 1, shift: -mean) }
    return Normalisation(scale: short(1 / deviation), shift: short(-mean / deviation))
  }

  /// Four significant digits: what people read in run.json is what was used.
  private static func short(_ value: Double) -> Double {
    guard value != 0, value.isFinite else { return value }
    var scale = 1.0
    while abs(value) * scale < 1000 && scale < 1e15 { scale *= 10 }
    return (value * scale).rounded() / scale
  }

  /// What is left to do after `first`.
  func after(_ first: Normalisation) -> Normalisation {
    let factor = scale / first.scale
    return Normalisation(scale: factor, shift: shift - first.shift * factor)
  }
}
