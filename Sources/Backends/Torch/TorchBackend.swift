import CTorchBridge
import Execution
import Tensors

/// Models in the TorchScript format, run by libtorch.
@safe
final class TorchBackend: Backend {
    private let library: TorchLibrary

    /// Opens the runtime's library.
    /// - Throws: why it cannot be used.
    init(libraryPath: String, options: BackendOptions) throws(BackendOpeningError) {
        library = try TorchLibrary(path: libraryPath, options: options)
    }

    var kind: BackendKind { .torch }
    var version: String { library.version }
    var memoryByteCount: Int { 0 }
    var allocationCount: Int { 0 }

    func load(_ definition: ModelDefinition) throws(ExecutionError) -> any LoadedModel {
        let isGPU = definition.device.kind == .gpu
        let gpu = isGPU ? definition.device.index ?? 0 : -1
        let bridge = library.bridge
        var options = torch_load_options(gpu: Int32(clamping: gpu), allows_all_operators: 0)
        var made: OpaquePointer?
        try definition.bytes.withBytes { bytes throws(ExecutionError) in
            // Safety: the bytes are not used after the call.
            let failure = unsafe bytes.withUnsafeBytes { bytes in
                let archive = unsafe torch_text(
                    bytes: bytes.baseAddress?.assumingMemoryBound(to: CChar.self), byte_count: bytes.count)
                return unsafe bridge.table.pointee.model_load(archive, &options, &made)
            }
            try unsafe bridge.check(failure)
        }
        guard let model = unsafe made else { throw .outOfMemory }
        return unsafe TorchSession(adopting: model, of: bridge)
    }
}
