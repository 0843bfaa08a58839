import Storage

/// A container in memory: bytes by key.
struct Container {
  let name: String
  var files: [String: [UInt8]] = [:]
  /// Sorted, so that a case is the same on every machine.
  let keys: [String]

  init(_ name: String, _ files: [String: [UInt8]]) { (self.name, self.files, keys) = (name, files, files.keys.sorted()) }

  static func isMetadata(_ key: String) -> Bool {
    [".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json", "attributes.json"].contains(Files.name(key))
  }
}

/// The containers of the fixtures, and some whose attributes place them in the world.
struct Corpus {
  var containers: [Container] = []

  init(_ folder: String) {
    Self.find(folder, "", &containers)
    containers += placed
  }

  /// Every container below a folder.
  private static func find(_ root: String, _ key: String, _ containers: inout [Container]) {
    for entry in (try? Files.list(Files.join(root, key))) ?? [] where entry.isFolder {
      let inner = Files.join(key, entry.name)
      guard entry.name.hasSuffix(".zarr") || entry.name.hasSuffix(".n5") else { find(root, inner, &containers); continue }
      var files: [String: [UInt8]] = [:]
      collect(Files.join(root, inner), "", &files)
      containers.append(Container(entry.name, files))
    }
  }

  private static func collect(_ folder: String, _ key: String, _ files: inout [String: [UInt8]]) {
    for entry in (try? Files.list(Files.join(folder, key))) ?? [] {
      let inner = Files.join(key, entry.name)
      if entry.isFolder { collect(folder, inner, &files) } else if let bytes = try? Files.read(Files.join(folder, inner)) { files[inner] = bytes }
    }
  }
}

private let placed: [Container] = {
  let array = """
    {"zarr_format": 2, "shape": [4, 6, 8], "chunks": [2, 3, 4], "dtype": "|u1", "order": "C", "fill_value": 1, "compressor": null, "filters": null, "dimension_separator": "/"}
    """
  let multiscales = """
    {"multiscales": [{"version": "0.4", "name": "em", "axes": [{"name": "z", "type": "space", "unit": "nanometer"}, {"name": "y", "type": "space", "unit": "nanometer"},
     {"name": "x", "type": "space", "unit": "micrometer"}], "datasets": [{"path": "s0", "coordinateTransformations": [{"type": "scale", "scale": [5.24, 4, 0.004]},
     {"type": "translation", "translation": [2.62, 0, 1e2]}]}, {"path": "s1", "coordinateTransformations": [{"type": "scale", "scale": [10.48, 8, 0.008]}]}],
     "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 1]}]}]}
    """
  let transform = """
    {"transform": {"axes": ["z", "y", "x"], "units": ["nm", "nm", "um"], "scale": [8, 8, 0.008], "translate": [4, 4, 0.004]}, "offset": [0, 16, 8], "voxel_size": [8, 8, 8],
     "axis_names": ["z", "y", "x"], "units": ["nm", "nm", "nm"]}
    """
  let n5 = """
    {"dimensions": [8, 6, 4], "blockSize": [4, 3, 2], "dataType": "uint16", "compression": {"type": "gzip", "useZlib": false, "level": -1},
     "pixelResolution": {"dimensions": [4, 4, 40.5], "unit": "nm"}, "downsamplingFactors": [2, 2, 1], "resolution": [4, 4, 4], "offset": [1, 2, 3]}
    """
  func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
  let chunk = (0..<24).map { UInt8($0) }
  var pyramid = [".zgroup": bytes(#"{"zarr_format": 2}"#), ".zattrs": bytes(multiscales)]
  for level in ["s0", "s1"] {
    pyramid[level + "/.zarray"] = bytes(array)
    pyramid[level + "/0/0/0"] = chunk
    pyramid[level + "/1/1/1"] = chunk
  }
  pyramid["s1/.zattrs"] = bytes(transform)
  return [
    Container("pyramid.zarr", pyramid),
    Container("placed.n5", ["attributes.json": bytes(#"{"n5": "2.0.0", "multiScale": true}"#), "s0/attributes.json": bytes(n5)]),
  ]
}()
