// Weights that laboratories publish, by name: where they are, and for COSEM's networks all that is needed to use them.
//
// COSEM (Heinrich et al. 2021, https://doi.org/10.1038/s41586-021-03977-3), converted to PyTorch by cellmap-models: signed distances, input raw / 255 · 2 − 1
// (CNNectome's training pipeline). Cellpose 1–3 (Stringer et al. 2021, Pachitariu & Stringer 2022, Stringer & Pachitariu 2025), and CellMap's fine-tuned ones.
// Sizes and checksums are not published, so none are compared; each tensor's own checksum in the file is, when it is read.

import Geometry
import Storage

package struct PublishedWeights: Sendable {
  /// "cosem/setup04/1820500", "cellpose/cyto3".
  package let name: String
  package let url: String
  /// What the channels of its output are; empty where its library says it otherwise.
  package let classes: [String]

  /// - Parameter mirror: an address that has the same paths behind it: "https://host/path" for "https://elsewhere/path".
  package func download(cache: String, mirror: String?) -> Download {
    let place = Files.join(cache, "weights/" + name)
    guard let mirror, !mirror.isEmpty, let (_, rest) = Address.split(url), let slash = rest.firstIndex(of: "/") else { return Download(url, to: place) }
    return Download((mirror.hasSuffix("/") ? String(mirror.dropLast()) : mirror) + rest[slash...], to: place)
  }

  package static let all: [PublishedWeights] = CosemWeights.all.flatMap { cosem in
    cosem.checkpoints.map { PublishedWeights(name: "cosem/\(cosem.setup.name)/\($0)", url: "\(CosemWeights.base)/\(cosem.setup.name)/\($0)", classes: cosem.setup.classes) }
  } + [("cyto", "cytotorch_0"), ("cyto2", "cyto2torch_0"), ("cyto3", "cyto3"), ("nuclei", "nucleitorch_0")].map { name, file in
    PublishedWeights(name: "cellpose/\(name)", url: "https://www.cellpose.org/models/\(file)", classes: [])
  } + cellmap.map { PublishedWeights(name: "cellmap/\($0)", url: "https://github.com/janelia-cellmap/cellmap-models/releases/download/2024.03.08/\($0)", classes: []) }

  private static let cellmap = [
    "jrc_mus-epididymis-1_nuc_cp", "jrc_mus-epididymis-2_nuc_cp", "jrc_mus-heart-1_ecs_cp", "jrc_mus-heart-1_nuc_cp", "jrc_mus-hippocampus-1_nuc_cp", "jrc_mus-kidney-3_nuc_cp",
    "jrc_mus-liver-3_nuc_cp", "jrc_mus-pancreas-4_nuc_cp", "jrc_mus-skin-1_nuc_cp", "jrc_mus-thymus-1_nuc_cp",
  ]
}

/// The published weights of one of COSEM's networks.
package struct CosemWeights: Sendable {
  package let setup: COSEM.Setup
  /// Iterations whose weights are published, the one to be preferred first.
  package let checkpoints: [Int]

  static let base = "https://janelia-cosem-networks.s3.amazonaws.com/v0003.2-pytorch/cosem_models/cosem_models"

  package static let all: [CosemWeights] = COSEM.setups.compactMap { setup in published[setup.name].map { CosemWeights(setup: setup, checkpoints: $0) } }
  private static let published = [
    "setup04": [1_820_500, 975_000, 625_000], "setup26.1": [2_580_000, 650_000], "setup28": [1_440_000, 775_000], "setup36": [1_100_000, 500_000], "setup45": [1_634_500, 625_000],
  ]

  /// Without its head, which is of the file.
  ///
  /// - Throws: what `UNetSettings.network` throws.
  package func network() throws(NetworkError) -> Network { try COSEM.settings(setup).network(name: "cosem_" + setup.name) }

  /// The network with weights of a file: signed distances, input raw / 255 · 2 − 1, output voxels of 4 nm.
  ///
  /// - Throws: `NetworkError.weightsDoNotFit`, `.file` for a head of other channels, `StorageError`.
  package func model(_ dictionary: StateDict, checkpoint: Int) throws -> Model {
    func lengths(_ voxel: Int) -> WorldCoordinate { WorldCoordinate(Array(repeating: Rational(voxel), count: 3)) }
    var model = try Model(dictionary, into: try network(), activation: .none, inputVoxelSize: lengths(setup.voxel))
    guard model.network.outChannels == setup.classes.count, model.network.nodes.last?.name == Model.headName else {
      throw NetworkError.file(path: dictionary.path, reason: "its head has not the \(setup.classes.count) channels of \(setup.name)")
    }
    model.outputVoxelSize = lengths(4)
    model.normalisation = Normalisation(scale: 2.0 / 255, shift: -1)
    model.task = ["name": .string("cosem \(setup.name)"), "channels": JSON(setup.classes)]
    model.provenance = model.provenance.merging(["note": .string("COSEM \(setup.name), iteration \(checkpoint)"), "url": .string("\(Self.base)/\(setup.name)/\(checkpoint)")])
    return model
  }
}
