// swift-tools-version: 6.0
import PackageDescription

// One line a module, lowest first; a module may name only modules above its own line (see docs/architecture.md). All that it imports is named, so that a
// change below rebuilds it.
let package = Package(
  name: "dcs",
  products: [.executable(name: "dcs", targets: ["dcs"])],
  targets: [
    // C libraries of the system, and C of our own
    .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"])]),
    .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
    .systemLibrary(name: "CLz4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
    .systemLibrary(name: "CBlosc", pkgConfig: "blosc", providers: [.apt(["libblosc-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLibEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
    .target(name: "CLoader", linkerSettings: [.linkedLibrary("dl")]),   // how libraries of the system are loaded at their first use
    .target(name: "CCurl", dependencies: ["CLoader"]),
    .target(name: "CLineEdit", dependencies: ["CLibEdit"]),
    .target(name: "CKernels"),
    .target(name: "CTiff", linkerSettings: [.linkedLibrary("dl")]),   // libtiff and libhdf5, loaded at their first use
    .target(name: "CHdf5", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CDatabase", dependencies: ["CLoader"]),   // SQLite and libpq

    // Foundations
    .target(name: "Execution", dependencies: ["CKernels"]),
    .target(name: "Geometry"),
    .target(name: "Arrays", dependencies: ["CKernels", "Execution", "Geometry"]),
    .target(name: "Storage", dependencies: ["CBlosc", "CBzip2", "CCurl", "CDeflate", "CLz4", "CLzma", "CZstd", "CZlib", "CKernels", "Execution", "Geometry", "Arrays"]),
    .target(name: "FileFormats", dependencies: ["CTiff", "CHdf5", "CZlib", "Execution", "Geometry", "Arrays", "Storage"]),
    .target(name: "Compute", dependencies: ["Execution", "Arrays", "Storage"]),
    .target(name: "Databases", dependencies: ["CDatabase", "Execution"]),

    // What dcs exists for
    .target(name: "Networks", dependencies: ["CKernels", "Execution", "Geometry", "Arrays", "Storage"]),
    .target(name: "Segmentation", dependencies: ["CKernels", "Execution", "Arrays"]),
    .target(name: "Blockwise", dependencies: ["CKernels", "Execution", "Geometry", "Arrays", "Storage", "FileFormats", "Networks", "Segmentation"]),
    .target(name: "Training", dependencies: ["CKernels", "Execution", "Geometry", "Arrays", "Storage", "FileFormats", "Databases", "Networks", "Segmentation", "Blockwise"]),

    // What people see
    .target(name: "TerminalText"),
    .target(name: "Display", dependencies: ["CZlib", "Execution", "Arrays", "TerminalText"]),
    .target(name: "Language", dependencies: ["CKernels", "Execution", "Geometry", "TerminalText"]),
    .target(name: "Builtins", dependencies: ["CKernels", "Execution", "Geometry", "Arrays", "Storage", "FileFormats", "Compute", "Databases", "Networks", "Segmentation", "Blockwise", "Training", "TerminalText", "Display", "Language"]),
    .executableTarget(name: "dcs", dependencies: ["CLineEdit", "Execution", "Arrays", "Storage", "Compute", "TerminalText", "Display", "Language", "Builtins"]),

    // Scripts with accidents (Tests/Fuzz/Fuzz.swift)
    .target(name: "Accidents", dependencies: ["Execution"], path: "Tests/Accidents"),
    .executableTarget(name: "dcs-fuzz", dependencies: ["Execution", "Storage", "Language", "Builtins", "Accidents", "TestSupport"], path: "Tests/Fuzz"),
    // Containers with accidents (Tests/StorageFuzz/StorageFuzz.swift)
    .executableTarget(name: "dcs-fuzz-storage", dependencies: ["Execution", "Geometry", "Arrays", "Storage", "TestSupport"], path: "Tests/StorageFuzz"),
    // Weight files with accidents (Tests/WeightsFuzz/WeightsFuzz.swift)
    .executableTarget(name: "dcs-fuzz-weights", dependencies: ["Execution", "Geometry", "Arrays", "Storage", "Networks", "TestSupport"], path: "Tests/WeightsFuzz"),

    // Tests mirror Sources; one module each
    .target(name: "CTerminal", path: "Tests/CTerminal", linkerSettings: [.linkedLibrary("util")]),
    .target(name: "TestSupport", dependencies: ["Execution", "Geometry", "Arrays", "Storage"], path: "Tests/TestSupport"),
    .testTarget(name: "ExecutionTests", dependencies: ["CKernels", "Execution"]),
    .testTarget(name: "GeometryTests", dependencies: ["Execution", "Geometry"]),
    .testTarget(name: "ArraysTests", dependencies: ["Execution", "Geometry", "Arrays", "TestSupport"]),
    .testTarget(name: "StorageTests", dependencies: ["CBlosc", "CKernels", "Execution", "Geometry", "Arrays", "Storage", "TestSupport"]),
    .testTarget(name: "FileFormatsTests", dependencies: ["CZlib", "Execution", "Geometry", "Arrays", "Storage", "FileFormats", "TestSupport"]),
    .testTarget(name: "ComputeTests", dependencies: ["Execution", "Arrays", "Storage", "Compute"]),
    .testTarget(name: "NetworksTests", dependencies: ["CKernels", "Execution", "Geometry", "Arrays", "Storage", "Networks", "TestSupport"]),
    .testTarget(name: "SegmentationTests", dependencies: ["Execution", "Arrays", "Storage", "Segmentation", "TestSupport"]),
    .testTarget(name: "BlockwiseTests", dependencies: ["Execution", "Geometry", "Arrays", "Storage", "Networks", "Segmentation", "Blockwise", "TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: ["Execution", "Geometry", "Arrays", "Storage", "Databases", "Networks", "Segmentation", "Training", "TestSupport"]),
    .testTarget(name: "DisplayTests", dependencies: ["CZlib", "Arrays", "TerminalText", "Display", "TestSupport"]),
    .testTarget(name: "LanguageTests", dependencies: ["Execution", "Geometry", "TerminalText", "Language", "Accidents", "TestSupport"]),
    .testTarget(name: "BuiltinsTests", dependencies: ["Arrays", "Execution", "Storage", "Blockwise", "TerminalText", "Language", "Builtins", "TestSupport"]),
    .testTarget(name: "PromptTests", dependencies: ["CTerminal", "Storage"]),   // the built program on a terminal
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
