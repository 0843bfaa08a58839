import Arrays
import Display
import Language
import Training

extension Builtin {
  static let preview = Builtin(
    "preview", "(r: run, batches=1) -> image", "What training sees: raw, target, mask and weight of the first patches, their middle slices beside each other.", searchTerms: ["augment", "batch", "look"],
    plan: { _ in .unknown }   // it reads patches
  ) { call in
    let run = try call.object("r", as: RunValue.self).run
    let maker = try BatchMaker(run.settings, call.execution)
    var rows: [Image] = []
    for iteration in 0..<(try call.int("batches", in: 1...16)) {
      let batch = try maker.batch(iteration, call.execution)
      for item in 0..<run.settings.batch {
        let raw = try Picture.grey(try slice(batch.raw, item), window: (-2.5, 2.5)), target = try slice(batch.target, item)
        // all at the voxels of labels
        let rate = [1] + maker.sampler.shape.rate, fine = raw.resized(width: raw.width * rate[rate.count - 1], height: raw.height * rate[rate.count - 2])
        var images = [fine, try Picture.grey(target).resized(width: target.shape[1], height: target.shape[0])]
        // without weights every voxel counts 1
        let weight = try batch.weight.map { try slice($0, item) } ?? NDArray([Float](repeating: 1, count: target.count), target.shape)
        images.append(try Picture.grey(try weight.nonZero().floats(), window: (0, 1)))
        images.append(try Picture.grey(weight, window: (0, Double(max(1, try weight.elements(Float.self).max() ?? 1)))))
        rows.append(Image.beside(images))
      }
    }
    return Value(ImageValue(image: Image.stacked(rows), caption: ["raw | target | mask | weight of \(rows.count) patches of run \"\(run.name)\""], width: nil))
  }

  /// The middle slice of the first channel of one item of (batch, channel, space…).
  private static func slice(_ batch: NDArray, _ item: Int) throws -> NDArray {
    var result = try batch.dropping(axis: 0, at: item).dropping(axis: 0, at: 0)
    while result.rank > 2 { result = try result.dropping(axis: 0, at: result.shape[0] / 2) }
    return result
  }
}
