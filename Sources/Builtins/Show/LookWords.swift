// look: one slice of an array as a picture, with what a person wants to know beside it. Of an array on disk at most 27 chunks are read: the
// coarsest pyramid level that still fills the screen, or else the central window.

import Arrays
import Display
import Execution
import Language

extension Builtin {
  static let look = Builtin(
    "look",
    """
    (a: array|group, overlay: array|group = nil, axis="z", at: int|length = nil, colors: "auto|grey|labels|rgb" = "auto", channel: int = nil, low: number = nil, high: number = nil,
     width: int = nil, whole=false) -> image
    """,
    "Shows a slice, the middle one along `axis` unless `at` (a voxel, or a place in the world) says otherwise; labels in colours, `overlay` labels over grey values.",
    details: [
      "Of an array on disk at most \(ShownSlice.chunkLimit) chunks are read: the coarsest pyramid level that fills the screen, else the central window, and the picture says which; whole=true reads the whole slice.",
      "Grey values span the 1st to the 99th percentile unless `low` and `high` say otherwise. Up to four channels stand beside each other; colors=\"rgb\" shows three as one.",
      "save(look(a), \"x.png\") keeps the picture.",
    ],
    examples: [Example("look(random((8, 32, 48)), axis=\"y\", at=3).height", prints: "8")],
    searchTerms: ["show", "view", "picture", "slice", "png", "image", "display"], streams: ["a"], needs: .parts
  ) { call in
    let begun = Clock.steady()
    let (array, level, overlay) = try ShownLevel.chosen(call)
    let cut = try ShownSlice(array, call, fullSize: level?.full)
    let slices = try cut.read(array, channels: try cut.channels(of: array, chosen: try call.optionalInt("channel"), call), call)
    let isLabels = try showsLabels(array, call)
    let window = try greyWindow(call)
    var image: Image
    if let overlay {
      image = try Picture.overlay(slices[0], try cut.matching(overlay, array, call), window: window)
    } else if try call.string("colors") == "rgb" {
      guard slices.count == 3 else { throw call.failure(.shape, "rgb needs three channels, found \(array.axesText)", at: "colors") }
      image = try Picture.composite(slices, window: window)
    } else {
      image = Image.beside(try slices.map { try isLabels ? Picture.labels($0) : Picture.grey($0, window: window) }, gap: max(1, slices[0].shape[1] / 40))
    }
    var facts = try isLabels ? LookFacts.labels(slices[0]) : LookFacts.values(slices)
    facts.append("axes (\(array.grid.axes.map(\.name).joined(separator: ", ")))" + (array.grid.isKnown ? "   voxel \(sizeText(array.grid.voxelSize))" : ""))
    if let read = cut.chunksRead { facts.append("\(read) in \(duration(Clock.steady() - begun))") }
    return Value(ImageValue(image: image, caption: head(array, cut, level), facts: facts, width: try call.optionalInt("width")))
  }

  private static func showsLabels(_ array: ArrayValue, _ call: Call) throws -> Bool {
    let colors = try call.string("colors")
    return colors == "labels" || (colors == "auto" && [.uint32, .uint64, .int32, .int64].contains(array.dtype))
  }

  private static func greyWindow(_ call: Call) throws -> (Double, Double)? {
    let low = try call.optionalFloat("low"), high = try call.optionalFloat("high")
    if low == nil, high == nil { return nil }
    guard let low, let high, low < high else { throw call.failure(.argument, "a grey window needs `low` below `high`", at: low == nil ? "high" : "low") }
    return (low, high)
  }

  /// "uint8 (z 96, y 125, x 125)  view on disk, 1.4 MiB    z = 48 of 96    level 3 of 5"
  private static func head(_ array: ArrayValue, _ cut: ShownSlice, _ level: ShownLevel?) -> [String] {
    var parts = ["\(array.brief)  \(array.residence), \(byteText(array.byteCount))"]
    if let position = cut.position { parts.append(position) }
    if let level { parts.append("level \(level.number) of \(level.count)") }
    if let window = cut.windowText { parts.append(window) }
    if let remark = array.remark { parts.append(remark) }
    return parts
  }
}
