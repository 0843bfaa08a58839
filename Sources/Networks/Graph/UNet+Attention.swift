// The attention gate of DaCapo's U-Net (after Oktay et al. 2018): features x of a level are weighed by what the level below, g, makes of them.
//
//   psi = upsampled(sigmoid pass(relu(W_g(g) + pooled W_x(x))))       x · psi
//
// W_g, W_x: two 1ⁿ convolutions without map; psi: two with sigmoid, to one channel; each with batch normalisation where the network has it.
// W_g(g) is surrounded with zeros to the size of W_x(x); psi is upsampled linearly with its corners aligned. Both hang on the input's size, so
// predictions are made in tiles of one size.
// Names: attention.0.{level}.{W_g, W_x.0, psi}.conv_pass.….

extension UNetSettings {
  func gate(_ x: SymbolicTensor, by g: SymbolicTensor, _ features: Int, _ factors: [Int], _ name: String, _ rank: Int) throws(NetworkError) -> SymbolicTensor {
    let ones = Array(repeating: Array(repeating: 1, count: rank), count: 2)
    let fine = try pass(x, features, ones, .same, map: nil, "\(name).W_x.0").maxPool(factors, name: "\(name).W_x.1")
    let coarse = try pass(g, features, ones, .same, map: nil, "\(name).W_g").padLike(fine, name: "\(name).pad")
    let joined = try coarse.add([fine], name: "\(name).add").relu(name: "\(name).relu")
    let psi = try pass(joined, 1, ones, .same, map: .sigmoid, "\(name).psi").upsampleLinear(factors, corners: true, name: "\(name).up")
    return try x.multiply(psi, name: "\(name).multiply")
  }
}
