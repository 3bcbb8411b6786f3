import Execution
import Tensors

/// A backend in plain Swift, without a vendor's library: the worked example, and a double for tests.
///
/// A model is one line of text: `identity <TYPE>`, `sum_difference`, `double`, or `count`; what a script is
/// says `ReferenceScript`. Not part of the catalog.
public final class ReferenceBackend: ScriptBackend {
    public let kind: BackendKind

    /// - Parameter kind: whose place it takes.
    public init(kind: BackendKind) { self.kind = kind }

    public var version: String { "1" }
    public var memoryByteCount: Int { 0 }
    public var allocationCount: Int { 0 }

    public func load(_ definition: ModelDefinition) throws(ExecutionError) -> any LoadedModel {
        guard definition.device.kind == .cpu else { throw .noGPU(kind) }
        let text = definition.bytes.withBytes { bytes in
            String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
        let words = text.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("identity", 2):
            guard let type = DataType(wireName: Array(words[1].utf8).span) else { break }
            return ReferenceModel.identity(type)
        case ("sum_difference", 1): return ReferenceModel.sumAndDifference
        case ("double", 1): return ReferenceModel.doubled
        case ("count", 1): return ReferenceModel.counter
        default: break
        }
        throw .backend("No graph was found in the protobuf.")
    }

    public func compile(_ definition: ScriptDefinition) throws(ExecutionError) -> any LoadedScript {
        guard definition.device.kind == .cpu else { throw .noGPU(kind) }
        return try ReferenceScript(definition)
    }
}
