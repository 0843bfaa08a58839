// What the best checkpoint predicts for the validation crops stays in the run's folder, to be looked at: predictions.zarr, an array a crop, activated.
//
// Those of a validation are written beside the old ones and take their place only if their checkpoint is the best by the task's first metric. So there are
// two sets at most, one when nothing is being validated, and none above the limit.

import Arrays
import Geometry
import Storage

final class PredictionKeeper {
  private let folder: RunFolder, iteration: Int, names: [String: String]
  private var isEmpty = true

  /// - Parameter crops: names, in order.
  init(_ folder: RunFolder, iteration: Int, crops: [String]) {
    (self.folder, self.iteration, names) = (folder, iteration, Self.names(crops))
  }

  private var path: String { Files.join(folder.path, ".predictions-\(iteration).zarr") }

  func keep(_ prediction: NDArray, _ grid: Grid, of crop: String, _ context: borrowing ReadContext) throws {
    if isEmpty { try Files.removeTree(path) }
    isEmpty = false
    let spec = ArraySpec(prediction.dtype, prediction.shape, grid: grid, attributes: ["iteration": JSON(iteration), "crop": .string(crop)])
    try StoredArray.create(Files.join(path, names[crop] ?? crop), spec, replace: true).write(prediction, context)
  }

  /// - Parameter isBest: they take the place of those that are there.
  func finish(isBest: Bool) throws {
    if isEmpty { return }
    if isBest {
      try Files.removeTree(folder.predictionsPath)
      try Files.rename(path, folder.predictionsPath)
    } else { try Files.removeTree(path) }
  }

  /// Names of arrays: those of crops without what a path cannot have.
  static func names(_ crops: [String]) -> [String: String] {
    var result: [String: String] = [:], taken: Set<String> = []
    for crop in crops {
      let plain = String(crop.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "_" })
      var name = plain.isEmpty ? "crop" : plain, number = 2
      while !taken.insert(name).inserted { (name, number) = ("\(plain)-\(number)", number + 1) }
      result[crop] = name
    }
    return result
  }
}

extension RunFolder {
  var predictionsPath: String { Files.join(path, "predictions.zarr") }

  /// What a kill left of predictions.
  func removeHalfPredictions() throws {
    for entry in try Files.list(path) where entry.isFolder && entry.name.hasPrefix(".predictions-") { try Files.removeTree(Files.join(path, entry.name)) }
  }
}

extension Run {
  /// What the best checkpoint predicted for a validation crop: (channel, space…) or (space…), and its iteration; nil where it was not kept.
  package func prediction(of crop: String) throws -> (array: StoredArray, iteration: Int)? {
    let path = Files.join(folder.predictionsPath, PredictionKeeper.names(settings.data.validate.map(\.name))[crop] ?? crop)
    guard Files.kind(path) == .folder else { return nil }
    let array = try StoredArray.open(path)
    return array.attributes["iteration"]?.int.map { (array, $0) }
  }
}
