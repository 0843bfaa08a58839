// Finds out where an array lies in the world: tries each convention in turn and says which one spoke. docs/conventions.md draws them.
//
// 1. the array's own `voxel_size` or `resolution`, with `offset`      funlib.persistence, DaCapo      Funlib.swift
// 2. `multiscales` of a group above that lists the array              OME-NGFF, COSEM                 Ngff.swift, Multiscale.swift
// 3. the array's `transform`                                          COSEM, CellMap                  Cosem.swift
// 4. the array's `pixelResolution`                                    N5 viewer, BigDataViewer        N5Viewer.swift
// 5. `resolution` or `pixelResolution` of a multiscale group above    Paintera, N5 viewer             N5Viewer.swift
// Else the grid is unknown. Values that are there but make no sense are errors: a wrong place is worse than none.

import Arrays
import Geometry

/// What a translation in metadata of the NGFF family places: the centre of voxel 0, as the specification says, or its corner.
package enum Origin: String, Sendable { case center, corner }

struct GridReading: Equatable {
  let grid: Grid
  /// "OME-NGFF 0.4", "attributes", "N5 attributes (reversed)"; nil if nothing on disk places the array.
  let source: String?
}

/// Attributes of the groups above an array, each read once, at the first question.
final class GroupDocuments {
  private let store: any ByteStore
  /// Nearest first.
  let keys: [String]
  private var known: [String: JSON?] = [:]

  init(_ store: any ByteStore, _ location: Location) { (self.store, keys) = (store, location.ancestors) }

  func attributes(_ key: String) throws(StorageError) -> JSON? {
    if let found = known[key] { return found }
    let found = try groupAttributes(store, key)
    known[key] = .some(found)
    return found
  }
}

struct GridReader {
  let metadata: ArrayMetadata
  let location: Location
  let origin: Origin

  var rank: Int { metadata.shape.count }
  /// Where the attributes of the array stand, for messages.
  var path: String { location.description }

  func read(_ store: some ByteStore) throws(StorageError) -> GridReading {
    if let found = try funlib() { return found }
    let groups = GroupDocuments(store, location)
    if let found = try ngff(groups) { return found }
    if let found = try transform(metadata.attributes["transform"], source: "transform") { return found }
    if let found = try pixelResolution() { return found }
    if let found = try groupResolution(groups) { return found }
    return GridReading(grid: Grid(unknown: try ownAxes()), source: nil)
  }

  func bad(_ field: String, _ reason: String) -> StorageError { .badMetadata(path: path, field: field, reason: reason) }

  func grid(_ axes: [Axis], _ voxelSize: [Rational], _ offset: [Rational], _ field: String) throws(StorageError) -> Grid {
    do { return try Grid(axes: axes, voxelSize: Coordinate(voxelSize), offset: Coordinate(offset)) } catch { throw bad(field, error.description) }
  }

  /// A list of numbers; nil if it is something else.
  func rationals(_ json: JSON?) -> [Rational]? {
    guard let values = json?.array, !values.isEmpty else { return nil }
    var result: [Rational] = []
    for value in values {
      guard let rational = value.rational else { return nil }
      result.append(rational)
    }
    return result
  }

  /// The entries of the axes of space, slowest first, of a list that has one entry an axis of space or one an axis.
  func spatial(_ values: [Rational], _ axes: [Axis], _ field: String) throws(StorageError) -> [Rational] {
    let values = isReversed ? values.reversed() : values
    let spatial = axes.indices.filter { axes[$0].kind == .space }
    if values.count == spatial.count { return values }
    guard values.count == axes.count else { throw bad(field, "\(values.count) numbers, the array has \(axes.count) axes, \(spatial.count) of them in space") }
    return spatial.map { values[$0] }
  }

  /// From the centre of a voxel to its corner, where `origin` lets translations be centres.
  func corner(_ place: Rational, voxel: Rational, _ field: String) throws(StorageError) -> Rational {
    if origin == .corner { return place }
    do { return try place - voxel / Rational(2) } catch { throw bad(field, error.description) }
  }

  func product(_ a: Rational, _ b: Rational, _ field: String) throws(StorageError) -> Rational {
    do { return try a * b } catch { throw bad(field, error.description) }
  }
  func sum(_ a: Rational, _ b: Rational, _ field: String) throws(StorageError) -> Rational {
    do { return try a + b } catch { throw bad(field, error.description) }
  }
}

// MARK: Axes

extension GridReader {
  /// The axes as the array itself names them.
  func ownAxes() throws(StorageError) -> [Axis] {
    let types = metadata.attributes["types"]?.strings.map { isReversed ? $0.reversed() : $0 }
    return try axes(names: try names(), types: types, "axis_names")
  }

  /// From names as they stand ("z", "c^"); without names the usual ones for the rank.
  func axes(names: [String]?, types: [String]? = nil, _ field: String) throws(StorageError) -> [Axis] {
    guard let names, names.count == rank else { return Axis.defaults(rank: rank) }
    let axes = names.enumerated().map { index, name in
      let type = types.flatMap { $0.count == rank ? $0[index] : nil }
      return Axis(name.hasSuffix("^") ? String(name.dropLast()) : name, Self.kind(name, type))
    }
    guard Set(axes.map(\.name)).count == rank else { throw bad(field, "\(names.joined(separator: ", ")): a name stands twice") }
    return axes
  }

  static func kind(_ name: String, _ type: String?) -> Axis.Kind {
    switch type {
    case "space": return .space
    case "time": return .time
    case "channel": return .channel
    case .some(let other) where !other.isEmpty && other != "null": return .channel
    default: break
    }
    if name.hasSuffix("^") { return .channel }
    return switch name.lowercased() {
    case "c", "ch", "channel", "channels": .channel
    case "t", "time": .time
    default: .space
    }
  }

  /// Names as they stand on disk: `axis_names` (funlib), `dimension_names` (Zarr v3), `_ARRAY_DIMENSIONS` (xarray), `axes` (COSEM, neuroglancer).
  private var namesOnDisk: [String]? {
    let attributes = metadata.attributes
    if let names = attributes["axis_names"]?.strings, !names.isEmpty { return names }
    return [metadata.dimensionNames, attributes["_ARRAY_DIMENSIONS"]?.strings, attributes["axes"]?.strings].compactMap { $0 }.first { $0.count == rank && Set($0).count == rank && !$0.contains("") }
  }

  /// Slowest axis first.
  func names() throws(StorageError) -> [String]? {
    guard let names = namesOnDisk else { return nil }
    guard names.count == rank else { throw bad("axis_names", "\(names.count) names, the array has \(rank) axes") }
    return isReversed ? names.reversed() : names
  }

  /// N5 attributes go fastest axis first, unless they name their axes and name z before x.
  var isReversed: Bool {
    guard metadata.format == .n5 else { return false }
    guard let names = namesOnDisk, let z = names.firstIndex(of: "z"), let x = names.firstIndex(of: "x") else { return true }
    return x < z
  }

  /// "pixelResolution", of N5 "pixelResolution (reversed)".
  func source(_ text: String) -> String { isReversed ? text + " (reversed)" : text }
}

extension JSON {
  /// The exact number people meant: 4.56, not the double nearest to it.
  var rational: Rational? {
    switch self {
    case .int(let value): Rational(Int(value))
    case .double(let value): Rational(value)
    default: nil
    }
  }

  /// An integer where it is one, else the shortest decimal.
  init(_ value: Rational) { self = value.int.map { .int(Int64($0)) } ?? .double(value.double) }
}
