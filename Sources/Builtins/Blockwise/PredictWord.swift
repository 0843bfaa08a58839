import Arrays
import Blockwise
import Language
import Networks

extension Builtin {
  static let predict = Builtin(
    "predict",
    """
    (m: model|best, a: array, to: string = nil, roi: roi = nil, block: int|coord = nil, dtype: fn|string = nil, chunks: int|coord = nil, shards: int|coord = nil,
     pad: "reflect|symmetric|zero" = "reflect", mirror=false, workers=1, retries=2, fast=false, resume=true, replace=false, on: context = nil) -> array
    """,
    "Runs a network over a volume, blockwise and without seams: every block gets the context that the network sees.",
    details: [
      "The result has no trace of the blocks: any block size and any number of workers give the same bytes.",
      "fast=true computes convolutions of 12 channels and more in tiles, two to three times as fast. Values differ by rounding (some 1e-5 of their spread), and otherwise for other blocks.",
      "to=\"c.zarr/name\" writes it there and resumes what was begun; without it the result stays in memory. dtype=uint8 scales the activation's range to 0…255 and records that.",
      "Each worker has one network's memory; it reads and writes blocks beside computing, so that more workers gain little but where a store is slow.",
      "mirror=true is the mean over all mirrorings of the input: eight passes in three dimensions, four in two. Not for channels with a direction, such as affinities.",
      "A network that sees all of its input (group_norm, global_pool, attention) is laid in tiles of its training size at fixed places; these show where they meet.",
      "shards=256 keeps the chunks of 256³ voxels in one file (Zarr v3); blocks are then whole shards.",
    ],
    searchTerms: ["inference", "segment"], needs: .sketches,
    plan: { call in
      let (model, source, options, spec) = try prediction(call)
      var plan = try PredictStatement(model, source, options, to: spec, call.execution).plan()
      plan.isDecided = try !call.value("m").isUnknown
      return try call.planBlocks(plan, [source], spec, workers: options.workers)
    }
  ) { call in
    let (model, source, options, spec) = try prediction(call)
    return try Blockwise.predict(model, source, options, to: spec, call.execution).value
  }

  /// What `predict` is asked for.
  private static func prediction(_ call: Call) throws -> (Model, any ArraySource, PredictOptions, OutputSpec) {
    var model = try call.value("m").sketch as? Model ?? call.trainedModel("m")
    model.network = try model.network.seamless()
    let source = try call.array("a").source(call.execution), rank = source.grid.spatialRank
    let options = PredictOptions(
      block: try call.block(rank: rank), roi: try call.optionalRoi("roi", on: source.grid), dtype: try call.dtype("dtype") ?? .float32,
      pad: try call.pad(), workers: try call.workers() ?? 1, retries: try call.int("retries", in: 0...100),
      fast: try call.bool("fast"), mirror: try call.bool("mirror"))
    return (model, source, options, try call.output(rank: rank))
  }
}

extension Call {
  /// A model with weights: a loaded one, or what `best` found.
  func trainedModel(_ name: String) throws -> Model {
    if let best = try value(name).object(as: BestValue.self) { return try best.model() }
    guard case .trained(let model) = try object(name, as: ModelValue.self).kind else {
      throw failure(.value, "the model has no weights yet", at: name, hint: "train a run with it first, or load_model(path)")
    }
    return model
  }
}
