import Backends
import Execution
import Foundation
import Tensors

/// The real libraries, opened once for all tests.
enum Runtime {
    /// The folder that `make backends` fills, or the one that the environment names.
    static let folder =
        ProcessInfo.processInfo.environment["REDISAI_BACKENDS"]
        ?? Fixture.root.appendingPathComponent("build/backends").path

    /// Whether the machine can run fixtures that are native code.
    #if arch(x86_64)
        static let isX86 = true
    #else
        static let isX86 = false
    #endif

    static let catalog = BackendCatalog(
        path: folder, options: BackendOptions(intraOperatorThreads: 1, interOperatorThreads: 1),
        moduleFolder: Fixture.root.appendingPathComponent("build").path)

    /// Lets every run end by itself.
    static let patientWatch = RunWatch { 3_600_000 }

    /// Stops a run after half a second: for damaged models, whose runs may end or not. A test that expects
    /// one or the other has a `TestSlot`.
    static let hastyWatch = RunWatch { 500 }

    /// ONNX Runtime; a missing library fails the test that asks.
    static func onnx() throws -> any Backend { try catalog.backend(.onnxRuntime) }

    /// LiteRT; a missing library fails the test that asks.
    static func liteRT() throws -> any Backend { try catalog.backend(.tensorFlowLite) }

    /// A fixture made ready by LiteRT.
    static func loadTFLite(_ name: String) throws -> any LoadedModel {
        try liteRT().load(.of(Fixture.tflite(name), backend: .tensorFlowLite))
    }

    /// TensorFlow, likewise.
    static func tensorFlow() throws -> any Backend { try catalog.backend(.tensorFlow) }

    /// libtorch behind its bridge; a missing library fails the test that asks.
    static func torch() throws -> any Backend { try catalog.backend(.torch) }

    /// A fixture made ready by libtorch.
    static func loadTorch(_ name: String) throws -> any LoadedModel {
        try torch().load(.of(Fixture.torch(name), backend: .torch))
    }

    /// A fixture made ready by ONNX Runtime.
    static func load(_ name: String) throws -> any LoadedModel {
        try onnx().load(.of(Fixture.model(name)))
    }
}

extension LoadedModel {
    /// Runs the model on a thread whose runs may take as long as they want.
    func run(_ inputs: [Tensor]) throws(ExecutionError) -> [Tensor?] {
        let slot = Runtime.patientWatch.makeSlot()
        defer { Runtime.patientWatch.remove(slot) }
        return try run(inputs, stop: slot.stop())
    }
}

extension ModelDefinition {
    /// A definition of bytes, a device and the names that a client gives.
    static func of(
        _ bytes: [UInt8], backend: BackendKind = .onnxRuntime, device: String = "CPU",
        inputNames: [String] = [], outputNames: [String] = []
    ) throws -> ModelDefinition {
        struct NotADevice: Error {}
        guard let device = Device(Array(device.utf8)) else { throw NotADevice() }
        return ModelDefinition(
            backend: backend, device: device, tag: [], batching: BatchSettings(),
            inputNames: inputNames.map { Array($0.utf8) }, outputNames: outputNames.map { Array($0.utf8) },
            bytes: SharedBytes(bytes))
    }
}

extension Tensor {
    static func floats(_ dimensions: [Int], _ values: [Float]) throws -> Tensor {
        try of(.float32, dimensions, values.flatMap { bytes(of: $0.bitPattern) })
    }

    static func int64s(_ dimensions: [Int], _ values: [Int64]) throws -> Tensor {
        try of(.int64, dimensions, values.flatMap { bytes(of: $0) })
    }

    static func strings(_ dimensions: [Int], _ values: [String]) throws -> Tensor {
        try of(.string, dimensions, values.flatMap { Array($0.utf8) + [0] })
    }

    static func of(_ type: DataType, _ dimensions: [Int], _ bytes: [UInt8]) throws -> Tensor {
        try Tensor(type: type, shape: TensorShape(dimensions), copying: bytes.span)
    }

    /// The elements as they lie in memory.
    var bytes: [UInt8] { withBytes { bytes in bytes.indices.map { bytes[$0] } } }

    var floats: [Float] {
        let bytes = self.bytes
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * $1) })
        }
    }

    var dimensions: [Int] { shape.dimensions }

    private static func bytes<Value: FixedWidthInteger>(of value: Value) -> [UInt8] {
        (0..<MemoryLayout<Value>.size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// Bytes of memory that the process has.
func residentByteCount() throws -> Int {
    struct NoStatistics: Error {}
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    guard let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
        throw NoStatistics()
    }
    return pages * 4096
}
