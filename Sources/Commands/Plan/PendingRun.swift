import Execution
import Redis

/// A client that waits for a plan.
final class PendingRun: PendingReply, @unchecked Sendable {
    private let keys: RetainedArguments
    private let slots: SlotList
    private let answer: PlanAnswer
    /// Written by a worker before the client is unblocked, read by the main thread after.
    var outcome: PlanOutcome?
    /// Main thread only.
    var run: PlanRun?

    init(
        _ outputs: StoredOutputs<some RandomAccessCollection<Argument>>, _ answer: PlanAnswer,
        _ context: borrowing RedisContext
    ) {
        keys = RetainedArguments(outputs.keys)
        slots = outputs.slots
        self.answer = answer
        super.init(context)
    }

    /// Whether nobody but the client gets anything of the run, so that without it the run may be dropped.
    private var isWorthlessWithoutClient: Bool { keys.arguments.isEmpty }

    override func send(in context: borrowing RedisContext) {
        answer.give(ended, storing: outputs, in: context)
    }

    /// The outputs are stored though the client has left: somebody may have been told their keys.
    override func abandon(in context: borrowing RedisContext) {
        guard !isWorthlessWithoutClient else { return }
        do throws(CommandError) { try outputs.store(ended, in: context) } catch {
            Log.warning("the outputs of a run whose client has left were not stored: \(error.text)")
        }
    }

    override func deadlinePassed() { run?.cancel() }

    override func clientLeft() {
        // What is stored all the same must not wait for others that may never come.
        if isWorthlessWithoutClient { run?.cancel() } else { run?.hurry() }
    }

    override func finish() {
        outcome = nil
        run = nil
        keys.release()
    }

    private var outputs: StoredOutputs<[Argument]> {
        StoredOutputs(keys: keys.arguments, slots: slots, flags: nil)
    }

    private var ended: PlanOutcome {
        guard let outcome else { preconditionFailure("a client was unblocked without an outcome") }
        return outcome
    }
}
