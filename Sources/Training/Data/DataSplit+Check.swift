import Arrays
import Geometry

/// All that is wrong with one crop.
struct CropProblems: Error { var problems: [SplitProblem] }

extension DataSplit {
  /// Opens one crop and puts raw, labels and mask on one grid.
  static func crop(_ spec: CropSpec, _ name: String, _ downsample: [Int], _ open: (String) throws -> Opened) -> Result<Crop, CropProblems> {
    do throws(CropProblems) { return .success(try checked(spec, name, downsample, open)) } catch { return .failure(error) }
  }

  private static func checked(_ spec: CropSpec, _ name: String, _ downsample: [Int], _ open: (String) throws -> Opened) throws(CropProblems) -> Crop {
    var problems: [SplitProblem] = []
    func opened(_ input: CropSpec.Input, _ role: String) -> (any ArraySource)? {
      do {
        switch input {
        case .source(let source, _): return source
        case .path(let path):
          switch try open(path) {
          case .array(let source): return source
          case .group(let children): problems.append(.isGroup(crop: name, role: role, path: path, children: children))
          case .nothing: problems.append(.missing(crop: name, role: role, path: path))
          }
        }
      } catch { problems.append(.unreadable(crop: name, role: role, path: input.name, reason: "\(error)")) }
      return nil
    }
    let raw = opened(spec.raw, "raw"), parts = spec.labels.map { opened($0, "labels") }, mask = spec.mask.flatMap { opened($0, "mask") }
    if !(spec.weight > 0 && spec.weight.isFinite) { problems.append(.weight(crop: name, weight: spec.weight)) }
    if let raw, ![.uint8, .uint16, .float16, .float32, .float64, .bool].contains(raw.dtype) { problems.append(.rawDtype(crop: name, path: spec.raw.name, dtype: raw.dtype)) }
    for (part, input) in zip(parts, spec.labels) {
      if let part, part.dtype.isFloat { problems.append(.labelsDtype(crop: name, path: input.name, dtype: part.dtype)) }
    }
    if let mask, mask.dtype.isFloat { problems.append(.labelsDtype(crop: name, path: spec.mask?.name ?? "", dtype: mask.dtype)) }
    func stop() throws(CropProblems) { if !problems.isEmpty { throw CropProblems(problems: problems) } }
    try stop()
    let found = parts.compactMap { $0 }
    guard let raw, let firstLabels = found.first else { throw CropProblems(problems: [.missing(crop: name, role: "labels", path: "")]) }
    guard let labels: any ArraySource = found.count == 1 ? firstLabels : StackedSource(found) else {
      throw CropProblems(problems: [.axes(crop: name, role: "labels", path: spec.labels.map(\.name).joined(separator: ", "), axes: ["arrays of different shape or place"])])
    }
    let place = try Placement(crop: name, raw: raw, labels: labels, mask: mask, downsample: downsample, spec)
    return Crop(
      name: name, use: spec.use, raw: place.raw, labels: place.labels, mask: place.mask, weight: spec.weight, bounds: place.bounds, rawShift: place.shift,
      spec: spec)
  }
}

/// Raw, labels and mask of a crop on one voxel grid, coarser by `downsample`.
private struct Placement {
  let raw: ChannelSource, labels: ChannelSource, mask: ChannelSource?
  let bounds: VoxelRoi
  let shift: [Int]

