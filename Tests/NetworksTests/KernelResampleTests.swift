// Pooling, upsampling and copies against direct loops, on images with gaps, with window counts that do and do not divide the image.
import CKernels
import Execution
import Testing

/// A window and an image of a size around its multiples.
struct WindowCase: CustomTestStringConvertible, Sendable {
  var factors: (Int, Int, Int)
  var size: (Int, Int, Int)
  var testDescription: String { "factors \(factors) size \(size)" }
  var extents: dcs_extent { extent(factors.0, factors.1, factors.2) }
  var coarse: (Int, Int, Int) { (size.0 / factors.0, size.1 / factors.1, size.2 / factors.2) }

  static let all: [WindowCase] = {
    var cases: [WindowCase] = []
    for fz in 1...2 { for fy in 1...3 { for fx in 1...5 { for extra in 0...1 {
      cases.append(WindowCase(factors: (fz, fy, fx), size: (fz * 2 + extra * (fz - 1), fy * 3 + extra * (fy - 1), fx * 7 + extra * (fx - 1))))
    } } } }
    cases.append(WindowCase(factors: (1, 1, 2), size: (1, 2, 2 * 257)))
    return cases
  }()
}

@Suite struct KernelResampleTests {
  let pool = ThreadPool(threads: 2)

  /// Positions of one window, in raster order.
  func window(_ window: WindowCase, _ z: Int, _ y: Int, _ x: Int) -> [(Int, Int, Int)] {
    let f = window.factors
    return (0..<f.0).flatMap { kz in (0..<f.1).flatMap { ky in (0..<f.2).map { kx in (z * f.0 + kz, y * f.1 + ky, x * f.2 + kx) } } }
  }

