import Arrays
import Execution
import Geometry
import Networks
import Storage
import Testing
import Training

@Suite(.serialized) struct ValidationTests {
  /// Where a crop has no truth nothing can be found: it counts for nothing, or against what was found there.
  @Test func factsOfCrops() throws {
    try withFolder { root in
      let (raw, labels) = try balls([28, 28, 28]), none = try volume([28, 28, 28]) { _, _, _ in UInt8(0) }
      let half = try volume([28, 28, 28]) { z, _, _ in UInt8(z < 14 ? 1 : 0) }
      var settings = try tinySettings()
      settings.data = try split(
        spec(raw: raw, labels: labels, name: "t"), spec(.validate, raw: raw, labels: labels, name: "whole"), spec(.validate, raw: raw, labels: labels, mask: half, name: "half"),
        spec(.validate, raw: raw, labels: none, name: "none"))
      let run = try Run("r", in: root, settings)
      try run.train(until: TrainLimit(iterations: 2), context())
      let truth = try labels.array.elements(UInt8.self), facts = run.cropFacts
      #expect(facts.map(\.place.crop) == ["whole", "half", "none"] && facts.map(\.voxels) == [28 * 28 * 28, 14 * 28 * 28, 28 * 28 * 28])
      #expect(facts.map(\.truth) == [truth.count { $0 != 0 }, truth.prefix(14 * 28 * 28).count { $0 != 0 }, 0])
      // of a mask, what lies outside changes no score
      let prediction = try #require(try run.prediction(of: "half")).array.read(try VoxelRoi(shape: [1, 28, 28, 28]), ReadContext(pool: ThreadPool(threads: 1)))
      let best = try run.best(), threshold = Float(best.parameters[0].value), values = try prediction.elements(Float.self)
      var counts = (hit: 0, found: 0, truth: 0)
      for i in 0..<(14 * 28 * 28) {
        let isFound = values[i] > threshold, isTrue = truth[i] != 0
        counts = (counts.hit + (isFound && isTrue ? 1 : 0), counts.found + (isFound ? 1 : 0), counts.truth + (isTrue ? 1 : 0))
      }
      let f1 = try #require(best.crops.first { $0.crop == "half" }).score
      #expect(abs(f1 - 2 * Double(counts.hit) / Double(counts.found + counts.truth)) < 1e-12)
      let reopened = try Run("r", in: root, settings)
      #expect(reopened.cropFacts == facts)
      #expect(try reopened.best() == best)
    }
  }

  @Test func predictionsOfTheBestAlone() throws {
    try withFolder { root in
      let settings = try tinySettings(), run = try Run("r", in: root, settings)
      try run.train(until: TrainLimit(iterations: 12), cadence: Cadence(checkpointEvery: 3, validateEvery: 3, keep: 0), context(threads: 2))
      let best = try run.best(), kept = try #require(try run.prediction(of: "v"))
      #expect(kept.iteration == best.iteration && kept.array.shape == [1, 28, 28, 28] && kept.array.grid.voxelSize == settings.data.voxelSize)
      #expect(try Files.list("\(root)/r").map(\.name).filter { $0.contains("predictions") } == ["predictions.zarr"])
      // its scores are those of what is kept
      let (_, labels) = try balls([28, 28, 28], seed: 2)
      let values = try kept.array.read(try VoxelRoi(shape: [1, 28, 28, 28]), ReadContext(pool: ThreadPool(threads: 1)))
      let rows = try settings.task.score(values, labels: try labels.array.reshaped([1, 28, 28, 28]), mask: nil, iteration: best.iteration, crop: "v", context())
      #expect(rows == run.scores.filter { $0.iteration == best.iteration })
      // a checkpoint scored again gives the same rows, and takes no place that is not its
      let other = try #require([3, 6, 9, 12].first { $0 != best.iteration })
      #expect(try run.validate(iteration: other, context()) == run.scores.filter { $0.iteration == other })
      #expect(try run.prediction(of: "v")?.iteration == best.iteration)
      try Files.removeTree("\(root)/r/predictions.zarr")
      _ = try run.validate(iteration: best.iteration, context())
      #expect(try run.prediction(of: "v")?.iteration == best.iteration)
      // no room, no predictions
      let small = try Run("small", in: root, settings)
      try small.train(until: TrainLimit(iterations: 3), cadence: Cadence(predictions: 4 * 28 * 28 * 28 - 1), context())
      #expect(try small.prediction(of: "v") == nil && small.scores.count > 0)
    }
  }

