import CTensorFlow
import Execution
import Formats
import Glibc

/// TensorFlow, opened and started; one for the process, never closed.
@safe
final class TensorFlowLibrary: @unchecked Sendable {
    let functions: TensorFlowFunctions
    /// As the library tells it.
    let version: String
    /// Whether it was built for CUDA and has found a GPU.
    let hasGPU: Bool
    /// All operations that it knows, by their names.
    let operations: [String: TensorFlowOperation]
    private let options: BackendOptions

    /// A name of zlib's that the server exports as well, with other parameters.
    private static let sharedName = "zcalloc"

    /// Opens the library and starts it.
    /// - Throws: why it cannot be used.
    init(path: String, options: BackendOptions) throws(BackendOpeningError) {
        Self.quieten()
        let library = try SharedLibrary(path: path)
        try Self.checkNames(library, path: path)
        // Safety: the handle is open.
        guard unsafe tensorflow_clear_memory(library.handle) else {
            throw .unusable(reason: "\(path) takes memory in a way that is not known")
        }
        let table = UnsafeMutablePointer<tensorflow_functions>.allocate(capacity: 1)
        // Safety: the table is never freed, and read only once it is full.
        if let missing = unsafe tensorflow_find_functions(library.handle, table) {
            throw .missingSymbol(unsafe String(cString: missing))
        }
        unsafe functions = TensorFlowFunctions(pointer: UnsafePointer(table))
        version = unsafe table.pointee.TF_Version().map { unsafe String(cString: $0) } ?? "unknown"
        self.options = options
        do throws(ExecutionError) {
            operations = try Self.operations(functions)
            let functions = functions
            hasGPU = try ProcessorSignals.withOthersBlocked { () throws(ExecutionError) in
                try Self.hasGPU(functions, Self.configuration(options, gpu: nil))
            }
        } catch {
            throw .unusable(reason: "\(path) does not start: \(error)")
        }
    }

    /// Whether a model may have an operation that is not among `TensorFlowOperations`.
    var allowsAllOperations: Bool { options.allowsAllOperations() }

    /// The options of a session, as a ConfigProto message.
    func configuration(gpu: Int?) -> [UInt8] { Self.configuration(options, gpu: gpu) }

    /// Else each stopped run would be a line on standard error.
    ///
    /// The module sets it on the main thread when it is loaded, where nothing else reads the environment.
    private static func quieten() {
        // Safety: both texts are constants.
        guard unsafe getenv("TF_CPP_MIN_LOG_LEVEL") == nil else { return }
        unsafe setenv("TF_CPP_MIN_LOG_LEVEL", "2", 1)
    }

    /// Refuses a library whose own zlib would call the server's function of the same name.
    ///
    /// Names of the program come before those of a library that it opens. The one function takes a number
    /// and a size, the other a size alone, so that a model which unzips would write beyond its memory.
    /// `make backends` renames what the library exports beside its own interface.
    private static func checkNames(_ library: SharedLibrary, path: String) throws(BackendOpeningError) {
        // Safety: both are addresses of loaded code, or nil; without a handle, the program is searched.
        guard let own = unsafe library.address(of: sharedName), let other = unsafe dlsym(nil, sharedName),
            unsafe own != other
        else { return }
        throw .unusable(
            reason: "\(path) exports \(sharedName), as the server does, and would damage its memory: "
                + "type `make backends`, which renames what the two have in common")
    }

    /// All operations that the library knows.
    private static func operations(
        _ functions: TensorFlowFunctions
    ) throws(ExecutionError) -> [String: TensorFlowOperation] {
        // Safety: the buffer is ours; its bytes live as long as it.
        guard let buffer = unsafe functions.pointer.pointee.TF_GetAllOpList() else { throw .outOfMemory }
        defer { unsafe functions.pointer.pointee.TF_DeleteBuffer(buffer) }
        let bytes = unsafe UnsafeRawBufferPointer(start: buffer.pointee.data, count: buffer.pointee.length)
        do throws(TensorFlowRefusal) {
            return try TensorFlowOperationList(unsafe bytes.bindMemory(to: UInt8.self).span).operations
        } catch {
            throw .backend("the list of operations cannot be read")
        }
    }

    /// An empty session, the first one, starts the library's threads and knows its devices.
    private static func hasGPU(
        _ functions: TensorFlowFunctions, _ configuration: [UInt8]
    ) throws(ExecutionError) -> Bool {
        // Safety: all that is made here is released here, in the reverse order.
        guard let graph = unsafe functions.pointer.pointee.TF_NewGraph() else { throw .outOfMemory }
        defer { unsafe functions.pointer.pointee.TF_DeleteGraph(graph) }
        let options = try unsafe functions.makeSessionOptions(configuration)
        defer { unsafe functions.pointer.pointee.TF_DeleteSessionOptions(options) }
        let session = try unsafe functions.check { unsafe $0.TF_NewSession(graph, options, $1) }
        guard let session = unsafe session else { throw .outOfMemory }
        defer { _ = try? unsafe functions.check { unsafe $0.TF_DeleteSession(session, $1) } }
        let list = try unsafe functions.check { unsafe $0.TF_SessionListDevices(session, $1) }
        guard let list = unsafe list else { throw .outOfMemory }
        defer { unsafe functions.pointer.pointee.TF_DeleteDeviceList(list) }
        for index in 0..<(unsafe functions.pointer.pointee.TF_DeviceListCount(list)) {
            let type = try unsafe functions.check { unsafe $0.TF_DeviceListType(list, index, $1) }
            if let type = unsafe type, unsafe strcmp(type, "GPU") == 0 { return true }
        }
        return false
    }

    private static func configuration(_ options: BackendOptions, gpu: Int?) -> [UInt8] {
        var message = WireWriter()
        // All sessions share these threads, as many as the first of them asks for.
        message.number(
            TensorFlowField.ConfigProto.intraOpParallelismThreads, UInt64(options.intraOperatorThreads))
        // Runs take place on the calling thread, so a pool for several operators would only sleep.
        message.number(
            TensorFlowField.ConfigProto.interOpParallelismThreads,
            UInt64(max(1, options.interOperatorThreads)))
        // A model that names a GPU of the machine that it was made on runs on the processor.
        message.number(TensorFlowField.ConfigProto.allowSoftPlacement, 1)
        // Takes memory of the GPU as it is needed instead of all at once.
        if gpu != nil {
            let memory = WireWriter { $0.number(TensorFlowField.GPUOptions.allowGrowth, 1) }
            message.message(TensorFlowField.ConfigProto.gpuOptions, memory)
        }
        return message.bytes
    }
}

extension TensorFlowFunctions {
    /// Options of a session; the caller releases them.
    func makeSessionOptions(_ configuration: [UInt8]) throws(ExecutionError) -> OpaquePointer {
        // Safety: the caller gets what is made; the bytes are copied.
        guard let options = unsafe pointer.pointee.TF_NewSessionOptions() else { throw .outOfMemory }
        do throws(ExecutionError) {
            try unsafe check { functions, status in
                unsafe configuration.withUnsafeBytes { bytes in
                    guard let start = bytes.baseAddress else { return }
                    unsafe functions.TF_SetConfig(options, start, bytes.count, status)
                }
            }
        } catch {
            unsafe pointer.pointee.TF_DeleteSessionOptions(options)
            throw error
        }
        return unsafe options
    }
}
