// Where raw, labels and mask of a crop lie on each other: one voxel grid, or labels finer by whole factors, and the voxels that count.

import Arrays
import Geometry

/// Raw, labels and mask of a crop, all coarser by `downsample`.
struct Placement {
  let raw: ChannelSource, labels: ChannelSource, mask: ChannelSource?
  let bounds: VoxelRoi
  /// As those of `Crop`.
  let shift: [Int], rate: [Int]

  init(crop: String, raw: any ArraySource, labels: any ArraySource, mask: (any ArraySource)?, downsample: [Int], _ spec: CropSpec) throws(CropProblems) {
    func fail(_ problem: SplitProblem) -> CropProblems { CropProblems(problems: [problem]) }
    func axes(_ role: String, _ path: String, _ source: any ArraySource) -> CropProblems {
      fail(.axes(crop: crop, role: role, path: path, axes: source.grid.axes.map(\.name)))
    }
    let labelsName = spec.labels.map(\.name).filter { !$0.isEmpty }.joined(separator: "&")
    guard let rawView = ChannelSource(raw) else { throw axes("raw", spec.raw.name, raw) }
    guard let labelView = ChannelSource(labels), labelView.rank == rawView.rank else { throw axes("labels", labelsName, labels) }
    let rank = rawView.rank
    let factor = downsample.count == 1 ? [Int](repeating: downsample[0], count: rank) : downsample
    guard factor.count == rank, factor.allSatisfy({ $0 >= 1 && $0 <= 1 << 20 }) else { throw fail(.downsample(crop: crop, rank: rank, factor: downsample)) }
    do {
      let rate = try Self.rate(crop, "labels", raw, labels, rank), shift = try Self.shift(crop, "labels", raw, rawView, labels, labelView)
      self.rate = rate
      // labels are cut into blocks that begin where those of raw do, wherever they begin
      let origin = (0..<rank).map { ((-shift[$0] % factor[$0]) + factor[$0]) % factor[$0] }
      let coarseRaw = try Self.coarse(raw, factor, .mean, nil), coarseLabels = try Self.coarse(labels, factor, .majority, origin)
      guard let rawSource = ChannelSource(coarseRaw), let labelSource = ChannelSource(coarseLabels) else { throw axes("labels", labelsName, labels) }
      (self.raw, self.labels) = (rawSource, labelSource)
      let coarseShift = (0..<rank).map { (shift[$0] + origin[$0]) / factor[$0] }
      self.shift = coarseShift
      if let mask {
        guard let view = ChannelSource(mask), view.channels == 1 || view.channels == labelView.channels, view.rank == rank else { throw axes("mask", spec.mask?.name ?? "", mask) }
        guard view.shape == labelView.shape, try Self.rate(crop, "mask", raw, mask, rank) == rate, try Self.shift(crop, "mask", raw, rawView, mask, view) == shift else {
          throw fail(.maskShape(crop: crop, labels: labelView.shape, mask: view.shape))
        }
        self.mask = ChannelSource(try Self.coarse(mask, factor, .majority, origin))
      } else { self.mask = nil }
      let whole = try VoxelRoi(shape: labelSource.shape)
      if rawSource.shape.contains(0) || whole.isEmpty { throw fail(.tooSmall(crop: crop, shape: labelView.shape, factor: factor)) }
      let inRaw = try VoxelRoi(offset: Coordinate(coarseShift.map { -$0 }), shape: Coordinate(zip(rawSource.shape, rate).map(*)))
      var bounds = try whole.intersection(inRaw)
      if bounds.isEmpty { throw fail(.outsideRaw(crop: crop, raw: Self.text(raw, rawView), labels: Self.text(labels, labelView))) }
      if let roi = spec.roi {
        bounds = try bounds.intersection(try labelSource.source.grid.voxels(roi, .inward))
        if bounds.isEmpty { throw fail(.roiOutside(crop: crop, roi: roi.description, labels: Self.text(labels, labelView))) }
      }
      self.bounds = bounds
    } catch let problem as CropProblems { throw problem } catch let problem as SplitProblem { throw fail(problem) } catch {
      throw fail(.unreadable(crop: crop, role: "labels", path: labelsName, reason: "\(error)"))
    }
  }

  /// Places in the world as voxels of labels; those outside of what is used are a problem.
  func voxels(of points: [WorldCoordinate]?, _ crop: String) throws(CropProblems) -> [[Int]]? {
    guard let points else { return nil }
    let grid = labels.source.grid, size = grid.voxelSize, corner = grid.offset
    let found = points.compactMap { point -> [Int]? in
      guard point.rank == labels.rank else { return nil }
      let place = (0..<point.rank).compactMap { axis in try? (try (try point[axis] - corner[axis]) / size[axis]).rounded(.down) }
      return place.count == point.rank && (0..<point.rank).allSatisfy { (bounds.offset[$0]..<bounds.end[$0]).contains(place[$0]) } ? place : nil
    }
    if found.count < points.count || points.isEmpty { throw CropProblems(problems: [.pointsOutside(crop: crop, outside: points.count - found.count, of: points.count)]) }
    return found
  }

  private static func coarse(_ source: any ArraySource, _ factor: [Int], _ method: DownsampledSource.Method, _ origin: [Int]?) throws -> any ArraySource {
    factor.allSatisfy { $0 == 1 } ? source : try DownsampledSource(source, by: factor, method, origin: origin)
  }

  private static func text(_ source: any ArraySource, _ view: ChannelSource) -> String {
    (try? source.grid.world(try VoxelRoi(shape: view.shape)))?.description ?? shapeText(view.shape)
  }

  /// How many voxels of `other` are as long as one of raw.
  private static func rate(_ crop: String, _ role: String, _ raw: any ArraySource, _ other: any ArraySource, _ rank: Int) throws -> [Int] {
    let (a, b) = (raw.grid, other.grid)
    guard a.isKnown && b.isKnown else { return [Int](repeating: 1, count: rank) }
    let rate = try zip(a.voxelSize.values, b.voxelSize.values).map { try ($0 / $1).int ?? 0 }
    guard rate.count == rank, rate.allSatisfy({ (1...64).contains($0) }) else { throw SplitProblem.voxelSize(crop: crop, role: role, raw: a.voxelSize.description, other: b.voxelSize.description) }
    return rate
  }

  /// By how many of its voxels `other` begins after raw.
  private static func shift(_ crop: String, _ role: String, _ raw: any ArraySource, _ rawView: ChannelSource, _ other: any ArraySource, _ view: ChannelSource) throws -> [Int] {
    let (a, b) = (raw.grid, other.grid)
    if a.isKnown != b.isKnown {
      guard rawView.shape == view.shape else { throw SplitProblem.voxelSizeUnknown(crop: crop, rawShape: rawView.shape, labelsShape: view.shape) }
      return [Int](repeating: 0, count: view.rank)
    }
    return try (0..<view.rank).map { axis in
      let distance = try (try b.offset[axis] - a.offset[axis]) / b.voxelSize[axis]
      let whole = try distance.rounded(.nearest), rest = try distance - Rational(whole)
      guard abs(rest.double) <= 1e-3 else {
        throw SplitProblem.shifted(crop: crop, role: role, axis: a.axes.filter { $0.kind == .space }[axis].name, distance: rest.description)
      }
      return whole
    }
  }
}
