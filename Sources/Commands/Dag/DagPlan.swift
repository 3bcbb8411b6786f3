import Execution
import Tensors

/// A DAG without a command, whose names have become slots of a plan.
public struct DagPlan: Sendable {
    public private(set) var plan: ExecutionPlan
    /// The slots of the TENSORGETs.
    public private(set) var outputs: [Int] = []
    private var slots: [[UInt8]: Int] = [:]

    /// Who reads a name gets the value that was given to it last before.
    ///
    /// - Parameter loaded: what is there at the start.
    /// - Throws: `.dag(.inputUnknown)`.
    public init(
        _ loaded: [(name: [UInt8], tensor: Tensor)], _ operations: [DagFragment.Operation]
    ) throws(CommandError) {
        var tensors = loaded.map { $0.tensor }
        var nextSet = tensors.count
        // What is there at the start has the first slots.
        for case .set(_, let tensor) in operations { tensors.append(tensor) }
        plan = ExecutionPlan(tensors: tensors)
        for (slot, value) in loaded.enumerated() { slots[value.name] = slot }
        for operation in operations {
            switch operation {
            case .set(let name, _):
                slots[name] = nextSet
                nextSet += 1
            case .get(let name): outputs.append(try slot(of: name))
            case .run(let work, let inputs, let results):
                var read: [Int] = []
                for name in inputs { read.append(try slot(of: name)) }
                let made = plan.addStep(work, inputs: .list(read), outputCount: results.count)
                for (name, slot) in zip(results, made) { slots[name] = slot }
            }
        }
    }

    private func slot(of name: [UInt8]) throws(CommandError) -> Int {
        guard let slot = slots[name] else { throw .dag(.inputUnknown) }
        return slot
    }
}
