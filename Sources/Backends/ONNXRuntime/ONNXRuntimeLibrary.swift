import CONNXRuntime
import Execution
import Glibc

/// ONNX Runtime, opened and started; one for the process, never closed.
@safe
final class ONNXRuntimeLibrary: @unchecked Sendable {
    let table: ONNXRuntimeTable
    /// As the library tells it.
    let version: String
    let memory: ONNXRuntimeMemory
    let helpers = ONNXRuntimeHelpers()
    /// Whether it was built for CUDA.
    let hasCUDA: Bool
    /// What sessions belong to.
    let environment: OpaquePointer
    /// Memory of the processor, for tensors that lie in ours.
    let memoryInfo: OpaquePointer
    /// Our allocator, as the library sees it.
    let allocator: UnsafeMutablePointer<onnx_allocator>

    /// Opens the library, switches its telemetry off and starts its threads.
    /// - Throws: why it cannot be used.
    init(
        path: String, options: BackendOptions, allocator source: BackendAllocator
    ) throws(BackendOpeningError) {
        let library = try SharedLibrary(path: path)
        guard let entry = unsafe library.address(of: ONNX_ENTRY_SYMBOL) else {
            throw .missingSymbol(ONNX_ENTRY_SYMBOL)
        }
        // Safety: the symbol has this type in every version of the library.
        let getBase = unsafe unsafeBitCast(entry, to: onnx_get_base.self)
        guard let base = unsafe getBase(), let table = unsafe base.pointee.table(ONNX_TABLE_VERSION) else {
            throw .unusable(reason: "\(path) does not offer version \(ONNX_TABLE_VERSION) of its interface")
        }
        guard let failure = unsafe library.address(of: ONNX_THROW_SYMBOL),
            let limitFailure = unsafe library.address(of: ONNX_THROW_TEXT_SYMBOL)
        else {
            throw .unusable(reason: "\(path) is not linked with the standard C++ library")
        }
        Self.keepContracts(of: library)
        unsafe self.table = ONNXRuntimeTable(pointer: table)
        version = unsafe base.pointee.version_text().map { unsafe String(cString: $0) } ?? "unknown"
        let megabytes = options.memoryLimitMegabytes
        memory = ONNXRuntimeMemory(source, limit: { max(0, megabytes()) * 1_000_000 })
        do throws(ExecutionError) {
            Self.disableTelemetry()
            unsafe environment = try Self.makeEnvironment(self.table, options, helpers)
            unsafe memoryInfo = try Self.makeMemoryInfo(self.table)
            unsafe allocator = memory.makeAllocator(
                memoryInfo: memoryInfo, failure: failure, limitFailure: limitFailure)
            // Safety: the allocator is never freed.
            try unsafe self.table.check(
                onnx_environment_register_allocator(table, environment, allocator))
            hasCUDA = try Self.hasCUDA(self.table)
        } catch {
            throw .unusable(reason: "\(path) does not start: \(error)")
        }
    }

    /// What would end the process becomes an error where the library lets us; see `onnx_contracts.h`.
    private static func keepContracts(of library: SharedLibrary) {
        guard let terminate = unsafe library.address(of: ONNX_TERMINATE_SYMBOL),
            let personality = unsafe library.address(of: ONNX_PERSONALITY_SYMBOL),
            let current = unsafe library.address(of: ONNX_CURRENT_EXCEPTION_SYMBOL),
            let failure = unsafe library.address(of: ONNX_THROW_TEXT_SYMBOL)
        else { return }
        // Safety: all are functions of the C++ runtime that the library uses, which is never closed.
        let contracts = unsafe onnx_contracts_prepare(terminate, personality, current, failure)
        // Exceptions pass by frames first; without that, to throw them would end the process as well.
        guard unsafe library.exchange(ONNX_PERSONALITY_SYMBOL, for: contracts.personality) else { return }
        unsafe library.exchange(ONNX_TERMINATE_SYMBOL, for: contracts.terminate)
    }

    /// Official builds count their use and send it away, unless this is set before they start.
    ///
    /// The module sets it on the main thread when it is loaded, where nothing else reads the environment.
    private static func disableTelemetry() {
        // Safety: both texts are constants.
        guard unsafe getenv("ORT_DISABLE_TELEMETRY") == nil else { return }
        unsafe setenv("ORT_DISABLE_TELEMETRY", "1", 1)
    }

    /// Starts the library with threads that sleep when idle and take no signals of the process.
    private static func makeEnvironment(
        _ table: ONNXRuntimeTable, _ options: BackendOptions, _ helpers: ONNXRuntimeHelpers
    ) throws(ExecutionError) -> OpaquePointer {
        // Safety: what is made here is released here, except the environment, which the caller gets.
        var threads: OpaquePointer?
        try unsafe table.check(onnx_thread_options_create(table.pointer, &threads))
        guard let threads = unsafe threads else { throw .outOfMemory }
        defer { unsafe onnx_thread_options_release(table.pointer, threads) }
        let intra = Int32(clamping: options.intraOperatorThreads)
        // Sessions run their operators one after the other, so a pool for several would only sleep.
        let inter = Int32(clamping: max(1, options.interOperatorThreads))
        try unsafe table.check(onnx_thread_options_set_intra_count(table.pointer, threads, intra))
        try unsafe table.check(onnx_thread_options_set_inter_count(table.pointer, threads, inter))
        try unsafe table.check(onnx_thread_options_set_spinning(table.pointer, threads, 0))
        try unsafe helpers.configure(threads, of: table)

        var environment: OpaquePointer?
        let status = unsafe ProcessorSignals.withOthersBlocked {
            unsafe onnx_environment_create(
                table.pointer, Int32(ORT_LOGGING_LEVEL_FATAL), "redisai", threads, &environment)
        }
        try unsafe table.check(status)
        guard let environment = unsafe environment else { throw .outOfMemory }
        // Whole operators are handed to those of the second set, and never taken back.
        guard inter == 1 || helpers.call() else { throw .outOfMemory }
        return unsafe environment
    }

    private static func makeMemoryInfo(_ table: ONNXRuntimeTable) throws(ExecutionError) -> OpaquePointer {
        // Safety: the caller gets what is made.
        var info: OpaquePointer?
        try unsafe table.check(
            onnx_memory_info_create_cpu(
                table.pointer, Int32(OrtDeviceAllocator), Int32(OrtMemTypeDefault), &info))
        guard let info = unsafe info else { throw .outOfMemory }
        return unsafe info
    }

    private static func hasCUDA(_ table: ONNXRuntimeTable) throws(ExecutionError) -> Bool {
        // Safety: the list has `count` texts until it is released below.
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>>?
        var count: Int32 = 0
        try unsafe table.check(onnx_providers_get(table.pointer, &names, &count))
        guard let names = unsafe names else { return false }
        let found = unsafe UnsafeBufferPointer(start: names, count: Int(count))
            .contains { unsafe strcmp($0, "CUDAExecutionProvider") == 0 }
        try unsafe table.check(onnx_providers_release(table.pointer, names, count))
        return found
    }
}
