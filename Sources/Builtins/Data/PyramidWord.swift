import Arrays
import Language
import Storage

extension Builtin {
  static let pyramid = Builtin(
    "pyramid",
    """
    (a: array|string, to: string = nil, levels: int = nil, factor: int|coord = nil, reduce: "auto|mean|mode|max|nearest" = "auto", version: "0.4|0.5" = nil,
     chunks: coord|int = nil, shards: coord|int = nil, \(DiskLayout.codec(default: "nil")), replace=false) -> group
    """,
    "Makes the coarser levels of an array, and the metadata by which other programs find them; returns the group.",
    details: [
      "The array is written as s0 of the group `to`. Without `to` it must be an array on disk called s0 (or 0), and s1, s2, … come beside it. Each level is made of the one before, block by block on all threads.",
      "Axes are halved until the longest has at most 64 voxels, those of the smallest voxels first: of 40 × 4 × 4 nm come 40 × 8 × 8, 40 × 16 × 16, 40 × 32 × 32, 80 × 64 × 64. `levels` counts s0 too; `factor` is for each step and axis.",
      "reduce: auto is mode for ids (32 and 64 bits) and bools, else mean. mean rounds halves to even; mode takes the smallest of equally frequent values, 0 like any other. An odd length is rounded up, its last voxel made of what is there; all levels share their corner.",
      "In Zarr v2 OME-NGFF 0.4 is written, in Zarr v3 0.5 (`version` chooses for a new container), in N5 what COSEM, neuroglancer, N5 viewer and Paintera read; last of all, so half a pyramid is none. replace=true makes levels that are there anew.",
    ],
    searchTerms: ["multiscale", "NGFF", "OME", "downsample", "levels", "mip"], streams: ["a"], effect: .writes("to"), plan: { call in
      let work = try PyramidWork(call), replace = try call.bool("replace")
      for (index, level) in work.plan.levels.enumerated() where index > 0 || !work.isInPlace {
        let reads: [any ArraySource] = index > 0 ? [try PlannedArray(path: work.path(of: work.plan.levels[index - 1]), work.array.dtype, work.plan.levels[index - 1].shape, work.plan.levels[index - 1].grid)] : work.array.expression.sources
        _ = try call.planArray("pyramid", at: work.path(of: level), ArraySpec(work.array.dtype, level.shape, grid: level.grid, chunks: try work.chunks(call, level.shape)), reads: reads, replace: replace)
      }
      call.dryRun?.promise(.unknown, at: work.location.description)
      return .unknown
    }
  ) { call in
    let work = try PyramidWork(call)
    try work.run(call)
    return Value(try StoredNode.open(work.location.description))
  }
}
