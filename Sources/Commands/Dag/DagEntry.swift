import Execution
import Redis

/// What one command of a DAG is answered with.
enum DagEntry: Sendable {
    /// A value from the words themselves: it is there before anything runs.
    case set
    case get(slot: Int, TensorFormat)
    case run(step: Int)
}

extension RedisContext {
    /// An array with one reply per command of a DAG.
    ///
    /// - Parameter failure: why nothing could be stored though all steps ran: one reply more.
    func reply(_ entries: [DagEntry], of outcome: PlanOutcome, then failure: CommandError?) {
        reply(arrayOf: entries.count + (failure == nil ? 0 : 1))
        for entry in entries {
            switch entry {
            case .set: replyOK()
            case .get(let slot, let format):
                if let tensor = outcome.tensor(slot) {
                    reply(tensor, as: format)
                } else {
                    replyNotAvailable()
                }
            case .run(let step): reply(outcome.result(step))
            }
        }
        if let failure { reply(error: failure.text) }
    }

    private func reply(_ result: StepResult) {
        switch result {
        case .ran: replyOK()
        case .failed(let error): reply(error: CommandError.execution(error).text)
        case .notRun: replyNotAvailable()
        }
    }

    /// In place of what was never made, or is not a tensor.
    private func replyNotAvailable() { reply(status: "NA") }
}
