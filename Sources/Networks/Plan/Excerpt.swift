// The centre of a tensor, copied as soon as that is made: a skip that is cropped far below need not be kept whole until then.
//
// The planner puts it in place of crops, in inference alone: training keeps the whole tensor for its gradients.

import Geometry

struct Excerpt: Operator {
  static let word = "excerpt"
  let extent: Extent

  init(_ extent: Extent) { self.extent = extent }
  init(settings: [String: [Int]]) throws(NetworkError) { self.init(try settings.extent("extent")) }
  var settings: [(String, [Int])] { [("extent", extent.values)] }
  func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { extent[axis] }

  func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, _ in call.backend.copy(centred(part, extent), into: output) }
  }
}
