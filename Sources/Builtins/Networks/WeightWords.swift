// Weights of files: our own, other libraries', and those that laboratories publish.

import Geometry
import Language
import Networks
import Storage
import Training

extension Builtin {
  static let loadModel = Builtin(
    "load_model", "(path: string, into: model = nil, activation: \"none|sigmoid|tanh|softmax\" = nil, voxel: length|coord = nil) -> model",
    "Opens a model: a .dcmodel, or weights of PyTorch, DaCapo, cellmap-models or Cellpose into an architecture.",
    details: [
      "A .dcmodel carries all that is needed; so does a checkpoint of a run in its folder (runs/a/checkpoints/0001000.safetensors). Weights alone (.pt, .pth, DaCapo's checkpoints/iterations/N, .safetensors) need `into`, the network they belong to, and `activation`, what its output passes "
        + "through. The head, if the file has one and the network has not, is taken from the file.",
      "Names of weights are matched as DaCapo (0.3 and main), cellmap-models, Cellpose or a U-Net alone write them. Nothing is loaded in part: what is missing, unused or of another shape is an error "
        + "that says all of it; provenance.report of the model says what was loaded.",
      "Pickles are read as data, never run: a file that would call anything else than PyTorch's tensors is refused.",
    ],
    searchTerms: ["open", "weights", "checkpoint", "pytorch", "pickle", "safetensors", "import", "pt", "pth"]
  ) { call in
    let path = try call.string("path")
    if Files.kind(path) == .folder { throw call.failure(.data, "\(path) is a folder; a model is one file", at: "path") }
    return try call.blaming("path") {
      guard let into = try call.optionalObject("into", as: ModelValue.self) else {
        if let own = try own(path) { return Value(ModelValue(trained: own)) }
        let dictionary = try StateDict(reading: path), guess = UNetGuess(dictionary)
        throw call.failure(
          .data, "\(path) has weights but no architecture: \(guess.map { "the names and shapes are those of \($0.words), but not \($0.unknown)" } ?? "`into` and `activation` say what they belong to")", at: "path",
          hint: "load_model(\"\(path)\", into=\(guess?.call ?? "unet(…)"), activation=\"sigmoid\")")
      }
      guard let activation = try call.optionalString("activation").flatMap(HeadActivation.init(rawValue:)) else {
        throw call.failure(.value, "weights do not say what the output passes through", at: "into", hint: "add activation=\"sigmoid\", \"tanh\", \"softmax\" or \"none\"")
      }
      let network = into.network, voxel = try call.optionalWorld("voxel", rank: network.spatialRank)
      let model = try Model(try StateDict(reading: path), into: network, activation: activation, inputVoxelSize: voxel)
      return Value(ModelValue(kind: .trained(model), input: into.input))
    }
  }

  /// A .dcmodel, or a checkpoint in the folder of its run; nil for weights alone.
  private static func own(_ path: String) throws -> Model? {
    if let head = try Files.readIfPresent(path, from: 0, count: 8), TorchFile.looksLikeOne(head.array) { return nil }
    do { return try Model(loading: path) } catch {
      guard let file = try? SafeTensors(reading: path), file[metadata: "dcmodel"] == nil else { throw error }
      return file[metadata: "checkpoint"] == nil ? nil : try Run.model(ofCheckpoint: path)
    }
  }

