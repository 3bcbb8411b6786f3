// swift-tools-version: 6.2
import PackageDescription

let root = Context.packageDirectory
/// What `INFO` shows of where this build comes from.
let commit = Context.gitInformation?.currentCommit ?? "unknown"
let release: BuildSettingCondition = .when(configuration: .release)

/// Every target: pointers are marked, warnings are errors; in release the Swift runtime is linked in, and
/// overlapping accesses to one variable are looked for by the compiler alone (the tests look when they run).
let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .unsafeFlags(
        ["-static-stdlib", "-cross-module-optimization", "-enforce-exclusivity=unchecked"], release),
]

/// The module: self-contained, one exported symbol, never unloaded (a Swift image cannot be). The C++ runtime
/// of the Swift runtime is linked in as well, since `link` offers the linker nothing else.
let moduleLinking: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-static-stdlib", "-L\(root)/Sources/Module/link",
            "-Xlinker", "--version-script=\(root)/Sources/Module/exports.map",
            "-Xlinker", "-z", "-Xlinker", "nodelete",
            "-Xlinker", "-z", "-Xlinker", "now",
        ], release)
]

let package = Package(
    name: "redisai",
    products: [
        .library(name: "redisai", type: .dynamic, targets: ["Module"])
    ],
    targets: [
        // What is called, declared; nothing is linked. Each is imported by one target, CHost by two.
        .target(name: "CRedisModule", cSettings: [.define("REDISAI_COMMIT", to: "\"\(commit)\"")]),
        .target(name: "CHost"),
        .target(name: "CSignals"),
        .target(name: "CGuests"),
        .target(name: "CMessages"),
        // Its redisai.h is what other modules include.
        .target(name: "CSharedAPI"),
        .target(name: "CONNXRuntime"),
        .target(name: "CLiteRT"),
        // Its C runs while the runtime throws, and then has something to put right.
        .target(
            name: "CTensorFlow", dependencies: ["CHost"], cSettings: [.unsafeFlags(["-fexceptions"])]),
        // The library behind this face is built by `make backends`, with the headers of libtorch.
        .target(name: "CTorchBridge", exclude: ["library"]),

        // Layer 1: tensors, the formats of files of others, the server's module API, the system, what a
        // Python process hears and says; none knows another.
        .target(name: "Host", dependencies: ["CHost"], swiftSettings: settings),
        .target(name: "Tensors", swiftSettings: settings),
        .target(name: "Formats", swiftSettings: settings),
        .target(name: "Messages", dependencies: ["CMessages"], swiftSettings: settings),
        .target(name: "Redis", dependencies: ["CRedisModule"], swiftSettings: settings),

        // Layer 2: models, plans, queues.
        .target(name: "Execution", dependencies: ["CSignals", "Tensors", "Host"], swiftSettings: settings),

        // Beside it: processes of our own.
        .target(name: "Guests", dependencies: ["CGuests", "Host", "Execution"], swiftSettings: settings),

        // Layer 3: the vendors' runtimes behind Execution's protocols.
        .target(
            name: "Backends",
            dependencies: [
                "CONNXRuntime", "CLiteRT", "CTensorFlow", "CTorchBridge", "Tensors", "Formats", "Host",
                "Execution",
            ],
            swiftSettings: settings),

        // Layer 4: what our keys hold.
        .target(
            name: "Keyspace", dependencies: ["Redis", "Tensors", "Execution"], swiftSettings: settings),

        // Layer 5: the commands.
        .target(
            name: "Commands", dependencies: ["Redis", "Tensors", "Execution", "Keyspace"],
            swiftSettings: settings),

        // Beside them: the functions that other modules call.
        .target(
            name: "SharedAPI",
            dependencies: ["CSharedAPI", "Redis", "Tensors", "Execution", "Keyspace", "Commands"],
            swiftSettings: settings),

        // Beside them: AI flows, which run in a Python process.
        .target(
            name: "Flows",
            dependencies: [
                "Redis", "Tensors", "Host", "Execution", "Keyspace", "Commands", "Guests", "Messages",
            ],
            exclude: ["core", "python"], swiftSettings: settings),

        // The entry point: puts the parts together.
        .target(
            name: "Module",
            dependencies: [
                "Redis", "Tensors", "Host", "Execution", "Backends", "Keyspace", "Commands", "SharedAPI",
                "Flows",
            ],
            exclude: ["exports.map", "link"], swiftSettings: settings, linkerSettings: moduleLinking),

        // What the benchmarks compare with: the vendor's own call, and a client that counts exactly.
        .executableTarget(
            name: "floor", dependencies: ["CTorchBridge"], path: "Benchmarks/tools",
            sources: ["floor.c", "floor_onnx.c", "floor_tensorflow.c", "floor_litert.c", "floor_torch.c"],
            linkerSettings: [.linkedLibrary("dl")]),
        .executableTarget(name: "load", path: "Benchmarks/tools", sources: ["load.c"]),

        .testTarget(name: "TensorsTests", dependencies: ["Tensors"]),
        .testTarget(name: "FormatsTests", dependencies: ["Formats"]),
        .testTarget(name: "MessagesTests", dependencies: ["Messages"]),
        .testTarget(name: "ExecutionTests", dependencies: ["Execution", "Tensors", "CSignals"]),
        .testTarget(name: "GuestsTests", dependencies: ["Guests", "Execution", "Host", "CHost"]),
        .testTarget(
            name: "BackendsTests",
            dependencies: ["Backends", "CTorchBridge", "Execution", "Tensors"]),
        .testTarget(
            name: "CommandsTests",
            dependencies: ["Commands", "Redis", "Tensors", "Execution", "CRedisModule"]),
        .testTarget(name: "FlowsTests", dependencies: ["Flows", "Messages"]),
        .testTarget(name: "SharedAPITests", dependencies: ["SharedAPI", "Tensors"]),
        .testTarget(name: "TidyTests"),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11
)
