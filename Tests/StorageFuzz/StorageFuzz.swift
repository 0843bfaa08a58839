// dcs-fuzz-storage: containers with accidents. It damages one metadata document or one chunk of a container that another program wrote, opens
// what is left, lists it, reads it, and asks of each case: no crash, no hang, every error is one of Storage with a sentence, no key leaves
// the container, and no memory is asked for that the bytes on disk could not fill.
//
//     dcs-fuzz-storage --cases 100000 --seed 1
//     dcs-fuzz-storage --seed 1 --case 4711       shows one case and what becomes of it

import TestSupport

@main struct StorageFuzz {
  static func main() {
    FuzzProgram.run("dcs-fuzz-storage", cases: 100_000, holding: "containers") { folder, seed in
      let corpus = Corpus(folder)
      return corpus.containers.count > 10 ? Fuzzer(corpus, seed: seed) : nil
    }
  }
}
