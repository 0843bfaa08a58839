// Which iteration and which parameters score best.
//
// A candidate is an iteration with one combination of the sweep. Its score is the mean over crops and channels; what is compared must not depend on what a
// candidate leaves undefined:
//   - a crop without truth in which nothing was found counts for nothing: there was nothing to score;
//   - any other score that is undefined (NaN: precision where nothing was predicted, a distance to nothing) counts as the worst there is: 0 where higher is
//     better, 1 for rates, infinity for distances and information.
// Of equal scores the one with fewer undefined wins, then the better mean of what is defined, then the earlier iteration, then the earlier parameters.

import Storage

package struct Best: Sendable, Equatable {
  package struct CropScore: Sendable, Equatable {
    package let crop: String, channel: String
    /// NaN where the metric is undefined.
    package let score: Double
  }
  package let metric: String
  package let iteration: Int
  /// Values of the task's sweep, by name.
  package let parameters: [(name: String, value: Double)]
  package let score: Double
  package let crops: [CropScore]

  package static func == (a: Best, b: Best) -> Bool { a.record.compact == b.record.compact }   // as texts, in which what is undefined equals itself

  /// The best of all rows. Nil if no row has a score.
  ///
  /// - Parameter empty: crops and channels in which there is no truth.
  package static func among(_ rows: [ScoreRow], _ task: Task, by metric: Metric, empty: Set<CropChannel> = []) -> Best? {
    guard let column = task.metrics.firstIndex(of: metric) else { return nil }
    var candidates: [Candidate] = [], places: [[Double]: Int] = [:]
    for row in rows {
      let key = [Double(row.iteration)] + row.parameters
      let place = places[key] ?? candidates.count
      if place == candidates.count {
        places[key] = place
        candidates.append(Candidate(iteration: row.iteration, parameters: row.parameters, metric: metric))
      }
      candidates[place].add(row, row.metrics[column], isEmpty: empty.contains(CropChannel(crop: row.crop, channel: row.channel)))
    }
    var best: Candidate?
    for candidate in candidates where candidate.defined > 0 {
      if let leader = best, !candidate.isBetter(than: leader) { continue }
      best = candidate
    }
    guard let best else { return nil }
    return Best(
      metric: metric.name, iteration: best.iteration, parameters: zip(task.sweep.map(\.name), best.parameters).map { ($0, $1) }, score: best.score,
      crops: best.rows.map { CropScore(crop: $0.crop, channel: $0.channel, score: $0.metrics[column]) })
  }

  package var record: JSON {
    .object([
      .init("iteration", JSON(iteration)), .init("parameters", .object(parameters.map { .init($0.name, .double($0.value)) })), .init("score", .double(score)),
      .init("crops", .array(crops.map { ["crop": .string($0.crop), "channel": .string($0.channel), "score": .double($0.score)] })),
    ])
  }
}

private struct Candidate {
  let iteration: Int, parameters: [Double], metric: Metric
  var rows: [ScoreRow] = []
  private(set) var defined = 0, undefined = 0
  private var sum = 0.0

  init(iteration: Int, parameters: [Double], metric: Metric) { (self.iteration, self.parameters, self.metric) = (iteration, parameters, metric) }

  mutating func add(_ row: ScoreRow, _ score: Double, isEmpty: Bool) {
    rows.append(row)
    if !score.isNaN { sum += score; defined += 1 } else if !isEmpty { undefined += 1 }
  }

  var mean: Double { sum / Double(max(1, defined)) }
  var score: Double { undefined == 0 ? mean : (sum + Double(undefined) * metric.worst) / Double(defined + undefined) }

  func isBetter(than other: Candidate) -> Bool {
    func order(_ a: Double, _ b: Double) -> Bool? { a == b ? nil : metric.higherIsBetter ? a > b : a < b }
    if let decided = order(score, other.score) { return decided }
    if undefined != other.undefined { return undefined < other.undefined }
    if let decided = order(mean, other.mean) { return decided }
    return iteration < other.iteration
  }
}

extension Metric {
  /// What an undefined score counts as.
  var worst: Double {
    if higherIsBetter { return 0 }
    return Self.rates.contains(name) ? 1 : .infinity
  }

  private static let rates: Set<String> = [arand, falseDiscoveryRate, falseNegativeRate, falsePositiveRate].reduce(into: []) { $0.insert($1.name) }
}
