// Units of length by the names that metadata give them: those of NGFF (a subset of UDUNITS-2), their symbols, and common misspellings.
//
// Specification: https://ngff.openmicroscopy.org/0.4/index.html#axes-md. Factors are exact: an inch is 25.4 mm by definition.

import Geometry

extension GridReader {
  /// Nanometres in a unit; nil if it is no length but voxels ("pixel"). No unit means nm.
  ///
  /// - Throws: `.badMetadata` for a unit that nobody knows.
  func nanometres(_ unit: String?, _ field: String) throws(StorageError) -> Rational? {
    guard let unit, !unit.isEmpty else { return .one }
    let name = unit == "Å" ? "angstrom" : unit.lowercased()
    if ["pixel", "pixels", "px", "voxel", "voxels"].contains(name) { return nil }
    guard let factor = LengthUnit.nanometres(symbol: unit) ?? LengthUnit.nanometres(name: name) else { throw bad(field, "unknown unit \"\(unit)\"") }
    return factor
  }
}

enum LengthUnit {
  /// Powers of ten of a metre. "m" and "M" differ, and so do "p" and "P".
  private static let prefixes: [(name: String, symbol: String, power: Int)] = [
    ("yotta", "Y", 24), ("zetta", "Z", 21), ("exa", "E", 18), ("peta", "P", 15), ("tera", "T", 12), ("giga", "G", 9), ("mega", "M", 6), ("kilo", "k", 3), ("hecto", "h", 2),
    ("", "", 0), ("deci", "d", -1), ("centi", "c", -2), ("milli", "m", -3), ("micro", "µ", -6), ("micro", "μ", -6), ("micro", "u", -6), ("nano", "n", -9), ("pico", "p", -12),
    ("femto", "f", -15), ("atto", "a", -18), ("zepto", "z", -21), ("yocto", "y", -24),
  ]
  /// In nm, as decimal text.
  private static let others: [(names: [String], nanometres: String)] = [
    (["angstrom", "angstroms", "ångström", "å"], "0.1"), (["micron", "microns"], "1000"), (["inch", "inches", "in"], "25400000"), (["foot", "feet", "ft"], "304800000"), (["yard", "yards", "yd"], "914400000"),
    (["mile", "miles"], "1609344000000"),
  ]

  static func nanometres(symbol: String) -> Rational? {
    guard symbol.hasSuffix("m") else { return nil }
    return prefixes.first { $0.symbol == symbol.dropLast() }.flatMap { power($0.power) }
  }

  static func nanometres(name: String) -> Rational? {
    if let other = others.first(where: { $0.names.contains(name) }) { return Rational(decimal: other.nanometres) }
    for ending in ["meter", "meters", "metre", "metres"] where name.hasSuffix(ending) {
      if let prefix = prefixes.first(where: { $0.name == name.dropLast(ending.count) }) { return power(prefix.power) }
    }
    // "NM", "Um": symbols in any case, where one reading only makes sense in microscopy
    return ["nm", "um", "µm", "μm", "mm", "cm", "pm"].contains(name) ? nanometres(symbol: name) : nil
  }

  private static func power(_ power: Int) -> Rational? { Rational(decimal: "1e\(power + 9)") }
}
