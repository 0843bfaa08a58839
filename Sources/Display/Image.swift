/// An RGB picture, rows from top to bottom.
package struct Image: Sendable, Equatable {
  package let width: Int, height: Int
  /// `3 · width · height` bytes.
  package var pixels: [UInt8]

  package init(width: Int, height: Int, fill: (UInt8, UInt8, UInt8) = (0, 0, 0)) {
    (self.width, self.height) = (max(0, width), max(0, height))
    pixels = []
    pixels.reserveCapacity(3 * self.width * self.height)
    for _ in 0..<(self.width * self.height) { pixels += [fill.0, fill.1, fill.2] }
  }

  package subscript(x: Int, y: Int) -> (UInt8, UInt8, UInt8) {
    get { let i = 3 * (y * width + x); return (pixels[i], pixels[i + 1], pixels[i + 2]) }
    set { let i = 3 * (y * width + x); (pixels[i], pixels[i + 1], pixels[i + 2]) = newValue }
  }

  /// Pictures beside each other, top aligned, with a gap.
  package static func beside(_ images: [Image], gap: Int = 4) -> Image {
    let width = images.reduce(0) { $0 + $1.width } + gap * max(0, images.count - 1)
    var result = Image(width: width, height: images.map(\.height).max() ?? 0, fill: (255, 255, 255))
    var left = 0
    for image in images {
      for y in 0..<image.height { for x in 0..<image.width { result[left + x, y] = image[x, y] } }
      left += image.width + gap
    }
    return result
  }

  /// Pictures below each other, left aligned, with a gap.
  package static func stacked(_ images: [Image], gap: Int = 4) -> Image {
    var result = Image(width: images.map(\.width).max() ?? 0, height: images.reduce(0) { $0 + $1.height } + gap * max(0, images.count - 1), fill: (255, 255, 255))
    var top = 0
    for image in images {
      for y in 0..<image.height { for x in 0..<image.width { result[x, top + y] = image[x, y] } }
      top += image.height + gap
    }
    return result
  }

  /// Resized: the mean of the covered pixels where it shrinks, the nearest where it grows.
  package func resized(width newWidth: Int, height newHeight: Int) -> Image {
    var result = Image(width: newWidth, height: newHeight)
    guard width > 0, height > 0 else { return result }
    for y in 0..<result.height {
      let y0 = y * height / newHeight, y1 = max(y0 + 1, (y + 1) * height / newHeight)
      for x in 0..<result.width {
        let x0 = x * width / newWidth, x1 = max(x0 + 1, (x + 1) * width / newWidth)
        var sum = (0, 0, 0)
        for sy in y0..<y1 { for sx in x0..<x1 { let p = self[sx, sy]; sum = (sum.0 + Int(p.0), sum.1 + Int(p.1), sum.2 + Int(p.2)) } }
        let n = (y1 - y0) * (x1 - x0)
        result[x, y] = (UInt8(sum.0 / n), UInt8(sum.1 / n), UInt8(sum.2 / n))
      }
    }
    return result
  }
}
