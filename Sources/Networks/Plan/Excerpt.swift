// The centre of a tensor, copied as soon as that is made: a skip that is cropped far below need not be kept whole until then, nor its gradient
// be begun so early. The planner puts it in place of crops.

import Geometry

struct Excerpt: PicksElements {
  static let word = "excerpt"
  let extent: Extent
  var masksRelu = false

  init(_ extent: Extent) { self.extent = extent }
  init(settings: [String: [Int]]) throws(NetworkError) { self.init(try settings.extent("extent")) }
  var settings: [(String, [Int])] { [("extent", extent.values)] }
  func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { extent[axis] }
  func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace { Workspace(masksFirst: masksRelu) }

  func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, _ in call.backend.copy(centred(part, extent), into: output) }
  }

  func backward(_ call: BackwardCall) {
    forEachGradient(call) { dy, gradient in
      let inside = centred(gradient.view, extent)
      if !gradient.accumulate { call.backend.zeroBorder(of: gradient.view, around: extent, at: centre(gradient.view.extent, extent)) }
      call.backend.pass(dy, into: GradientPart(view: inside, accumulate: gradient.accumulate))
    }
  }
}
