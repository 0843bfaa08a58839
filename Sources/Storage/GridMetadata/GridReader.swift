// Finds out where an array lies in the world: tries each convention in turn and says which one spoke.
//
// 1. the array's own `voxel_size` or `resolution`, with `offset`      funlib.persistence, DaCapo      Funlib.swift
// 2. `multiscales` of a group above that lists the array              OME-NGFF                        Ngff.swift
// 3. the array's `transform`                                          COSEM, CellMap                  Ngff.swift
// 4. the array's `pixelResolution`                                    Paintera, BigDataViewer         Funlib.swift
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

struct GridReader {
  let metadata: ArrayMetadata
  let location: Location
  let origin: Origin

  var rank: Int { metadata.shape.count }
  /// Where the attributes of the array stand, for messages.
  var path: String { location.description }

  func read(_ store: some ByteStore) throws(StorageError) -> GridReading {
    if let found = try funlib() { return found }
    if let found = try ngff(store) { return found }
    if let found = try transform(metadata.attributes["transform"], source: "transform") { return found }
    if let found = try pixelResolution() { return found }
    return GridReading(grid: Grid(unknown: axes(names: try names())), source: nil)
  }

  func bad(_ field: String, _ reason: String) -> StorageError { .badMetadata(path: path, field: field, reason: reason) }

  func grid(_ axes: [Axis], _ voxelSize: [Rational], _ offset: [Rational], isKnown: Bool, _ field: String) throws(StorageError) -> Grid {
    do { return try Grid(axes: axes, voxelSize: Coordinate(voxelSize), offset: Coordinate(offset), isKnown: isKnown) } catch { throw bad(field, error.description) }
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

  // MARK: Axes

  /// From names as they stand ("z", "c^"); without names the usual ones for the rank.
  func axes(names: [String]?, types: [String]? = nil) -> [Axis] {
    guard let names, names.count == rank else { return Axis.defaults(rank: rank) }
    return names.enumerated().map { index, name in
      let type = types.flatMap { $0.count == rank ? $0[index] : nil }
      return Axis(name.hasSuffix("^") ? String(name.dropLast()) : name, Self.kind(name, type))
    }
  }

  static func kind(_ name: String, _ type: String?) -> Axis.Kind {
    switch type {
    case "space": return .space
    case "time": return .time
    case .some("channel"): return .channel
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

  /// `axis_names`, or Zarr v3's `dimension_names`.
  func names() throws(StorageError) -> [String]? {
    guard let names = metadata.attributes["axis_names"]?.strings ?? metadata.dimensionNames, !names.isEmpty else { return nil }
    guard names.count == rank else { throw bad("axis_names", "\(names.count) names, the array has \(rank) axes") }
    return isReversed ? names.reversed() : names
  }

  /// N5 attributes go fastest axis first, unless they name their axes and name z before x.
  var isReversed: Bool {
    guard metadata.format == .n5 else { return false }
    guard let names = metadata.attributes["axis_names"]?.strings, let z = names.firstIndex(of: "z"), let x = names.firstIndex(of: "x") else { return true }
    return x < z
  }

  var reversedText: String { metadata.format == .n5 ? isReversed ? "N5 attributes (reversed)" : "N5 attributes" : "attributes" }
}

// MARK: Units

extension GridReader {
  /// Nanometres in a unit; nil if it is no length but voxels ("pixel").
  ///
  /// - Throws: `.badMetadata` for a unit that nobody knows.
  func nanometres(_ unit: String?, _ field: String) throws(StorageError) -> Rational? {
    guard let unit, !unit.isEmpty else { return .one }
    let tenth = try? Rational(1, over: 10), thousandth = try? Rational(1, over: 1000)
    switch unit.lowercased() {
    case "nm", "nanometer", "nanometers", "nanometre", "nanometres": return .one
    case "um", "µm", "μm", "micrometer", "micrometers", "micrometre", "micrometres", "micron", "microns": return Rational(1000)
    case "mm", "millimeter", "millimeters", "millimetre", "millimetres": return Rational(1_000_000)
    case "cm", "centimeter", "centimetre": return Rational(10_000_000)
    case "m", "meter", "meters", "metre", "metres": return Rational(1_000_000_000)
    case "å", "angstrom", "angstroms", "ångström": return tenth
    case "pm", "picometer", "picometre": return thousandth
    case "pixel", "pixels", "px", "voxel", "voxels": return nil
    default: throw bad(field, "unknown unit \"\(unit)\"")
    }
  }

  func product(_ a: Rational, _ b: Rational, _ field: String) throws(StorageError) -> Rational {
    do { return try a * b } catch { throw bad(field, error.description) }
  }
  func sum(_ a: Rational, _ b: Rational, _ field: String) throws(StorageError) -> Rational {
    do { return try a + b } catch { throw bad(field, error.description) }
  }
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
