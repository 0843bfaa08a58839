// Builtins binds the language to the libraries: one declaration for each word of the vocabulary, listed here once, by family.

import Language

package enum Vocabulary {
  /// Every word that a script may use without binding it.
  package static let registry = Registry(Builtin.core + all, constants: Builtin.coreConstants)

  static let all: [Builtin] =
    data + numbers + geometry + segmentation + show + tables

  private static let data: [Builtin] = [
    .arange, .cast, .clip, .create, .full, .ones, .open, .random, .readCSV, .saveArray, .saveImage, .saveTable, .tree, .whereArrays, .zeros,
  ]
  private static let numbers: [Builtin] = Builtin.elementwise + Builtin.typeNames
  private static let geometry: [Builtin] = [.blocks, .grow, .roi, .shrink, .snap]
  private static let segmentation: [Builtin] = [.distance, .gaussian, .signedDistance]
  private static let show: [Builtin] = [.look]
  private static let tables: [Builtin] = [
    .countGroups, .countRows, .filterTable, .group, .headTable, .maxGroups, .meanGroups, .minGroups, .sortTable, .sumGroups, .table,
  ]
}
