import Redis

/// A client that waits for a flow. Main thread.
final class FlowClient {
    private let reply: FlowReply
    private let client: BlockedClient

    /// Blocks the client of a command.
    /// - Precondition: the context allows blocking.
    init(_ context: borrowing RedisContext) {
        reply = FlowReply(context)
        client = context.block(reply)
        client.beginTime()
    }

    /// Answers it; nothing happens if it has left.
    func answer(_ answer: FlowAnswer) {
        client.unblock { reply.answer = answer }
    }
}

/// What the server calls for that client.
private final class FlowReply: PendingReply, @unchecked Sendable {
    /// Set before the client is unblocked.
    var answer: FlowAnswer?

    override func send(in context: borrowing RedisContext) {
        (answer ?? .failed(.process(.ended))).send(in: context)
    }

    override func finish() { answer = nil }
}
