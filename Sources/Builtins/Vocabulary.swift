// Builtins binds the language to the libraries: one declaration for each word of the vocabulary, listed here once, by family.

import Language

package enum Vocabulary {
  /// Every word that a script may use without binding it.
  package static let registry = Registry(Builtin.core + all, constants: Builtin.coreConstants)

  /// By family, as the reference page lists them.
  static let families: [(title: String, words: [Builtin])] = [
    ("Data", data), ("Numbers", numbers), ("Geometry", geometry), ("Segmentation", segmentation), ("Scores", scores), ("Networks", networks),
    ("Training", training), ("Blockwise work", blockwise), ("Display", show), ("Tables", tables),
  ]

  static let all: [Builtin] = families.flatMap(\.words)

  /// Names by family; those of the language itself come last.
  package static var names: [(title: String, words: [String])] {
    let program = ["args", "assert", "env", "exit", "fail", "help", "now", "page", "print", "seed", "version"], text = ["format", "join", "lower", "replace", "split", "trim", "upper"]
    return families.map { ($0.title, $0.words.map(\.name)) } + [
      ("Text", text), ("Program", program), ("Values", Builtin.core.map(\.name).filter { !text.contains($0) && !program.contains($0) }),
    ]
  }

  private static let data: [Builtin] = [
    .arange,
    .binarize,
    .cast,
    .chunk,
    .chunks,
    .clip,
    .concatArrays,
    .copy,
    .create,
    .flip,
    .full,
    .ones,
    .open,
    .pad,
    .pyramid,
    .random,
    .read,
    .readCSV,
    .resample,
    .reshape,
    .saveArray,
    .saveData,
    .saveImage,
    .saveTable,
    .saveText,
    .stack,
    .transpose,
    .tree,
    .whereArrays,
    .zeros,
  ]

  private static let numbers: [Builtin] =
    Builtin.elementwise
    + Builtin.reductions
    + Builtin.typeNames

  private static let geometry: [Builtin] = [
    .blocks,
    .coord,
    .grow,
    .roi,
    .shrink,
    .snap,
  ]

  private static let segmentation: [Builtin] =
    Builtin.morphology + [
      .affinities,
      .agglomerate,
      .argmax,
      .descriptors,
      .distance,
      .fillHoles,
      .gaussian,
      .label,
      .median,
      .mutexWatershed,
      .objects,
      .relabel,
      .removeSmall,
      .signedDistance,
      .sizeOf,
      .threshold,
      .touching,
      .watershed,
    ]

  private static let scores: [Builtin] = [
    .binaryScores,
    .confusion,
    .contingency,
    .distanceScores,
    .matches,
    .partitionScores,
  ]

  private static let networks: [Builtin] =
    Builtin.layers + [
      .apply,
      .cosem,
      .cpnet,
      .loadModel,
      .network,
      .profile,
      .summary,
      .unet,
      .weights,
    ]

  private static let training: [Builtin] =
    Builtin.augmentations + [
      .best,
      .compare,
      .curves,
      .datasplit,
      .export,
      .keep,
      .loading,
      .openRun,
      .preview,
      .run,
      .runs,
      .segment,
      .syncRuns,
      .task,
      .taskAffinities,
      .taskDescriptors,
      .taskDistance,
      .taskHotDistance,
      .taskInnerDistance,
      .taskOneHot,
      .train,
      .validate,
    ]

  private static let blockwise: [Builtin] =
    Builtin.contexts + [
      .blockwise,
      .cancel,
      .external,
      .fold,
      .jobs,
      .predict,
      .status,
      .submit,
      .wait,
    ]

  private static let show: [Builtin] = [
    .look,
    .plot,
    .report,
  ]

  private static let tables: [Builtin] =
    Builtin.columnReductions + [
      .countGroups,
      .countRows,
      .filterTable,
      .group,
      .headTable,
      .mapTable,
      .sortTable,
      .table,
      .tailTable,
    ]
}
