// The closed list of names that a pickle may refer to. Each becomes a value of ours; a name that is not here is refused, not looked up.
//
// Sources: pickletools of the Python library for the format; torch/serialization.py and torch/_utils.py of PyTorch for the names.

package enum PickleGlobal: Sendable, Equatable {
  case dictionary, list, tuple, set
  /// `_codecs.encode`: how protocol 2 writes bytes.
  case encode
  /// `copyreg._reconstructor`: how protocols 0 and 1 write objects.
  case reconstruct
  case rebuildTensor, rebuildTensorV2, rebuildTensorV3, rebuildParameter
  case storage(TorchType)
  /// `torch.storage.UntypedStorage`: counted in bytes.
  case untypedStorage
  case type(TorchType)
  /// A class whose instances are kept as data and mean nothing.
  case inert(String)

  init?(module: String, name: String) {
    let whole = module + "." + name
    if let known = Self.known[whole] ?? Self.types[whole] { self = known; return }
    guard Self.inert.contains(whole) else { return nil }
    self = .inert(whole)
  }

  var isDictionary: Bool { self == .dictionary }

  private static let known: [String: PickleGlobal] = {
    var known: [String: PickleGlobal] = [
      "collections.OrderedDict": .dictionary, "collections.defaultdict": .dictionary, "collections.Counter": .dictionary, "_codecs.encode": .encode,
      "copyreg._reconstructor": .reconstruct, "copy_reg._reconstructor": .reconstruct,
      "torch._utils._rebuild_tensor": .rebuildTensor, "torch._utils._rebuild_tensor_v2": .rebuildTensorV2, "torch._utils._rebuild_tensor_v3": .rebuildTensorV3,
      "torch._utils._rebuild_parameter": .rebuildParameter, "torch._utils._rebuild_parameter_with_state": .rebuildParameter,
      "torch.storage.UntypedStorage": .untypedStorage, "torch.UntypedStorage": .untypedStorage, "torch.Size": .tuple,
    ]
    for module in ["builtins", "__builtin__"] {
      for (name, global) in [("dict", PickleGlobal.dictionary), ("list", .list), ("tuple", .tuple), ("set", .set), ("frozenset", .set)] { known["\(module).\(name)"] = global }
    }
    return known
  }()

  private static let types: [String: PickleGlobal] = {
    var types: [String: PickleGlobal] = [:]
    for type in TorchType.allCases {
      for name in type.names { types["torch.\(name)"] = .type(type) }
      for prefix in ["torch.", "torch.cuda.", "torch.storage."] { types[prefix + type.storageName] = .storage(type) }
    }
    return types
  }()

  private static let inert: Set<String> = [
    "argparse.Namespace", "builtins.object", "__builtin__.object", "builtins.complex", "builtins.slice", "builtins.range", "builtins.bytearray", "dacapo.store.weights_store.Weights", "datetime.datetime",
    "numpy._core.multiarray._reconstruct", "numpy._core.multiarray.scalar", "numpy.core.multiarray._reconstruct", "numpy.core.multiarray.scalar", "numpy.dtype", "numpy.ndarray",
    "pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "torch.device", "torch.serialization._get_layout", "types.SimpleNamespace",
  ]
}
