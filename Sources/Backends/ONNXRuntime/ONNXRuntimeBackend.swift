import CONNXRuntime
import Execution
import Tensors

/// Models in the ONNX format, run by ONNX Runtime.
@safe
final class ONNXRuntimeBackend: Backend, @unchecked Sendable {
    private let library: ONNXRuntimeLibrary

    /// Opens the runtime's library.
    /// - Throws: why it cannot be used.
    init(
        libraryPath: String, options: BackendOptions, allocator: BackendAllocator
    ) throws(BackendOpeningError) {
        library = try ONNXRuntimeLibrary(path: libraryPath, options: options, allocator: allocator)
    }

    var kind: BackendKind { .onnxRuntime }
    var version: String { library.version }
    var memoryByteCount: Int { library.memory.byteCount }
    var allocationCount: Int { library.memory.callCount }

    /// Models from this size on share the work of building and running them.
    private static let largeByteCount = 1 << 20

    /// Nothing is below a device file, so a file named by a model, which is looked for here, is not found.
    private static let noFolder = "/dev/null/none"

    func load(_ definition: ModelDefinition) throws(ExecutionError) -> any LoadedModel {
        let isGPU = definition.device.kind == .gpu
        guard !isGPU || library.hasCUDA else { throw .noGPU(.onnxRuntime) }
        let gpu = isGPU ? definition.device.index ?? 0 : nil
        if definition.bytes.count >= Self.largeByteCount { library.helpers.call() }
        return try definition.bytes.withBytes { bytes throws(ExecutionError) in
            let scan = try Self.scan(bytes)
            let session = try build(
                bytes, weightByteCount: scan.weightByteCount, gpu: gpu, fusesProducts: scan.mayFuseProducts)
            session.hasBoundedWork = ONNXWorkScan(bytes).isBounded
            return session
        }
    }

    /// Makes a session of bytes that the scan has let through; apart from it, so that a test can show what
    /// the session's own settings refuse.
    ///
    /// - Parameters:
    ///   - weightByteCount: what the weights take as they are.
    ///   - gpu: the number of the GPU; nil for the processor.
    ///   - fusesProducts: whether products and their scales may become one operator.
    func build(
        _ bytes: Span<UInt8>, weightByteCount: Int, gpu: Int?, fusesProducts: Bool = true
    ) throws(ExecutionError) -> ONNXRuntimeSession {
        // Safety: the session is handed over at once.
        let built = try unsafe library.memory.growth { () throws(ExecutionError) in
            try unsafe makeSession(bytes, gpu: gpu, fusesProducts: fusesProducts)
        }
        // Weights that the runtime does not rearrange stay in memory that it takes without us.
        let outside = gpu == nil ? unsafe max(0, weightByteCount - built.byteCount) : 0
        guard library.memory.reserve(outside) else {
            // Safety: ours, and nobody uses it.
            unsafe onnx_session_release(library.table.pointer, built.result)
            throw .backend(ONNX_INITIALIZATION_PREFIX + ONNX_LIMIT_TEXT)
        }
        return try unsafe ONNXRuntimeSession(
            adopting: built.result, of: library, allocated: built.byteCount, reserved: outside,
            isOnProcessor: gpu == nil)
    }

    private static func scan(_ bytes: Span<UInt8>) throws(ExecutionError) -> ONNXModelScan {
        do throws(ONNXModelScan.Refusal) { return try ONNXModelScan(bytes) } catch {
            throw .backend(error.text)
        }
    }

    private func makeSession(
        _ bytes: Span<UInt8>, gpu: Int?, fusesProducts: Bool
    ) throws(ExecutionError) -> OpaquePointer {
        let table = library.table
        let options = try unsafe makeOptions(gpu: gpu, fusesProducts: fusesProducts)
        // Safety: the options are ours until the end; the runtime does not use the bytes after the call.
        defer { unsafe onnx_session_options_release(table.pointer, options) }
        var session: OpaquePointer?
        let status = unsafe bytes.withUnsafeBytes { bytes in
            unsafe onnx_session_create(
                table.pointer, library.environment, bytes.baseAddress, bytes.count, options, &session)
        }
        try unsafe table.check(status)
        guard let session = unsafe session else { throw .outOfMemory }
        return unsafe session
    }

