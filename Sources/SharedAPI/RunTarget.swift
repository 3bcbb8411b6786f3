import CSharedAPI
import Commands
import Execution
import Synchronization

/// What a run that was started belongs to, with the client's pointer to it.
@safe
enum RunTarget: @unchecked Sendable {
    case model(RunContext, OpaquePointer)
    case script(RunContext, OpaquePointer)
    case dag(DagContext, DagPlan, OpaquePointer)

    // Safety of the pointers: handles, of which nothing is taken for granted.

    /// What failures that are no step's are called.
    var code: APIFailure.Code {
        switch self {
        case .model: .modelRun
        case .script: .scriptRun
        case .dag: .dagRun
        }
    }

    var plan: ExecutionPlan {
        switch self {
        case .model(let context, _), .script(let context, _): context.plan()
        case .dag(_, let wiring, _): wiring.plan
        }
    }

    /// It is the run's from now on.
    /// - Throws: if it is one's already.
    func lend() throws(APIFailure) {
        switch self {
        case .model(let context, _), .script(let context, _):
            guard context.lend() else { throw .inRun(context.code) }
        case .dag(let context, _, _): guard context.begin() else { throw .dagHasRun }
        }
    }

    /// It was not started after all.
    func giveBack() {
        switch self {
        case .model(let context, _), .script(let context, _): context.giveBack()
        case .dag(let context, _, _): context.reopen()
        }
    }

    /// Takes what came out; nil for nothing, because of the failure.
    func end(_ outcome: PlanOutcome?, _ failure: APIFailure?) -> APIFailure? {
        switch self {
        case .model(let context, _), .script(let context, _):
            guard let outcome else {
                context.dropOutputs()
                return failure
            }
            return context.take(outcome)
        case .dag(let context, let wiring, _):
            context.end(outcome, wiring, failure)
            return context.failure
        }
    }

    /// Calls the client's function with a pointer that stands for the end of this run.
    func tell(
        _ failure: APIFailure?, _ finish: @escaping RAI_OnFinishCB, _ privateData: UnsafeMutableRawPointer?
    ) {
        switch self {
        case .model(let context, let handle):
            let end = unsafe RunFinish(context, handle, failure)
            unsafe tell(end, as: Handles.modelFinish, of: Handles.modelRun, finish, privateData)
        case .script(let context, let handle):
            let end = unsafe RunFinish(context, handle, failure)
            unsafe tell(end, as: Handles.scriptFinish, of: Handles.scriptRun, finish, privateData)
        // One pointer stands for the DAG and its end.
        case .dag(_, _, let handle): unsafe shared_call(finish, handle, privateData)
        }
    }

    private func tell(
        _ end: RunFinish, as kind: HandleKind<RunFinish>, of contexts: HandleKind<RunContext>,
        _ finish: @escaping RAI_OnFinishCB, _ privateData: UnsafeMutableRawPointer?
    ) {
        let handle = unsafe kind.make(end)
        unsafe shared_call(finish, handle, privateData)
        // What was not fetched is wanted by nobody; without memory for a handle nobody could fetch it.
        guard end.fetch() else { return }
        unsafe kind.end(handle)
        unsafe contexts.end(end.handle)
    }
}

/// What is behind the `RAI_OnFinishCtx` of a model or a script, until its context is fetched.
@safe
final class RunFinish: @unchecked Sendable {
    let context: RunContext
    /// The client's pointer to the context.
    let handle: OpaquePointer
    let failure: APIFailure?
    private let isFetched = Atomic<Bool>(false)

    init(_ context: RunContext, _ handle: OpaquePointer, _ failure: APIFailure?) {
        self.context = context
        unsafe self.handle = handle
        self.failure = failure
    }

    /// Whether the context is the caller's to have; once.
    ///
    /// The client's pointer cannot tell: it may stand for another end by now.
    func fetch() -> Bool { !isFetched.exchange(true, ordering: .acquiringAndReleasing) }
}