  @Test func patience() throws {
    try withFolder { root in
      // a rate that leaves the weights as they are: nothing gets better after the first validation
      let settings = try tinySettings(rate: LearningRate(1e-30)), cadence = Cadence(checkpointEvery: 100, validateEvery: 2, keep: 0)
      let run = try Run("r", in: root, settings)
      let report = try run.train(until: TrainLimit(iterations: 50, patience: 3), cadence: cadence, context())
      #expect(report.reason == .patience && report.iteration == 8 && run.session?.kind == .patience && run.session?.goal.patience == 3)
      #expect(Set(run.scores.map(\.iteration)) == [2, 4, 6, 8])
      // opened again it is as patient as it was: nothing is left of it, and more of it goes on
      let again = try Run("r", in: root, settings)
      #expect(try again.train(until: try #require(again.session).goal, cadence: cadence, context()).iteration == 8)
      #expect(try again.train(until: TrainLimit(iterations: 50, patience: 4), cadence: cadence, context()).iteration == 10)
      #expect(try again.train(until: TrainLimit(iterations: 13), cadence: cadence, context()).reason == .iterations)
      #expect(throws: TrainingError.self) { try again.train(until: TrainLimit(iterations: 60, patience: 0), cadence: cadence, context()) }
      #expect(throws: TrainingError.self) { try again.train(until: TrainLimit(iterations: 60, patience: 2), cadence: Cadence(validateEvery: 0), context()) }
      // it changes no weights
      let straight = try Run("s", in: root, settings)
      try straight.train(until: TrainLimit(iterations: 8), cadence: Cadence(validateEvery: 0), context())
      #expect(try Files.read("\(root)/r/checkpoints/0000008.safetensors") == Files.read("\(root)/s/checkpoints/0000008.safetensors"))
    }
  }

  @Test func weightsThatAreNoNumbersAreNotKept() throws {
    try withFolder { root in
      let run = try Run("r", in: root, try tinySettings(rate: LearningRate(1e38)) { $0.optimizer = .sgd })
      #expect(throws: TrainingError.self) { try run.train(until: TrainLimit(iterations: 9), cadence: Cadence(checkpointEvery: 1, validateEvery: 0), context()) }
      for iteration in run.checkpoints { #expect(try run.parameters(iteration: iteration).arrays.allSatisfy { try $0.elements(Float.self).allSatisfy(\.isFinite) }) }
    }
  }

  @Test func otherDataAreSeen() throws {
    try withFolder { root in
      let settings = try tinySettings(), run = try Run("r", in: root, settings)
      try run.train(until: TrainLimit(iterations: 1), cadence: Cadence(validateEvery: 0), origin: ["version": "1", "kernels": "a"], context())
      #expect(try run.provenance["version"]?.string == "1" && run.provenance["data"]?.members?.count == 2 && run.provenance["seed"]?.int == 7)
      let (raw, labels) = try balls([36, 36, 36]), (raw2, labels2) = try balls([28, 28, 28], seed: 2)
      var other = settings, changed = labels2.array
      changed.withMutableElements(UInt8.self) { $0[777] ^= 1 }
      other.data = try split(spec(raw: raw, labels: labels, name: "t"), spec(.validate, raw: raw2, labels: try Volume(changed, labels2.grid), name: "v"))
      let again = try Run("r", in: root, other)
      #expect(throws: TrainingError.dataChanged(name: "r", crop: "v")) { try again.train(until: TrainLimit(iterations: 2), context()) }
      #expect(again.iteration == 1)
      try Run("r", in: root, settings).train(until: TrainLimit(iterations: 2), cadence: Cadence(validateEvery: 0), context())
    }
  }
}
