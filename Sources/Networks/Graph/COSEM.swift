// The networks of the COSEM project (Heinrich et al. 2021) that DaCapo fine-tunes: one U-Net, valid, of 12, 72, 432 and 2592 features, pooled by
// 2, 3, 3, without ReLU behind its upsamplings; then an upsampling to 4 nm voxels and two convolutions to 72 features. Setups differ in the voxel
// size that they read and in their classes. Names of weights are DaCapo's: unet.0.…, unet.1.up.1, unet.2.conv_pass.….

package enum COSEM {
  package struct Setup: Sendable {
    package let name: String
    /// Channels of its checkpoints, in order.
    package let classes: [String]
    /// Nanometres that it reads; it predicts at 4.
    package let voxel: Int
  }

  package static let setups = [
    Setup(name: "setup04", classes: ["ecs", "pm", "mito", "mito_mem", "ves", "ves_mem", "endo", "endo_mem", "er", "er_mem", "eres", "nuc", "mt", "mt_out"], voxel: 8),
    Setup(name: "setup26.1", classes: ["mito", "mito_mem", "mito_ribo"], voxel: 8),
    Setup(name: "setup28", classes: ["er", "er_mem"], voxel: 8),
    Setup(name: "setup36", classes: ["nuc", "nucleo"], voxel: 8),
    Setup(name: "setup45", classes: ["ecs", "pm"], voxel: 4),
  ]

  package static func settings(_ setup: Setup) -> UNetSettings {
    UNetSettings(
      outChannels: 72, features: 12, featureFactor: 6, downsampleFactors: [[2, 2, 2], [3, 3, 3], [3, 3, 3]], upsampleFactors: [Array(repeating: setup.voxel / 4, count: 3)],
      activationOnUpsample: false, widthsUp: [72, 72, 432], finalPass: UNetSettings.FinalPass(features: 72, kernels: [[3, 3, 3], [3, 3, 3]]))
  }
}
