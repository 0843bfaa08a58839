import Arrays
import Execution
import Geometry
import Networks
import Storage
import Synchronization
import Testing
import Training

@Suite(.serialized) struct TrainerTests {
  func bytes(_ root: String, _ name: String, _ iteration: Int) throws -> [UInt8] {
    try Files.read("\(root)/\(name)/checkpoints/\(String(repeating: "0", count: 7 - "\(iteration)".count))\(iteration).safetensors")
  }

  @Test(arguments: [false, true]) func learnsBalls(_ distance: Bool) throws {
    try withFolder { root in
      let settings = try tinySettings(distance ? .distance(["ball"], scale: 24) : nil, rate: LearningRate(3e-3, warmup: 10), average: distance ? 0.9 : 0)
      let run = try Run("balls", in: root, settings)
      let report = try run.train(until: TrainLimit(iterations: 200), cadence: Cadence(checkpointEvery: 100, validateEvery: 50), context(threads: 2))
      #expect(report.reason == .iterations && report.iteration == 200 && report.seconds > 0)
      #expect(run.losses.count == 200 && run.scores.count == 4 * 17)
      let early = run.losses.prefix(10).reduce(0) { $0 + $1.loss }, late = run.losses.suffix(10).reduce(0) { $0 + $1.loss }
      #expect(late < early / 2, "\(early) → \(late)")
      let best = try run.best()
      #expect(best.score > 0.8, "\(best)")
      #expect(try run.model(best).task["parameters"]?["threshold"]?.double == best.parameters[0].value)
    }
  }

  /// Equal bytes for 1 and 2 threads, stopped or not, whatever is validated in between.
  @Test(arguments: [0.0, 0.95]) func reproducible(_ average: Double) throws {
    try withFolder { root in
      let settings = try tinySettings(rate: LearningRate(3e-3, warmup: 3, decay: .cosine(over: 20)), average: average)
      let straight = try Run("straight", in: root, settings)
      try straight.train(until: TrainLimit(iterations: 9), cadence: Cadence(checkpointEvery: 100, validateEvery: 0), context(threads: 1))
      let expected = try bytes(root, "straight", 9)
      try straight.train(until: TrainLimit(iterations: 10), cadence: Cadence(checkpointEvery: 100, validateEvery: 0), context(threads: 1))
      #expect(try straight.parameters(iteration: 9).arrays[0].elements(Float.self) != straight.parameters(iteration: 10).arrays[0].elements(Float.self))   // it learns
      for stops in [[9], [4, 9], [1, 2, 5, 9]] {
        let name = "stops\(stops.count)"
        for stop in stops {   // each session opens the run anew
          let run = try Run(name, in: root, settings)
          try run.train(until: TrainLimit(iterations: stop), cadence: Cadence(checkpointEvery: 3, validateEvery: 2, keep: 1), context(threads: 2))
        }
        #expect(try bytes(root, name, 9) == expected)
        let reopened = try Run(name, in: root, settings)
        #expect(reopened.losses.map(\.iteration) == Array(1...9))
        #expect(Set(reopened.losses.map(\.loss)).count == 9)
        #expect(zip(reopened.losses, straight.losses).allSatisfy { Float($0.loss) == Float($1.loss) })
      }
      let other = try Run("other", in: root, try tinySettings(seed: 8))
      try other.train(until: TrainLimit(iterations: 9), cadence: Cadence(validateEvery: 0), context())
      #expect(try bytes(root, "other", 9) != expected)
    }
  }

  /// What a kill leaves after the last checkpoint is made again.
  @Test func killedBetweenCheckpoints() throws {
    try withFolder { root in
      let settings = try tinySettings()
      let straight = try Run("straight", in: root, settings)
      try straight.train(until: TrainLimit(iterations: 8), cadence: Cadence(checkpointEvery: 4, validateEvery: 4, keep: 0), context())
      let run = try Run("killed", in: root, settings)
      try run.train(until: TrainLimit(iterations: 4), cadence: Cadence(checkpointEvery: 4, validateEvery: 4), context())
      let scores = try Files.read("\(root)/killed/scores.csv")
      try Files.appendLine("5,0.5,9\n6,0.4", "\(root)/killed/losses.csv")
      try Files.writeAtomically(Array(scores.dropLast(20)), "\(root)/killed/scores.csv")   // torn while validating
      let again = try Run("killed", in: root, settings)
      #expect(again.iteration == 4 && again.losses.count == 4)
      try again.train(until: TrainLimit(iterations: 8), cadence: Cadence(checkpointEvery: 4, validateEvery: 4, keep: 0), context(threads: 2))
      #expect(try bytes(root, "killed", 8) == bytes(root, "straight", 8))
      #expect(again.scores == straight.scores)
      #expect(try Run("killed", in: root, settings).scores == straight.scores)
    }
  }

