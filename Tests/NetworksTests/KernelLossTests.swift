// Maps, losses and optimiser steps against formulas in double.
import CKernels
import Execution
import Testing
#if canImport(Glibc)
import Glibc
#endif

@Suite struct KernelLossTests {
  let pool = ThreadPool(threads: 2)

  /// 1, 2, ... channels of values from -extreme to extreme in steps; odd widths leave vector tails.
  func ramp(_ channels: Int, to extreme: Double, width: Int = 301) -> Image {
    let image = Image(channels, 2, 3, width, gap: 1)
    let count = Double(channels * 6 * width - 1)
    var i = 0.0
    image.forEachVoxel {
      image[$0, $1, $2, $3] = Float(extreme * (2 * i / count - 1))
      i += 1
    }
    return image
  }

  @Test func maps() {
    let x = ramp(2, to: 30), formulas: [(Double) -> Double] = [{ max($0, 0) }, { 1 / (1 + exp(-$0)) }, { tanh($0) }]
    for (map, formula) in formulas.enumerated() {
      let y = Image(2, 2, 3, 301, gap: 2)
      dcs_map_forward(pool.handle, Int32(map), &x.tensor, &y.tensor)
      #expect(zip(y.values, x.values).allSatisfy { got, x in
        let exact = formula(Double(x))
        return abs(Double(got) - exact) <= 3e-7 * abs(exact)
      }, "map \(map): relative error")
      #expect(y.strayWrites == 0)
      let dy = Image(2, 2, 3, 301, seed: 1), dx = Image(2, 2, 3, 301, gap: 1)
      let slopes = zip(zip(y.values, dy.values), x.values).map { pair, x in
        let (value, dy) = (Double(pair.0), Double(pair.1))
        return map == 0 ? (x > 0 ? dy : 0) : map == 1 ? dy * value * (1 - value) : dy * (1 - value * value)
      }
      dcs_map_backward(pool.handle, Int32(map), &y.tensor, &dy.tensor, 0, &dx.tensor)
      #expect(distance(dx.values, slopes) < 1e-6)
      dcs_map_backward(pool.handle, Int32(map), &y.tensor, &dy.tensor, 1, &dx.tensor)
      #expect(distance(dx.values, slopes.map { 2 * $0 }) < 1e-6)
    }
    let extremes = Image(1, 1, 1, 4)
    for (i, value) in [Float.infinity, -Float.infinity, 1e30, -1e30].enumerated() { extremes[0, 0, 0, i] = value }
    let y = Image(1, 1, 1, 4)
    dcs_map_forward(pool.handle, Int32(DCS_SIGMOID), &extremes.tensor, &y.tensor)
    #expect(distance(y.values, [1, 0, 1, 0]) < 1e-6)
    dcs_map_forward(pool.handle, Int32(DCS_TANH), &extremes.tensor, &y.tensor)
    #expect(y.values == [1, -1, 1, -1])
    extremes[0, 0, 0, 0] = .nan
    for map in 0...2 {
      dcs_map_forward(pool.handle, Int32(map), &extremes.tensor, &y.tensor)
      #expect(y[0, 0, 0, 0].isNaN, "a NaN stays one, map \(map)")
    }
  }

  @Test(arguments: 1...4) func softmax(_ channels: Int) {
    let x = ramp(channels, to: 40), y = Image(channels, 2, 3, 301, gap: 2)
    dcs_softmax(pool.handle, &x.tensor, &y.tensor)
    y.forEachVoxel { c, z, row, column in
      let total = (0..<channels).reduce(0.0) { $0 + exp(Double(x[$1, z, row, column])) }
      #expect(abs(Double(y[c, z, row, column]) - exp(Double(x[c, z, row, column])) / total) < 1e-6)
    }
  }

  /// Sum and gradient in double; the gradient by central differences for the smooth losses.
  @Test(arguments: [0, 1, 2, 3], [0, 1, 3]) func losses(_ loss: Int, _ weightChannels: Int) {
    if loss == 3 && weightChannels == 3 { return }
    let p = ramp(3, to: 12), t = Image(3, 2, 3, 301, seed: 2), w = Image(max(1, weightChannels), 2, 3, 301, gap: 3, seed: 3)
    t.forEachVoxel { t[$0, $1, $2, $3] = loss == 3 ? ($0 == ($3 % 3) ? 1 : 0) : loss == 2 ? abs(t[$0, $1, $2, $3]) : t[$0, $1, $2, $3] }
    func weight(_ c: Int, _ z: Int, _ y: Int, _ x: Int) -> Double { weightChannels == 0 ? 1 : Double(w[weightChannels == 1 ? 0 : c, z, y, x]) }
    func term(_ c: Int, _ z: Int, _ y: Int, _ x: Int, moved: Double = 0) -> Double {
      let value = Double(p[c, z, y, x]) + moved, target = Double(t[c, z, y, x])
      switch loss {
      case 0: return (value - target) * (value - target)
      case 1: return abs(value - target)
      case 2: return max(value, 0) - value * target + log1p(exp(-abs(value)))
      default:
        let total = (0..<3).reduce(0.0) { $0 + exp(Double(p[$1, z, y, x]) + ($1 == c ? moved : 0)) }
        return (0..<3).reduce(0.0) { $0 - Double(t[$1, z, y, x]) * (Double(p[$1, z, y, x]) + ($1 == c ? moved : 0) - log(total)) }
      }
    }
    var sum = 0.0, slopes: [Double] = []
    p.forEachVoxel { c, z, y, x in
      if loss < 3 || c == 0 { sum += weight(c, z, y, x) * term(c, z, y, x) }
      slopes.append(0.5 * weight(c, z, y, x) * (term(c, z, y, x, moved: 1e-5) - term(c, z, y, x, moved: -1e-5)) / 2e-5)
    }
    let gradient = Image(3, 2, 3, 301, gap: 2)
    let got = withUnsafePointer(to: &w.tensor) { weights in
      dcs_loss(pool.handle, Int32(loss), &p.tensor, &t.tensor, weightChannels == 0 ? nil : weights, 0.5, &gradient.tensor)
    }
    #expect(abs(got - sum) < 1e-6 * (1 + abs(sum)) * 10)
    #expect(distance(gradient.values, slopes) < 1e-5 && gradient.strayWrites == 0)
    let alone = ThreadPool(threads: 1), three = ThreadPool(threads: 3), again = Image(3, 2, 3, 301, gap: 5)
    for other in [alone, three] {
      let sum = withUnsafePointer(to: &w.tensor) { weights in
        dcs_loss(other.handle, Int32(loss), &p.tensor, &t.tensor, weightChannels == 0 ? nil : weights, 0.5, &again.tensor)
      }
      #expect(sum.bitPattern == got.bitPattern && bits(again.values) == bits(gradient.values))
    }
    #expect(withUnsafePointer(to: &w.tensor) { weights in
      dcs_loss(alone.handle, Int32(loss), &p.tensor, &t.tensor, weightChannels == 0 ? nil : weights, 0.5, nil)
    } == got)
    dcs_loss(pool.handle, Int32(loss), &p.tensor, &t.tensor, nil, 0.5, &p.tensor)   // in place
    if weightChannels == 0 { #expect(bits(p.values) == bits(gradient.values)) }
  }

  /// Ten steps of each optimiser as the papers write them, with PyTorch's places for epsilon and decay.
  @Test(arguments: [false, true], [false, true]) func optimizers(_ rectified: Bool, _ decoupled: Bool) {
    let count = 16384 + 37
    var parameter = randomFloats(count, seed: 1), mean = [Float](repeating: 0, count: count), square = mean
    var p = parameter.map(Double.init), m = p.map { _ in 0.0 }, v = m
    let start = parameter
    for step in 1...10 {
      let gradient = randomFloats(count, seed: UInt64(step + 1))
      let settings = dcs_adam(rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.1, decoupled: decoupled ? 1 : 0, step: Int64(step))
      let run = rectified ? dcs_radam_step : dcs_adam_step
      run(pool.handle, Int64(count), settings, gradient, &parameter, &mean, &square)
      let t = Double(step), left1 = 1 - pow(0.9, t), left2 = 1 - pow(0.999, t)
      let longest = 2 / (1 - 0.999) - 1, length = longest - 2 * t * pow(0.999, t) / left2
      for i in 0..<count {
        if decoupled { p[i] *= 1 - 1e-2 * 0.1 }
        let g = Double(gradient[i]) + (decoupled ? 0 : 0.1 * p[i])
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.999 * v[i] + 0.001 * g * g
        if !rectified {
          p[i] -= 1e-2 / left1 * m[i] / (v[i].squareRoot() / left2.squareRoot() + 1e-8)
        } else if length > 5 {
          let rectify = ((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)).squareRoot()
          p[i] -= 1e-2 * m[i] / left1 * rectify * left2.squareRoot() / (v[i].squareRoot() + 1e-8)
        } else {
          p[i] -= 1e-2 * m[i] / left1
        }
      }
    }
    #expect(distance(parameter, p) < 1e-5)
    #expect(zip(parameter, start).allSatisfy { $0 != $1 })
  }

  @Test(arguments: [0, 1, 7, 8, 9, 16384, 16385, 40000]) func sumOfSquares(_ count: Int) {
    let values = randomFloats(count, seed: 1)
    let exact = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    let sums = [1, 2, 3].map { dcs_sum_of_squares(ThreadPool(threads: $0).handle, Int64(count), values) }
    #expect(abs(sums[0] - exact) <= 1e-12 * (1 + exact))
    #expect(sums[1] == sums[0] && sums[2] == sums[0])
  }
}
