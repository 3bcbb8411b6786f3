import Commands
import Execution
import Keyspace
import Messages
import Redis
import Tensors

/// DAGs: models and scripts whose tensors have names.
extension FlowService {
    /// Answers the number of the model that a key holds, if it has so many inputs and outputs.
    func addModel(_ call: FlowCall) throws(FlowError) {
        let (key, inputCount, outputCount) = (try call.bytes(0), try call.integer(1), try call.integer(2))
        let found: Model?
        do throws(FlowSession.KeyError) {
            found = try call.session.value(
                at: key, ModuleState.current.models, for: "AI.MODELEXECUTE")
        } catch {
            throw Self.error(error)
        }
        guard let model = found else { throw .command(.modelMissing) }
        try Self.prepare(model) { () throws(ExecutionError) in _ = try model.build.loaded() }
        // Nothing is known of it while it loads.
        if let loaded = model.build.loadedIfReady {
            guard inputCount == loaded.inputCount else { throw .object(.dagInputCount) }
            guard outputCount == loaded.outputCount else { throw .object(.dagOutputCount) }
        }
        try answer(call.number, object: .model(model))
    }

    /// Answers the number of the script that a key holds, if it has that function.
    func addScript(_ call: FlowCall) throws(FlowError) {
        let (key, function) = (try call.bytes(0), try call.bytes(1))
        let found: Script?
        do throws(FlowSession.KeyError) {
            found = try call.session.value(
                at: key, ModuleState.current.scripts, for: "AI.SCRIPTEXECUTE")
        } catch {
            throw Self.error(error)
        }
        guard let script = found else { throw .command(.scriptMissing) }
        try Self.prepare(script) { () throws(ExecutionError) in _ = try script.build.loaded() }
        let names = script.definition.entryPoints
        guard names.isEmpty || names.contains(function) else { throw .object(.dagFunctionMissing) }
        try answer(call.number, object: .script(script))
    }

    private static func error(_ error: FlowSession.KeyError) -> FlowError {
        switch error {
        case .holdsOther: .command(.wrongType)
        case .refused(let error): error
        }
    }

    /// Whether a text stands for operations of a DAG.
    func checkText(_ call: FlowCall) throws(FlowError) {
        _ = try call.session.operations(call.bytes(0))
        try answer(call.number) { $0.none() }
    }

    /// Runs a DAG, and answers a tensor for each of its operations `get`.
    func runDag(_ call: FlowCall) throws(FlowError) {
        let dag = try FlowDag(call.list(0), of: call.session, asked())
        guard !dag.operations.isEmpty else { throw .command(.dag(.empty)) }
        let wiring: DagPlan
        do throws(CommandError) { wiring = try DagPlan(dag.loaded, dag.operations) } catch {
            throw .command(error)
        }
        try run(wiring.plan, answering: wiring.outputs, isAwaited: true, for: call)
    }
}

/// The operations of a DAG, as Python has listed them.
private struct FlowDag {
    private(set) var loaded: [(name: [UInt8], tensor: Tensor)] = []
    private(set) var operations: [DagFragment.Operation] = []

    init(
        _ list: [MessageValue], of session: FlowSession, _ connection: FlowConnection
    ) throws(FlowError) {
        var tensors = try TensorReference.tensors(Self.references(list), of: connection).makeIterator()
        for item in list {
            guard let parts = item.asList, let kind = parts.first?.asText else { throw .invalidCall }
            let words = parts.dropFirst()
            switch (kind, words.count) {
            case ("input", 2), ("set", 2):
                guard let tensor = tensors.next() else { throw .invalidCall }
                let name = try Self.name(parts[1])
                if kind == "set" {
                    operations.append(.set(name: name, tensor))
                } else {
                    loaded.append((name, tensor))
                }
            case ("get", 1): operations.append(.get(name: try Self.name(parts[1])))
            case ("model", 3): try addModel(parts, connection)
            case ("script", 4): try addScript(parts, session, connection)
            case ("text", 1): operations += try session.operations(Self.name(parts[1]))
            default: throw .invalidCall
            }
        }
    }

    /// Of all tensors that are given.
    private static func references(_ list: [MessageValue]) -> [MessageValue] {
        list.compactMap { item in
            guard let parts = item.asList, parts.count == 3, let kind = parts[0].asText,
                kind == "input" || kind == "set"
            else { return nil }
            return parts[2]
        }
    }

    private mutating func addModel(
        _ parts: [MessageValue], _ connection: FlowConnection
    ) throws(FlowError) {
        guard let number = parts[1].asInt else { throw .invalidCall }
        let model = try connection.held.model(number)
        operations.append(
            .run(.model(model), inputs: try Self.names(parts[2]), outputs: try Self.names(parts[3])))
    }

    private mutating func addScript(
        _ parts: [MessageValue], _ session: FlowSession, _ connection: FlowConnection
    ) throws(FlowError) {
        guard let number = parts[1].asInt else { throw .invalidCall }
        let task = ScriptTask(
            try connection.held.script(number), function: try Self.name(parts[2]), keys: [], arguments: [],
            keyspace: ScriptAccess(session.access))
        operations.append(
            .run(.script(task), inputs: try Self.names(parts[3]), outputs: try Self.names(parts[4])))
    }

    private static func name(_ value: MessageValue) throws(FlowError) -> [UInt8] {
        guard let bytes = value.asBytes else { throw .invalidCall }
        return Array(bytes)
    }

    private static func names(_ value: MessageValue) throws(FlowError) -> [[UInt8]] {
        guard let list = value.asList else { throw .invalidCall }
        var names: [[UInt8]] = []
        for item in list { names.append(try name(item)) }
        return names
    }
}
