// Losses beside the four of Networks: overlaps (dice, tversky), focal, and the square error of a sigmoid.
//
// s = σ(p), or softmax over channels where a task's classes exclude each other; t in 0…1; w a weight a voxel; ε = 1e-5
// dice      mean over items and channels of 1 − (2 Σ w s t + ε) / (Σ w s + Σ w t + ε)                     (Milletari et al. 2016)
// tversky   the same of 1 − (Σ w s t + ε) / (Σ w s t + 0.3 Σ w s (1 − t) + 0.7 Σ w (1 − s) t + ε)         (Salehi et al. 2017: misses cost more)
// focal     mean of −w [t (1 − s)² log s + (1 − t) s² log(1 − s)], always of sigmoids                      (Lin et al. 2017, γ = 2)
// mse of σ  mean of w (σ(p) − t)²
// Gradients are of the same sums; checked against central differences and values by hand (Tests/TrainingTests/LossTests.swift).

import Arrays

#if canImport(Glibc)
import Glibc
#endif

private let smoothing = 1e-5, missed = 0.7, invented = 0.3

func overlapLoss(_ kind: TaskLoss.Kind, _ prediction: NDArray, _ target: NDArray, _ weight: NDArray?, softmax: Bool) throws(ArrayError) -> (value: Double, gradient: NDArray) {
  let items = prediction.shape[0], channels = prediction.shape[1], voxels = prediction.shape.dropFirst(2).reduce(1, *)
  var gradient = try NDArray(.float32, prediction.shape, zeroed: false)
  if prediction.count == 0 { return (0, gradient) }
  var value = 0.0
  prediction.withElements(Float.self) { p in
    target.withElements(Float.self) { t in
      withWeights(weight) { w, weightChannels in
        gradient.withMutableElements(Float.self) { g in
          for item in 0..<items {
            if softmax && kind != .focal { g.softmax(p, item * channels * voxels, channels, voxels) }
            for channel in 0..<channels {
              let row = Row(at: (item * channels + channel) * voxels, weightAt: (item * weightChannels + min(channel, weightChannels - 1)) * voxels, count: voxels, t: t, w: w)
              if !softmax && kind != .focal { for i in 0..<voxels { g[row.at + i] = sigmoid(p[row.at + i]) } }
              switch kind {
              case .focal: value += row.focal(p, g) / Double(items * channels * voxels)
              case .sigmoidMse: value += row.square(g) / Double(items * channels * voxels)
              default: value += row.overlap(kind == .dice, g) / Double(items * channels)
              }
            }
            let share = Float(1 / Double(kind == .dice || kind == .tversky ? items * channels : items * channels * voxels))
            g.chain(p, item * channels * voxels, channels, voxels, share, softmax: softmax && kind != .focal, isChained: kind == .focal)
          }
        }
      }
    }
  }
  return (value, gradient)
}

private func sigmoid(_ x: Float) -> Float { x >= 0 ? 1 / (1 + expf(-x)) : expf(x) / (1 + expf(x)) }
/// log σ(x)
private func logSigmoid(_ x: Float) -> Float { x >= 0 ? -log1pf(expf(-x)) : x - log1pf(expf(x)) }

private func withWeights<R>(_ weight: NDArray?, _ body: (UnsafeBufferPointer<Float>?, Int) -> R) -> R {
  guard let weight else { return body(nil, 1) }
  return weight.withElements(Float.self) { body($0, weight.shape[1]) }
}

/// One channel of one item; `g` holds s when called and the derivative by s when left.
private struct Row {
  let at: Int, weightAt: Int, count: Int
  let t: UnsafeBufferPointer<Float>, w: UnsafeBufferPointer<Float>?

  func weight(_ i: Int) -> Float { w.map { $0[weightAt + i] } ?? 1 }

  func overlap(_ isDice: Bool, _ g: UnsafeMutableBufferPointer<Float>) -> Double {
    var both = 0.0, found = 0.0, there = 0.0
    for i in 0..<count {
      let w = Double(weight(i)), s = Double(g[at + i]), t = Double(self.t[at + i])
      both += w * s * t
      found += w * s
      there += w * t
    }
    // 1 − top / bottom, with top = a Σ w s t + ε and bottom = b Σ w s t + c Σ w s + d Σ w t + ε
    let (a, b, c, d) = isDice ? (2.0, 0, 1.0, 1.0) : (1, 1 - invented - missed, invented, missed)
    let top = a * both + smoothing, bottom = b * both + c * found + d * there + smoothing
    for i in 0..<count {
      let w = Double(weight(i)), t = Double(self.t[at + i])
      g[at + i] = Float(-w * (a * t * bottom - top * (b * t + c)) / (bottom * bottom))
    }
    return 1 - top / bottom
  }

  func square(_ g: UnsafeMutableBufferPointer<Float>) -> Double {
    var sum = 0.0
    for i in 0..<count {
      let w = weight(i), difference = g[at + i] - t[at + i]
      sum += Double(w * difference * difference)
      g[at + i] = 2 * w * difference
    }
    return sum
  }

  /// Leaves the derivative by p.
  func focal(_ p: UnsafeBufferPointer<Float>, _ g: UnsafeMutableBufferPointer<Float>) -> Double {
    var sum = 0.0
    for i in 0..<count {
      let w = weight(i), t = self.t[at + i], x = p[at + i], s = sigmoid(x), r = 1 - s, logS = logSigmoid(x), logR = logSigmoid(-x)
      sum -= Double(w * (t * r * r * logS + (1 - t) * s * s * logR))
      g[at + i] = w * (t * (2 * s * r * r * logS - r * r * r) - (1 - t) * (2 * r * s * s * logR - s * s * s))
    }
    return sum
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// s of one item.
  fileprivate func softmax(_ p: UnsafeBufferPointer<Float>, _ first: Int, _ channels: Int, _ voxels: Int) {
    for i in 0..<voxels {
      var largest = -Float.infinity, sum: Float = 0
      for c in 0..<channels { largest = Swift.max(largest, p[first + c * voxels + i]) }
      for c in 0..<channels {
        self[first + c * voxels + i] = expf(p[first + c * voxels + i] - largest)
        sum += self[first + c * voxels + i]
      }
      for c in 0..<channels { self[first + c * voxels + i] /= sum }
    }
  }

  /// From the derivative by s to that by p, times `share`.
  fileprivate func chain(_ p: UnsafeBufferPointer<Float>, _ first: Int, _ channels: Int, _ voxels: Int, _ share: Float, softmax: Bool, isChained: Bool) {
    if !softmax {
      for i in first..<(first + channels * voxels) {
        let s = sigmoid(p[i])
        self[i] *= share * (isChained ? 1 : s * (1 - s))
      }
      return
    }
    for i in 0..<voxels {
      var largest = -Float.infinity, sum: Float = 0, mean: Float = 0
      for c in 0..<channels { largest = Swift.max(largest, p[first + c * voxels + i]) }
      for c in 0..<channels { sum += expf(p[first + c * voxels + i] - largest) }
      for c in 0..<channels { mean += self[first + c * voxels + i] * expf(p[first + c * voxels + i] - largest) / sum }
      for c in 0..<channels {
        let at = first + c * voxels + i
        self[at] = share * (self[at] - mean) * expf(p[at] - largest) / sum
      }
    }
  }
}
