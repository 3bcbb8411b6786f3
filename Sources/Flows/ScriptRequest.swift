/// A client that waits for its script to end.
final class ScriptRequest {
    let client: FlowClient
    /// Whether it wants the ID of what the script has started, rather than its results.
    let isUnblocking: Bool
    /// The session that the new one takes the place of.
    let replaced: FlowSession?

    init(_ client: FlowClient, isUnblocking: Bool, replaced: FlowSession?) {
        self.client = client
        self.isUnblocking = isUnblocking
        self.replaced = replaced
    }
}
