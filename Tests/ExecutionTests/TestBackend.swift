import Execution
import Tensors
import Testing

/// A loaded model that does what a closure says.
final class TestModel: LoadedModel {
    typealias Body = @Sendable ([Tensor]) throws(ExecutionError) -> [Tensor?]
    typealias StoppableBody = @Sendable ([Tensor], RunStop) throws(ExecutionError) -> [Tensor?]

    let inputs: [TensorSpecification]
    let outputs: [TensorSpecification]
    let allowsOverlappingRuns: Bool
    let memoryByteCount: Int
    let hasBoundedWork: Bool
    private let body: StoppableBody
    private let onEnd: @Sendable () -> Void

    convenience init(
        inputCount: Int = 1, outputCount: Int = 1, overlaps: Bool = true, memoryByteCount: Int = 0,
        onEnd: @escaping @Sendable () -> Void = {}, _ body: @escaping Body
    ) {
        self.init(
            inputCount: inputCount, outputCount: outputCount, overlaps: overlaps,
            memoryByteCount: memoryByteCount, onEnd: onEnd,
            stoppable: { (inputs, _) throws(ExecutionError) in try body(inputs) })
    }

    init(
        inputCount: Int = 1, outputCount: Int = 1, overlaps: Bool = true, isBounded: Bool = true,
        memoryByteCount: Int = 0, onEnd: @escaping @Sendable () -> Void = {},
        stoppable body: @escaping StoppableBody
    ) {
        inputs = (0..<inputCount).map { Self.specification("in\($0)") }
        outputs = (0..<outputCount).map { Self.specification("out\($0)") }
        allowsOverlappingRuns = overlaps
        self.memoryByteCount = memoryByteCount
        hasBoundedWork = isBounded
        self.onEnd = onEnd
        self.body = body
    }

    deinit { onEnd() }

    func run(_ inputs: [Tensor], stop: RunStop) throws(ExecutionError) -> [Tensor?] {
        try body(inputs, stop)
    }

    /// Adds one to every byte of its input.
    static func addingOne(overlaps: Bool = true) -> TestModel {
        TestModel(overlaps: overlaps) { inputs throws(ExecutionError) in [inputs[0].addingOne()] }
    }

    private static func specification(_ name: String) -> TensorSpecification {
        TensorSpecification(name: Array(name.utf8), type: .uint8, dimensions: [nil])
    }
}

extension Tensor {
    /// A row of bytes.
    static func row(_ bytes: UInt8...) -> Tensor {
        do throws(TensorError) {
            return try Tensor(type: .uint8, shape: TensorShape([bytes.count]), copying: bytes.span)
        } catch {
            preconditionFailure("a few bytes were refused")
        }
    }

    var content: [UInt8] { withBytes { span in span.indices.map { span[$0] } } }

    func addingOne() -> Tensor {
        let sums = content.map { $0 &+ 1 }
        do throws(TensorError) {
            return try Tensor(type: type, shape: shape, copying: sums.span)
        } catch {
            preconditionFailure("a few bytes were refused")
        }
    }
}

extension SharedBytes {
    /// Bytes that begin one byte behind an aligned address.
    static func unaligned(_ content: [UInt8]) -> SharedBytes {
        let block = UnsafeMutableRawPointer.allocate(
            byteCount: content.count + 1, alignment: TensorStorage.alignment)
        (block + 1).copyMemory(from: content, byteCount: content.count)
        let address = UInt(bitPattern: block)
        return SharedBytes(start: block + 1, count: content.count) {
            UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
        }
    }
}

/// A backend that builds models with a closure.
final class TestBackend: Backend {
    let kind: BackendKind
    let version = "1.0"
    let memoryByteCount = 0
    let allocationCount = 0
    private let build: TestProvider.Build

    init(_ kind: BackendKind, build: @escaping TestProvider.Build) {
        self.kind = kind
        self.build = build
    }

    func load(_ definition: ModelDefinition) throws(ExecutionError) -> any LoadedModel {
        try build(definition)
    }
}

/// Hands out test backends; a library is open at once, or when the test's closure has opened it.
final class TestProvider: BackendProvider {
    typealias Build = @Sendable (ModelDefinition) throws(ExecutionError) -> any LoadedModel
    typealias Opening = @Sendable () throws(ExecutionError) -> Void

    let path = ""
    private let build: Build
    private let opening: Opening
    private let isOpen: Locked<Bool>

    init(isOpen: Bool = true, opening: @escaping Opening = {}, build: @escaping Build) {
        self.build = build
        self.opening = opening
        self.isOpen = Locked(isOpen)
    }

    func loaded(_ kind: BackendKind) -> (any Backend)? {
        isOpen.withLock { $0 } ? TestBackend(kind, build: build) : nil
    }

    func backend(_ kind: BackendKind) throws(ExecutionError) -> any Backend {
        if let backend = loaded(kind) { return backend }
        try opening()
        isOpen.withLock { $0 = true }
        return TestBackend(kind, build: build)
    }

    func open(_ kind: BackendKind, path: String, isConfined: Bool) throws(ExecutionError) {}
    func setPath(_ path: String) {}
    var loadedBackends: [any Backend] { [] }
}
