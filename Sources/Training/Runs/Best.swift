// Which iteration and which parameters score best.

import Storage

package struct Best: Sendable, Equatable {
  package struct CropScore: Sendable, Equatable {
    package let crop: String, channel: String
    package let score: Double
  }
  package let metric: String
  package let iteration: Int
  /// Values of the task's sweep, by name.
  package let parameters: [(name: String, value: Double)]
  /// The mean over crops and channels; crops where the metric says nothing are left out.
  package let score: Double
  package let crops: [CropScore]

  package static func == (a: Best, b: Best) -> Bool { a.record == b.record }

  /// The best of all rows; of equal ones the earliest iteration, then the first parameters. Nil if no row has a score.
  package static func among(_ rows: [ScoreRow], _ task: Task, by metric: Metric) -> Best? {
    guard let column = task.metrics.firstIndex(of: metric) else { return nil }
    struct Candidate { let iteration: Int, parameters: [Double]; var sum = 0.0, count = 0, rows: [ScoreRow] = [] }
    var candidates: [Candidate] = [], places: [[Double]: Int] = [:]
    for row in rows {
      let key = [Double(row.iteration)] + row.parameters
      let place = places[key] ?? candidates.count
      if place == candidates.count {
        places[key] = place
        candidates.append(Candidate(iteration: row.iteration, parameters: row.parameters))
      }
      candidates[place].rows.append(row)
      if !row.metrics[column].isNaN { candidates[place].sum += row.metrics[column]; candidates[place].count += 1 }
    }
    var best: (candidate: Candidate, score: Double)?
    for candidate in candidates where candidate.count > 0 {
      let score = candidate.sum / Double(candidate.count)
      guard let leader = best else { best = (candidate, score); continue }
      let ahead = metric.higherIsBetter ? score > leader.score : score < leader.score
      if ahead || (score == leader.score && candidate.iteration < leader.candidate.iteration) { best = (candidate, score) }
    }
    guard let best else { return nil }
    return Best(
      metric: metric.name, iteration: best.candidate.iteration, parameters: zip(task.sweep.map(\.name), best.candidate.parameters).map { ($0, $1) },
      score: best.score, crops: best.candidate.rows.map { CropScore(crop: $0.crop, channel: $0.channel, score: $0.metrics[column]) })
  }

  package var record: JSON {
    .object([
      .init("iteration", JSON(iteration)), .init("parameters", .object(parameters.map { .init($0.name, .double($0.value)) })), .init("score", .double(score)),
      .init("crops", .array(crops.map { ["crop": .string($0.crop), "channel": .string($0.channel), "score": .double($0.score)] })),
    ])
  }
}
