import Execution
import Redis

/// Hands a plan's outcome from the workers to the client that waits.
final class RunCompletion: PlanCompletion, Sendable {
    private let client: BlockedClient
    private let pending: PendingRun

    init(_ client: BlockedClient, _ pending: PendingRun) {
        self.client = client
        self.pending = pending
    }

    func stepBegins() { client.beginTime() }

    func stepEnded() { client.endTime() }

    func planEnded(_ outcome: PlanOutcome) {
        client.unblock { pending.outcome = outcome }
    }
}
