import Execution
import Tensors

/// Models in the TFLite format, run by LiteRT.
final class LiteRTBackend: Backend {
    private let library: LiteRTLibrary

    /// Opens the runtime's library and has it multiply something.
    /// - Throws: why it cannot be used.
    init(libraryPath: String, options: BackendOptions) throws(BackendOpeningError) {
        library = try LiteRTLibrary(path: libraryPath, options: options)
        do throws(ExecutionError) {
            try LiteRTSelfTest.run(library)
        } catch {
            throw .unusable(reason: "\(libraryPath) does not multiply: \(error)")
        }
    }

    var kind: BackendKind { .tensorFlowLite }
    var version: String { LiteRTLibrary.version }
    /// The runtime takes its memory elsewhere.
    var memoryByteCount: Int { 0 }
    var allocationCount: Int { 0 }

    func load(_ definition: ModelDefinition) throws(ExecutionError) -> any LoadedModel {
        let isGPU = definition.device.kind == .gpu
        // The accelerator chooses the device itself.
        guard !isGPU || (library.hasGPU && (definition.device.index ?? 0) == 0) else {
            throw .noGPU(.tensorFlowLite)
        }
        return try definition.bytes.withBytes { bytes throws(ExecutionError) in
            let copies: LiteRTOutputCopies?
            let isBounded: Bool
            do throws(LiteRTModelScan.Refusal) {
                let findings = try LiteRTModelScan.check(bytes)
                copies = try LiteRTOutputCopies(bytes, findings)
                isBounded = findings.graph.areShapesKnown
            } catch {
                throw error.failure
            }
            let model = try LiteRTModel(bytes, copies, library)
            return try LiteRTSession(model, hasBoundedWork: isBounded, isGPU: isGPU)
        }
    }
}

extension LiteRTModelScan.Refusal {
    /// What the client is told.
    var failure: ExecutionError {
        switch self {
        case .externalData: .backend("ERR models with weights in files are not allowed")
        case .malformed(let what): LiteRTFailure.load.error(what)
        case .unsupported(let what): .backend("ERR \(what) is not supported in TFLITE models")
        }
    }
}
