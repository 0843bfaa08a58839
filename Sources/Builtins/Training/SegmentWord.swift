// segment: from what a network predicts to masks or labels, as validation does it.

import Arrays
import Geometry
import Language
import Training

extension Builtin {
  static let segment = Builtin(
    "segment", "(b: best, prediction: array) -> array", "What a task makes of a prediction, with the parameters that validation chose: masks of its channels, classes, or labels.",
    details: [
      "prediction: what predict(b, …) gives, or r.predictions has: (z, y, x), or channel first. All of it is read; of a large one blockwise(fn(p) = p > b.params.threshold, …) makes a mask by blocks.",
    ],
    searchTerms: ["threshold", "post", "mask", "labels", "argmax"]
  ) { call in
    let best = try call.object("b", as: BestValue.self), array = try call.array("prediction"), task = best.run.settings.task
    let volume = try array.volume(call.execution), space = volume.grid.axes.filter { $0.kind == .space }
    let shape = Array(volume.array.shape.suffix(space.count)), channels = volume.array.shape.dropLast(space.count).reduce(1, *)
    guard channels == task.channels.count else {
      throw call.failure(.shape, "`prediction` must have \(task.channels.count) channels, found \(array.axesText)", at: "prediction")
    }
    let grid = try volume.grid.with(axes: space)
    let found = try task.post.apply(try volume.array.floats().reshaped([channels] + shape), grid, best.best.parameters.map(\.value), call.execution)
    let isFlat = found.shape.count == shape.count || found.shape.first == 1
    return Value(ArrayValue(try Volume(isFlat ? try found.reshaped(shape) : found, isFlat ? grid : try grid.with(axes: [.c] + space))))
  }
}