  /// Requests a stop at the given iteration, as Ctrl-C does.
  final class Stopper: ProgressSink {
    let cancellation: Cancellation, at: Int64
    init(_ cancellation: Cancellation, at: Int64) { (self.cancellation, self.at) = (cancellation, at) }
    func report(_ update: ProgressUpdate) { if update.unit == "iterations", update.done == at { cancellation.cancel() } }
    func finish(_ label: String) {}
  }

  @Test func interruptedKeepsEverything() throws {
    try withFolder { root in
      let settings = try tinySettings(), run = try Run("r", in: root, settings), cancellation = Cancellation()
      let context = ExecutionContext(pool: ThreadPool(threads: 2), cancellation: cancellation, progress: Stopper(cancellation, at: 5))
      #expect(throws: TrainingError.interrupted(name: "r", iteration: 5, path: "\(root)/r")) { try run.train(until: TrainLimit(iterations: 50), context) }
      #expect(run.iteration == 5 && run.checkpoints == [5])
      try run.train(until: TrainLimit(iterations: 7), cadence: Cadence(validateEvery: 0), quiet())
      let straight = try Run("s", in: root, settings)
      try straight.train(until: TrainLimit(iterations: 7), cadence: Cadence(validateEvery: 0), quiet())
      #expect(try bytes(root, "r", 7) == bytes(root, "s", 7))
    }
  }
  func quiet() -> ExecutionContext { context() }

  @Test func timeBudgetCountsOverSessions() throws {
    try withFolder { root in
      let run = try Run("r", in: root, try tinySettings())
      let first = try run.train(until: TrainLimit(seconds: 0.3), cadence: Cadence(validateEvery: 0), context())
      #expect(first.reason == .time && first.seconds >= 0.3 && first.iteration > 0)
      let again = try Run("r", in: root, try tinySettings())
      #expect(abs(again.seconds - first.seconds) < 0.01)
      let second = try again.train(until: TrainLimit(seconds: 0.3), cadence: Cadence(validateEvery: 0), context())
      #expect(second.iteration == first.iteration)
    }
  }

  @Test func bestIsKeptAndPruned() throws {
    try withFolder { root in
      let run = try Run("r", in: root, try tinySettings())
      try run.train(until: TrainLimit(iterations: 12), cadence: Cadence(checkpointEvery: 1, validateEvery: 3, keep: 2), context(threads: 2))
      let best = Set(try ["f1", "jaccard", "voi"].map { try run.best(by: $0).iteration })
      #expect(Set(run.checkpoints) == best.union([11, 12]))
      #expect(try Files.list("\(root)/r/checkpoints").count == run.checkpoints.count)
      for iteration in best { _ = try run.model(iteration: iteration) }
      let gone = try #require((1...10).first { !best.contains($0) })
      #expect(throws: TrainingError.noCheckpoint(name: "r", iteration: gone, have: run.checkpoints)) { try run.parameters(iteration: gone) }
      #expect(throws: TrainingError.self) { try run.best(by: "recall") }
      let json = try JSON(parsing: try Files.read("\(root)/r/best.json"), of: "best.json")
      #expect(json["f1"]?["iteration"]?.int == (try run.best().iteration))
    }
  }

  @Test func anotherSettingIsAnError() throws {
    try withFolder { root in
      let run = try Run("r", in: root, try tinySettings())
      try run.train(until: TrainLimit(iterations: 2), cadence: Cadence(validateEvery: 0), context())
      _ = try Run("r", in: root, try tinySettings())
      func key(_ settings: RunSettings) throws -> String? {
        do { _ = try Run("r", in: root, settings) } catch let found as RunDifference {
          #expect(found.name == "r" && found.onDisk != found.here && found.iterations == 2 && found.hasScores)
          return found.key
        }
        return nil
      }
      #expect(try key(try tinySettings(rate: LearningRate(5e-5))) == "lr")
      #expect(try key(try tinySettings(seed: 8)) == "seed")
      #expect(try key(try tinySettings(batch: 3)) == "batch")
      #expect(try key(try tinySettings(.oneHot(["ball"], balanced: true))) == "task.weights")
      #expect(try key(try tinySettings { $0.augment = [.mirror()] }) == "augment")
      #expect(try key(try tinySettings { $0.foreground = 0.25 }) == "foreground")
      #expect(try key(try tinySettings { $0.augment[0] = .mirror(probability: 0.5) }) == "augment[0].probability")
      let found = #expect(throws: RunDifference.self) { try Run("r", in: root, try tinySettings(rate: LearningRate(5e-5))) }
      #expect(found?.onDisk.double == 0.003 && found?.here.double == 5e-5)
    }
  }

