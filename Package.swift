// swift-tools-version: 6.0
import PackageDescription

// One line a module, lowest first; a module may name only modules above its own line (see docs/architecture.md).
let package = Package(
  name: "dcs",
  products: [.executable(name: "dcs", targets: ["dcs"])],
  targets: [
    // C libraries of the system, and C of our own
    .systemLibrary(name: "CBlosc", pkgConfig: "blosc", providers: [.apt(["libblosc-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLibEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
    .target(name: "CLineEdit", dependencies: ["CLibEdit"]),
    .target(name: "CKernels"),

    // Foundations
    .target(name: "Execution", dependencies: ["CKernels"]),
    .target(name: "Geometry"),
    .target(name: "Arrays", dependencies: ["Execution", "Geometry", "CKernels"]),
    .target(name: "Storage", dependencies: ["Arrays", "CBlosc", "CZstd", "CZlib"]),
    .target(name: "Compute", dependencies: ["Storage"]),

    // What dcs exists for
    .target(name: "Networks", dependencies: ["Storage", "CKernels"]),
    .target(name: "Segmentation", dependencies: ["Arrays", "CKernels"]),
    .target(name: "Blockwise", dependencies: ["Storage", "Networks", "Segmentation", "CKernels"]),
    .target(name: "Training", dependencies: ["Blockwise"]),

    // What people see
    .target(name: "Display", dependencies: ["Arrays", "Execution", "CZlib"]),
    .target(name: "Language", dependencies: ["Geometry", "Execution", "CKernels"]),
    .target(name: "Builtins", dependencies: ["Language", "Display", "Training", "Compute"]),
    .executableTarget(name: "dcs", dependencies: ["Builtins", "CLineEdit"]),

    // Scripts with accidents (Tests/Fuzz/Fuzz.swift)
    .executableTarget(name: "dcs-fuzz", dependencies: ["Builtins"], path: "Tests/Fuzz"),

    // Tests mirror Sources; one module each
    .target(name: "CTerminal", path: "Tests/CTerminal", linkerSettings: [.linkedLibrary("util")]),
    .target(name: "TestSupport", dependencies: ["Arrays", "Storage"], path: "Tests/TestSupport"),
    .testTarget(name: "ExecutionTests", dependencies: ["Execution"]),
    .testTarget(name: "GeometryTests", dependencies: ["Geometry", "Execution"]),
    .testTarget(name: "ArraysTests", dependencies: ["Arrays", "TestSupport"]),
    .testTarget(name: "StorageTests", dependencies: ["Storage", "TestSupport"]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "TestSupport", "CKernels", "Execution"]),
    .testTarget(name: "SegmentationTests", dependencies: ["Segmentation", "TestSupport"]),
    .testTarget(name: "BlockwiseTests", dependencies: ["Blockwise", "TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport"]),
    .testTarget(name: "DisplayTests", dependencies: ["Display", "TestSupport"]),
    .testTarget(name: "LanguageTests", dependencies: ["Language"]),
    .testTarget(name: "BuiltinsTests", dependencies: ["Builtins", "TestSupport"]),
    .testTarget(name: "PromptTests", dependencies: ["CTerminal"]),   // the built program on a terminal
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
