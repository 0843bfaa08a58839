import Arrays

/// Pictures of 2D arrays (y, x): grey values in a window, labels in colours, and one over the other.
package enum Picture {
  /// - Parameters:
  ///   - slice: `[y, x]`, any dtype.
  ///   - window: the values shown black and white; nil takes the 1st and 99th percentile of the finite values.
  package static func grey(_ slice: NDArray, window: (Double, Double)? = nil) throws(ArrayError) -> Image {
    let values = try doubles(slice)
    let (low, high) = window ?? robustWindow(values)
    var image = Image(width: slice.shape[1], height: slice.shape[0])
    for i in values.indices {
      let shade = UInt8((255 * share(values[i], low, high)).rounded())
      image.pixels.replaceSubrange((3 * i)..<(3 * i + 3), with: [shade, shade, shade])
    }
    return image
  }

  /// - Parameter slice: `[y, x]`, integer or bool.
  package static func labels(_ slice: NDArray) throws(ArrayError) -> Image {
    let ids = try identifiers(slice)
    var image = Image(width: slice.shape[1], height: slice.shape[0])
    for i in ids.indices { (image.pixels[3 * i], image.pixels[3 * i + 1], image.pixels[3 * i + 2]) = labelColor(ids[i]) }
    return image
  }

  /// Grey values with the labels blended over them, their borders stronger.
  package static func overlay(_ raw: NDArray, _ labels: NDArray, window: (Double, Double)? = nil, opacity: Double = 0.35) throws(ArrayError) -> Image {
    guard raw.shape == labels.shape else { throw .shapes(raw.shape, labels.shape) }
    var image = try grey(raw, window: window)
    let ids = try identifiers(labels)
    let (height, width) = (raw.shape[0], raw.shape[1])
    for y in 0..<height {
      for x in 0..<width {
        let id = ids[y * width + x]
        if id == 0 { continue }
        let border = (x + 1 < width && ids[y * width + x + 1] != id) || (y + 1 < height && ids[(y + 1) * width + x] != id)
          || (x > 0 && ids[y * width + x - 1] != id) || (y > 0 && ids[(y - 1) * width + x] != id)
        let share = border ? 0.9 : opacity, color = labelColor(id), old = image[x, y]
        let mix = { (a: UInt8, b: UInt8) in UInt8(Double(a) * (1 - share) + Double(b) * share) }
        image[x, y] = (mix(old.0, color.0), mix(old.1, color.1), mix(old.2, color.2))
      }
    }
    return image
  }

  /// Three slices as red, green and blue, in one window.
  package static func composite(_ slices: [NDArray], window: (Double, Double)? = nil) throws(ArrayError) -> Image {
    guard slices.count == 3, slices.allSatisfy({ $0.shape == slices[0].shape }) else { throw .shapes(slices.first?.shape ?? [], slices.last?.shape ?? []) }
    var all: [Double] = []
    for slice in slices { all += try doubles(slice) }
    let shared = window ?? robustWindow(all)
    var image = try grey(slices[0], window: shared)
    for channel in 1..<3 {
      let other = try grey(slices[channel], window: shared)
      for i in stride(from: channel, to: image.pixels.count, by: 3) { image.pixels[i] = other.pixels[i] }
    }
    return image
  }

  package static func robustWindow(_ values: [Double]) -> (Double, Double) {
    let sorted = values.filter(\.isFinite).sorted()
    guard let last = sorted.last else { return (0, 1) }
    let low = sorted[sorted.count / 100], high = sorted[sorted.count - 1 - sorted.count / 100]
    return high > low ? (low, high) : (sorted[0], last)
  }

  private static func doubles(_ slice: NDArray) throws(ArrayError) -> [Double] {
    guard slice.rank == 2 else { throw .rank(expected: 2, found: slice.shape) }
    let packed = try slice.contiguous()
    func read<T: Element>(_: T.Type) -> [Double] { packed.withElements(T.self) { $0.map(\.double) } }
    return read(slice.dtype.type)
  }

  package static func identifiers(_ slice: NDArray) throws(ArrayError) -> [UInt64] {
    guard slice.dtype == .uint64 else { return try doubles(slice).map { $0 > 0 ? UInt64(exactly: $0.rounded()) ?? 0 : 0 } }
    guard slice.rank == 2 else { throw .rank(expected: 2, found: slice.shape) }
    return try slice.elements(UInt64.self)
  }
}
