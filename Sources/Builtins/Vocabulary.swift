// Builtins binds the language to the libraries: one declaration for each word of the vocabulary, listed here once, by family.

import Language

package enum Vocabulary {
  /// Every word that a script may use without binding it.
  package static let registry = Registry(Builtin.core + all, constants: Builtin.coreConstants)

  static let all: [Builtin] =
    data + numbers + geometry + segmentation + scores + networks + training + blockwise + show + tables + Builtin.later

  private static let data: [Builtin] = [
    .arange,
    .cast,
    .clip,
    .create,
    .full,
    .ones,
    .open,
    .random,
    .readCSV,
    .resample,
    .saveArray,
    .saveImage,
    .saveTable,
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
    .partitionScores,
  ]

  private static let networks: [Builtin] =
    Builtin.layers + [
      .apply,
      .loadModel,
      .network,
      .profile,
      .summary,
      .unet,
    ]

  private static let training: [Builtin] =
    Builtin.augmentations + [
      .best,
      .compare,
      .datasplit,
      .export,
      .keep,
      .openRun,
      .preview,
      .run,
      .runs,
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
      .jobs,
      .predict,
      .status,
      .submit,
      .wait,
    ]

  private static let show: [Builtin] = [
    .look,
    .plot,
  ]

  private static let tables: [Builtin] = [
    .countGroups,
    .countRows,
    .filterTable,
    .group,
    .headTable,
    .maxGroups,
    .meanGroups,
    .minGroups,
    .sortTable,
    .sumGroups,
    .table,
  ]
}
