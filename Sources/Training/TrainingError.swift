import Arrays
import Geometry

/// What can go wrong between a split and a trained model. Words are made in `description`; the evaluator adds the place in the source.
package enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Everything wrong with a split, at once.
  case split([SplitProblem])
  case settings(name: String, expected: String, found: String)
  case channels(what: String, expected: String, found: String)
  /// The network's output is not as fine as labels are. `wanted`: voxels of labels in one of raw.
  case scale(network: String, voxel: String, raw: String, wanted: [Int])
  case target(task: String, expected: [Int], found: [Int])
  /// Post-processing gave another shape than the crop's.
  case post(task: String, expected: [Int], found: [Int])
  /// The run's task is one of a script, and its functions were not given.
  case needsTask(run: String)
  /// An augmentation of the run is a function of a script.
  case needsAugmentation
  /// A run was made of arrays that are gone with the program that held them.
  case inMemory(crop: String)
  /// Another process trains this run now.
  case busy(name: String)
  case notARun(path: String, reason: String)
  case damagedRun(path: String, reason: String)
  case noCheckpoint(name: String, iteration: Int, have: [Int])
  case noScores(name: String)
  case noMetric(name: String, have: [String])
  /// The loss stopped being a number; the batch that did it is saved.
  case lossNotFinite(name: String, iteration: Int, batch: String)
  /// A step made weights that are no numbers, from a loss that was one; they are not saved.
  case weightsNotFinite(name: String, iteration: Int)
  /// The voxels of a crop are not those that the run began with.
  case dataChanged(name: String, crop: String)
  case notInStore(name: String, store: String, have: [String])
  case ambiguous(name: String, store: String, paths: [String])
  /// Stopped on request, after a checkpoint.
  case interrupted(name: String, iteration: Int, path: String)

  package var description: String {
    switch self {
    case .split(let problems): Self.list(problems)
    case .settings(let name, let expected, let found): "`\(name)` must be \(expected), found \(found)"
    case .channels(let what, let expected, let found): "channels do not match: \(what) expects \(expected), found \(found)"
    case .scale(let network, let voxel, let raw, let wanted):
      "the output of the network is \(network), but labels are \(wanted.allSatisfy { $0 == 1 } ? "as fine as raw" : "\(shapeText(wanted)) times as fine as raw") (\(voxel) nm, raw \(raw) nm)"
    case .target(let task, let expected, let found): "the target of task \"\(task)\" has shape \(shapeText(found)), expected \(shapeText(expected))"
    case .post(let task, let expected, let found): "post of task \"\(task)\" returned shape \(shapeText(found)), expected \(shapeText(expected))"
    case .needsTask(let run): "the task of run \"\(run)\" is made of functions of a script, which the run does not hold"
    case .needsAugmentation: "the run's augmentations hold a function of a script, which the run does not hold"
    case .inMemory(let crop): "the data of the run were in memory (crop \"\(crop)\"), and are gone with the program that held them"
    case .busy(let name): "run \"\(name)\" is being trained by another process"
    case .notARun(let path, let reason): "no run at \(path): \(reason)"
    case .damagedRun(let path, let reason): "run record is damaged: \(path): \(reason)"
    case .noCheckpoint(let name, let iteration, let have):
      "run \"\(name)\" keeps no checkpoint of iteration \(iteration); it has \(have.isEmpty ? "none" : have.map(String.init).joined(separator: ", "))"
    case .noScores(let name): "run \"\(name)\" has no scores yet: it was never validated"
    case .noMetric(let name, let have): "no metric `\(name)` was recorded; recorded are \(have.joined(separator: ", "))"
    case .lossNotFinite(let name, let iteration, let batch):
      "the loss of run \"\(name)\" is not a number at iteration \(iteration); the batch is saved in \(batch)"
    case .weightsNotFinite(let name, let iteration): "the weights of run \"\(name)\" are not numbers after iteration \(iteration); the checkpoint before it is kept"
    case .dataChanged(let name, let crop): "crop \"\(crop)\" of run \"\(name)\" has other voxels than when the run began"
    case .notInStore(let name, let store, let have):
      "there is no run \"\(name)\" in \(store)" + (have.isEmpty ? ", which is empty" : "; it has \(have.prefix(12).joined(separator: ", "))\(have.count > 12 ? ", …" : "")")
    case .ambiguous(let name, let store, let paths): "there are \(paths.count) runs \"\(name)\" in \(store): \(paths.prefix(6).joined(separator: ", "))"
    case .interrupted(let name, let iteration, let path):
      "training of run \"\(name)\" was stopped at iteration \(iteration); everything is kept in \(path)"
    }
  }

  /// A line one can paste, or what to change.
  package var hint: String? {
    switch self {
    case .split(let problems): problems.count == 1 ? problems[0].hint : nil
    case .needsTask(let run): "r = open_run(\"\(run)\", task=t), with t the task that it was made with: run.json holds the text of its functions"
    case .needsAugmentation: "train it with the script that made it: run(…) with the same settings opens the run"
    case .inMemory: "run(…) with the same arrays opens the run; arrays on disk are found again by themselves"
    case .scale(_, _, _, let wanted) where wanted.allSatisfy { $0 == 1 }: "datasplit(…, raw_voxel=…) takes raw at larger voxels than labels"
    case .scale(_, _, let raw, let wanted): "unet(…, upsample=[(\(wanted.map(String.init).joined(separator: ", ")))]) makes its output that fine; or datasplit(…, voxel=\(raw)nm) takes labels at the voxels of raw"
    case .noScores: "validate(r)"
    case .lossNotFinite(_, _, let batch): "look(open(\"\(batch)/raw\")), and stats(…) of it, shows what went in; a smaller lr or clip=1 often helps"
    case .weightsNotFinite(let name, _): "a smaller lr or clip=1, in a run of another name: run(\"\(name)-2\", …)"
    case .dataChanged(let name, _): "put the old data back, or start from its weights: run(\"\(name)-2\", …, from=best(\"\(name)\"))"
    case .ambiguous(_, _, let paths): paths.first.map { "name it with its folder: \"\($0.split(separator: "/").suffix(3).joined(separator: "/"))\"" }
    case .interrupted(let name, _, let path): "resume with train(open_run(\"\(path == "runs/\(name)" ? name : path)\")), or run the same script again"
    default: nil
    }
  }

  private static func list(_ problems: [SplitProblem]) -> String {
    if problems.count == 1 { return problems[0].description }
    return "\(problems.count) problems in the data split:\n" + problems.map { "  " + $0.description }.joined(separator: "\n")
  }

  /// Of several problems: each, and below it what to do.
  package var lines: [String] {
    guard case .split(let problems) = self else { return [description] }
    return problems.flatMap { [$0.description] + ($0.hint.map { ["    → " + $0] } ?? []) }
  }
}