  init(crop: String, raw: any ArraySource, labels: any ArraySource, mask: (any ArraySource)?, downsample: [Int], _ spec: CropSpec) throws(CropProblems) {
    func fail(_ problem: SplitProblem) -> CropProblems { CropProblems(problems: [problem]) }
    func axes(_ role: String, _ path: String, _ source: any ArraySource) -> CropProblems {
      fail(.axes(crop: crop, role: role, path: path, axes: source.grid.axes.map(\.name)))
    }
    let labelsName = spec.labels.map(\.name).joined(separator: "&")
    guard let rawView = ChannelSource(raw) else { throw axes("raw", spec.raw.name, raw) }
    guard let labelView = ChannelSource(labels), labelView.rank == rawView.rank else { throw axes("labels", labelsName, labels) }
    let rank = rawView.rank
    let factor = downsample.count == 1 ? [Int](repeating: downsample[0], count: rank) : downsample
    guard factor.count == rank, factor.allSatisfy({ $0 >= 1 && $0 <= 1 << 20 }) else { throw fail(.downsample(crop: crop, rank: rank, factor: downsample)) }
    do {
      let shift = try Self.shift(crop, "labels", raw, rawView, labels, labelView)
      // labels are cut into the same blocks as raw, wherever they begin
      let origin = (0..<rank).map { ((-shift[$0] % factor[$0]) + factor[$0]) % factor[$0] }
      let coarseRaw = try Self.coarse(raw, factor, .mean, nil), coarseLabels = try Self.coarse(labels, factor, .majority, origin)
      guard let rawSource = ChannelSource(coarseRaw), let labelSource = ChannelSource(coarseLabels) else { throw axes("labels", labelsName, labels) }
      (self.raw, self.labels) = (rawSource, labelSource)
      let coarseShift = (0..<rank).map { (shift[$0] + origin[$0]) / factor[$0] }
      self.shift = coarseShift
      if let mask {
        guard let view = ChannelSource(mask), view.channels == 1, view.rank == rank else { throw axes("mask", spec.mask?.name ?? "", mask) }
        guard view.shape == labelView.shape, try Self.shift(crop, "mask", raw, rawView, mask, view) == shift else {
          throw fail(.maskShape(crop: crop, labels: labelView.shape, mask: view.shape))
        }
        self.mask = ChannelSource(try Self.coarse(mask, factor, .majority, origin))
      } else { self.mask = nil }
      let whole = try VoxelRoi(shape: labelSource.shape)
      if rawSource.shape.contains(0) || whole.isEmpty { throw fail(.tooSmall(crop: crop, shape: labelView.shape, factor: factor)) }
      let inRaw = try VoxelRoi(offset: Coordinate(coarseShift.map { -$0 }), shape: Coordinate(rawSource.shape))
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

  private static func coarse(_ source: any ArraySource, _ factor: [Int], _ method: DownsampledSource.Method, _ origin: [Int]?) throws -> any ArraySource {
    factor.allSatisfy { $0 == 1 } ? source : try DownsampledSource(source, by: factor, method, origin: origin)
  }

  private static func text(_ source: any ArraySource, _ view: ChannelSource) -> String {
    (try? source.grid.world(try VoxelRoi(shape: view.shape)))?.description ?? shapeText(view.shape)
  }

  /// By how many voxels `other` begins after raw.
  private static func shift(_ crop: String, _ role: String, _ raw: any ArraySource, _ rawView: ChannelSource, _ other: any ArraySource, _ view: ChannelSource) throws -> [Int] {
    let (a, b) = (raw.grid, other.grid)
    if a.isKnown != b.isKnown {
      guard rawView.shape == view.shape else { throw SplitProblem.voxelSizeUnknown(crop: crop, rawShape: rawView.shape, labelsShape: view.shape) }
      return [Int](repeating: 0, count: view.rank)
    }
    guard a.voxelSize == b.voxelSize else {
      throw SplitProblem.voxelSize(crop: crop, role: role, raw: a.voxelSize.description, other: b.voxelSize.description)
    }
    return try (0..<view.rank).map { axis in
      let distance = try (try b.offset[axis] - a.offset[axis]) / a.voxelSize[axis]
      let whole = try distance.rounded(.nearest), rest = try distance - Rational(whole)
      guard abs(rest.double) <= 1e-3 else {
        throw SplitProblem.shifted(crop: crop, role: role, axis: a.axes.filter { $0.kind == .space }[axis].name, distance: rest.description)
      }
      return whole
    }
  }
}
