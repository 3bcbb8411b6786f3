import Execution
import Tensors

@testable import Commands
@testable import Redis

/// A runtime whose models have as many inputs and outputs as their bytes say: `2 1` is two in, one out.
private final class CountedBackend: ScriptBackend, BackendProvider {
    let kind = BackendKind.onnxRuntime
    let version = "1"
    let memoryByteCount = 0
    let allocationCount = 0
    let path = ""

    func load(_ definition: ModelDefinition) throws(ExecutionError) -> any LoadedModel {
        let text = definition.bytes.withBytes { bytes in
            String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
        let counts = text.split(separator: " ").compactMap { Int($0) }
        return CountedModel(inputCount: counts[0], outputCount: counts[1])
    }

    func compile(_ definition: ScriptDefinition) throws(ExecutionError) -> any LoadedScript { NoScript() }

    func loaded(_ kind: BackendKind) -> (any Backend)? { self }
    func backend(_ kind: BackendKind) throws(ExecutionError) -> any Backend { self }
    func open(_ kind: BackendKind, path: String, isConfined: Bool) throws(ExecutionError) {}
    func setPath(_ path: String) {}
    var loadedBackends: [any Backend] { [self] }
}

private final class CountedModel: LoadedModel {
    let inputs: [TensorSpecification]
    let outputs: [TensorSpecification]
    let allowsOverlappingRuns = true
    let hasBoundedWork = true
    let memoryByteCount = 0

    init(inputCount: Int, outputCount: Int) {
        let specification = TensorSpecification(name: [], type: nil, dimensions: nil)
        inputs = Array(repeating: specification, count: inputCount)
        outputs = Array(repeating: specification, count: outputCount)
    }

    func run(_ inputs: [Tensor], stop: RunStop) throws(ExecutionError) -> [Tensor?] {
        Array(repeating: nil, count: outputs.count)
    }
}

private final class NoScript: LoadedScript {
    let memoryByteCount = 0

    func run(
        _ call: ScriptCall, in server: (any ScriptServer)?, stop: RunStop
    ) throws(ExecutionError) -> [Tensor] { [] }
}

/// Keys as tests have them: tensors at `a` to `d`, models at `m` (one in, one out) and `two` (two in, two
/// out), a script at `s`, a text at `text`, nothing elsewhere.
struct SampleKeyspace: DagKeyspace {
    private static let scheduler = Scheduler(RunSettings(), provider: CountedBackend(), log: { _ in })

    static let models: [String: Model] = ["m": model("1 1"), "two": model("2 2")].compactMapValues { $0 }

    private static let script: Script? = {
        guard let device = Device(Array("CPU".utf8)) else { return nil }
        return try? scheduler.ready(
            ScriptDefinition(
                device: device, tag: [], entryPoints: [], source: SharedBytes(Array("f".utf8))))
    }()

    private static func model(_ counts: String) -> Model? {
        guard let device = Device(Array("CPU".utf8)) else { return nil }
        return try? scheduler.ready(
            ModelDefinition(
                backend: .onnxRuntime, device: device, tag: [], batching: BatchSettings(), inputNames: [],
                outputNames: [], bytes: SharedBytes(Array(counts.utf8))))
    }

    func checkRoom(for tensor: Tensor) {}

    func tensor(at key: Argument) throws(CommandError) -> Tensor {
        if key.word == "text" || Self.models[key.word] != nil { throw .wrongType }
        guard let byte = ["a", "b", "c", "d"].firstIndex(of: key.word) else { throw .tensorMissing }
        guard let tensor = Self.tensor(UInt8(byte)) else { throw .tensorTooLarge }
        return tensor
    }

    /// A UINT8 [1] tensor.
    private static func tensor(_ value: UInt8) -> Tensor? {
        guard let shape = try? TensorShape([1]) else { return nil }
        return try? Tensor(type: .uint8, shape: shape, copying: [value].span)
    }

    func model(at key: Argument) throws(CommandError) -> Model {
        if let model = Self.models[key.word] { return model }
        throw key.word == "text" || key.word == "a" ? .wrongType : .modelMissing
    }

    func script(at key: Argument) throws(CommandError) -> Script {
        if key.word == "s", let script = Self.script { return script }
        throw key.word == "text" ? .wrongType : .scriptMissing
    }
}

extension Line {
    /// Reads the words as a DAG over the sample keys.
    func dag(as dialect: DagDialect = .execute) throws(CommandError) -> DagRequest {
        try DagRequest(parsing: reader, as: dialect, in: SampleKeyspace(), by: .unlimited)
    }

    /// Why the words are refused as a DAG; nil if they are not.
    func dagRefusal(as dialect: DagDialect = .execute) -> String? {
        do throws(CommandError) {
            _ = try DagWiring(try dag(as: dialect))
            return nil
        } catch {
            return error.text
        }
    }

    /// The plan of a DAG as text: `set`, `get slot`, and `run inputs -> outputs` per command.
    func wired(as dialect: DagDialect = .execute) throws(CommandError) -> [String] {
        let wiring = try DagWiring(try dag(as: dialect))
        let entries = wiring.entries.map { entry in
            switch entry {
            case .set: return "set"
            case .get(let slot, _): return "get \(slot)"
            case .run(let index):
                let step = wiring.plan.steps[index]
                return "run \(step.inputs.slots) -> \(Array(step.outputs))"
            }
        }
        return entries + (wiring.persisted.isEmpty ? [] : ["persist \(wiring.persisted)"])
    }
}