    /// Options that suit a server; the caller releases them.
    private func makeOptions(gpu: Int?, fusesProducts: Bool) throws(ExecutionError) -> OpaquePointer {
        let table = library.table
        var created: OpaquePointer?
        try unsafe table.check(onnx_session_options_create(table.pointer, &created))
        guard let options = unsafe created else { throw .outOfMemory }
        do throws(ExecutionError) {
            try unsafe configure(options)
            if !fusesProducts { try unsafe add(Self.unfusedEntries, to: options) }
            if let gpu { try unsafe addCUDA(to: options, device: gpu) }
        } catch {
            // Safety: ours, and not used any more.
            unsafe onnx_session_options_release(table.pointer, options)
            throw error
        }
        return unsafe options
    }

    private func configure(_ options: OpaquePointer) throws(ExecutionError) {
        let table = library.table
        // Safety: the options are alive; texts are copied.
        try unsafe table.check(
            onnx_session_options_set_execution_mode(table.pointer, options, Int32(ORT_SEQUENTIAL)))
        try unsafe table.check(
            onnx_session_options_set_optimization(table.pointer, options, Int32(ORT_ENABLE_ALL)))
        try unsafe table.check(
            onnx_session_options_set_severity(table.pointer, options, Int32(ORT_LOGGING_LEVEL_FATAL)))
        // One set of threads for all models; an arena of the runtime would serialise overlapping runs.
        try unsafe table.check(onnx_session_options_share_threads(table.pointer, options))
        try unsafe table.check(onnx_session_options_disable_cpu_arena(table.pointer, options))
        try unsafe add(Self.entries, to: options)
    }

    private static let entries: KeyValuePairs = [
        "session.use_env_allocators": "1",
        "session.intra_op.allow_spinning": "0",
        // Else it would recognise its own format, which can hold what the scan does not know.
        "session.load_model_format": "ONNX",
        "session.model_external_initializers_file_folder_path": noFolder,
    ]

    /// What makes one operator of products and their scales, by the names of 1.32; others are ignored.
    private static let unfusedEntries: KeyValuePairs = [
        "optimization.disable_specified_optimizers": "MatMulIntegerToFloatFusion;DynamicQuantizeMatMulFusion",
        "session.disable_quant_qdq": "1",
    ]

    private func add(
        _ entries: KeyValuePairs<String, String>, to options: OpaquePointer
    ) throws(ExecutionError) {
        for (key, value) in entries {
            // Safety: the options are alive; texts are copied.
            try unsafe library.table.check(
                onnx_session_options_add_entry(library.table.pointer, options, key, value))
        }
    }

    private func addCUDA(to options: OpaquePointer, device: Int) throws(ExecutionError) {
        let table = library.table
        var created: OpaquePointer?
        try unsafe table.check(onnx_cuda_options_create(table.pointer, &created))
        guard let cuda = unsafe created else { throw .noGPU(.onnxRuntime) }
        // Safety: all of it is alive until the end of this function; texts and options are copied.
        defer { unsafe onnx_cuda_options_release(table.pointer, cuda) }
        let status = unsafe "device_id".withCString { key in
            unsafe String(device).withCString { value in
                var keys: UnsafePointer<CChar> = unsafe key
                var values: UnsafePointer<CChar> = unsafe value
                return unsafe onnx_cuda_options_update(table.pointer, cuda, &keys, &values, 1)
            }
        }
        try unsafe table.check(status)
        try unsafe table.check(onnx_session_options_append_cuda(table.pointer, options, cuda))
    }
}
