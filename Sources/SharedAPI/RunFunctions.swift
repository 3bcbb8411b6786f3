import CSharedAPI
import Execution
import Keyspace
import Redis
import Tensors

/// What the functions for contexts of models and of scripts have in common, and those for runs.
enum RunFunctions {
    static func fill(_ table: inout shared_functions) {
        unsafe table.RunCancel = { unsafe RunFunctions.cancel($0) }
        unsafe table.RunFree = { _ = unsafe Handles.run.end($0) }
        unsafe table.GetLLAPIVersion = { 1 }
        unsafe table.GetHighestLLAPIVersion = { 2 }
    }

    private static func cancel(_ run: OpaquePointer?) -> Int32 {
        unsafe Handles.run.content(run)?.cancel() == true ? Status.success : Status.failure
    }

    /// A context that is the client's; nil for what is none, or belongs to a run.
    static func context(_ handle: OpaquePointer?, _ kind: HandleKind<RunContext>) -> RunContext? {
        guard let context = unsafe kind.content(handle), context.isClients else { return nil }
        return context
    }

    /// Has `body` change a context.
    static func change(
        _ handle: OpaquePointer?, _ kind: HandleKind<RunContext>, _ body: (RunContext) -> Bool
    ) -> Int32 {
        guard let context = unsafe context(handle, kind) else { return Answer.no }
        return Answer.of(body(context))
    }

    static func output(
        _ handle: OpaquePointer?, _ kind: HandleKind<RunContext>, _ index: Int
    ) -> OpaquePointer? {
        guard let context = unsafe context(handle, kind), context.outputs.indices.contains(index) else {
            return nil
        }
        // Safety: the context holds it.
        return unsafe context.outputs[index].map { unsafe SharedObject<Tensor>.lend($0) }
    }

    static func free(_ handle: OpaquePointer?, _ kind: HandleKind<RunContext>) {
        guard unsafe context(handle, kind) != nil else { return }
        unsafe kind.end(handle)
    }

    /// Runs contexts, which are different ones, and waits.
    static func run(_ contexts: [RunContext], _ code: APIFailure.Code) throws(APIFailure) {
        guard !contexts.isEmpty else { throw .nothingToRun(code) }
        guard !shared_is_in_callback() else { throw .withinCallback(code) }
        var lent: [RunContext] = []
        defer { for context in lent { context.giveBack() } }
        for context in contexts {
            guard context.lend() else { throw .inRun(code) }
            lent.append(context)
        }
        let scheduler = ModuleState.current.scheduler
        let plans = contexts.map { $0.plan() }
        for plan in plans { for step in plan.steps { scheduler.prepare(step.work) } }
        var first: APIFailure?
        let outcomes =
            MainThread.isCurrent ? scheduler.runOnServerThread(plans) : scheduler.runQueued(plans)
        for (context, outcome) in zip(contexts, outcomes) {
            let failure = context.take(outcome)
            first = first ?? failure
        }
        if let first { throw first }
    }

    /// Starts a run of a context.
    static func start(
        _ handle: OpaquePointer?, _ kind: HandleKind<RunContext>, _ milliseconds: Int64,
        _ finish: RAI_OnFinishCB?, _ privateData: UnsafeMutableRawPointer?,
        _ run: UnsafeMutablePointer<OpaquePointer?>?, _ error: OpaquePointer?, isModel: Bool
    ) -> Int32 {
        unsafe ErrorFunctions.status(of: error) { () throws(APIFailure) in
            guard let handle = unsafe handle, let context = unsafe kind.content(handle) else {
                throw .notA("run context", isModel ? .modelRun : .scriptRun)
            }
            let target: RunTarget = unsafe isModel ? .model(context, handle) : .script(context, handle)
            try unsafe StartedRun.start(
                target, deadline: Int(milliseconds), finish, privateData, run)
        }
    }

    /// The context of a run that is over, which is the client's again.
    static func fetch(
        _ finish: OpaquePointer?, _ kind: HandleKind<RunFinish>, orElse wrongKind: APIFailure,
        _ error: OpaquePointer?
    ) -> OpaquePointer? {
        guard let end = unsafe kind.content(finish), end.fetch() else {
            unsafe ErrorFunctions.report(wrongKind, to: error)
            return nil
        }
        unsafe kind.end(finish)
        if let failure = end.failure { unsafe ErrorFunctions.report(failure, to: error) }
        end.context.giveBack()
        return unsafe end.handle
    }
}