  static let cosem = Builtin(
    "cosem", "(setup: \"setup04|setup26.1|setup28|setup36|setup45\" = \"setup04\", checkpoint: int = nil, weights=true, input: int|coord = nil) -> model",
    "One of COSEM's networks for organelles in FIB-SEM, with its published weights: signed distances, a channel a class.",
    details: [
      "Classes: \(COSEM.setups.map { "\"\($0.name)\" (\($0.classes.joined(separator: ", ")))" }.joined(separator: "; ")). Input voxels are 8 nm (setup45: 4 nm), output voxels 4 nm; raw values are uint8.",
      "checkpoint: an iteration, the best one if not given. Weights are fetched once (about 1 GB) into $DCS_CACHE, else ~/.cache/dcs; weights=false gives the architecture alone.",
      "As the model of a run it starts the training: channels of the task that are classes of it keep their weights of the head.",
    ],
    examples: [Example("cosem(\"setup04\", weights=false).parameters", prints: "234966804")],
    searchTerms: ["cellmap", "organelle", "mitochondria", "pretrained", "starter", "janelia"]
  ) { call in
    let name = try call.string("setup")
    guard let setup = CosemWeights.all.first(where: { $0.setup.name == name }) else {
      throw call.failure(.value, "there is no setup `\(name)`", at: "setup", label: "one of \(COSEM.setups.map(\.name).joined(separator: ", "))")
    }
    let checkpoint = try call.optionalInt("checkpoint") ?? setup.checkpoints[0]
    guard setup.checkpoints.contains(checkpoint) else {
      throw call.failure(.value, "\(name) has no checkpoint \(checkpoint)", at: "checkpoint", label: "one of \(setup.checkpoints.map(String.init).joined(separator: ", "))")
    }
    let network = try setup.network(), input = try call.optionalVoxels("input", rank: network.spatialRank)?.values ?? network.usualInput
    _ = try call.blaming("input") { try network.outputShape(forSpatial: input) }
    guard try call.bool("weights") else { return Value(ModelValue(kind: .architecture(network), input: input)) }
    let path = try call.published("cosem/\(name)/\(checkpoint)", at: "setup")
    return try call.blaming("setup") { Value(ModelValue(kind: .trained(try setup.model(try StateDict(reading: path), checkpoint: checkpoint)), input: input)) }
  }

  static let weights = Builtin(
    "weights", "(name: string = nil) -> string|table",
    "The file of published weights, fetched once; without a name, the table of what there is.",
    details: [
      "Names begin with cosem/, cellpose/ or cellmap/ (Cellpose fine-tuned by CellMap). The file is kept in $DCS_CACHE, else $XDG_CACHE_HOME/dcs, else ~/.cache/dcs; a download that breaks off goes on where it stopped. "
        + "Where there is no network, put the file there by hand: the error says where.",
      "$DCS_WEIGHTS is the address of a mirror with the same paths.",
    ],
    examples: [Example("weights()[0].name", prints: "\"cosem/setup04/1820500\"")],
    searchTerms: ["download", "pretrained", "cellpose", "cosem", "model zoo"]
  ) { call in
    guard let name = try call.optionalString("name") else {
      let all = PublishedWeights.all
      return Value(TableValue(columns: ["name", "classes", "url"], values: [all.map { .string($0.name) }, all.map { .string($0.classes.joined(separator: " ")) }, all.map { .string($0.url) }]))
    }
    return .string(try call.published(name, at: "name"))
  }
}

extension Call {
  /// Runs `body`; an error of a library is then that of an argument.
  func blaming<R>(_ argument: String, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as Failure { throw error } catch let error as any FailureConvertible {
      var failure = error.failure
      failure.argument = argument
      throw failure
    }
  }

  /// Where published weights are, fetched if they are not here yet.
  func published(_ name: String, at argument: String) throws -> String {
    guard let weights = PublishedWeights.all.first(where: { $0.name == name }) else {
      throw failure(.value, "there are no published weights `\(name)`", at: argument, hint: "weights() lists them")
    }
    let settings = Remote.current.settings
    guard let cache = settings.cacheFolder else { throw failure(.data, "there is no home for what is fetched", at: argument, hint: "set DCS_CACHE to a folder") }
    let download = weights.download(cache: cache, mirror: settings.environment["DCS_WEIGHTS"])
    do {
      try download.fetch { done, total in execution.progress.report(.init("weights", done: Int64(done), total: Int64(total), unit: "bytes")) }
      execution.progress.finish("weights")
      return download.path
    } catch let error as StorageError {
      execution.progress.finish("weights")
      var failure = error.failure
      if failure.kind == .interrupted { throw failure }
      failure.argument = argument
      failure.hint = "without a network, put the file of \(weights.url) at \(download.path)"
      throw failure
    }
  }
}
