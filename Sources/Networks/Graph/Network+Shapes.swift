// Sizes: what each layer makes of an input size, which input sizes fit, and where the output lies in the input.

import Geometry

/// Where a network's output lies, for one input size; lengths along the network's spatial axes.
package struct NetworkGeometry: Sendable, Equatable {
  package let input: [Int]
  package let output: [Int]
  /// Voxels of the input, before and after, that the output does not cover.
  package let before: [Rational]
  package let after: [Rational]
  /// The size of an output voxel in input voxels: 1, or less for super-resolution.
  package let pitch: [Rational]
}

extension Network {
  /// The extent of every value for one input extent.
  ///
  /// - Throws: `.layer` with the layer's name, its input shapes and the sizes that would fit.
  package func extents(input: Extent) throws(NetworkError) -> [Extent] {
    var values = [input]
    for (index, node) in nodes.enumerated() {
      let shapes = node.inputs.map { [channels[$0]] + values[$0].last(spatialRank) }
      values.append(try Self.extent(of: node, node.inputs.map { values[$0] }, channels[index + 1], shapes, network: name, rank: spatialRank) { legalSizes() })
    }
    return values
  }

  /// Output lengths for input lengths along the spatial axes.
  package func outputShape(forSpatial input: [Int]) throws(NetworkError) -> [Int] {
    try extents(input: try checked(input))[output].last(spatialRank)
  }

  func checked(_ input: [Int]) throws(NetworkError) -> Extent {
    guard input.count == spatialRank, input.allSatisfy({ (1...Self.longestAxis).contains($0) }) else {
      throw .input(network: name, expected: "\(spatialRank) spatial lengths", found: input)
    }
    let extent = Extent(input)
    guard Self.fits(inChannels, extent) else { throw .input(network: name, expected: "at most 2³⁸ elements", found: input) }
    return extent
  }

  /// Channels and lengths are below 2²⁴ each; at most 2³⁸ elements.
  static func fits(_ channels: Int, _ extent: Extent) -> Bool {
    var count = channels
    for length in extent.values {
      count *= length
      if count > 1 << 38 { return false }
    }
    return true
  }

  /// Where the output lies in an input of these lengths.
  package func geometry(forSpatial input: [Int]) throws(NetworkError) -> NetworkGeometry {
    let extents = try extents(input: try checked(input))
    do throws(GeometryError) {
      var before: [Rational] = [], after: [Rational] = [], pitch: [Rational] = []
      let half = try Rational(1, over: 2)
      for axis in (3 - spatialRank)..<3 {
        var places = [Placement()]
        for (index, node) in nodes.enumerated() {
          places.append(try node.operation.place(node.inputs.map { places[$0] }, lengths: node.inputs.map { extents[$0][axis] }, output: extents[index + 1][axis], axis: axis))
        }
        let place = places[output]
        let margin = try (try place.origin + half) - (try place.pitch * half)
        let covered = try place.pitch * Rational(extents[output][axis])
        before.append(margin)
        after.append(try (try Rational(extents[0][axis]) - margin) - covered)
        pitch.append(place.pitch)
      }
      return NetworkGeometry(input: input, output: extents[output].last(spatialRank), before: before, after: after, pitch: pitch)
    } catch { throw .description(reason: "\(name): sizes leave exact arithmetic") }
  }

  /// The input sizes that fit all layers; nil if there are none up to 16384.
  ///
  /// Within these a network's output is translation equivariant: inputs that overlap at offsets of `step` give equal output there.
  package func legalSizes() -> LegalSizes? {
    var smallest: [Int] = [], step: [Int] = []
    for axis in (3 - spatialRank)..<3 {
      guard let found = legalLengths(axis: axis) else { return nil }
      smallest.append(found.smallest)
      step.append(found.step)
    }
    return LegalSizes(smallest: smallest, step: step)
  }

  /// The smallest legal input at least as large as asked whose output is at least `lengths`.
  package func inputShape(forOutput lengths: [Int]) throws(NetworkError) -> [Int] {
    guard lengths.count == spatialRank else { throw .input(network: name, expected: "\(spatialRank) spatial lengths", found: lengths) }
    guard let legal = legalSizes() else { throw .noLegalSize(network: name) }
    return try lengths.indices.map { index throws(NetworkError) in
      let axis = 3 - spatialRank + index, first = legal.smallest[index], step = legal.step[index]
      func made(_ steps: Int) -> Int { outputLength(first + steps * step, axis: axis) ?? 0 }
      // Outputs grow with inputs, so the first that is enough is found by halving.
      var (low, high) = (0, (Self.longestAxis - first) / step)
      // Super-resolution: the longest input makes outputs that are too long.
      while high > 0 && made(high) == 0 { high /= 2 }
      guard high >= 0, made(high) >= lengths[index] else { throw .input(network: name, expected: "smaller outputs", found: lengths) }
      while low < high {
        let middle = (low + high) / 2
        if made(middle) >= lengths[index] { high = middle } else { low = middle + 1 }
      }
      return first + low * step
    }
  }

  /// What to train on where nothing is said: about three halves of the smallest size that fits, at least 64 voxels.
  package var usualInput: [Int] {
    guard let legal = legalSizes() else { return Array(repeating: 64, count: spatialRank) }
    return legal.smallest.indices.map { legal.atLeast(max(64, legal.smallest[$0] + legal.smallest[$0] / 2), axis: $0) }
  }

  /// Lengths up to 512 that get through the most layers, axis by axis: where no size fits all, the layer at which they stop is the one to look at.
  package var mostPromisingInput: [Int] {
    ((3 - spatialRank)..<3).map { axis in
      (1...512).max { (passed($0, axis: axis), -$0) < (passed($1, axis: axis), -$1) } ?? 1
    }
  }

  private func passed(_ input: Int, axis: Int) -> Int {
    var lengths = [input]
    for node in nodes {
      guard let length = try? node.operation.length(node.inputs.map { lengths[$0] }, axis: axis), length > 0 else { break }
      lengths.append(length)
    }
    return lengths.count
  }

  private func outputLength(_ input: Int, axis: Int) -> Int? {
    var lengths = [input]
    lengths.reserveCapacity(nodes.count + 1)
    for node in nodes {
      guard let length = try? node.operation.length(node.inputs.map { lengths[$0] }, axis: axis), length > 0 else { return nil }
      lengths.append(length)
    }
    return lengths[output]
  }

  /// The first legal length after which every `step`-th length is legal and no other, as far as four steps show.
  private func legalLengths(axis: Int) -> (smallest: Int, step: Int)? {
    let limit = 16384
    var known: [Int: Bool] = [:]
    func fits(_ length: Int) -> Bool {
      if let known = known[length] { return known }
      let fits = outputLength(length, axis: axis) != nil
      known[length] = fits
      return fits
    }
    var candidate = 1
    while candidate <= limit {
      guard fits(candidate) else { candidate += 1; continue }
      guard let next = ((candidate + 1)...(candidate + limit)).first(where: fits) else { return nil }
      let step = next - candidate
      if (1...4 * step).allSatisfy({ fits(candidate + $0) == ($0 % step == 0) }) { return (candidate, step) }
      candidate = next
    }
    return nil
  }
}
