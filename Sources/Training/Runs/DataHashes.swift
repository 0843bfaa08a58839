// What the voxels were that a run was made with: a hash a crop of raw, labels and mask where there are labels. A run that goes on sees the same data or says so.

import Arrays
import Blockwise
import Execution
import Geometry
import Storage

extension Crop {
  /// Crops up to this many voxels are read whole, larger ones in boxes spread over them.
  private static let wholeVoxels = 1 << 28
  private static let boxes = 64, edge = 64

  /// - Complexity: reads the crop, or 64 boxes of 64 voxels an axis.
  func hash(_ context: ExecutionContext) throws -> String {
    let reading = ReadContext(pool: context.pool, cancellation: context.cancellation)
    var hash = StableHash()
    hash.add(shapeText(bounds.shape.values))
    for (offset, shape) in hashedBoxes {
      try context.cancellation.check()
      func add(_ source: ChannelSource, _ box: VoxelRoi) throws {
        let values = try source.read(offset: box.offset.values, shape: box.shape.values, reading).contiguous()
        hash.add("\(values.dtype) \(values.shape)")
        values.withBytes { hash.add(words: $0) }
      }
      let box = try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(shape))
      try add(raw, try raw(under: box))
      try add(labels, box)
      if let mask { try add(mask, box) }
    }
    return hash.text
  }

  private var hashedBoxes: [(offset: [Int], shape: [Int])] {
    let offset = bounds.offset.values, shape = bounds.shape.values, voxels = shape.reduce(1.0) { $0 * Double($1) }
    if voxels <= Double(Self.wholeVoxels) {
      // slabs of some megabytes
      let plane = max(1, shape.dropFirst().reduce(1, *)), thick = max(1, min(shape[0], (1 << 22) / plane))
      return stride(from: 0, to: shape[0], by: thick).map { z in ([offset[0] + z] + offset.dropFirst(), [min(thick, shape[0] - z)] + shape.dropFirst()) }
    }
    let box = shape.map { min($0, Self.edge) }
    return (0..<Self.boxes).map { number in
      var draw = KeyedGenerator(seed: 0, purpose: "hash of a crop", index: UInt64(number))
      return (zip(offset, zip(shape, box)).map { corner, sizes in corner + draw.index(below: sizes.0 - sizes.1 + 1) }, box)
    }
  }
}

extension Run {
  /// Writes down what the run is made of when it begins, and looks whether that is still so when it goes on.
  ///
  /// - Parameter origin: version, kernels, script: what the caller knows of itself.
  /// - Throws: `TrainingError.dataChanged`.
  func checkOrigin(_ origin: JSON, _ context: ExecutionContext) throws {
    let label = "data of \(name)", crops = settings.data.crops
    defer { context.progress.finish(label) }
    var hashes: [JSON.Member] = []
    for (index, crop) in crops.enumerated() {
      context.progress.report(ProgressUpdate(label, done: Int64(index), total: Int64(crops.count), unit: "crops", note: crop.name))
      hashes.append(.init(crop.name, .string(try crop.hash(context))))
    }
    guard let known = try folder.provenance() else {
      try Files.writeAtomically(origin.merging(["seed": JSON(settings.seed), "data": .object(hashes)]).pretty, folder.provenancePath)
      return
    }
    for (name, hash) in hashes.map({ ($0.key, $0.value) }) {
      if let before = known["data"]?[name], before != hash { throw TrainingError.dataChanged(name: self.name, crop: name) }
    }
    if let before = known["kernels"]?.string, let here = origin["kernels"]?.string, before != here {
      context.progress.say("run \"\(name)\" began with kernels \(before), here they are \(here): its weights may differ in their last bits from those it would have had")
    }
  }
}

extension RunFolder {
  var provenancePath: String { Files.join(path, "provenance.json") }

  func provenance() throws -> JSON? {
    guard Files.kind(provenancePath) == .file else { return JSON?.none }
    return try JSON(parsing: try Files.read(provenancePath), of: provenancePath)
  }
}
