import CSharedAPI
import Execution
import Glibc
import Keyspace
import Redis
import Synchronization

/// A run that another module has started, up to the call of its function; what is behind a `RAI_Run`, too.
///
/// The end of the plan, the deadline and a cancellation race: the first has the function called. It is called
/// on a worker or on a thread of its own, never on one that the client has or that holds the server's lock.
@safe
final class StartedRun: PlanCompletion, @unchecked Sendable {
    private let code: APIFailure.Code
    private let finish: RAI_OnFinishCB
    private let privateData: UnsafeMutableRawPointer?
    private let parts: Locked<RunParts<RunTarget, PlanRun, Deadline>>
    /// The worker on which a step has ended last; 0 before.
    private let worker = Atomic<UInt>(0)

    private init(
        _ target: RunTarget, _ finish: @escaping RAI_OnFinishCB, _ privateData: UnsafeMutableRawPointer?
    ) {
        code = target.code
        parts = Locked(RunParts(target))
        unsafe self.finish = finish
        unsafe self.privateData = privateData
    }

    /// Starts a run; from then on the target is the run's.
    ///
    /// - Parameters:
    ///   - milliseconds: until its deadline; 0 = none.
    ///   - handle: is given a pointer to the run before it begins; nil if nobody wants one.
    /// - Throws: why it was not started; the function is not called then.
    static func start(
        _ target: RunTarget, deadline milliseconds: Int, _ finish: RAI_OnFinishCB?,
        _ privateData: UnsafeMutableRawPointer?, _ handle: UnsafeMutablePointer<OpaquePointer?>? = nil
    ) throws(APIFailure) {
        guard let finish = unsafe finish else { throw .withoutCallback(target.code) }
        guard milliseconds >= 0 else { throw .invalidDeadline(target.code) }
        // Somebody has to be there to tell of its end, whatever becomes of it.
        guard ModuleState.current.scheduler.hasCaller() else {
            throw APIFailure(target.code, .queueUnavailable)
        }
        try target.lend()
        // Once there is a deadline, the client may have the context back at any time.
        let plan = target.plan
        let run = unsafe StartedRun(target, finish, privateData)
        do throws(APIFailure) {
            if let place = unsafe handle {
                guard let pointer = unsafe Handles.run.make(run) else { throw .outOfMemory(target.code) }
                // Safety: the caller's variable.
                unsafe place.pointee = pointer
            }
            do throws(APIFailure) { try run.setDeadline(milliseconds) } catch {
                if let place = unsafe handle {
                    unsafe Handles.run.end(place.pointee)
                    unsafe place.pointee = nil
                }
                throw error
            }
        } catch {
            target.giveBack()
            throw error
        }
        run.submit(plan)
    }

    private func setDeadline(_ milliseconds: Int) throws(APIFailure) {
        guard milliseconds > 0 else { return }
        let scheduler = ModuleState.current.scheduler
        let deadline = scheduler.deadline(afterMilliseconds: milliseconds) {
            _ = self.end(with: .deadlinePassed(self.code))
        }
        guard let deadline else { throw APIFailure(code, .queueUnavailable) }
        parts.withLock { $0.keep(deadline: deadline) }
    }

    private func submit(_ plan: ExecutionPlan) {
        let scheduler = ModuleState.current.scheduler
        for step in plan.steps { scheduler.prepare(step.work) }
        let run = scheduler.submit(plan, completion: self)
        // If that thread waits for it, nobody comes with whom it could share a run.
        if MainThread.isCurrent { run.hurry() }
        // It may have come to its end before this is known.
        if !parts.withLock({ $0.keep(run: run) }) { run.cancel() }
    }

    /// Ends it as its deadline would.
    /// - Returns: false if it is over.
    func cancel() -> Bool { end(with: .cancelled(code)) }

    // MARK: What ends it

    func stepBegins() {}

    func stepEnded() { worker.store(UInt(pthread_self()), ordering: .relaxed) }

    func planEnded(_ outcome: PlanOutcome) {
        guard let ended = claim() else { return }
        let failure = ended.target.end(outcome, nil)
        // Only who has run the last step well is a worker for sure. Failures come from clients as well, and
        // from the thread that watches over all runs.
        let hasRunIt = worker.load(ordering: .relaxed) == UInt(pthread_self())
        let isWorker = hasRunIt && !shared_is_in_callback()
        if isWorker, failure == nil { tell(ended.target, nil) } else { hand(ended.target, failure) }
    }

    private func end(with failure: APIFailure) -> Bool {
        guard let ended = claim() else { return false }
        // What has not begun never will.
        ended.run?.cancel()
        hand(ended.target, ended.target.end(nil, failure))
        return true
    }

    /// What it had, for the first that asks; nil for all others. There is no deadline any more then.
    private func claim() -> RunParts<RunTarget, PlanRun, Deadline>.Ended? {
        let ended = parts.withLock { $0.end() }
        ended?.deadline?.forget()
        return ended
    }

    private func hand(_ target: RunTarget, _ failure: APIFailure?) {
        ModuleState.current.scheduler.call { self.tell(target, failure) }
    }

    private func tell(_ target: RunTarget, _ failure: APIFailure?) {
        unsafe target.tell(failure, finish, privateData)
    }
}

extension Scheduler {
    /// Has something built again that failed for a reason that may have passed.
    func prepare(_ work: Work) {
        switch work {
        case .model(let model): prepare(model)
        case .script(let task): prepare(task.script)
        }
    }

    private func prepare(_ value: some Runnable) {
        do throws(ExecutionError) { _ = try value.build.loaded() } catch {
            if error.mayPass { _ = rebuild(value) }
        }
    }
}
