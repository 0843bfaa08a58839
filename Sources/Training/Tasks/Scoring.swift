// Scores a whole prediction for every value of a task's sweep. Thresholds need one pass over the voxels for all of them.

import Arrays
import Execution
import Geometry
import Segmentation

/// One row of scores: a crop, a channel where there are several, one value a sweep parameter, one a metric.
package struct ScoreRow: Sendable, Equatable {
  package var iteration: Int
  package var crop: String
  package var channel: String
  package var parameters: [Double]
  package var metrics: [Double]

  package init(iteration: Int, crop: String, channel: String, parameters: [Double], metrics: [Double]) {
    (self.iteration, self.crop, self.channel, self.parameters, self.metrics) = (iteration, crop, channel, parameters, metrics)
  }
}

extension Task {
  /// How many rows `score` returns.
  var rowsPerCrop: Int {
    switch post.rule {
    case .threshold: (post.channels ?? channels.count) * sweep[0].values.count
    case .argmax: channels.count - 1
    case .custom: parameterSets.count
    }
  }

  /// - Parameter prediction: (channels, space…) float32, activated.
  /// - Parameter labels: (label channels, space…), the truth; `mask`: (1 or label channels, space…), 0 where it may not be trusted.
  /// - Parameter grid: of the spatial axes; nil: unknown.
  /// - Returns: a row a channel and a combination of the sweep; NaN for a class of which nothing may be trusted, as of one that was not annotated.
  package func score(
    _ prediction: NDArray, labels: NDArray, mask: NDArray?, grid: Grid? = nil, iteration: Int = 0, crop: String = "", _ context: ExecutionContext
  ) throws -> [ScoreRow] {
    let space = Array(prediction.shape.dropFirst())
    guard Array(labels.shape.dropFirst()) == space else { throw ArrayError.shapes(prediction.shape, labels.shape) }
    let counted = try mask.map { try trust(try $0.nonZero(), weightChannels: $0.shape[0] == labels.shape[0] ? channels.count : 1) }
    func trusted(_ channel: Int) throws -> NDArray? { try counted.map { try plane($0, min(channel, $0.shape[0] - 1)) } }
    func plane(_ array: NDArray, _ channel: Int) throws -> NDArray { try array.dropping(axis: 0, at: channel).contiguous() }
    func row(_ channel: Int, _ parameters: [Double], _ scores: [Double]) -> ScoreRow {
      ScoreRow(iteration: iteration, crop: crop, channel: channels[channel], parameters: parameters, metrics: scores)
    }
    switch post.rule {
    case .threshold:
      var rows: [ScoreRow] = []
      for channel in 0..<(post.channels ?? channels.count) {
        let truth = try plane(labels, min(channel, labels.shape[0] - 1)).nonZero()
        let counts = try confusionSweep(try plane(prediction, channel), truth, thresholds: sweep[0].values, mask: try trusted(channel), context)
        let isKnown = try trusted(channel)?.withElements(UInt8.self) { $0.contains { $0 != 0 } } ?? true
        rows += zip(sweep[0].values, counts).map { value, counts in row(channel, [value], metrics.map { isKnown ? $0.score(counts) : .nan }) }
      }
      return rows
    case .argmax:
      let counted = try trusted(0), found = try argmax(prediction, context), ids = try plane(labels, 0).floats()
      return try channels.indices.dropFirst().map { channel in   // class 0 is background
        let counts = try confusion(try found.equal(to: channel), try ids.equal(to: channel), mask: counted, context)
        return row(channel, [], metrics.map { $0.score(counts) })
      }
    case .custom:
      let truth = try plane(labels, 0), counted = try trusted(0)
      return try parameterSets.map { parameters in
        try context.cancellation.check()
        let found = try post.apply(prediction, grid ?? Grid(unknownOfRank: space.count), parameters, context)
        guard found.shape == space || found.shape == [1] + space else { throw TrainingError.post(task: name, expected: space, found: found.shape) }
        let flat = try found.reshaped(space), counts = try confusion(flat, truth, mask: counted, context)
        let overlap = try found.dtype == .bool ? nil : PartitionScores(contingency(flat, truth, mask: counted, context), context.cancellation)
        let tally = try metrics.contains(where: \.needsDistances)
          ? distanceTally(flat, truth, mask: counted, voxelSize: grid?.voxelSize.values.map(\.double) ?? space.map { _ in 1 }, clip: .infinity, tolerance: 0, context) : nil
        return row(0, parameters, metrics.map { $0.score(counts, overlap, tally) })
      }
    }
  }
}

extension NDArray {
  /// 1 where the element (uint8 or float32) is `id`, else 0.
  fileprivate func equal(to id: Int) throws(ArrayError) -> NDArray {
    let packed = try contiguous()
    var result = try NDArray(.uint8, shape, zeroed: false)
    func fill<T: Element>(_: T.Type) {
      let wanted = T(saturating: Double(id))
      packed.withElements(T.self) { source in
        result.withMutableElements(UInt8.self) { target in for i in 0..<source.count { target[i] = source[i] == wanted ? 1 : 0 } }
      }
    }
    if dtype == .uint8 { fill(UInt8.self) } else { fill(dtype.type) }
    return result
  }
}
