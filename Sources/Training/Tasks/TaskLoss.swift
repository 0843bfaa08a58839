// The loss of a task: a sum of terms, each over some channels of the network's raw output; written "bce + 0.5 * dice".
//
// p, t    (batch, channel, space…) float32      w  the same shape, or one channel for all; nil is 1 everywhere
// value   Σ factor · loss over the terms; the derivative has p's shape
// The terms of Networks (mse, mae, bce, cross_entropy) are means over elements; those of this file are described in OverlapLosses.swift.

import Arrays
import Execution
import Networks

package struct TaskLoss: Sendable, Equatable, CustomStringConvertible {
  package enum Kind: String, Sendable, CaseIterable {
    case mse, mae, bce, dice, tversky, focal
    case crossEntropy = "cross_entropy"
    /// (σ(p) − t)²: what descriptors in 0…1 are learned by; not for scripts.
    case sigmoidMse = "mse_of_sigmoid"

    /// What a script may write, in the order of the reference page.
    package static let names = ["mse", "mae", "bce", "cross_entropy", "dice", "tversky", "focal"]

    var plain: Loss? {
      switch self {
      case .mse: .mse
      case .mae: .mae
      case .bce: .bce
      case .crossEntropy: .crossEntropy
      default: nil
      }
    }
  }

  package struct Term: Sendable, Equatable {
    package let kind: Kind
    package let factor: Double
    /// nil: all.
    package let channels: Range<Int>?

    package init(_ kind: Kind, factor: Double = 1, channels: Range<Int>? = nil) { (self.kind, self.factor, self.channels) = (kind, factor, channels) }
  }

  package let terms: [Term]
  package init(_ terms: [Term]) { self.terms = terms }

  package static let mse = TaskLoss([Term(.mse)]), mae = TaskLoss([Term(.mae)]), bce = TaskLoss([Term(.bce)]), crossEntropy = TaskLoss([Term(.crossEntropy)])

  /// "bce", "bce + dice", "cross_entropy + 0.5 * dice".
  ///
  /// - Throws: `TrainingError.settings` for a name or a factor that is none.
  package init(parsing text: String) throws(TrainingError) {
    var terms: [Term] = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      let factors = part.split(separator: "*", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
      let factor = factors.count == 2 ? Double(factors[0]) : 1
      guard factors.count <= 2, let name = factors.last, Kind.names.contains(name), let kind = Kind(rawValue: name), let factor, factor > 0, factor.isFinite else {
        throw .settings(name: "loss", expected: "\(Kind.names.joined(separator: ", ")), or a sum such as \"bce + 0.5 * dice\"", found: "\"\(text)\"")
      }
      terms.append(Term(kind, factor: factor))
    }
    self.init(terms)
  }

  package var description: String {
    terms.map { term in
      let name = term.factor == 1 ? term.kind.rawValue : "\(JSONNumber.text(term.factor)) * \(term.kind.rawValue)"
      return term.channels.map { "\(name)[\($0.lowerBound):\($0.upperBound)]" } ?? name
    }.joined(separator: " + ")
  }

  /// Whether classes exclude each other: softmax over channels, one weight a voxel.
  package var isExclusive: Bool { terms.contains { $0.kind == .crossEntropy } }
  /// Whether the raw output is a log-odds, so that targets are split at ½ and not at 0.
  package var isLogit: Bool { terms.allSatisfy { ![.mse, .mae].contains($0.kind) } }

  // MARK: Value and derivative

  /// - Throws: `NetworkError.losses` where shapes do not fit.
  package func callAsFunction(_ prediction: NDArray, target: NDArray, weight: NDArray? = nil, pool: ThreadPool) throws -> (value: Double, gradient: NDArray) {
    if terms.count == 1, terms[0].channels == nil, terms[0].factor == 1 { return try one(terms[0], prediction, target, weight, pool) }
    var value = 0.0, gradient = try NDArray(.float32, prediction.shape)
    for term in terms {
      let part = term.channels ?? 0..<prediction.shape[1]
      let found = try one(term, try prediction.channels(part), try target.channels(part), try weight.map { $0.shape[1] == 1 ? $0 : try $0.channels(part) }, pool)
      value += term.factor * found.value
      gradient.add(found.gradient, times: Float(term.factor), at: part.lowerBound)
    }
    return (value, gradient)
  }

  private func one(_ term: Term, _ prediction: NDArray, _ target: NDArray, _ weight: NDArray?, _ pool: ThreadPool) throws -> (value: Double, gradient: NDArray) {
    if let plain = term.kind.plain { return try plain(prediction, target: target, weight: weight, pool: pool) }
    guard target.shape == prediction.shape else { throw NetworkError.losses(expected: prediction.shape, found: target.shape, what: "target") }
    if let weight, weight.shape[0] != prediction.shape[0] || ![1, prediction.shape[1]].contains(weight.shape[1]) || weight.shape.dropFirst(2) != prediction.shape.dropFirst(2) {
      throw NetworkError.losses(expected: prediction.shape, found: weight.shape, what: "weight")
    }
    return try overlapLoss(term.kind, try prediction.contiguous(), try target.contiguous(), try weight?.contiguous(), softmax: isExclusive)
  }
}

extension NDArray {
  /// Some channels of (batch, channel, space…), contiguous.
  fileprivate func channels(_ range: Range<Int>) throws(ArrayError) -> NDArray {
    if range == 0..<shape[1] { return self }
    var offset = [Int](repeating: 0, count: rank), box = shape
    (offset[1], box[1]) = (range.lowerBound, range.count)
    return try slice(offset: offset, shape: box).contiguous()
  }

  /// Adds (batch, some channels, space…) to the channels from `first` on.
  fileprivate mutating func add(_ part: NDArray, times factor: Float, at first: Int) {
    let voxels = shape.dropFirst(2).reduce(1, *), mine = shape[1] * voxels, theirs = part.shape[1] * voxels, items = shape[0]
    withMutableElements(Float.self) { sum in
      part.withElements(Float.self) { part in
        for item in 0..<items { for i in 0..<theirs { sum[item * mine + first * voxels + i] += factor * part[item * theirs + i] } }
      }
    }
  }
}

enum JSONNumber {
  /// "0.5", and "2" for 2.0.
  static func text(_ value: Double) -> String { value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)" }
}
