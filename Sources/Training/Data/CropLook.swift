// What a crop's values say before any training: the share of each class, and what cannot be meant. Small crops are read whole, of large ones 64 boxes;
// "nothing at all" is only said after everything was read.

import Arrays
import Execution
import Geometry

package struct CropLook: Sendable {
  /// 0…1 of the voxels that the mask trusts, one a channel of labels; NaN if it trusts none.
  package let shares: [Double]
  /// The share with any label.
  package let share: Double
  /// Whether all voxels were looked at.
  package let isExact: Bool
  package let errors: [SplitProblem]
  /// What is odd and may be meant.
  package let remarks: [SplitProblem]

  package var isBackground: Bool { remarks.contains { if case .noLabel = $0 { true } else { false } } }
}

extension Crop {
  /// Voxels up to which a crop is read whole.
  private static let wholeLimit = 1 << 22

  /// - Parameter input: of the network that will be trained, if raw shall be large enough for it.
  package func look(input: [Int]? = nil, _ context: ExecutionContext) throws -> CropLook {
    let reading = ReadContext(pool: context.pool, cancellation: context.cancellation)
    let shape = bounds.shape.values, isExact = shape.reduce(1.0) { $0 * Double($1) } <= Double(Self.wholeLimit)
    let box = isExact ? shape : shape.map { min($0, 32) }
    var random = KeyedGenerator(seed: 0, purpose: "label share", index: 0), tally = Tally(channels: labels.channels), grey = Neighbours(), rawGrey = Neighbours()
    for number in 0..<(isExact ? 1 : 64) {
      try context.cancellation.check()
      let offset = (0..<shape.count).map { bounds.offset[$0] + random.index(below: shape[$0] - box[$0] + 1) }
      let found = try labels.read(offset: offset, shape: box, reading), trusted = try mask?.read(offset: offset, shape: box, reading).nonZero()
      tally.count(try found.nonZero(), trusted)
      if number >= 16 { continue }
      grey.count(found)
      if grey.isGrey {
        let under = try raw(under: try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box)))
        rawGrey.count(try raw.read(offset: under.offset.values, shape: under.shape.values, reading))
      }
    }
    var errors: [SplitProblem] = [], remarks: [SplitProblem] = []
    let labelsName = spec.labels.map(\.name).filter { !$0.isEmpty }.joined(separator: ", ")
    if grey.isGrey { errors.append(.greyLabels(crop: name, path: labelsName, differ: grey.share, rawDiffers: rawGrey.share)) }
    if tally.trusted == 0, let mask, try isExact || mask.isZero(bounds, reading, context) {
      if annotatesNothing { remarks.append(.emptyMask(crop: name, path: spec.mask?.name ?? "annotated")) } else { errors.append(.emptyMask(crop: name, path: spec.mask?.name ?? "of classes")) }
    } else if tally.labelled == 0, try isExact || labels.isZero(bounds, reading, context) { remarks.append(.noLabel(crop: name, path: labelsName)) }
    if let input, input.count == raw.rank, zip(raw.shape, input).contains(where: { $0 < $1 }) { errors.append(.smallForInput(crop: name, raw: raw.shape, input: input)) }
    return CropLook(
      shares: tally.shares, share: tally.trusted == 0 ? .nan : Double(tally.labelled) / Double(tally.trusted), isExact: isExact, errors: errors, remarks: remarks)
  }

  private var annotatesNothing: Bool { spec.annotated?.isEmpty ?? false }
}

/// Labelled and trusted voxels, of each channel and of all.
private struct Tally {
  var ofChannel: [(labelled: Int, trusted: Int)], labelled = 0, trusted = 0
  init(channels: Int) { ofChannel = [(labelled: Int, trusted: Int)](repeating: (0, 0), count: channels) }

  var shares: [Double] { ofChannel.map { $0.trusted == 0 ? .nan : Double($0.labelled) / Double($0.trusted) } }

  mutating func count(_ labels: NDArray, _ mask: NDArray?) {
    let channels = ofChannel.count, voxels = labels.count / max(1, channels), masks = mask?.shape[0] ?? 0
    labels.withElements(UInt8.self) { labels in
      func sum(_ mask: UnsafeBufferPointer<UInt8>?) {
        for i in 0..<voxels {
          var any = false, open = false
          for channel in 0..<channels {
            guard mask.map({ $0[min(channel, masks - 1) * voxels + i] != 0 }) ?? true else { continue }
            open = true
            ofChannel[channel].trusted += 1
            if labels[channel * voxels + i] != 0 { ofChannel[channel].labelled += 1; any = true }
          }
          if open { trusted += 1 }
          if any { labelled += 1 }
        }
      }
      if let mask { mask.withElements(UInt8.self) { sum($0) } } else { sum(nil) }
    }
  }
}

/// How often neighbours along the last axis differ: rarely in labels, nearly always in grey values.
private struct Neighbours {
  private var pairs = 0, differing = 0, values: Set<Double> = []
  var share: Double { pairs == 0 ? 0 : Double(differing) / Double(pairs) }
  /// Half of the neighbours differ, and there are more values than classes have names.
  var isGrey: Bool { pairs >= 1000 && share > 0.5 && values.count > 32 }

  mutating func count(_ array: NDArray) {
    guard let packed = try? array.contiguous(), let length = packed.shape.last, length > 1 else { return }
    var (pairs, differing, values) = (0, 0, self.values)
    func sum<T: Element>(_: T.Type) {
      packed.withElements(T.self) { elements in
        for row in stride(from: 0, to: elements.count - length + 1, by: length) {
          for i in row..<row + length - 1 where elements[i] != elements[i + 1] {
            differing += 1
            if values.count <= 32 { values.insert(elements[i].double) }
          }
          pairs += length - 1
        }
      }
    }
    switch packed.dtype {
    case .uint8: sum(UInt8.self)
    case .uint32: sum(UInt32.self)
    case .uint64: sum(UInt64.self)
    default: sum(packed.dtype.type)
    }
    (self.pairs, self.differing, self.values) = (self.pairs + pairs, self.differing + differing, values)
  }
}

extension ChannelSource {
  /// Reads slabs until one is not 0.
  fileprivate func isZero(_ bounds: VoxelRoi, _ reading: ReadContext, _ context: ExecutionContext) throws -> Bool {
    let box = bounds.shape.values, plane = max(1, box.dropFirst().reduce(1, *)), step = max(1, min(box[0], (1 << 24) / plane))
    for first in stride(from: 0, to: box[0], by: step) {
      try context.cancellation.check()
      var offset = bounds.offset.values, shape = box
      (offset[0], shape[0]) = (offset[0] + first, min(step, box[0] - first))
      if try read(offset: offset, shape: shape, reading).nonZero().withElements(UInt8.self, { $0.contains { $0 != 0 } }) { return false }
    }
    return true
  }
}
