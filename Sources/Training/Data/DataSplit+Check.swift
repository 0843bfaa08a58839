import Arrays
import Geometry

/// All that is wrong with one crop.
struct CropProblems: Error { var problems: [SplitProblem] }

extension DataSplit {
  /// Opens one crop and puts raw, labels and mask on their grids.
  static func crop(_ spec: CropSpec, _ name: String, _ downsample: [Int], _ options: SplitOptions, _ open: (String, WorldCoordinate?) throws -> Opened) -> Result<Crop, CropProblems> {
    var opening = CropOpening(spec: spec, name: name, options: options)
    do throws(CropProblems) { return .success(try opening.crop(downsample, open)) } catch { return .failure(error) }
  }
}

/// One crop on its way: what is wrong with it is collected as far as it can be.
private struct CropOpening {
  var spec: CropSpec
  let name: String, options: SplitOptions
  var problems: [SplitProblem] = []

  func stop() throws(CropProblems) { if !problems.isEmpty { throw CropProblems(problems: problems) } }

  mutating func crop(_ downsample: [Int], _ open: (String, WorldCoordinate?) throws -> Opened) throws(CropProblems) -> Crop {
    if !(spec.weight > 0 && spec.weight.isFinite) { problems.append(.weight(crop: name, weight: spec.weight)) }
    let raw: (any ArraySource)?
    (raw, spec.raw) = opened(spec.raw, .raw, open)
    let classes = arrange()
    var parts: [(any ArraySource)?] = []
    for index in spec.labels.indices {
      if !isAnnotated(classes, index), case .path(let path) = spec.labels[index], case .nothing? = try? open(path, options.voxel(.labels)) { spec.labels[index] = .nothing }
      let found = opened(spec.labels[index], .labels, open)
      parts.append(found.source)
      spec.labels[index] = found.input
    }
    var mask: (any ArraySource)?
    if let input = spec.mask { (mask, spec.mask) = opened(input, .mask, open) }
    check(raw, parts, mask)
    try stop()
    guard let rawFound = raw, parts.contains(where: { $0 != nil }) else { throw CropProblems(problems: [.missing(crop: name, role: "labels", path: "")]) }
    // all at the wanted voxel size, then the classes in channels
    let start = rawFound.grid.offset, rawSource = resampled(rawFound, .raw, spec.raw.name, start: nil)
    parts = zip(parts, spec.labels).map { part, input in part.flatMap { resampled($0, .labels, input.name, start: start) } }
    mask = mask.flatMap { resampled($0, .mask, spec.mask?.name ?? "", start: start) }
    try stop()
    guard let rawSource, let (labels, trust) = joined(parts, mask, classes) else {
      throw CropProblems(problems: [.axes(crop: name, role: "labels", path: spec.labels.map(\.name).filter { !$0.isEmpty }.joined(separator: ", "), axes: ["arrays of different shape or place"])])
    }
    let place = try Placement(crop: name, raw: rawSource, labels: labels, mask: trust, downsample: downsample, spec)
    return Crop(
      name: name, use: spec.use, raw: place.raw, labels: place.labels, mask: place.mask, weight: spec.weight, bounds: place.bounds, rawShift: place.shift, rate: place.rate,
      points: try place.voxels(of: spec.points, name), spec: spec)
  }

  /// What an input leads to, and the input by which a run finds the same again.
  private mutating func opened(_ input: CropSpec.Input, _ role: SplitRole, _ open: (String, WorldCoordinate?) throws -> Opened) -> (source: (any ArraySource)?, input: CropSpec.Input) {
    do {
      switch input {
      case .nothing: break
      case .source(let source, _): return (source, input)
      case .path(let path):
        switch try open(path, options.voxel(role)) {
        case .array(let source): return (source, input)
        case .level(let source, let level): return (source, .path(level))
        case .group(let children): problems.append(.isGroup(crop: name, role: role.rawValue, path: path, children: children))
        case .nothing: problems.append(.missing(crop: name, role: role.rawValue, path: path))
        }
      }
    } catch { problems.append(.unreadable(crop: name, role: role.rawValue, path: input.name, reason: "\(error)")) }
    return (nil, input)
  }

