import Arrays
import Geometry
import Networks
import Storage
import Testing
import TestSupport

/// Checkpoints of the real libraries with their own outputs, from a folder of data beside the repository; without it nothing is compared here.
struct CheckpointTests {
  static let folder = Files.join(Files.parent(Repository.root), "shared/data/models")
  static let isThere = Files.kind(folder + "/index.json") == .file

  private func lists(_ json: JSON?) -> [[Int]]? { json?.array?.compactMap(\.ints) }
  private func kernels(_ json: JSON?) -> [[[Int]]]? { json?.array?.compactMap { $0.array?.compactMap(\.ints) } }

  @Test(.enabled(if: isThere), arguments: ["dacapo_unet_valid_distance", "dacapo_unet_same_affs_bn.pt", "dacapo_unet_aniso.pt", "cellmap_cosem_small.pth"])
  func outputsAreTheLibrarys(file: String) throws {
    let index = try JSON(parsing: try Files.read(Self.folder + "/index.json"))
    let row = try #require(index.array?.first { $0["file"]?.string == file }), config = try #require(row["config"])
    let network: Network
    if let widths = config["feature_widths_down"]?.ints, let up = config["feature_widths_up"]?.ints {
      let factors = lists(config["downsample_factors"]) ?? [], final = try #require(config["final_feature_width"]?.int)
      network = try UNetSettings(
        outChannels: up[0], features: widths[0], featureFactor: 1, downsampleFactors: factors, activationOnUpsample: false, widthsDown: widths, widthsUp: Array(up.prefix(factors.count)),
        finalPass: UNetSettings.FinalPass(features: final, kernels: lists(config["final_kernel_size"]) ?? [])).network(name: "cosem")
    } else {
      network = try UNetSettings(
        inChannels: config["fmaps_in"]?.int ?? 1, outChannels: try #require(config["fmaps_out"]?.int), features: try #require(config["num_fmaps"]?.int), featureFactor: try #require(config["fmap_inc_factor"]?.int),
        downsampleFactors: lists(config["downsample_factors"]) ?? [], kernelSizesDown: kernels(config["kernel_size_down"]), kernelSizesUp: kernels(config["kernel_size_up"]),
        padding: config["padding"]?.string == "same" ? .same : .valid, constantUpsample: config["constant_upsample"]?.bool ?? true, batchNorm: config["batch_norm"]?.bool ?? false).network()
    }
    let activation = row["eval_activation"]?.string == "Sigmoid()" ? HeadActivation.sigmoid : .none
    var model = try Model(try StateDict(reading: Self.folder + "/" + file), into: network, activation: activation)
    #expect(model.network.parameterCount == row["parameters"]?.int)
    func array(_ name: String?) throws -> NDArray { try Npy.read(Self.folder + "/" + (try #require(name))) }
    let input = try array(row["input"]?.string)
    #expect(try largest(model.apply(input, context: context(2)), array(row["outputs"]?["eval"]?.string)) < 1e-4)
    if let raw = row["outputs"]?["before_activation"]?.string {
      model.activation = .none
      #expect(try largest(model.apply(input, context: context(2)), array(raw)) < 1e-4)
    }
  }

  @Test(.enabled(if: isThere)) func outputsAreCellposes() throws {
    let dictionary = try StateDict(reading: Self.folder + "/cellpose_cpnet"), network = try CPnetSettings(features: [8, 16, 32]).network()
    let model = try Model(dictionary, into: network, activation: .none)
    #expect(model.network.outChannels == 3 && model.provenance["names"]?.string == "its own names")
    let input = try Npy.read(Self.folder + "/cellpose_cpnet_in.npy"), output = try Npy.read(Self.folder + "/cellpose_cpnet_out.npy")
    #expect(try largest(model.apply(input, context: context(2)), output) < 1e-4)
  }

  private func largest(_ a: NDArray, _ b: NDArray) throws -> Float {
    guard a.shape == b.shape else { return .infinity }
    return zip(try a.elements(Float.self), try b.elements(Float.self)).reduce(0) { max($0, ($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) }
  }
}
