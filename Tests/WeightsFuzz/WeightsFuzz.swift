// dcs-fuzz-weights: weight files with accidents. It damages a file that PyTorch, safetensors or dcs wrote (any bytes of it; or the pickle inside of a zip, or
// the header of safetensors, with lengths and checksums made right again), reads names, elements and models from what is left, and asks of each case:
// no crash, no hang, every error has a sentence, and no memory is asked for that the bytes of the file could not fill.
//
//     dcs-fuzz-weights --cases 20000 --seed 1
//     dcs-fuzz-weights --seed 1 --case 4711       shows what becomes of one case

import TestSupport

@main struct WeightsFuzz {
  static func main() {
    FuzzProgram.run("dcs-fuzz-weights", cases: 20_000, holding: "weight files") { try? WeightsFuzzer($0, seed: $1) }
  }
}
