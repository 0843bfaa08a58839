// The mean of each channel over all of space: one voxel, [c, 1, 1, 1].
//
//   dx = dy / voxels
// Checked against torch.nn.AdaptiveAvgPool3d(1): Tests/Fixtures/networks.

import Geometry

package struct GlobalPooling: Operator {
  package static let word = "global_pool"
  package init() {}
  package init(settings: [String: [Int]]) throws(NetworkError) {}

  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { 1 }
  /// It belongs to no place; the first voxel's stands for it.
  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? { nil }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { Double(channels) }

  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace { Workspace(forward: 4 * output.channels) }

  package func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, first in
      let sums = StoragePlace(storage: call.scratch)
      call.backend.channelSums(part, part, first: first, accumulate: false, into: sums)
      call.backend.put(sums, first: first, times: 1 / Double(part.extent.count), into: GradientPart(view: output, accumulate: false))
    }
  }

  package func backward(_ call: BackwardCall) {
    forEachGradient(call) { dy, gradient in call.backend.spread(dy, times: 1 / Double(gradient.view.extent.count), into: gradient) }
  }
}
