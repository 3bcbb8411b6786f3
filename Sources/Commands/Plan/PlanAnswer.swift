import Execution
import Redis

/// What a client is told when its plan has ended.
enum PlanAnswer: Sendable {
    /// Of a single execution: OK, or the one error.
    case status
    /// Of a DAG: an entry for each of its commands, errors in their place.
    case entries([DagEntry])

    /// Stores the outputs of a plan in which nothing failed, and replies.
    func give(
        _ outcome: PlanOutcome, storing outputs: StoredOutputs<some RandomAccessCollection<Argument>>,
        in context: borrowing RedisContext
    ) {
        var failure: CommandError?
        do throws(CommandError) { try outputs.store(outcome, in: context) } catch { failure = error }
        switch self {
        case .status:
            if let failure { context.reply(error: failure.text) } else { context.replyOK() }
        case .entries(let entries):
            // The failure of a step has a place of its own among the entries.
            context.reply(entries, of: outcome, then: outcome.firstError == nil ? failure : nil)
        }
    }
}
