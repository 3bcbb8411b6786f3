import Execution
import Keyspace
import Messages
import Redis

/// Models that flows run.
extension FlowService {
    /// Answers the number of the model that a key holds; none if it holds no model. See `find`.
    func findModel(_ call: FlowCall) throws(FlowError) {
        try find(ModuleState.current.models, for: "AI.MODELEXECUTE", call) { .model($0) }
    }

    /// Answers the number of what a key holds, none if it is nothing of that kind, and where Python is told
    /// when the key holds it no longer; none if it is not.
    ///
    /// - Parameter command: what a client would send to have done what this is for.
    func find<Value: StoredValue>(
        _ type: ModuleType<Value>, for command: StaticString, _ call: FlowCall,
        as object: (Value) -> HeldObjects.Object
    ) throws(FlowError) {
        let key = try call.bytes(0)
        let found: FlowSession.Content<Value>?
        do throws(FlowSession.KeyError) {
            found = try call.session.content(at: key, type, for: command)
        } catch {
            switch error {
            case .holdsOther: found = nil
            case .refused(let error): throw error
            }
        }
        guard let found else { return try answer(call.number) { $0.none() } }
        try answer(call.number, objectOfKey: object(found.value), slot: slot(of: found, call, isLarge: true))
    }

    /// Where Python will be told that a key may not hold this any more.
    ///
    /// - Parameters:
    ///   - call: its second argument says whether Python wants to be told.
    ///   - isLarge: whether it is to let go of it at once then.
    /// - Returns: nil if it will not be told, for it does not want to or that cannot be known.
    func slot<Value: StoredValue>(
        of content: FlowSession.Content<Value>?, _ call: FlowCall, isLarge: Bool
    ) throws(FlowError) -> Int? {
        guard try call.flag(1), let content, content.isKept else { return nil }
        return try track(content.value, isLarge: isLarge)
    }

    /// Runs a model that Python holds.
    ///
    /// The names of inputs and outputs say only how many there are: models have an order of both.
    /// - Parameter isAwaited: whether the flow goes on meanwhile; only those runs count in the statistics.
    func runModel(_ call: FlowCall, isAwaited: Bool) throws(FlowError) {
        let connection = try asked()
        let model = try connection.held.model(call.integer(0))
        let outputCount = try call.list(3).count
        let references = try call.list(2)
        guard try call.list(1).count == references.count else { throw .invalidCall }
        guard outputCount > 0 else { throw .object(.nothingToFetch) }
        try Self.prepare(model) { () throws(ExecutionError) in
            try model.check(inputCount: references.count, outputCount: outputCount)
        }
        var plan = ExecutionPlan(tensors: try TensorReference.tensors(references, of: connection))
        let slots = plan.addStep(
            .model(isAwaited ? model : model.uncounted), inputs: .range(0..<references.count),
            outputCount: outputCount)
        try run(plan, answering: Array(slots), isAwaited: isAwaited, for: call)
    }

    /// Looks whether something can run.
    ///
    /// - Parameter check: fails if it cannot. If the reason may have passed, it is built again meanwhile.
    static func prepare<Value: Runnable>(
        _ value: Value, _ check: () throws(ExecutionError) -> Void
    ) throws(FlowError) {
        do throws(ExecutionError) { try check() } catch {
            if error.mayPass, ModuleState.current.scheduler.rebuild(value) { return }
            throw .command(.execution(error))
        }
    }
}
