import CTorchBridge
import Execution
import Tensors

/// Models in the TorchScript format, packages of AOTInductor, and scripts, run by libtorch.
@safe
final class TorchBackend: ScriptBackend {
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
        let bridge = library.bridge
        var options = loadOptions(on: definition.device)
        var made: OpaquePointer?
        try definition.bytes.withBytes { bytes throws(ExecutionError) in
            // Safety: the bytes are not used after the call.
            let failure = unsafe bytes.withTorchText {
                unsafe bridge.table.pointee.model_load($0, &options, &made)
            }
            try unsafe bridge.check(failure)
        }
        guard let model = unsafe made else { throw .outOfMemory }
        return unsafe TorchSession(adopting: model, of: bridge)
    }

    func compile(_ definition: ScriptDefinition) throws(ExecutionError) -> any LoadedScript {
        let bridge = library.bridge
        var options = loadOptions(on: definition.device)
        var made: OpaquePointer?
        // Safety: the source is not used after the call.
        let failure = unsafe definition.source.withBytes { source in
            unsafe source.withTorchText { unsafe bridge.table.pointee.script_compile($0, &options, &made) }
        }
        try unsafe bridge.check(failure)
        guard let script = unsafe made else { throw .outOfMemory }
        return try unsafe TorchScriptSession(
            adopting: script, entryPoints: definition.entryPoints, of: bridge)
    }

    private func loadOptions(on device: Device) -> torch_load_options {
        let gpu = device.kind == .gpu ? device.index ?? 0 : -1
        return torch_load_options(
            gpu: Int32(clamping: gpu), allows_all_operators: library.allowsAllOperators ? 1 : 0,
            allows_native_code: library.allowsNativeCode ? 1 : 0)
    }
}