  /// Puts the labels of the crop in the order of the wanted classes; names of the channels, empty where there are none.
  private mutating func arrange() -> [String] {
    for unknown in spec.annotated ?? [] {
      let known = options.classes.isEmpty ? options.groups.isEmpty ? spec.classes : options.groups.map(\.name) : options.classes
      if !known.contains(unknown) { problems.append(.noClass(crop: name, name: unknown, have: known)) }
    }
    if !options.groups.isEmpty {
      if spec.labels.count != 1 { problems.append(.oneArray(crop: name, found: spec.labels.count)) }
      return options.groups.map(\.name)
    }
    guard !options.classes.isEmpty else { return spec.classes }
    guard !spec.classes.isEmpty || spec.labels.count > 1 else { return options.classes }   // one array: of the one class, or with a channel a class
    let have = spec.classes
    spec.labels = options.classes.map { wanted in
      if let index = have.firstIndex(of: wanted), spec.labels.indices.contains(index) { return spec.labels[index] }
      if !options.negative && spec.annotated?.contains(wanted) ?? true { problems.append(.classMissing(crop: name, name: wanted, have: have)) }
      return .nothing
    }
    spec.classes = options.classes
    return options.classes
  }

  private func isAnnotated(_ classes: [String], _ index: Int) -> Bool { !classes.indices.contains(index) || spec.annotated?.contains(classes[index]) ?? true }

  /// Types, and arrays that stand in the wrong column.
  private mutating func check(_ raw: (any ArraySource)?, _ parts: [(any ArraySource)?], _ mask: (any ArraySource)?) {
    if let raw, ![.uint8, .uint16, .float16, .float32, .float64, .bool].contains(raw.dtype) { problems.append(.rawDtype(crop: name, path: spec.raw.name, dtype: raw.dtype)) }
    for (part, input) in zip(parts, spec.labels) {
      guard let part else { continue }
      if part.dtype.isFloat { problems.append(.labelsDtype(crop: name, path: input.name, dtype: part.dtype)) }
      if case (.path(let one), .path(let other)) = (spec.raw, input), one == other { problems.append(.same(crop: name, path: one)) }
    }
    if let mask, mask.dtype.isFloat { problems.append(.labelsDtype(crop: name, path: spec.mask?.name ?? "", dtype: mask.dtype)) }
  }

  private mutating func resampled(_ source: any ArraySource, _ role: SplitRole, _ path: String, start: WorldCoordinate?) -> (any ArraySource)? {
    guard let voxel = options.voxel(role), source.grid.isKnown else { return source }
    do {
      if let found = try source.at(voxel, role, start: start) { return found }
      problems.append(.resolution(crop: name, role: role.rawValue, path: path, have: source.grid.voxelSize.description, wanted: voxel.description))
    } catch { problems.append(.unreadable(crop: name, role: role.rawValue, path: path, reason: "\(error)")) }
    return nil
  }

  /// Labels with their channels, and where each of them may be trusted.
  private func joined(_ parts: [(any ArraySource)?], _ mask: (any ArraySource)?, _ classes: [String]) -> (labels: any ArraySource, mask: (any ArraySource)?)? {
    let found = options.binarize ? parts.map { $0.map { BinarySource(source: $0) } } : parts
    var labels: any ArraySource
    if !options.groups.isEmpty {
      guard let first = found.first, let source = first, let grouped = GroupedSource(source, options.groups) else { return nil }
      labels = grouped
    } else if found.count == 1, let first = found.first, let source = first { labels = source } else {
      guard let stacked = StackedSource(found) else { return nil }
      labels = stacked
    }
    let isAbsent = { (index: Int) in found.indices.contains(index) && found[index] == nil && options.groups.isEmpty }
    let channels = labels.grid.axes.first?.kind == .channel ? labels.shape[0] : 1
    let rules = (0..<channels).map { index -> TrustSource.Rule in !isAnnotated(classes, index) ? .none : isAbsent(index) ? .labelled : .all }
    if rules.allSatisfy({ $0 == .all }) { return (labels, mask) }
    if channels == 1 && labels.grid.axes.first?.kind != .channel, let stacked = StackedSource([labels]) { labels = stacked }
    guard mask.map({ $0.shape == Array(labels.shape.suffix($0.shape.count)) && $0.grid.axes.allSatisfy { $0.kind == .space } }) ?? true else { return (labels, mask) }   // said below
    return (labels, TrustSource(rules: rules, mask: mask, labels: labels))
  }
}