  @Test(arguments: WindowCase.all) func maximum(_ conv: WindowCase) {
    let x = Image(2, conv.size.0, conv.size.1, conv.size.2, gap: 2, seed: 1), (d, h, w) = conv.coarse
    x[0, 0, 0, 0] = .nan
    let y = Image(2, d, h, w, gap: 1), dy = Image(2, d, h, w, gap: 3, seed: 2)
    var chosen = [UInt16](repeating: 9999, count: 2 * d * h * w)
    dcs_max_pool_forward(pool.handle, &x.tensor, conv.extents, &y.tensor, &chosen)
    #expect(y.strayWrites == 0)
    #expect(y[0, 0, 0, 0].isNaN)
    let expected = Image(2, conv.size.0, conv.size.1, conv.size.2)
    expected.forEachVoxel { expected[$0, $1, $2, $3] = 0 }
    var index = 0
    y.forEachVoxel { c, z, row, column in
      let places = window(conv, z, row, column), values = places.map { x[c, $0.0, $0.1, $0.2] }
      let best = values.firstIndex { $0.isNaN } ?? values.firstIndex(of: values.max()!)!
      #expect(y[c, z, row, column].bitPattern == values[best].bitPattern && Int(chosen[index]) == best)
      expected[c, places[best].0, places[best].1, places[best].2] = dy[c, z, row, column]
      index += 1
    }
    let dx = Image(2, conv.size.0, conv.size.1, conv.size.2, gap: 1, seed: 3), before = dx.copy()
    dcs_max_pool_backward(pool.handle, &dy.tensor, conv.extents, chosen, 1, &dx.tensor)
    dx.forEachVoxel { #expect(dx[$0, $1, $2, $3] == before[$0, $1, $2, $3] + expected[$0, $1, $2, $3]) }
    dcs_max_pool_backward(pool.handle, &dy.tensor, conv.extents, chosen, 0, &dx.tensor)
    #expect(dx.values == expected.values && dx.strayWrites == 0)
    dcs_max_pool_forward(pool.handle, &dx.tensor, conv.extents, &y.tensor, nil)
    #expect(y.values.allSatisfy { !$0.isNaN })
  }

  @Test(arguments: WindowCase.all) func mean(_ conv: WindowCase) {
    let x = Image(2, conv.size.0, conv.size.1, conv.size.2, gap: 2, seed: 1), (d, h, w) = conv.coarse
    let y = Image(2, d, h, w, gap: 1), share = 1 / Double(conv.factors.0 * conv.factors.1 * conv.factors.2)
    dcs_mean_pool_forward(pool.handle, &x.tensor, conv.extents, &y.tensor)
    let expected = Image.doubles(2, conv.size)
    var means: [Double] = [], slopes = expected
    y.forEachVoxel { c, z, row, column in
      let places = window(conv, z, row, column)
      means.append(places.reduce(0) { $0 + Double(x[c, $1.0, $1.1, $1.2]) } * share)
      for p in places { slopes[c, p.0, p.1, p.2] = means.last! * share }
    }
    #expect(distance(y.values, means) < 1e-6 && y.strayWrites == 0)
    let dx = Image(2, conv.size.0, conv.size.1, conv.size.2, gap: 1)
    dcs_mean_pool_backward(pool.handle, &y.tensor, conv.extents, 0, &dx.tensor)
    #expect(distance(dx.values, slopes.values) < 1e-6 && dx.strayWrites == 0)
    dcs_mean_pool_backward(pool.handle, &y.tensor, conv.extents, 1, &dx.tensor)
    #expect(distance(dx.values, slopes.values.map { 2 * $0 }) < 1e-6)
  }

  /// The fine image may stop short of the last copies.
  @Test(arguments: WindowCase.all) func upsample(_ conv: WindowCase) {
    let f = conv.factors, coarse = ((conv.size.0 + f.0 - 1) / f.0, (conv.size.1 + f.1 - 1) / f.1, (conv.size.2 + f.2 - 1) / f.2)
    let x = Image(2, coarse.0, coarse.1, coarse.2, gap: 2, seed: 1), y = Image(2, conv.size.0, conv.size.1, conv.size.2, gap: 1)
    dcs_upsample_forward(pool.handle, &x.tensor, conv.extents, &y.tensor)
    y.forEachVoxel { #expect(y[$0, $1, $2, $3] == x[$0, $1 / f.0, $2 / f.1, $3 / f.2]) }
    #expect(y.strayWrites == 0)

    let dy = Image(2, conv.size.0, conv.size.1, conv.size.2, gap: 3, seed: 2), dx = Image(2, coarse.0, coarse.1, coarse.2, gap: 1)
    var sums = Image.doubles(2, coarse)
    dy.forEachVoxel { sums[$0, $1 / f.0, $2 / f.1, $3 / f.2] += Double(dy[$0, $1, $2, $3]) }
    dcs_upsample_backward(pool.handle, &dy.tensor, conv.extents, 0, &dx.tensor)
    #expect(distance(dx.values, sums.values) < 1e-6 && dx.strayWrites == 0)
    dcs_upsample_backward(pool.handle, &dy.tensor, conv.extents, 1, &dx.tensor)
    #expect(distance(dx.values, sums.values.map { 2 * $0 }) < 1e-6)
  }

  @Test(arguments: [0, 2]) func copies(_ gap: Int) {
    let x = Image(2, 3, 4, 5, gap: gap, seed: 1), y = Image(2, 3, 4, 5, gap: gap / 2)
    dcs_copy(pool.handle, &x.tensor, &y.tensor)
    #expect(y.values == x.values)
    dcs_add(pool.handle, &x.tensor, &y.tensor)
    #expect(y.values == x.values.map { 2 * $0 })
    dcs_scale(pool.handle, 0.5, &y.tensor)
    #expect(y.values == x.values)
    dcs_fill(pool.handle, 3, &y.tensor)
    #expect(y.values.allSatisfy { $0 == 3 } && y.strayWrites == 0)
  }

  @Test func padding() {
    let x = Image(2, 2, 3, 4, gap: 1, seed: 1)
    for z in 0...2 { for row in 0...2 { for column in 0...2 {
      let y = Image(2, 4, 5, 6, gap: 2)
      dcs_pad(pool.handle, &x.tensor, extent(z, row, column), &y.tensor)
      #expect(y.strayWrites == 0)
      y.forEachVoxel { c, a, b, d in
        let inside = (0..<2).contains(a - z) && (0..<3).contains(b - row) && (0..<4).contains(d - column)
        #expect(y[c, a, b, d] == (inside ? x[c, a - z, b - row, d - column] : 0))
      }
    } } }
  }
}
