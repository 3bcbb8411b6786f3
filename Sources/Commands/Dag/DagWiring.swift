import Execution
import Redis

/// Turns the names of a DAG into slots of a plan.
///
/// Each value has a slot of its own. Who reads a name gets the value that was given to it last before, so
/// a name may be used again while the steps that read its older value still run.
struct DagWiring {
    private(set) var plan: ExecutionPlan
    /// What each command of the DAG is answered with.
    private(set) var entries: [DagEntry] = []
    /// The slots of the names of PERSIST.
    private(set) var persisted: [Int] = []
    private var names = DagNames()

    /// - Parameter server: what scripts may ask.
    /// - Throws: `.inputUnknown`, `.persistUnknown`.
    init(_ request: DagRequest, server: ScriptAccess? = nil) throws(CommandError) {
        let operations = request.operations
        var tensors = request.options.tensors
        var nextSet = tensors.count
        // What is there at the start has the first slots.
        for case .set(_, let tensor) in operations { tensors.append(tensor) }
        plan = ExecutionPlan(tensors: tensors)
        entries.reserveCapacity(operations.count)
        if let load = request.options.load {
            for (slot, name) in load.enumerated() { names.set(name, to: slot) }
        }
        for operation in operations {
            switch operation {
            case .set(let name, _):
                names.set(name, to: nextSet)
                nextSet += 1
                entries.append(.set)
            case .get(let name, let format):
                entries.append(.get(slot: try slot(of: name, orElse: .inputUnknown), format))
            case .run(let model, let inputs, let outputs): try add(.model(model), inputs, outputs)
            case .call(let script, let call):
                try add(call.work(script, server), call.inputs, call.outputs)
            }
        }
        guard let names = request.options.persist else { return }
        persisted.reserveCapacity(names.count)
        for name in names { persisted.append(try slot(of: name, orElse: .persistUnknown)) }
    }

    private mutating func add(
        _ work: Work, _ inputs: some RandomAccessCollection<Argument>,
        _ outputs: some RandomAccessCollection<Argument>
    ) throws(CommandError) {
        entries.append(.run(step: plan.steps.count))
        let slots = plan.addStep(work, inputs: try slots(of: inputs), outputCount: outputs.count)
        for (name, slot) in zip(outputs, slots) { names.set(name, to: slot) }
    }

    private func slots(
        of inputs: some RandomAccessCollection<Argument>
    ) throws(CommandError) -> SlotList {
        if inputs.count == 1 {
            let slot = try slot(of: inputs[inputs.startIndex], orElse: .inputUnknown)
            return .range(slot..<slot + 1)
        }
        var slots: [Int] = []
        slots.reserveCapacity(inputs.count)
        for name in inputs { slots.append(try slot(of: name, orElse: .inputUnknown)) }
        return .list(slots)
    }

    private func slot(of name: Argument, orElse error: DagError) throws(CommandError) -> Int {
        guard let slot = names.slot(of: name) else { throw .dag(error) }
        return slot
    }
}
