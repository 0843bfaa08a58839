import Arrays
import Storage
import Testing
import Training

@Suite struct BestTests {
  func task(_ metrics: [Metric] = [.f1, .jaccard, .voi]) throws -> Task {
    try Task(name: "m", channels: ["m"], loss: .bce, post: .threshold, sweep: [SweepAxis("threshold", [0.1, 0.5])], metrics: metrics) { truth, _ in Task.Target(truth.labels) }
  }
  func row(_ iteration: Int, _ crop: String, _ threshold: Double, _ metrics: Double...) -> ScoreRow {
    ScoreRow(iteration: iteration, crop: crop, channel: "m", parameters: [threshold], metrics: metrics)
  }
  func f1(_ iteration: Int, _ crop: String, _ threshold: Double, _ f1: Double, _ voi: Double = 1) -> ScoreRow { row(iteration, crop, threshold, f1, f1 / 2, voi) }

  @Test func meanOverCrops() throws {
    let rows = [f1(10, "a", 0.1, 0.9), f1(10, "b", 0.1, 0.1), f1(10, "a", 0.5, 0.6), f1(10, "b", 0.5, 0.6), f1(20, "a", 0.1, 0.55), f1(20, "b", 0.1, 0.55, 0.2)]
    let best = try #require(Best.among(rows, try task(), by: .f1))
    #expect(best.iteration == 10 && best.parameters.map(\.value) == [0.5] && best.score == 0.6 && best.crops.count == 2)
    let voi = try #require(Best.among(rows, try task(), by: .voi))
    #expect(voi.iteration == 20 && voi.score == 0.6)
  }

  @Test func tiesGoToTheEarlier() throws {
    let rows = [f1(20, "a", 0.1, 0.5), f1(10, "a", 0.5, 0.5), f1(10, "a", 0.1, 0.5)]
    let best = try #require(Best.among(rows, try task(), by: .f1))
    #expect(best.iteration == 10 && best.parameters.map(\.value) == [0.5])
    #expect(Best.among([f1(5, "a", 0.1, .nan)], try task(), by: .f1) == nil)
    #expect(Best.among([], try task(), by: .f1) == nil)
    #expect(Best.among(rows, try task(), by: .recall) == nil)
  }

  /// A threshold that predicts nothing in most crops has a high precision in the one where it hits.
  @Test func undefinedIsTheWorst() throws {
    let precision = try task([.precision])
    let rows = [row(1, "a", 0.1, 0.7), row(1, "b", 0.1, 0.6), row(1, "c", 0.1, 0.65), row(1, "a", 0.5, 1), row(1, "b", 0.5, .nan), row(1, "c", 0.5, .nan)]
    let best = try #require(Best.among(rows, precision, by: .precision))
    #expect(best.parameters.map(\.value) == [0.1] && abs(best.score - 0.65) < 1e-12)
    // whatever the others are, a score that becomes undefined makes nothing better
    for value in [0.0, 0.3, 1] {
      let defined = try #require(Best.among([row(1, "a", 0.1, 0.4), row(1, "b", 0.1, value)], precision, by: .precision))
      let undefined = try #require(Best.among([row(1, "a", 0.1, 0.4), row(1, "b", 0.1, .nan)], precision, by: .precision))
      #expect(undefined.score <= defined.score)
    }
    #expect(Best.among(rows, precision, by: .precision)?.crops.count == 3)
  }

  /// Distances have no worst value: among those that miss a crop, the one that misses fewer and then the one that is nearer.
  @Test func undefinedDistances() throws {
    let distances = try task([.hausdorff])
    let rows = [row(1, "a", 0.1, 50), row(1, "b", 0.1, 70), row(1, "a", 0.5, 1), row(1, "b", 0.5, .nan)]
    #expect(Best.among(rows, distances, by: .hausdorff)?.parameters.map(\.value) == [0.1])
    let both = [row(1, "a", 0.1, 5), row(1, "b", 0.1, .nan), row(2, "a", 0.1, 4), row(2, "b", 0.1, .nan), row(3, "a", 0.1, .nan), row(3, "b", 0.1, .nan)]
    let best = try #require(Best.among(both, distances, by: .hausdorff))
    #expect(best.iteration == 2 && best.score == .infinity)
    #expect(try JSON(parsing: best.record.pretty)["score"]?.double == .infinity)
  }

  /// Where there is nothing to find, finding nothing is right: it counts for nothing, and what is found wrongly counts.
  @Test func emptyCrops() throws {
    let empty: Set = [CropChannel(crop: "b", channel: "m")]
    let rows = [f1(1, "a", 0.1, 0.8), f1(1, "b", 0.1, 0), f1(1, "a", 0.5, 0.7), f1(1, "b", 0.5, .nan)]
    let best = try #require(Best.among(rows, try task(), by: .f1, empty: empty))
    #expect(best.parameters.map(\.value) == [0.5] && best.score == 0.7)
    #expect(Best.among(rows, try task(), by: .f1)?.parameters.map(\.value) == [0.1])
  }
}