  @Test func nanStopsWithTheBatch() throws {
    try withFolder { root in
      let raw = try volume([36, 36, 36]) { z, _, _ in Float(z == 18 ? .nan : 0.5) }, labels = try balls([36, 36, 36]).labels
      var settings = try tinySettings()
      settings.data = try split(spec(raw: raw, labels: labels, name: "t"))
      settings.normalisation = .none
      let run = try Run("r", in: root, settings)
      do { try run.train(until: TrainLimit(iterations: 3), context()); Issue.record("no error") }
      catch TrainingError.lossNotFinite(_, let iteration, let batch) {
        #expect(iteration == 0)
        #expect(try StoredArray.open("\(batch)/raw").shape == [2, 1, 16, 16, 16])
        for name in ["target", "output"] { #expect(try StoredArray.open("\(batch)/\(name)").attributes["places"]?.strings?.count == 2) }
      }
    }
  }

  @Test func oneProcessAtATime() throws {
    try withFolder { root in
      let settings = try tinySettings(), run = try Run("r", in: root, settings), again = try Run("r", in: root, settings)
      final class Second: ProgressSink {
        let run: Run, refused = Mutex(0)
        init(_ run: Run) { self.run = run }
        func report(_ update: ProgressUpdate) {
          guard update.unit == "iterations" else { return }
          do { try run.train(until: TrainLimit(iterations: 9), context()) } catch TrainingError.busy(name: "r") { refused.withLock { $0 += 1 } } catch {}
        }
        func finish(_ label: String) {}
      }
      let second = Second(again)
      try run.train(until: TrainLimit(iterations: 2), cadence: Cadence(validateEvery: 0), context().with(progress: second))
      #expect(second.refused.withLock { $0 } == 2)
      try again.train(until: TrainLimit(iterations: 3), cadence: Cadence(validateEvery: 0), context())   // goes on from what the other has done
      #expect(again.losses.map(\.iteration) == [1, 2, 3])
    }
  }

  @Test func channelsMustFit() throws {
    let settings = try tinySettings()
    func make(_ network: Network, _ task: Task) throws -> RunSettings { try RunSettings(network: network, task: task, data: settings.data, input: [32, 32, 32], augment: []) }
    #expect(throws: TrainingError.self) { try make(try tinyNetwork(2), .oneHot(["a"])) }
    #expect(throws: TrainingError.self) { try make(try tinyNetwork(2), .oneHot(["a", "b"], exclusive: false)) }
    #expect(throws: NetworkError.self) { try RunSettings(network: try tinyNetwork(), task: .oneHot(["a"]), data: settings.data, input: [31, 32, 32], augment: []) }
    _ = try make(try tinyNetwork(2), .oneHot(["a", "b"]))
  }

  @Test func openedAgainFromDisk() throws {
    try withFolder { root in
      let (raw, labels) = try balls([36, 36, 36])
      func save(_ volume: Volume, _ key: String) throws -> String {
        let path = "\(root)/c.zarr/\(key)"
        let array = try StoredArray.create(path, ArraySpec(volume.dtype, volume.shape, grid: volume.grid, chunks: [16, 16, 16]))
        try array.write(volume.array, ReadContext())
        return path
      }
      let spec = CropSpec(use: .train, raw: .path(try save(raw, "raw")), labels: [.path(try save(labels, "labels"))], weight: 2,
                          roi: try WorldRoi(from: Coordinate(repeating: Rational(8), count: 3), to: Coordinate(repeating: Rational(280), count: 3)))
      var validate = spec
      validate.use = .validate
      let data = try DataSplit([spec, validate], downsample: [2]) { try Opened.path($0, voxelSize: $1) }
      let settings = try RunSettings(network: try tinyNetwork(padding: .same), task: .distance(["ball"], scale: 30), data: data, input: [8, 8, 8], augment: try Augmentation.usual(), seed: 3)
      let run = try Run("r", in: root, settings)
      try run.train(until: TrainLimit(iterations: 2), context())
      let opened = try Run(opening: "r", in: root)
      #expect(opened.iteration == 2 && opened.settings.record == settings.record)
      try opened.train(until: TrainLimit(iterations: 3), context())
      #expect(try Run.list(in: root) == ["r"])
      #expect(throws: TrainingError.notARun(path: "\(root)/none", reason: "there is no such folder")) { try Run(opening: "none", in: root) }
      #expect(throws: TrainingError.self) { try Run(opening: "../r", in: root) }
      try Files.removeTree("\(root)/c.zarr/labels")
      // without its data it opens, has its scores and its model, and says what is missing when that is needed
      let bare = try Run(opening: "r", in: root), missing = TrainingError.split([
        .missing(crop: "c", role: "labels", path: "\(root)/c.zarr/labels"), .missing(crop: "c-2", role: "labels", path: "\(root)/c.zarr/labels"),
      ])
      #expect(bare.iteration == 3 && bare.scores == opened.scores && bare.settings.data.voxelSize == data.voxelSize)
      #expect(try bare.model(bare.best()).inputVoxelSize == opened.model(opened.best()).inputVoxelSize)
      #expect(throws: missing) { try bare.train(until: TrainLimit(iterations: 4), context()) }
      try Files.writeAtomically("{\"version\": 1, \"seed\"", "\(root)/r/run.json")
      #expect(throws: (any Error).self) { try Run(opening: "r", in: root) }
    }
  }
}
